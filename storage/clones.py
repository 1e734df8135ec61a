"""An event made again at other times: a draft with its kinds, its rules, its gates and its plan."""

from collections.abc import Mapping

from boxoffice.model import Equipment, Event
from storage import drafts
from storage.database import Tx
from storage.drafts import NewEvent, NewKind
from storage.ids import new_id

_RULES = (
    "poster_id",
    "latitude_e6",
    "longitude_e6",
    "entry",
    "checks_age",
    "renaming_ends_ms",
    "category",
)
"""What an event is besides what its draft says; when it sells is asked anew."""


async def clone(
    tx: Tx, event: Event, *, folded: str, doors_ms: int, starts_ms: int, ends_ms: int, now_ms: int
) -> int:
    """Make a draft of an event again; answers its id."""
    new = NewEvent(
        organiser_id=event.organiser_id,
        mode=event.mode,
        title=event.title,
        description=event.description,
        venue=event.venue,
        city=event.city,
        folded=folded,
        zone=event.zone,
        doors_ms=doors_ms,
        starts_ms=starts_ms,
        ends_ms=ends_ms,
        currency=event.currency,
        age_min=event.age_min,
        naming=event.naming,
        refund_percent=event.refund_terms.percent,
        refund_before_ms=event.refund_terms.before_ms,
        conditions=event.conditions,
        per_buyer_max=event.per_buyer_max,
        hold_ms=event.hold_ms,
        accent=event.accent,
        # Terminals were lent for one evening: they are asked for again.
        equipment=Equipment.UNKNOWN if event.equipment is Equipment.LENT else event.equipment,
    )
    copy_id = await drafts.create_event(tx, new, now_ms)
    sets = ", ".join(
        f"{one} = (SELECT {one} FROM events AS first WHERE first.id = :first_id)" for one in _RULES
    )
    await tx.run(f"UPDATE events SET {sets} WHERE id = :id", first_id=event.id, id=copy_id)
    kinds = await _clone_kinds(tx, event, copy_id, new, now_ms)
    await _clone_gates(tx, event, copy_id, kinds, starts_ms - event.starts_ms, now_ms)
    return copy_id


async def _clone_kinds(
    tx: Tx, event: Event, copy_id: int, new: NewEvent, now_ms: int
) -> Mapping[int, int]:
    """Copy kinds with what they share and their numbered seats; answers old ids to new ones."""
    moved_ms = new.starts_ms - event.starts_ms
    pots: dict[int, int] = {}
    for row in await tx.rows(
        "SELECT * FROM shared_quotas WHERE event_id = :id ORDER BY id", id=event.id
    ):
        pots[row["id"]] = new_id(now_ms)
        await tx.run(
            "INSERT INTO shared_quotas (id, event_id, quota, taken)"
            " VALUES (:id, :event_id, :quota, 0)",
            id=pots[row["id"]],
            event_id=copy_id,
            quota=row["quota"],
        )
    kinds: dict[int, int] = {}
    for row in await tx.rows(
        "SELECT * FROM kinds WHERE event_id = :id ORDER BY position", id=event.id
    ):
        is_whole = row["valid_until_ms"] == event.ends_ms
        kind = NewKind(
            name=row["name"],
            price_minor=row["price_minor"],
            quota=row["quota"],
            valid_from_ms=min(row["valid_from_ms"] + moved_ms, new.doors_ms)
            if is_whole
            else row["valid_from_ms"] + moved_ms,
            valid_until_ms=new.ends_ms if is_whole else row["valid_until_ms"] + moved_ms,
            party_size=row["party_size"],
        )
        kinds[row["id"]] = await drafts.add_kind(tx, copy_id, kind, now_ms)
        await tx.run(
            "UPDATE kinds SET shared_id = :shared_id WHERE id = :id",
            shared_id=pots.get(row["shared_id"]),
            id=kinds[row["id"]],
        )
        await _clone_places(tx, row["id"], kinds[row["id"]], copy_id, now_ms)
    return kinds


async def _clone_places(tx: Tx, old_kind: int, kind_id: int, copy_id: int, now_ms: int) -> None:
    for row in await tx.rows(
        "SELECT row_name, number, row_rank FROM places WHERE kind_id = :id ORDER BY id", id=old_kind
    ):
        await tx.run(
            "INSERT INTO places (id, event_id, kind_id, row_name, number, row_rank)"
            " VALUES (:id, :event_id, :kind_id, :row_name, :number, :row_rank)",
            id=new_id(now_ms),
            event_id=copy_id,
            kind_id=kind_id,
            row_name=row["row_name"],
            number=row["number"],
            row_rank=row["row_rank"],
        )


async def _clone_gates(
    tx: Tx, event: Event, copy_id: int, kinds: Mapping[int, int], moved_ms: int, now_ms: int
) -> None:
    """Copy the gates, open, with the kinds they admit."""
    for row in await tx.rows("SELECT * FROM gates WHERE event_id = :id ORDER BY id", id=event.id):
        gate_id = new_id(now_ms)
        await tx.run(
            "INSERT INTO gates (id, event_id, name, status, opens_ms, closes_ms, direction)"
            " VALUES (:id, :event_id, :name, 'open', :opens_ms, :closes_ms, :direction)",
            id=gate_id,
            event_id=copy_id,
            name=row["name"],
            opens_ms=None if row["opens_ms"] is None else row["opens_ms"] + moved_ms,
            closes_ms=None if row["closes_ms"] is None else row["closes_ms"] + moved_ms,
            direction=row["direction"],
        )
        for listed in await tx.rows(
            "SELECT kind_id FROM gate_kinds WHERE gate_id = :id", id=row["id"]
        ):
            await tx.run(
                "INSERT INTO gate_kinds (gate_id, kind_id) VALUES (:gate_id, :kind_id)",
                gate_id=gate_id,
                kind_id=kinds[listed["kind_id"]],
            )
