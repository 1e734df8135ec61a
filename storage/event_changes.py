"""Changes of an event that may have buyers: kept with what stood before, made once, undone once.

A change is made by one conditional statement: only while every old value still stands. So a button
pressed twice, or after somebody else changed the same thing, finds nothing to do. Rules that are
more than columns of an event or a kind change in `rule_changes`, by the same promise.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from storage import event_rules, rule_changes
from storage.database import Row, Tx
from storage.ids import new_id
from storage.rule_changes import Values

OF_EVENTS = frozenset(
    {
        "title",
        "folded",
        "description",
        "venue",
        "city",
        "doors_ms",
        "starts_ms",
        "ends_ms",
        "age_min",
        "naming",
        "refund_percent",
        "refund_before_ms",
        "conditions",
        "per_buyer_max",
        "hold_ms",
        "category",
        "entry",
        "checks_age",
        "sales_from_ms",
        "sales_until_ms",
        "renaming_ends_ms",
        "latitude_e6",
        "longitude_e6",
    }
)
OF_KINDS = frozenset({"name", "price_minor", "quota", "valid_from_ms", "valid_until_ms"})
"""The columns that a change may name: whatever else was asked for is a fault in the program."""

NEW_CONDITIONS = frozenset(
    {"age", "naming", "conditions", "refund", "title", "when", "doors", "end"}
    | {"entry", "checks", "party"}
)
"""Fields that stand in the conditions: who buys from then on accepts a new version."""

UNSOLD_ONLY = frozenset({"naming", "entry", "checks", "day", "party"})
"""Fields that what was sold depends on: they change only before the first order."""


_UNSOLD = "NOT EXISTS (SELECT 1 FROM orders WHERE orders.event_id = {event_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks to be changed, from what to what; `kind_id` where it is a kind's."""

    field: str
    old: Values
    new: Values
    kind_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Wanted):
    """One change, as it was asked for."""

    id: int
    event_id: int
    made_ms: int | None = None
    undone_ms: int | None = None

    def backwards(self) -> "Change":
        """Give the change that takes this one back."""
        return replace(self, old=self.new, new=self.old)


async def ask(
    tx: Tx, event_id: int, wanted: Sequence[Wanted], *, person_id: int, now_ms: int
) -> list[Change]:
    """Keep changes that somebody asks for together; nothing is changed yet."""
    changes: list[Change] = []
    for one in wanted:
        change = Change(
            id=new_id(now_ms),
            event_id=event_id,
            field=one.field,
            old=one.old,
            new=one.new,
            kind_id=one.kind_id,
        )
        await tx.run(
            "INSERT INTO event_changes (id, event_id, kind_id, field, old_values, new_values,"
            " asked_by, asked_ms, first_id) VALUES (:id, :event_id, :kind_id, :field, :old, :new,"
            " :person_id, :now_ms, :first_id)",
            id=change.id,
            event_id=event_id,
            kind_id=one.kind_id,
            field=one.field,
            old=json.dumps(dict(one.old), ensure_ascii=False),
            new=json.dumps(dict(one.new), ensure_ascii=False),
            person_id=person_id,
            now_ms=now_ms,
            first_id=changes[0].id if changes else None,
        )
        changes.append(change)
    return changes


async def asked_together(tx: Tx, change_id: int) -> list[Change]:
    """Read a change and those that were asked for with it, in their order."""
    rows = await tx.rows(
        "SELECT * FROM event_changes WHERE id = :id OR first_id = :id ORDER BY id", id=change_id
    )
    return [_change(row) for row in rows]


async def as_it_stands(tx: Tx, change: Change, event_id: int) -> Change:
    """Say what a change of columns would do from what they are now.

    What is more than columns keeps what it was asked of, and is made only while that stands.
    """
    if change.field == "room":
        return replace(change, old={"inside_max": await event_rules.inside_max(tx, event_id)})
    table, known, row_id = (
        ("events", OF_EVENTS, event_id)
        if change.kind_id is None
        else ("kinds", OF_KINDS, change.kind_id)
    )
    if change.field in rule_changes.APPLIED or not set(change.old) <= known:
        return change
    row = await tx.row(f"SELECT {', '.join(change.old)} FROM {table} WHERE id = :id", id=row_id)
    return replace(change, old={column: row[column] for column in change.old}) if row else change


