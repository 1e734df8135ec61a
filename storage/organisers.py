"""Organisers, who runs their events, and how sales stand."""

from dataclasses import dataclass
from typing import Literal

from storage.database import Tx
from storage.ids import new_id

INVITED = "orders.sold_by IS NOT NULL AND orders.source = 'invitation'"
"""An order that nobody bought: the organiser gave it. Said through the sellers' index."""


@dataclass(frozen=True, slots=True)
class KindSales:
    """How one kind stands.

    Sold were bought, invited were given by the organiser, held may still lapse, scanned are inside
    or were.
    """

    name: str
    price_minor: int
    quota: int
    sold: int
    invited: int
    held: int
    scanned: int
    money_minor: int


async def make_organiser(tx: Tx, *, name: str, owner_id: int, now_ms: int) -> int:
    """Make an organiser with its first owner."""
    organiser_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO organisers (id, name, created_ms) VALUES (:id, :name, :now_ms)",
        id=organiser_id,
        name=name,
        now_ms=now_ms,
    )
    await add_member(tx, organiser_id, owner_id, "owner", now_ms)
    return organiser_id


async def add_member(tx: Tx, organiser_id: int, person_id: int, role: str, now_ms: int) -> None:
    """Let a person run an organiser's events as `owner` or `manager`; again after a revocation."""
    await tx.run(
        "INSERT INTO memberships (organiser_id, person_id, role, since_ms)"
        " VALUES (:organiser_id, :person_id, :role, :now_ms)"
        " ON CONFLICT (organiser_id, person_id) DO UPDATE SET role = :role, revoked_ms = NULL",
        organiser_id=organiser_id,
        person_id=person_id,
        role=role,
        now_ms=now_ms,
    )


async def organiser_of(tx: Tx, person_id: int) -> int | None:
    """Read which organiser a person works for, or None."""
    row = await tx.row(
        "SELECT organiser_id FROM memberships WHERE person_id = :person_id"
        " AND revoked_ms IS NULL ORDER BY since_ms LIMIT 1",
        person_id=person_id,
    )
    return row["organiser_id"] if row else None


async def owned_by(tx: Tx, person_id: int) -> int | None:
    """Read which organiser a person owns, or None."""
    row = await tx.row(
        "SELECT organiser_id FROM memberships WHERE person_id = :person_id"
        " AND role = 'owner' AND revoked_ms IS NULL ORDER BY since_ms LIMIT 1",
        person_id=person_id,
    )
    return row["organiser_id"] if row else None


async def organiser_name(tx: Tx, organiser_id: int) -> str | None:
    """Read what an organiser is called; None if there is no such one."""
    row = await tx.row("SELECT name FROM organisers WHERE id = :id", id=organiser_id)
    return row["name"] if row else None


async def first_organiser(tx: Tx) -> int | None:
    """Read the installation's first organiser, made with its first owner."""
    row = await tx.row("SELECT id FROM organisers ORDER BY created_ms, id LIMIT 1")
    return row["id"] if row else None


async def runs_event(tx: Tx, person_id: int, event_id: int) -> bool:
    """Say whether a person runs this event: role and event, both."""
    row = await tx.row(
        "SELECT 1 AS yes FROM memberships JOIN events"
        " ON events.organiser_id = memberships.organiser_id"
        " WHERE events.id = :event_id AND memberships.person_id = :person_id"
        " AND memberships.revoked_ms IS NULL",
        event_id=event_id,
        person_id=person_id,
    )
    return row is not None


async def roles_for(tx: Tx, person_id: int, event_id: int) -> frozenset[str]:
    """Read every role a person has for an event: with its organiser, and at its door."""
    rows = await tx.rows(
        "SELECT memberships.role FROM memberships JOIN events"
        " ON events.organiser_id = memberships.organiser_id"
        " WHERE events.id = :event_id AND memberships.person_id = :person_id"
        " AND memberships.revoked_ms IS NULL UNION SELECT staff.role FROM staff"
        " WHERE staff.event_id = :event_id AND staff.person_id = :person_id"
        " AND staff.revoked_ms IS NULL UNION SELECT 'seller' AS role FROM sellers"
        " WHERE sellers.event_id = :event_id AND sellers.person_id = :person_id"
        " AND sellers.revoked_ms IS NULL",
        event_id=event_id,
        person_id=person_id,
    )
    return frozenset(row["role"] for row in rows)


async def works_for(tx: Tx, person_id: int, organiser_id: int) -> bool:
    """Say whether a person works for this organiser."""
    row = await tx.row(
        "SELECT 1 AS yes FROM memberships WHERE organiser_id = :organiser_id"
        " AND person_id = :person_id AND revoked_ms IS NULL",
        organiser_id=organiser_id,
        person_id=person_id,
    )
    return row is not None


