"""Rules that are more than columns of one row: the room, shared seats, parties, numbered seats.

Each changes only while it stands as it did, and as the world allows: one conditional statement
decides, the others follow it. `event_changes` asks for these changes, makes and undoes them.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from boxoffice.seating import read_zone
from storage import drafts, event_rules, places, promos
from storage.database import Tx

Values = Mapping[str, Any]
"""Columns, or the parts of a rule, as JSON keeps them: numbers, text, or nothing."""


UNORDERED = (
    "taken = 0 AND NOT EXISTS (SELECT 1 FROM seats WHERE seats.kind_id = kinds.id)"
    " AND EXISTS (SELECT 1 FROM kinds AS other WHERE other.event_id = kinds.event_id"
    "  AND other.id <> kinds.id)"
)
"""Whether a kind may go: nobody ever ordered it, and it is not the only one."""


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
        return await event_rules.unshare(tx, rule.new.get("pot", rule.id), rule.old["quota"])
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


async def _kind(tx: Tx, rule: Rule) -> bool:
    """Sell one kind more, or one fewer: that nobody ever ordered, while another one stays."""
    if rule.kind_id is None:
        return False
    if rule.new:
        await _add_kind(tx, rule, rule.kind_id)
        return True
    # The kind's row is locked by this update: nobody orders of it before the end.
    row = await tx.row(
        "UPDATE kinds SET quota = quota WHERE id = :id AND event_id = :event_id AND name = :name"
        f" AND price_minor = :price_minor AND quota = :quota AND {UNORDERED} RETURNING id",
        id=rule.kind_id,
        event_id=rule.event_id,
        **{one: rule.old[one] for one in ("name", "price_minor", "quota")},
    )
    if row is None:
        return False
    await _keep_what_goes(tx, rule, rule.kind_id)
    await promos.drop_of_kind(tx, rule.kind_id)
    for table in ("gate_kinds", "places"):
        await tx.run(f"DELETE FROM {table} WHERE kind_id = :id", id=rule.kind_id)
    gone = await tx.run("DELETE FROM kinds WHERE id = :id AND taken = 0", id=rule.kind_id) == 1
    await tx.run(
        "UPDATE events SET entry = 'once' WHERE id = :event_id AND entry = 'party'"
        " AND NOT EXISTS (SELECT 1 FROM kinds WHERE event_id = events.id AND party_size > 1)",
        event_id=rule.event_id,
    )
    return gone


async def _add_kind(tx: Tx, rule: Rule, kind_id: int) -> None:
    columns = ("name", "price_minor", "quota", "valid_from_ms", "valid_until_ms", "party_size")
    new = drafts.NewKind(**{one: rule.new[one] for one in columns})
    await drafts.add_kind(tx, rule.event_id, new, rule.now_ms, kind_id)
    if new.party_size > 1:
        # A ticket for one opens a gate once by either rule: nothing changes for who has one.
        await tx.run(
            "UPDATE events SET entry = 'party' WHERE id = :id AND entry = 'once'",
            id=rule.event_id,
        )
    if rule.new["hidden"]:
        await promos.hide(tx, kind_id, 1)
    if zone := read_zone(f"plan {rule.new['plan']}"):
        await places.lay(tx, rule.event_id, kind_id, zone.rows, rule.now_ms)
    for code in rule.new.get("codes", ()):
        await promos.put_back(tx, kind_id, code, rule.id)
    for gate_id, others in rule.new.get("gates", ()):
        # A gate that was opened to every kind since stays open to every kind.
        await tx.run(
            "INSERT INTO gate_kinds (gate_id, kind_id) SELECT id, :kind_id FROM gates"
            " WHERE id = :gate_id AND (:others = 0 OR EXISTS (SELECT 1 FROM gate_kinds AS one"
            "  WHERE one.gate_id = gates.id)) ON CONFLICT DO NOTHING",
            gate_id=gate_id,
            kind_id=kind_id,
            others=others,
        )


async def _keep_what_goes(tx: Tx, rule: Rule, kind_id: int) -> None:
    """Keep in the change what goes with a kind: its codes, and the gates that name it.

    Each gate stands with how many other kinds it names. What takes the change back reads it there.
    """
    gates = await tx.rows(
        "SELECT gate_id, (SELECT COUNT(*) FROM gate_kinds AS other"
        "  WHERE other.gate_id = gate_kinds.gate_id AND other.kind_id <> :id) AS others"
        " FROM gate_kinds WHERE kind_id = :id ORDER BY gate_id",
        id=kind_id,
    )
    kept = {
        **rule.old,
        "codes": await promos.of_kind(tx, kind_id),
        "gates": [[row["gate_id"], row["others"]] for row in gates],
    }
    await tx.run(
        "UPDATE event_changes SET old_values = :kept WHERE id = :id AND undone_ms IS NULL",
        kept=json.dumps(kept, ensure_ascii=False),
        id=rule.id,
    )


async def may_drop(tx: Tx, kind_id: int) -> bool:
    """Say whether nobody ever ordered a kind, and another one stays."""
    row = await tx.row(f"SELECT id FROM kinds WHERE id = :id AND {UNORDERED}", id=kind_id)
    return row is not None


APPLIED: Mapping[str, Callable[[Tx, Rule], Awaitable[bool]]] = {
    "room": _room,
    "shared": _shared,
    "party": _party,
    "plan": _plan,
    "kind": _kind,
}
"""How each of these rules changes, by its field."""
