"""The people at the door, their gates, and where they may stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from boxoffice.rules import HOUR_MS
from storage.database import Row, Tx
from storage.ids import new_id

POSTS_MAX = 8
"""Events one person works at in a season; a list on a small screen holds no more."""

GATES_MAX = 16
"""More doors than a stadium's side; what is beyond is not offered as a button."""

OVER_AFTER_MS = 12 * HOUR_MS
"""How long after its end an event is still offered to its staff: late leavers, late counts."""

ALERTED_MAX = 5
"""Supervisors told of an alarm at once; an event has one or two."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A door of an event."""

    id: int
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Post:
    """A person's place in the team of an event, bound to one gate or free to stand at any."""

    staff_id: int
    event_id: int
    role: str
    bound_gate_id: int | None
    title: str
    tag: str
    """What the event's codes carry of it."""
    zone: str
    starts_ms: int
    is_open: bool
    """Whether the event is on: not a draft, not cancelled."""


async def add_gate(tx: Tx, event_id: int, name: str, now_ms: int) -> int:
    """Make an open gate that admits every kind."""
    gate_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO gates (id, event_id, name, status) VALUES (:id, :event_id, :name, 'open')",
        id=gate_id,
        event_id=event_id,
        name=name,
    )
    return gate_id


async def add_exit(tx: Tx, event_id: int, name: str, now_ms: int) -> int:
    """Make an open gate that leads out: whoever is scanned there has left."""
    gate_id = await add_gate(tx, event_id, name, now_ms)
    await tx.run("UPDATE gates SET direction = 'out' WHERE id = :id", id=gate_id)
    return gate_id


async def has_exit(tx: Tx, event_id: int) -> bool:
    """Say whether an event has a gate that leads out."""
    row = await tx.row(
        "SELECT 1 AS yes FROM gates WHERE event_id = :id AND direction = 'out' LIMIT 1", id=event_id
    )
    return row is not None


async def has_entrance(tx: Tx, event_id: int) -> bool:
    """Say whether an event has a gate that leads in."""
    row = await tx.row(
        "SELECT 1 AS yes FROM gates WHERE event_id = :id AND direction = 'in' LIMIT 1", id=event_id
    )
    return row is not None


async def admit_only(tx: Tx, gate_id: int, kind_ids: Sequence[int]) -> None:
    """Let these kinds alone through a gate; no kinds means every kind."""
    await tx.run("DELETE FROM gate_kinds WHERE gate_id = :gate_id", gate_id=gate_id)
    for kind_id in kind_ids:
        await tx.run(
            "INSERT INTO gate_kinds (gate_id, kind_id) VALUES (:gate_id, :kind_id)",
            gate_id=gate_id,
            kind_id=kind_id,
        )


async def set_gate_status(tx: Tx, gate_id: int, status: str) -> bool:
    """Open, pause or close a gate (`open`, `paused`, `closed`); false if there is none."""
    changed = await tx.run(
        "UPDATE gates SET status = :status WHERE id = :id", id=gate_id, status=status
    )
    return changed == 1


async def gates_of(tx: Tx, event_id: int) -> list[Gate]:
    """Read the gates of an event, by name."""
    rows = await tx.rows(
        "SELECT id, name, status FROM gates WHERE event_id = :event_id ORDER BY name, id"
        " LIMIT :limit",
        event_id=event_id,
        limit=GATES_MAX,
    )
    return [Gate(row["id"], row["name"], row["status"]) for row in rows]


async def engage(
    tx: Tx,
    *,
    event_id: int,
    person_id: int,
    role: str,
    name: str,
    now_ms: int,
    gate_id: int | None = None,
    from_ms: int | None = None,
    until_ms: int | None = None,
) -> int:
    """Take a person into an event's team, or back into it; answers their staff id."""
    row = await tx.row(
        "INSERT INTO staff (id, event_id, person_id, role, name, bound_gate_id, from_ms, until_ms,"
        " joined_ms) VALUES (:id, :event_id, :person_id, :role, :name, :gate_id, :from_ms,"
        " :until_ms, :now_ms)"
        " ON CONFLICT (event_id, person_id) DO UPDATE SET role = excluded.role,"
        " bound_gate_id = excluded.bound_gate_id, from_ms = excluded.from_ms,"
        " until_ms = excluded.until_ms, revoked_ms = NULL,"
        " joined_ms = excluded.joined_ms RETURNING id",
        id=new_id(now_ms),
        event_id=event_id,
        person_id=person_id,
        role=role,
        name=name,
        gate_id=gate_id,
        from_ms=from_ms,
        until_ms=until_ms,
        now_ms=now_ms,
    )
    assert row is not None  # noqa: S101 (an upsert returns its row)
    return int(row["id"])