async def newest_made(tx: Tx, event_id: int, field: str) -> Change | None:
    """Read the change of one thing of an event that was made last and stands."""
    row = await tx.row(
        "SELECT * FROM event_changes WHERE event_id = :event_id AND field = :field"
        " AND made_ms IS NOT NULL AND undone_ms IS NULL ORDER BY made_ms DESC, id DESC LIMIT 1",
        event_id=event_id,
        field=field,
    )
    return _change(row) if row else None


async def make(tx: Tx, change: Change, now_ms: int) -> bool:
    """Make a change; false if it was made, or something else stands where its old values stood."""
    if not await _mark(tx, change.id, "made_ms", "made_ms IS NULL", now_ms):
        return False
    if await _apply(tx, change, now_ms):
        return True
    await _mark(tx, change.id, "made_ms", "TRUE", None)
    return False


async def undo(tx: Tx, change: Change, now_ms: int) -> bool:
    """Take a change back; false if that was done, or the world does not allow it any more."""
    made = (
        "made_ms IS NOT NULL AND undone_ms IS NULL AND EXISTS (SELECT 1 FROM events"
        " WHERE events.id = event_changes.event_id AND events.status <> 'cancelled'"
        " AND (events.status = 'draft' OR events.ends_ms > :at_ms))"
    )
    if not await _mark(tx, change.id, "undone_ms", made, now_ms):
        return False
    if await _apply(tx, change.backwards(), now_ms):
        return True
    await _mark(tx, change.id, "undone_ms", "TRUE", None)
    return False


async def born_after(tx: Tx, event_id: int, born_by: str) -> int:
    """Count the valid tickets of people born later: a date as it is kept, `2006-06-12`."""
    row = await tx.row(
        "SELECT COUNT(*) AS count FROM tickets WHERE event_id = :event_id AND status = 'valid'"
        " AND birth_date > :born_by",
        event_id=event_id,
        born_by=born_by,
    )
    return int(row["count"]) if row else 0


async def has_orders(tx: Tx, event_id: int) -> bool:
    """Say whether anybody ever ordered of an event: what was accepted then stays."""
    row = await tx.row(
        "SELECT 1 AS yes FROM orders WHERE event_id = :event_id LIMIT 1", event_id=event_id
    )
    return row is not None


async def _mark(tx: Tx, change_id: int, column: str, when: str, at_ms: int | None) -> bool:
    """Write when a change was made or undone, if it stands as it must; true if it did."""
    row = await tx.row(
        f"UPDATE event_changes SET {column} = :at_ms WHERE id = :id AND {when} RETURNING id",
        id=change_id,
        at_ms=at_ms,
    )
    return row is not None


async def _apply(tx: Tx, change: Change, now_ms: int) -> bool:
    if change.field in rule_changes.APPLIED:
        apply = rule_changes.APPLIED[change.field]
        rule = rule_changes.Rule(
            id=change.id,
            event_id=change.event_id,
            kind_id=change.kind_id,
            old=change.old,
            new=change.new,
            now_ms=now_ms,
        )
        is_done = await apply(tx, rule)
        if is_done and change.field in NEW_CONDITIONS:
            await _renew_conditions(tx, change.event_id)
        return is_done
    if change.kind_id is not None:
        return await _apply_to_kind(tx, change, change.kind_id)
    old, new = change.old, change.new
    if not set(new) <= OF_EVENTS or set(old) != set(new):
        raise ValueError(f"no such columns of an event: {sorted(new)}")
    # What search looks in is made of the other columns: it cannot stand against a change by itself.
    stood = {column: value for column, value in old.items() if column != "folded"}
    sets = [f"{column} = :new_{column}" for column in new]
    if change.field in NEW_CONDITIONS:
        sets.append("conditions_version = conditions_version + 1")
    conditions = ["status <> 'cancelled'", *_as_they_stood(stood)]
    if change.field in UNSOLD_ONLY:
        conditions.append(_UNSOLD.format(event_id="events.id"))
    row = await tx.row(
        f"UPDATE events SET {', '.join(sets)} WHERE id = :id AND {' AND '.join(conditions)}"
        " RETURNING id",
        id=change.event_id,
        **_bound(stood, new),
    )
    if row is None:
        return False
    if "ends_ms" in new:
        await _move_windows(tx, change.event_id, old, new)
    return True