async def organiser_chats(tx: Tx, organiser_id: int) -> list[int]:
    """Read the seller chats of an organiser's people, one a person: where they were heard last."""
    rows = await tx.rows(
        "SELECT memberships.person_id, (SELECT chats.id FROM chats"
        "  WHERE chats.person_id = memberships.person_id AND chats.talk = 'seller'"
        "  AND chats.channel <> 'forgotten'"
        "  ORDER BY chats.heard_ms DESC LIMIT 1) AS chat_id FROM memberships"
        " WHERE organiser_id = :organiser_id AND revoked_ms IS NULL",
        organiser_id=organiser_id,
    )
    return [row["chat_id"] for row in rows if row["chat_id"] is not None]


async def chat_of(tx: Tx, person_id: int) -> int | None:
    """Read the seller chat where a person was heard last."""
    row = await tx.row(
        "SELECT id FROM chats WHERE person_id = :person_id AND talk = 'seller'"
        " AND channel <> 'forgotten'"
        " ORDER BY heard_ms DESC LIMIT 1",
        person_id=person_id,
    )
    return row["id"] if row else None


async def name_of(tx: Tx, person_id: int) -> str:
    """Read how a person is called; empty if they never said."""
    row = await tx.row("SELECT name FROM people WHERE id = :id", id=person_id)
    return str(row["name"]) if row else ""


async def sales_of(tx: Tx, event_id: int) -> list[KindSales]:
    """Count an event's sales by kind, in order."""
    rows = await tx.rows(
        "SELECT kinds.name, kinds.price_minor, kinds.quota, kinds.taken,"
        " COALESCE(made.valid, 0) AS valid, COALESCE(made.scanned, 0) AS scanned,"
        " COALESCE(given.invited, 0) AS invited,"
        " COALESCE(paid.money_minor, 0) AS money_minor FROM kinds"
        " LEFT JOIN (SELECT kind_id, COUNT(CASE WHEN status = 'valid' THEN 1 END) AS valid,"
        "  COUNT(scanned_at_ms) AS scanned FROM tickets WHERE event_id = :event_id"
        "  GROUP BY kind_id) AS made ON made.kind_id = kinds.id"
        " LEFT JOIN (SELECT tickets.kind_id, COUNT(*) AS invited FROM orders"
        "  JOIN tickets ON tickets.order_id = orders.id WHERE orders.event_id = :event_id"
        f"  AND {INVITED} AND tickets.status = 'valid'"
        "  GROUP BY tickets.kind_id) AS given ON given.kind_id = kinds.id"
        " LEFT JOIN (SELECT seats.kind_id, CAST(SUM(seats.price_minor) AS BIGINT) AS money_minor"
        "  FROM orders JOIN seats ON seats.order_id = orders.id WHERE orders.event_id = :event_id"
        "  AND orders.status = 'paid' AND seats.returned_ms IS NULL"
        "  GROUP BY seats.kind_id) AS paid ON paid.kind_id = kinds.id"
        " WHERE kinds.event_id = :event_id ORDER BY kinds.position",
        event_id=event_id,
    )
    return [
        KindSales(
            row["name"],
            row["price_minor"],
            row["quota"],
            row["valid"] - row["invited"],
            row["invited"],
            row["taken"] - row["valid"],
            row["scanned"],
            row["money_minor"],
        )
        for row in rows
    ]


MemberRole = Literal["manager", "owner", "platform"]
"""What somebody is for the organisers they work for, at most: who owns the first one owns all."""

_RANKS: tuple[MemberRole, ...] = ("manager", "owner", "platform")


async def member_refs(tx: Tx, channel: str) -> dict[str, MemberRole]:
    """Read the seller's chats, on one channel, of who works for an organiser, and as what."""
    rows = await tx.rows(
        "SELECT chats.ref, MAX(CASE WHEN memberships.role <> 'owner' THEN 0"
        "  WHEN memberships.organiser_id ="
        "   (SELECT id FROM organisers ORDER BY created_ms, id LIMIT 1) THEN 2"
        "  ELSE 1 END) AS rank FROM memberships"
        " JOIN chats ON chats.person_id = memberships.person_id"
        " WHERE memberships.revoked_ms IS NULL AND chats.channel = :channel"
        " AND chats.talk = 'seller' GROUP BY chats.ref",
        channel=channel,
    )
    return {row["ref"]: _RANKS[row["rank"]] for row in rows}