async def dismiss(tx: Tx, staff_id: int, now_ms: int) -> bool:
    """Take a person out of the team, from their next scan on; false if they were out already."""
    row = await tx.row(
        "UPDATE staff SET revoked_ms = :now_ms WHERE id = :id AND revoked_ms IS NULL RETURNING id",
        id=staff_id,
        now_ms=now_ms,
    )
    return row is not None


async def set_terms(
    tx: Tx,
    staff_id: int,
    *,
    event_id: int,
    gate_id: int | None,
    from_ms: int | None,
    until_ms: int | None,
) -> bool:
    """Say where and when somebody works, from their next scan on; false if they are out."""
    row = await tx.row(
        "UPDATE staff SET bound_gate_id = :gate_id, from_ms = :from_ms, until_ms = :until_ms"
        " WHERE id = :id AND event_id = :event_id AND revoked_ms IS NULL"
        " AND (CAST(:gate_id AS BIGINT) IS NULL"
        "  OR EXISTS (SELECT 1 FROM gates WHERE gates.id = :gate_id"
        "   AND gates.event_id = :event_id)) RETURNING id",
        id=staff_id,
        event_id=event_id,
        gate_id=gate_id,
        from_ms=from_ms,
        until_ms=until_ms,
    )
    return row is not None


_POST = (
    "SELECT staff.id, staff.event_id, staff.role, staff.bound_gate_id,"
    " events.title, events.tag, events.zone, events.starts_ms, events.status"
    " FROM staff JOIN events ON events.id = staff.event_id"
    " WHERE staff.person_id = :person_id AND staff.revoked_ms IS NULL"
)


async def posts_of(tx: Tx, person_id: int, now_ms: int) -> list[Post]:
    """Read where a person works: events that are not over, the soonest first.

    Drafts and cancelled events are of interest only to who works at nothing else.
    """
    rows = await tx.rows(
        f"{_POST} AND events.ends_ms > :ended_ms"
        " ORDER BY events.status <> 'published', events.starts_ms, events.id LIMIT :limit",
        person_id=person_id,
        ended_ms=now_ms - OVER_AFTER_MS,
        limit=POSTS_MAX,
    )
    posts = [_post(row) for row in rows]
    return [post for post in posts if post.is_open] or posts


async def post_by_id(tx: Tx, staff_id: int, person_id: int) -> Post | None:
    """Read one place, if it is this person's and was not taken back."""
    row = await tx.row(f"{_POST} AND staff.id = :staff_id", staff_id=staff_id, person_id=person_id)
    return _post(row) if row else None


async def event_title(tx: Tx, event_id: int) -> str:
    """Read how an event is called; empty if there is none."""
    row = await tx.row("SELECT title FROM events WHERE id = :id", id=event_id)
    return str(row["title"]) if row else ""


async def event_zone(tx: Tx, event_id: int) -> str:
    """Read where an event is, in time."""
    row = await tx.row("SELECT zone FROM events WHERE id = :id", id=event_id)
    return str(row["zone"]) if row else "UTC"


async def supervisor_chats(tx: Tx, event_id: int) -> list[int]:
    """Read the scanner chats of an event's supervisors, one a person: the one heard last."""
    rows = await tx.rows(
        "SELECT (SELECT chats.id FROM chats"
        "  WHERE chats.person_id = staff.person_id AND chats.talk = 'scanner'"
        "  ORDER BY chats.heard_ms DESC LIMIT 1) AS chat_id FROM staff"
        " WHERE staff.event_id = :event_id AND staff.role = 'supervisor'"
        " AND staff.revoked_ms IS NULL ORDER BY staff.joined_ms LIMIT :limit",
        event_id=event_id,
        limit=ALERTED_MAX,
    )
    return [row["chat_id"] for row in rows if row["chat_id"] is not None]


def _post(row: Row) -> Post:
    return Post(
        staff_id=row["id"],
        event_id=row["event_id"],
        role=row["role"],
        bound_gate_id=row["bound_gate_id"],
        title=row["title"],
        tag=row["tag"],
        zone=row["zone"],
        starts_ms=row["starts_ms"],
        is_open=row["status"] == "published",
    )


async def supervisor_refs(tx: Tx, channel: str, now_ms: int) -> list[str]:
    """Read the scanner's chats, on one channel, of who supervises an event that is not over."""
    rows = await tx.rows(
        "SELECT DISTINCT chats.ref FROM staff JOIN events ON events.id = staff.event_id"
        " JOIN chats ON chats.person_id = staff.person_id"
        " WHERE staff.role = 'supervisor' AND staff.revoked_ms IS NULL"
        " AND events.ends_ms > :now_ms AND chats.channel = :channel AND chats.talk = 'scanner'",
        channel=channel,
        now_ms=now_ms,
    )
    return [row["ref"] for row in rows]
