"""Changes of an event that may have buyers: kept with what stood before, made once, undone once.

A change is made by one conditional statement: only while every old value still stands. So a button
pressed twice, or after somebody else changed the same thing, finds nothing to do.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from storage import promos
from storage.database import Row, Tx
from storage.ids import new_id

Values = Mapping[str, int | str]

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
    }
)
OF_KINDS = frozenset({"name", "price_minor", "quota"})
"""The columns that a change may name: whatever else was asked for is a fault in the program."""

NEW_CONDITIONS = frozenset(
    {"age", "naming", "conditions", "refund", "title", "when", "doors", "end"}
)
"""Fields that stand in the conditions: who buys from then on accepts a new version."""

UNSOLD_ONLY = frozenset({"naming"})
"""Fields that what was sold depends on: they change only before the first order."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as it was asked for."""

    id: int
    event_id: int
    kind_id: int | None
    field: str
    old: Values
    new: Values
    made_ms: int | None
    undone_ms: int | None


async def ask(
    tx: Tx,
    *,
    event_id: int,
    field: str,
    old: Values,
    new: Values,
    person_id: int,
    now_ms: int,
    kind_id: int | None = None,
) -> int:
    """Keep a change that somebody asks for; nothing is changed yet."""
    change_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO event_changes (id, event_id, kind_id, field, old_values, new_values,"
        " asked_by, asked_ms) VALUES (:id, :event_id, :kind_id, :field, :old, :new, :person_id,"
        " :now_ms)",
        id=change_id,
        event_id=event_id,
        kind_id=kind_id,
        field=field,
        old=json.dumps(dict(old), ensure_ascii=False),
        new=json.dumps(dict(new), ensure_ascii=False),
        person_id=person_id,
        now_ms=now_ms,
    )
    return change_id


async def change_by_id(tx: Tx, change_id: int) -> Change | None:
    """Read one change."""
    row = await tx.row("SELECT * FROM event_changes WHERE id = :id", id=change_id)
    return _change(row) if row else None


async def make(tx: Tx, change: Change, now_ms: int) -> bool:
    """Make a change; false if it was made, or something else stands where its old values stood."""
    if not await _mark(tx, change.id, "made_ms", "made_ms IS NULL", now_ms):
        return False
    if await _apply(tx, change, change.old, change.new):
        return True
    await _mark(tx, change.id, "made_ms", "TRUE", None)
    return False


async def undo(tx: Tx, change: Change, now_ms: int) -> bool:
    """Take a change back; false if that was done, or the world does not allow it any more."""
    made = "made_ms IS NOT NULL AND undone_ms IS NULL"
    if not await _mark(tx, change.id, "undone_ms", made, now_ms):
        return False
    if await _apply(tx, change, change.new, change.old):
        return True
    await _mark(tx, change.id, "undone_ms", "TRUE", None)
    return False


async def _mark(tx: Tx, change_id: int, column: str, when: str, at_ms: int | None) -> bool:
    """Write when a change was made or undone, if it stands as it must; true if it did."""
    row = await tx.row(
        f"UPDATE event_changes SET {column} = :at_ms WHERE id = :id AND {when} RETURNING id",
        id=change_id,
        at_ms=at_ms,
    )
    return row is not None


async def _apply(tx: Tx, change: Change, old: Values, new: Values) -> bool:
    if change.kind_id is not None:
        return await _apply_to_kind(tx, change, change.kind_id, old, new)
    if not set(new) <= OF_EVENTS or set(old) != set(new):
        raise ValueError(f"no such columns of an event: {sorted(new)}")
    # What search looks in is made of the other columns: it cannot stand against a change by itself.
    stood = {column: value for column, value in old.items() if column != "folded"}
    sets = [f"{column} = :new_{column}" for column in new]
    if change.field in NEW_CONDITIONS:
        sets.append("conditions_version = conditions_version + 1")
    unsold = (
        " AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.event_id = events.id)"
        if change.field in UNSOLD_ONLY
        else ""
    )
    row = await tx.row(
        f"UPDATE events SET {', '.join(sets)} WHERE id = :id AND status <> 'cancelled'{unsold}"
        f" AND {' AND '.join(f'{column} = :old_{column}' for column in stood)} RETURNING id",
        id=change.event_id,
        **{f"new_{column}": value for column, value in new.items()},
        **{f"old_{column}": value for column, value in stood.items()},
    )
    if row is None:
        return False
    if "ends_ms" in new:
        await _move_windows(tx, change.event_id, old, new)
    return True


async def _apply_to_kind(tx: Tx, change: Change, kind_id: int, old: Values, new: Values) -> bool:
    """Change a kind; a quota never goes under what is taken, whatever the effect shown said.

    A price or a name stands in the conditions: who is reading them reads them again.
    """
    if not set(new) <= OF_KINDS or set(old) != set(new):
        raise ValueError(f"no such columns of a kind: {sorted(new)}")
    enough = " AND taken <= :new_quota" if "quota" in new else ""
    row = await tx.row(
        f"UPDATE kinds SET {', '.join(f'{column} = :new_{column}' for column in new)}"
        f" WHERE id = :id AND {' AND '.join(f'{column} = :old_{column}' for column in old)}"
        f"{enough} RETURNING id",
        id=kind_id,
        **{f"new_{column}": value for column, value in new.items()},
        **{f"old_{column}": value for column, value in old.items()},
    )
    if row is not None and "quota" not in new:
        await tx.run(
            "UPDATE events SET conditions_version = conditions_version + 1 WHERE id = :id",
            id=change.event_id,
        )
    return row is not None


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


async def drop_kind(tx: Tx, event_id: int, kind_id: int) -> bool:
    """Take a kind away that nobody ever ordered, if another one stays."""
    row = await tx.row(
        "SELECT id FROM kinds WHERE id = :id AND event_id = :event_id AND taken = 0"
        " AND NOT EXISTS (SELECT 1 FROM seats WHERE seats.kind_id = kinds.id)"
        " AND EXISTS (SELECT 1 FROM kinds AS other WHERE other.event_id = :event_id"
        "  AND other.id <> kinds.id)",
        id=kind_id,
        event_id=event_id,
    )
    if row is None:
        return False
    await promos.drop_of_kind(tx, kind_id)
    for table in ("gate_kinds", "places"):
        await tx.run(f"DELETE FROM {table} WHERE kind_id = :id", id=kind_id)
    return await tx.run("DELETE FROM kinds WHERE id = :id AND taken = 0", id=kind_id) == 1


def _change(row: Row) -> Change:
    return Change(
        row["id"],
        row["event_id"],
        row["kind_id"],
        row["field"],
        json.loads(row["old_values"]),
        json.loads(row["new_values"]),
        row["made_ms"],
        row["undone_ms"],
    )