async def _apply_to_kind(tx: Tx, change: Change, kind_id: int) -> bool:
    """Change a kind; a quota never goes under what is taken, whatever the effect shown said.

    A price, a name or a day stands in the conditions: who is reading them reads them again.
    """
    old, new = change.old, change.new
    if not set(new) <= OF_KINDS or set(old) != set(new):
        raise ValueError(f"no such columns of a kind: {sorted(new)}")
    conditions = list(_as_they_stood(old))
    if "quota" in new:
        conditions.append("taken <= :new_quota")
    if change.field in UNSOLD_ONLY:
        conditions.append(_UNSOLD.format(event_id="kinds.event_id"))
    row = await tx.row(
        f"UPDATE kinds SET {', '.join(f'{column} = :new_{column}' for column in new)}"
        f" WHERE id = :id AND {' AND '.join(conditions)} RETURNING id",
        id=kind_id,
        **_bound(old, new),
    )
    if row is not None and "quota" not in new:
        await _renew_conditions(tx, change.event_id)
    return row is not None


def _as_they_stood(old: Values) -> list[str]:
    """Say in SQL that every column still has the value it had; NULL stands for itself."""
    return [
        f"{column} IS NULL" if value is None else f"{column} = :old_{column}"
        for column, value in old.items()
    ]


def _bound(old: Values, new: Values) -> dict[str, Any]:
    return {f"new_{column}": value for column, value in new.items()} | {
        f"old_{column}": value for column, value in old.items() if value is not None
    }


async def _renew_conditions(tx: Tx, event_id: int) -> None:
    """Let who is reading the conditions read them again before they accept."""
    await tx.run(
        "UPDATE events SET conditions_version = conditions_version + 1 WHERE id = :id", id=event_id
    )


async def _move_windows(tx: Tx, event_id: int, old: Values, new: Values) -> None:
    """Let what was sold open the gates at the new time, as what is sold from now on will.

    A window that was the event's own becomes the new one; any other moves as far as the start.
    """
    moves = {
        "valid_from_ms": ("doors_ms", int(new["starts_ms"]) - int(old["starts_ms"])),
        "valid_until_ms": ("ends_ms", int(new["starts_ms"]) - int(old["starts_ms"])),
    }
    sets = ", ".join(
        f"{column} = CASE WHEN {column} = :old_{edge} THEN :new_{edge}"
        f" ELSE {column} + :moved_ms END"
        for column, (edge, _) in moves.items()
    )
    facts = {
        "event_id": event_id,
        "old_doors_ms": old["doors_ms"],
        "new_doors_ms": new["doors_ms"],
        "old_ends_ms": old["ends_ms"],
        "new_ends_ms": new["ends_ms"],
        "moved_ms": moves["valid_from_ms"][1],
    }
    await tx.run(f"UPDATE kinds SET {sets} WHERE event_id = :event_id", **facts)
    await tx.run(
        f"UPDATE tickets SET {sets} WHERE event_id = :event_id AND status IN ('valid', 'blocked')",
        **facts,
    )
    if new["starts_ms"] != old["starts_ms"]:
        # Who was reminded of the old evening is reminded of the new one.
        await tx.run(
            "DELETE FROM reminders WHERE event_id = :event_id AND what = 'eve'", event_id=event_id
        )


async def concerned(tx: Tx, event_id: int, kind_id: int | None = None) -> tuple[int, int]:
    """Count whom a change concerns: people with a valid ticket, and orders held unpaid."""
    row = await tx.row(
        "SELECT (SELECT COUNT(DISTINCT owner_id) FROM tickets WHERE event_id = :event_id"
        "  AND status = 'valid' AND kind_id = COALESCE(:kind_id, kind_id)) AS holders,"
        " (SELECT COUNT(*) FROM orders WHERE event_id = :event_id AND status = 'held') AS held",
        event_id=event_id,
        kind_id=kind_id,
    )
    return (int(row["holders"]), int(row["held"])) if row else (0, 0)


def _change(row: Row) -> Change:
    return Change(
        id=row["id"],
        event_id=row["event_id"],
        kind_id=row["kind_id"],
        field=row["field"],
        old=json.loads(row["old_values"]),
        new=json.loads(row["new_values"]),
        made_ms=row["made_ms"],
        undone_ms=row["undone_ms"],
    )
