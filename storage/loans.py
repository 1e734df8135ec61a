"""Terminals lent where a venue has none: asked for, promised, handed over, returned."""

from dataclasses import dataclass

from storage.database import Row, Tx

TERMINALS_MAX = 500

LISTED_MAX = 5
"""Loans listed at once, two buttons each: a list on a small screen holds ten."""


@dataclass(frozen=True, slots=True)
class Loan:
    """Terminals for one event; times are _ms since 1970 UTC."""

    event_id: int
    status: str
    asked_chat_id: int
    terminals: int | None
    from_ms: int | None
    until_ms: int | None


async def ask(tx: Tx, event_id: int, *, person_id: int, chat_id: int, now_ms: int) -> bool:
    """Ask for terminals; true once, and again after a refusal."""
    row = await tx.row(
        "INSERT INTO terminal_loans (event_id, status, asked_by, asked_chat_id, asked_ms)"
        " VALUES (:event_id, 'asked', :person_id, :chat_id, :now_ms)"
        " ON CONFLICT (event_id) DO UPDATE SET status = 'asked', asked_by = excluded.asked_by,"
        " asked_chat_id = excluded.asked_chat_id, asked_ms = excluded.asked_ms"
        " WHERE terminal_loans.status = 'refused' RETURNING event_id",
        event_id=event_id,
        person_id=person_id,
        chat_id=chat_id,
        now_ms=now_ms,
    )
    return row is not None


async def accept(
    tx: Tx, event_id: int, *, terminals: int, from_ms: int, until_ms: int, now_ms: int
) -> bool:
    """Promise so many terminals between two dates; the event is equipped with them. Once."""
    row = await tx.row(
        "UPDATE terminal_loans SET status = 'accepted', terminals = :terminals,"
        " from_ms = :from_ms, until_ms = :until_ms, answered_ms = :now_ms"
        " WHERE event_id = :event_id AND status = 'asked' RETURNING event_id",
        event_id=event_id,
        terminals=terminals,
        from_ms=from_ms,
        until_ms=until_ms,
        now_ms=now_ms,
    )
    if row is None:
        return False
    await tx.run("UPDATE events SET equipment = 'lent' WHERE id = :id", id=event_id)
    return True


async def refuse(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Say no to a request, once."""
    return await _move(tx, event_id, "asked", "refused", "answered_ms", now_ms)


async def withdraw(tx: Tx, event_id: int) -> bool:
    """Take a request back that nobody has answered; true once."""
    row = await tx.row(
        "DELETE FROM terminal_loans WHERE event_id = :event_id AND status = 'asked'"
        " RETURNING event_id",
        event_id=event_id,
    )
    return row is not None


async def hand_over(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Keep that the terminals were handed over, once."""
    return await _move(tx, event_id, "accepted", "handed_over", "handed_over_ms", now_ms)


async def give_back(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Keep that they came back, once."""
    return await _move(tx, event_id, "handed_over", "returned", "returned_ms", now_ms)


async def _move(tx: Tx, event_id: int, before: str, after: str, column: str, now_ms: int) -> bool:
    row = await tx.row(
        f"UPDATE terminal_loans SET status = :after, {column} = :now_ms"
        " WHERE event_id = :event_id AND status = :before RETURNING event_id",
        event_id=event_id,
        before=before,
        after=after,
        now_ms=now_ms,
    )
    return row is not None


async def loan_of(tx: Tx, event_id: int) -> Loan | None:
    """Read an event's loan."""
    row = await tx.row("SELECT * FROM terminal_loans WHERE event_id = :id", id=event_id)
    return _loan(row) if row else None


async def open_loans(tx: Tx) -> list[Loan]:
    """Read the loans that somebody must still do something about, the longest waiting first."""
    rows = await tx.rows(
        "SELECT * FROM terminal_loans WHERE status IN ('asked', 'accepted', 'handed_over')"
        " ORDER BY asked_ms, event_id LIMIT :limit",
        limit=LISTED_MAX,
    )
    return [_loan(row) for row in rows]


async def owner_chats(tx: Tx) -> list[int]:
    """Read the seller chats of the platform's owners: those of its first organiser."""
    rows = await tx.rows(
        "SELECT (SELECT chats.id FROM chats WHERE chats.person_id = memberships.person_id"
        "  AND chats.talk = 'seller' ORDER BY chats.heard_ms DESC LIMIT 1) AS chat_id"
        " FROM memberships WHERE memberships.role = 'owner' AND memberships.revoked_ms IS NULL"
        " AND memberships.organiser_id ="
        "  (SELECT id FROM organisers ORDER BY created_ms, id LIMIT 1)"
    )
    return [row["chat_id"] for row in rows if row["chat_id"] is not None]


async def owns_platform(tx: Tx, person_id: int) -> bool:
    """Say whether a person owns this installation: it lends the terminals."""
    row = await tx.row(
        "SELECT 1 AS yes FROM memberships WHERE person_id = :person_id AND role = 'owner'"
        " AND revoked_ms IS NULL AND organiser_id ="
        "  (SELECT id FROM organisers ORDER BY created_ms, id LIMIT 1)",
        person_id=person_id,
    )
    return row is not None


def _loan(row: Row) -> Loan:
    return Loan(
        row["event_id"],
        row["status"],
        row["asked_chat_id"],
        row["terminals"],
        row["from_ms"],
        row["until_ms"],
    )
