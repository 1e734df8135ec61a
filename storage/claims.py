"""Tickets that wait for whoever they were sold or given to: a one-use link takes them over."""

import hashlib
from dataclasses import dataclass

from storage.database import Tx


async def offer(
    tx: Tx, token: str, *, order_id: int, made_by: int, expires_ms: int, now_ms: int
) -> None:
    """Make the link of an order; the one before, if any, is worth nothing any more."""
    await tx.run(
        "UPDATE claims SET revoked_ms = :now_ms WHERE order_id = :order_id"
        " AND claimed_ms IS NULL AND revoked_ms IS NULL",
        order_id=order_id,
        now_ms=now_ms,
    )
    await tx.run(
        "INSERT INTO claims (token_hash, order_id, made_by, made_ms, expires_ms)"
        " VALUES (:token_hash, :order_id, :made_by, :now_ms, :expires_ms)",
        token_hash=hash_token(token),
        order_id=order_id,
        made_by=made_by,
        now_ms=now_ms,
        expires_ms=expires_ms,
    )


async def order_waiting(tx: Tx, token_hash: str, now_ms: int) -> int | None:
    """Read which order a link would take over now, changing nothing."""
    row = await tx.row(
        "SELECT order_id FROM claims JOIN orders ON orders.id = claims.order_id"
        " WHERE token_hash = :token_hash AND claimed_ms IS NULL AND revoked_ms IS NULL"
        " AND expires_ms > :now_ms AND orders.handed = 'waiting' AND orders.status = 'paid'",
        token_hash=token_hash,
        now_ms=now_ms,
    )
    return row["order_id"] if row else None


async def claimed_by(tx: Tx, token_hash: str) -> tuple[int, int] | None:
    """Read who took an order over by this link, and which."""
    row = await tx.row(
        "SELECT claimed_by, order_id FROM claims WHERE token_hash = :token_hash"
        " AND claimed_by IS NOT NULL",
        token_hash=token_hash,
    )
    return (row["claimed_by"], row["order_id"]) if row else None


async def claim(
    tx: Tx, token_hash: str, *, person_id: int, chat_id: int, now_ms: int
) -> int | None:
    """Take an order's tickets over: the first who presses gets them, nobody after."""
    row = await tx.row(
        "UPDATE orders SET handed = 'claimed', buyer_id = :person_id, chat_id = :chat_id"
        " WHERE handed = 'waiting' AND status = 'paid' AND id = (SELECT order_id FROM claims"
        "  WHERE token_hash = :token_hash AND claimed_ms IS NULL AND revoked_ms IS NULL"
        "  AND expires_ms > :now_ms) RETURNING id",
        token_hash=token_hash,
        person_id=person_id,
        chat_id=chat_id,
        now_ms=now_ms,
    )
    if row is None:
        return None
    await tx.run(
        "UPDATE claims SET claimed_ms = :now_ms, claimed_by = :person_id"
        " WHERE token_hash = :token_hash",
        token_hash=token_hash,
        person_id=person_id,
        now_ms=now_ms,
    )
    await tx.run(
        "UPDATE tickets SET owner_id = :person_id WHERE order_id = :order_id",
        order_id=row["id"],
        person_id=person_id,
    )
    return int(row["id"])


async def show(tx: Tx, order_id: int) -> bool:
    """Let the seller show or print the tickets instead: no link takes them over any more."""
    row = await tx.row(
        "UPDATE orders SET handed = 'shown' WHERE id = :id AND handed IN ('waiting', 'shown')"
        " RETURNING id",
        id=order_id,
    )
    return row is not None


@dataclass(frozen=True, slots=True)
class WaitingGift:
    """An invitation nobody has collected yet."""

    order_id: int
    reference: str
    quantity: int
    kind: str
    holders: str
    made_ms: int


async def gifts_waiting(tx: Tx, event_id: int, limit: int) -> list[WaitingGift]:
    """Read an event's invitations that nobody has collected, oldest first."""
    rows = await tx.rows(
        "SELECT orders.id, orders.reference, orders.quantity, orders.held_ms,"
        " MIN(kinds.name) AS kind FROM orders JOIN seats ON seats.order_id = orders.id"
        " JOIN kinds ON kinds.id = seats.kind_id WHERE orders.event_id = :event_id"
        " AND orders.source = 'invitation' AND orders.handed = 'waiting'"
        " AND orders.status = 'paid' GROUP BY orders.id, orders.reference, orders.quantity,"
        " orders.held_ms ORDER BY orders.held_ms, orders.id LIMIT :limit",
        event_id=event_id,
        limit=limit,
    )
    gifts = []
    for row in rows:
        named = await tx.rows(
            "SELECT holder FROM seats WHERE order_id = :id AND holder IS NOT NULL ORDER BY number",
            id=row["id"],
        )
        holders = ", ".join(one["holder"] for one in named)
        gifts.append(
            WaitingGift(
                row["id"], row["reference"], row["quantity"], row["kind"], holders, row["held_ms"]
            )
        )
    return gifts


async def accept_instead(
    tx: Tx, order_id: int, *, person_id: int, digest: str, age_min: int, now_ms: int
) -> None:
    """Keep that whoever took the tickets over accepted their conditions, not who sold them."""
    await tx.run(
        "UPDATE acceptances SET person_id = :person_id, digest = :digest, age_min = :age_min,"
        " accepted_ms = :now_ms WHERE order_id = :order_id",
        order_id=order_id,
        person_id=person_id,
        digest=digest,
        age_min=age_min,
        now_ms=now_ms,
    )


def hash_token(token: str) -> str:
    """Hash a token to 32 characters: short enough for a button, too long to guess."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]
