"""Rules that are more than columns of one row: the room, shared seats, parties, numbered seats.

Each changes only while it stands as it did, and as the world allows: one conditional statement
decides, the others follow it. `event_changes` asks for these changes, makes and undoes them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from boxoffice.seating import read_zone
from storage import event_rules, places
from storage.database import Tx

Values = Mapping[str, Any]
"""Columns, or the parts of a rule, as JSON keeps them: numbers, text, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that is to become `new` where `old` stands; `id` is the change's own."""

    id: int
    event_id: int
    kind_id: int | None
    old: Values
    new: Values
    now_ms: int


async def _room(tx: Tx, rule: Rule) -> bool:
    """Limit how many are inside at a time, otherwise, or no more; never under who is inside."""
    old, new = rule.old["inside_max"], rule.new["inside_max"]
    return await event_rules.change_room(tx, rule.event_id, old, new)


async def _shared(tx: Tx, rule: Rule) -> bool:
    """Let kinds share seats, or take that back: the pot has the id of the change that made it."""
    if rule.new["quota"] is None:
        return await event_rules.unshare(tx, rule.id, rule.old["quota"])
    kind_ids = [int(one) for one in rule.new["kinds"].split(",")]
    return await event_rules.share(tx, rule.event_id, kind_ids, rule.new["quota"], rule.id)


async def _party(tx: Tx, rule: Rule) -> bool:
    """Say how many come in on one ticket of a kind; only before anybody has ordered."""
    row = await tx.row(
        "UPDATE events SET entry = :new_entry WHERE id = :id AND status <> 'cancelled'"
        # Two kinds for parties in one message: the second finds what the first has made of it.
        " AND entry IN (:old_entry, :new_entry)"
        " AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.event_id = events.id)"
        " AND EXISTS (SELECT 1 FROM kinds WHERE kinds.id = :kind_id AND taken = 0"
        "  AND party_size = :old_size) RETURNING id",
        id=rule.event_id,
        kind_id=rule.kind_id,
        old_entry=rule.old["entry"],
        new_entry=rule.new["entry"],
        old_size=rule.old["party_size"],
    )
    if row is None or rule.kind_id is None:
        return False
    return await event_rules.set_party(tx, rule.kind_id, rule.new["party_size"])


async def _plan(tx: Tx, rule: Rule) -> bool:
    """Number a kind's seats, number them otherwise, or no more; only before any is taken."""
    if rule.kind_id is None:
        return False
    # The kind's row is locked by this update: nobody takes a seat, or lays another plan, before
    # the end.
    row = await tx.row(
        "UPDATE kinds SET quota = quota WHERE id = :id AND taken = 0 AND quota = :quota"
        " RETURNING id",
        id=rule.kind_id,
        quota=rule.old["quota"],
    )
    if row is None or await places.plan_of(tx, rule.kind_id) != rule.old["plan"]:
        return False
    zone = read_zone(f"plan {rule.new['plan']}")
    rows = zone.rows if zone is not None else ()
    await places.lay(tx, rule.event_id, rule.kind_id, rows, rule.now_ms)
    row = await tx.row(
        "UPDATE kinds SET quota = :quota WHERE id = :id AND taken = 0 RETURNING id",
        id=rule.kind_id,
        quota=rule.new["quota"],
    )
    return row is not None


APPLIED: Mapping[str, Callable[[Tx, Rule], Awaitable[bool]]] = {
    "room": _room,
    "shared": _shared,
    "party": _party,
    "plan": _plan,
}
"""How each of these rules changes, by its field."""
