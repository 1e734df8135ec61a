"""Drafts of events: made, said anew, put on sale, taken off again, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from boxoffice.codes import Mode, new_event_tag
from boxoffice.model import Equipment, Naming
from storage import promos
from storage.database import Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """What an organiser says of an event to be; search looks in `folded`."""

    organiser_id: int
    mode: Mode
    title: str
    description: str
    venue: str
    city: str
    folded: str
    zone: str
    doors_ms: int
    starts_ms: int
    ends_ms: int
    currency: str
    age_min: int
    naming: Naming
    conditions: str
    per_buyer_max: int
    hold_ms: int
    accent: str
    equipment: Equipment = Equipment.EQUIPPED
    refund_percent: int = 0
    refund_before_ms: int = 0
    category: str = ""
    """Given with a new event only; a draft's is changed where categories are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKind:
    """What an organiser says of a kind to be."""

    name: str
    price_minor: int
    quota: int
    valid_from_ms: int
    valid_until_ms: int
    party_size: int = 1


_SAID = (
    "title",
    "description",
    "venue",
    "city",
    "folded",
    "zone",
    "doors_ms",
    "starts_ms",
    "ends_ms",
    "currency",
    "age_min",
    "naming",
    "conditions",
    "accent",
)
"""What an organiser says of an event, and may say anew while it is a draft."""

_GIVEN = (
    "organiser_id",
    "mode",
    "per_buyer_max",
    "hold_ms",
    "equipment",
    "refund_percent",
    "refund_before_ms",
    "category",
)
"""What an event is made with; each has its own way to be changed, or none."""


async def create_event(tx: Tx, new: NewEvent, now_ms: int) -> int:
    """Make a draft, under a tag that no other event has."""
    event_id = new_id(now_ms)
    columns = (*_SAID, *_GIVEN)
    while True:
        row = await tx.row(
            f"INSERT INTO events (id, tag, status, conditions_version, created_ms,"
            f" {', '.join(columns)}) VALUES (:id, :tag, 'draft', 1, :now_ms,"
            f" {', '.join(f':{one}' for one in columns)})"
            " ON CONFLICT (tag) DO NOTHING RETURNING id",
            id=event_id,
            tag=new_event_tag(),
            now_ms=now_ms,
            **_values(new, columns),
        )
        if row is not None:
            return event_id


async def change_draft(tx: Tx, event_id: int, new: NewEvent) -> bool:
    """Say everything of a draft anew, without its kinds; false if it was ever bought."""
    row = await tx.row(
        f"UPDATE events SET {', '.join(f'{one} = :{one}' for one in _SAID)},"
        " conditions_version = conditions_version + 1"
        " WHERE id = :id AND status = 'draft' AND NOT EXISTS"
        " (SELECT 1 FROM orders WHERE orders.event_id = events.id) RETURNING id",
        id=event_id,
        **_values(new, _SAID),
    )
    if row is None:
        return False
    await tx.run(
        "DELETE FROM gate_kinds WHERE gate_id IN (SELECT id FROM gates WHERE event_id = :id)",
        id=event_id,
    )
    # Codes that are for a kind alone go with it; the others stay.
    await promos.drop(tx, event_id, of_kinds=True)
    for table in ("places", "kinds", "shared_quotas"):
        await tx.run(f"DELETE FROM {table} WHERE event_id = :id", id=event_id)
    return True


def _values(new: NewEvent, columns: Sequence[str]) -> dict[str, int | str]:
    """Take the named values, as a database keeps them."""
    kept = {one: getattr(new, one) for one in columns}
    return {one: value.value if isinstance(value, Enum) else value for one, value in kept.items()}


