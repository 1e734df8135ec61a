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


async def mark_answered(tx: Tx, question_id: int, now_ms: int) -> None:
    """Keep when a question was first answered."""
    await tx.run(
        "UPDATE questions SET answered_ms = :now_ms WHERE id = :id AND answered_ms IS NULL",
        id=question_id,
        now_ms=now_ms,
    )
