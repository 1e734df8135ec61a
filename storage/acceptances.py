"""What buyers accepted: the very words, when, by whom, and the age they declared."""

from storage.database import Tx


async def accept(
    tx: Tx,
    *,
    order_id: int,
    person_id: int,
    digest: str,
    event_id: int,
    version: int,
    language: str,
    body: str,
    age_min: int,
    now_ms: int,
) -> None:
    """Keep that a buyer accepted this text, and declared the age for every ticket of the order."""
    await keep_text(
        tx,
        digest=digest,
        event_id=event_id,
        version=version,
        language=language,
        body=body,
        now_ms=now_ms,
    )
    await tx.run(
        "INSERT INTO acceptances (order_id, person_id, digest, age_min, accepted_ms)"
        " VALUES (:order_id, :person_id, :digest, :age_min, :now_ms)",
        order_id=order_id,
        person_id=person_id,
        digest=digest,
        age_min=age_min,
        now_ms=now_ms,
    )


async def keep_text(
    tx: Tx, *, digest: str, event_id: int, version: int, language: str, body: str, now_ms: int
) -> None:
    """Keep conditions as they were shown, once, so that what was accepted stays provable."""
    await tx.run(
        "INSERT INTO condition_texts (digest, event_id, version, language, body, first_shown_ms)"
        " VALUES (:digest, :event_id, :version, :language, :body, :now_ms)"
        " ON CONFLICT (digest) DO NOTHING",
        digest=digest,
        event_id=event_id,
        version=version,
        language=language,
        body=body,
        now_ms=now_ms,
    )