async def add_kind(
    tx: Tx, event_id: int, new: NewKind, now_ms: int, kind_id: int | None = None
) -> int:
    """Add a kind behind the others of its event, under an id of its own, or one it had before."""
    kind_id = kind_id if kind_id is not None else new_id(now_ms)
    await tx.run(
        "INSERT INTO kinds (id, event_id, position, name, price_minor, quota, taken,"
        " valid_from_ms, valid_until_ms, party_size) VALUES (:id, :event_id,"
        " (SELECT COALESCE(MAX(position) + 1, 0) FROM kinds WHERE event_id = :event_id),"
        " :name, :price_minor, :quota, 0, :valid_from_ms, :valid_until_ms, :party_size)",
        id=kind_id,
        event_id=event_id,
        name=new.name,
        price_minor=new.price_minor,
        quota=new.quota,
        valid_from_ms=new.valid_from_ms,
        valid_until_ms=new.valid_until_ms,
        party_size=new.party_size,
    )
    return kind_id


async def settle_entry(tx: Tx, event_id: int) -> None:
    """Let a draft's tickets open a gate once for each person where a kind is a party's."""
    await tx.run(
        "UPDATE events SET entry = CASE"
        " WHEN EXISTS (SELECT 1 FROM kinds WHERE event_id = events.id AND party_size > 1)"
        " THEN 'party' WHEN entry = 'party' THEN 'once' ELSE entry END"
        " WHERE id = :id AND status = 'draft'",
        id=event_id,
    )


async def publish(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Put a draft with at least one kind on sale; false if it is not one, or is over.

    E-tickets are sold only where the venue can scan: `equipment` must be known.
    """
    row = await tx.row(
        "UPDATE events SET status = 'published', published_ms = :now_ms"
        " WHERE id = :id AND status = 'draft' AND ends_ms > :now_ms AND equipment <> 'unknown'"
        " AND EXISTS (SELECT 1 FROM kinds WHERE kinds.event_id = events.id)"
        # Who waits for the platform's answer, or wants more seats than it allows, does not sell.
        " AND EXISTS (SELECT 1 FROM organisers WHERE organisers.id = events.organiser_id"
        "  AND organisers.status = 'approved' AND (organisers.seats_max IS NULL"
        "   OR organisers.seats_max >= (SELECT SUM(quota) FROM kinds"
        "    WHERE kinds.event_id = events.id))) RETURNING id",
        id=event_id,
        now_ms=now_ms,
    )
    return row is not None


async def unpublish(tx: Tx, event_id: int) -> bool:
    """Take an event off sale as long as nobody holds or has a seat; false otherwise."""
    row = await tx.row(
        "UPDATE events SET status = 'draft' WHERE id = :id AND status = 'published' AND NOT EXISTS"
        " (SELECT 1 FROM kinds WHERE kinds.event_id = events.id AND kinds.taken > 0) RETURNING id",
        id=event_id,
    )
    return row is not None


async def drop_draft(tx: Tx, event_id: int) -> bool:
    """Forget a draft and its kinds; false if it is not a draft any more, or was ever sold."""
    draft = await tx.row(
        "SELECT id FROM events WHERE id = :id AND status = 'draft' AND NOT EXISTS"
        " (SELECT 1 FROM orders WHERE orders.event_id = events.id)",
        id=event_id,
    )
    if draft is None:
        return False
    await tx.run(
        "DELETE FROM gate_kinds WHERE gate_id IN (SELECT id FROM gates WHERE event_id = :id)",
        id=event_id,
    )
    await promos.drop(tx, event_id, of_kinds=False)
    for table in (
        "invitations",
        "staff",
        "gates",
        "places",
        "kinds",
        "shared_quotas",
        "occupancy",
        "terminal_loans",
        "event_changes",
        "broadcasts",
    ):
        await tx.run(f"DELETE FROM {table} WHERE event_id = :id", id=event_id)
    await tx.run("DELETE FROM condition_texts WHERE event_id = :id", id=event_id)
    await tx.run(
        "UPDATE media SET expires_ms = 0 WHERE id = (SELECT poster_id FROM events WHERE id = :id)"
        " AND NOT EXISTS (SELECT 1 FROM events AS other WHERE other.poster_id = media.id"
        "  AND other.id <> :id)",
        id=event_id,
    )
    return await tx.run("DELETE FROM events WHERE id = :id AND status = 'draft'", id=event_id) == 1
