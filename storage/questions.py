"""Questions of buyers: one reference, one chat the answer goes back to."""

from dataclasses import dataclass

from storage.database import Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Question:
    """A question as its organiser sees it."""

    id: int
    reference: str
    chat_id: int
    organiser_id: int | None
    body: str
    is_answered: bool


async def ask(
    tx: Tx,
    *,
    reference: str,
    chat_id: int,
    organiser_id: int | None,
    event_id: int | None,
    body: str,
    now_ms: int,
) -> int:
    """Keep a question."""
    question_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO questions (id, reference, chat_id, organiser_id, event_id, body, asked_ms)"
        " VALUES (:id, :reference, :chat_id, :organiser_id, :event_id, :body, :now_ms)",
        id=question_id,
        reference=reference,
        chat_id=chat_id,
        organiser_id=organiser_id,
        event_id=event_id,
        body=body,
        now_ms=now_ms,
    )
    return question_id


async def question_by_id(tx: Tx, question_id: int) -> Question | None:
    """Read one question."""
    row = await tx.row("SELECT * FROM questions WHERE id = :id", id=question_id)
    if row is None:
        return None
    return Question(
        row["id"],
        row["reference"],
        row["chat_id"],
        row["organiser_id"],
        row["body"],
        row["answered_ms"] is not None,
    )


async def open_count(tx: Tx, person_id: int, since_ms: int) -> int:
    """Count a person's questions since a time that nobody has answered."""
    row = await tx.row(
        "SELECT COUNT(*) AS count FROM questions JOIN chats ON chats.id = questions.chat_id"
        " WHERE chats.person_id = :person_id AND answered_ms IS NULL AND asked_ms > :since_ms",
        person_id=person_id,
        since_ms=since_ms,
    )
    return int(row["count"]) if row else 0


async def ask_again(tx: Tx, question_id: int, body: str, now_ms: int) -> bool:
    """Add to an answered question and open it again; false while it waits for an answer."""
    row = await tx.row(
        "UPDATE questions SET body = body || :more, answered_ms = NULL, asked_ms = :now_ms"
        " WHERE id = :id AND answered_ms IS NOT NULL RETURNING id",
        id=question_id,
        more=f"\n\n{body}",
        now_ms=now_ms,
    )
    return row is not None


async def latest_event_of(tx: Tx, person_id: int) -> int | None:
    """Read the event a person has last to do with: an order of theirs, or a ticket they got."""
    row = await tx.row(
        "SELECT event_id FROM (SELECT event_id, held_ms AS at_ms FROM orders"
        "  WHERE buyer_id = :person_id UNION ALL SELECT event_id, created_ms FROM tickets"
        "  WHERE owner_id = :person_id) AS theirs ORDER BY at_ms DESC LIMIT 1",
        person_id=person_id,
    )
    return row["event_id"] if row else None


async def mark_answered(tx: Tx, question_id: int, now_ms: int) -> None:
    """Keep when a question was first answered."""
    await tx.run(
        "UPDATE questions SET answered_ms = :now_ms WHERE id = :id AND answered_ms IS NULL",
        id=question_id,
        now_ms=now_ms,
    )
