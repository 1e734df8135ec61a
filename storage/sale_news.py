"""What an organiser's people are told of by themselves: a first sale, a kind that is sold out."""

from dataclasses import dataclass

from storage.database import Tx


@dataclass(frozen=True, slots=True)
class SoldOut:
    """A kind of which every place is sold: no hold stands that might still lapse."""

    event_id: int
    organiser_id: int
    kind_id: int
    quota: int


async def first_sold(tx: Tx, now_ms: int, limit: int) -> list[tuple[int, int]]:
    """Read the events with a first sale nobody was told of: event and organiser."""
    rows = await tx.rows(
        "SELECT id, organiser_id FROM events WHERE status = 'published' AND ends_ms > :now_ms"
        " AND first_sale_told_ms IS NULL AND EXISTS (SELECT 1 FROM orders"
        "  WHERE orders.event_id = events.id AND orders.status = 'paid'"
        "  AND orders.source <> 'invitation') ORDER BY id LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )
    return [(row["id"], row["organiser_id"]) for row in rows]


async def sold_out(tx: Tx, now_ms: int, limit: int) -> list[SoldOut]:
    """Read the kinds that are sold out and of which nobody was told at this quota."""
    rows = await tx.rows(
        "SELECT events.id AS event_id, events.organiser_id, kinds.id AS kind_id, kinds.quota"
        " FROM events JOIN kinds ON kinds.event_id = events.id"
        " WHERE events.status = 'published' AND events.ends_ms > :now_ms"
        " AND kinds.taken >= kinds.quota AND COALESCE(kinds.full_told_quota, -1) <> kinds.quota"
        " AND (SELECT COUNT(*) FROM tickets WHERE tickets.event_id = events.id"
        "  AND tickets.kind_id = kinds.id AND tickets.status IN ('valid', 'blocked'))"
        "  >= kinds.quota ORDER BY kinds.id LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )
    return [SoldOut(r["event_id"], r["organiser_id"], r["kind_id"], r["quota"]) for r in rows]


async def first_sale_told(tx: Tx, event_id: int, now_ms: int) -> None:
    """Mark an event's first sale as told."""
    await tx.run(
        "UPDATE events SET first_sale_told_ms = :now_ms"
        " WHERE id = :id AND first_sale_told_ms IS NULL",
        id=event_id,
        now_ms=now_ms,
    )


async def sold_out_told(tx: Tx, kind_id: int, quota: int) -> None:
    """Mark that a kind was told to be sold out at a quota."""
    await tx.run(
        "UPDATE kinds SET full_told_quota = :quota WHERE id = :id", id=kind_id, quota=quota
    )


async def listeners(tx: Tx, organiser_id: int) -> list[int]:
    """Read the chats of an organiser's people who want to hear it, one a person."""
    rows = await tx.rows(
        "SELECT memberships.person_id, (SELECT chats.id FROM chats"
        "  WHERE chats.person_id = memberships.person_id AND chats.talk = 'seller'"
        "  AND chats.channel <> 'forgotten'"
        "  ORDER BY chats.heard_ms DESC LIMIT 1) AS chat_id FROM memberships"
        " WHERE organiser_id = :organiser_id AND revoked_ms IS NULL AND hears_sales = 1",
        organiser_id=organiser_id,
    )
    return [row["chat_id"] for row in rows if row["chat_id"] is not None]


async def hears(tx: Tx, person_id: int) -> bool:
    """Say whether a person wants to hear of sales."""
    row = await tx.row(
        "SELECT 1 AS yes FROM memberships WHERE person_id = :person_id"
        " AND revoked_ms IS NULL AND hears_sales = 1",
        person_id=person_id,
    )
    return row is not None


async def let_hear(tx: Tx, person_id: int, hears_sales: int) -> None:
    """Keep whether a person wants to hear of sales (1) or not (0)."""
    await tx.run(
        "UPDATE memberships SET hears_sales = :hears_sales WHERE person_id = :person_id",
        person_id=person_id,
        hears_sales=hears_sales,
    )
