"""Contested tickets: a supervisor's question at the door to whoever holds the ticket."""

from dataclasses import dataclass

from storage.database import Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Contest:
    """A question that was answered: who asked, about which ticket, at which gate."""

    chat_id: int
    kind: str
    gate: str


async def contest(
    tx: Tx, *, ticket_id: int, owner_id: int, gate: str, chat_id: int, now_ms: int
) -> int:
    """Keep a supervisor's question to the owner of a ticket; answers its id."""
    contest_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO contests (id, ticket_id, owner_id, gate_name, asked_chat_id, asked_ms)"
        " VALUES (:id, :ticket_id, :owner_id, :gate, :chat_id, :now_ms)",
        id=contest_id,
        ticket_id=ticket_id,
        owner_id=owner_id,
        gate=gate,
        chat_id=chat_id,
        now_ms=now_ms,
    )
    return contest_id


async def answer_contest(
    tx: Tx, contest_id: int, *, owner_id: int, answer: str, now_ms: int
) -> Contest | None:
    """Keep the owner's first answer; None if it is not theirs to give, or was given."""
    row = await tx.row(
        "UPDATE contests SET answer = :answer, answered_ms = :now_ms WHERE id = :id"
        " AND owner_id = :owner_id AND answer IS NULL"
        " RETURNING asked_chat_id, gate_name, (SELECT kinds.name FROM tickets"
        " JOIN kinds ON kinds.id = tickets.kind_id WHERE tickets.id = ticket_id) AS kind",
        id=contest_id,
        owner_id=owner_id,
        answer=answer,
        now_ms=now_ms,
    )
    return None if row is None else Contest(row["asked_chat_id"], row["kind"], row["gate_name"])
