"""Identity papers on their way between the two sides of a transfer: where a photo lies, briefly.

The picture is never here. What is kept is where the sender's app has it, until it was passed on or
its minutes are over.
"""

from dataclasses import dataclass

from storage.database import Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class PaperSource:
    """Where the photo of a paper can be fetched: a channel, and its own word for the photo."""

    channel: str
    photo_ref: str


async def keep(
    tx: Tx, *, transfer_id: int, from_chat_id: int, photo_ref: str, expires_ms: int, now_ms: int
) -> int:
    """Note a photo that is to be passed on."""
    paper_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO papers (id, transfer_id, from_chat_id, photo_ref, sent_ms, expires_ms)"
        " VALUES (:id, :transfer_id, :from_chat_id, :photo_ref, :now_ms, :expires_ms)",
        id=paper_id,
        transfer_id=transfer_id,
        from_chat_id=from_chat_id,
        photo_ref=photo_ref,
        now_ms=now_ms,
        expires_ms=expires_ms,
    )
    return paper_id


async def source_of(tx: Tx, paper_id: int, now_ms: int) -> PaperSource | None:
    """Read where a photo lies; None once it was passed on, or its minutes are over."""
    row = await tx.row(
        "SELECT chats.channel, papers.photo_ref FROM papers"
        " JOIN chats ON chats.id = papers.from_chat_id"
        " WHERE papers.id = :id AND photo_ref IS NOT NULL AND expires_ms > :now_ms",
        id=paper_id,
        now_ms=now_ms,
    )
    return PaperSource(row["channel"], row["photo_ref"]) if row else None


async def passed(tx: Tx, paper_id: int, now_ms: int) -> None:
    """Forget where a photo lay: it was passed on, or cannot be."""
    await tx.run(
        "UPDATE papers SET photo_ref = NULL, passed_ms = :now_ms"
        " WHERE id = :id AND photo_ref IS NOT NULL",
        id=paper_id,
        now_ms=now_ms,
    )


async def forget_old(tx: Tx, now_ms: int) -> int:
    """Forget where photos lay whose minutes are over, passed on or not."""
    return await tx.run(
        "UPDATE papers SET photo_ref = NULL WHERE photo_ref IS NOT NULL AND expires_ms <= :now_ms",
        now_ms=now_ms,
    )
