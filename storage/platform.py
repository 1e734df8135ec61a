"""The whole installation, for its owner: organisers, who may publish, and how it is doing."""

from dataclasses import dataclass

from storage.database import Row, Tx
from storage.organisers import INVITED

LISTED_MAX = 8
"""Organisers under one message, those who wait first."""


@dataclass(frozen=True, slots=True)
class OrganiserRow:
    """An organiser, and what it does here."""

    id: int
    name: str
    status: str
    seats_max: int | None
    on_sale: int
    sold: int
    invited: int


@dataclass(frozen=True, slots=True)
class Health:
    """How the installation is doing at a moment."""

    waiting: int
    oldest_ms: int | None
    """When what waits longest was due; None if nothing waits."""
    failed_lately: int
    unworked: int
    holds: int
    on_sale: int
    payments: tuple[tuple[str, int], ...]


_ORGANISER = (
    "SELECT organisers.id, organisers.name, organisers.status, organisers.seats_max,"
    " (SELECT COUNT(*) FROM events WHERE events.organiser_id = organisers.id"
    "  AND events.status = 'published' AND events.ends_ms > :now_ms) AS on_sale,"
    " (SELECT COUNT(*) FROM tickets JOIN events ON events.id = tickets.event_id"
    "  WHERE events.organiser_id = organisers.id AND tickets.status = 'valid') AS valid,"
    " (SELECT COUNT(*) FROM events JOIN orders ON orders.event_id = events.id"
    f"  AND {INVITED} JOIN tickets ON tickets.order_id = orders.id"
    "  WHERE events.organiser_id = organisers.id AND tickets.status = 'valid') AS invited"
    " FROM organisers"
)


async def organisers_listed(tx: Tx, *, skip: int, now_ms: int) -> list[OrganiserRow]:
    """Read organisers, those who wait for an answer first, then the newest."""
    rows = await tx.rows(
        f"{_ORGANISER} ORDER BY CASE WHEN organisers.status = 'asked' THEN 0 ELSE 1 END,"
        " organisers.created_ms DESC, organisers.id LIMIT :limit OFFSET :skip",
        now_ms=now_ms,
        limit=LISTED_MAX + 1,
        skip=skip,
    )
    return [_organiser(row) for row in rows]


async def organiser_row(tx: Tx, organiser_id: int, now_ms: int) -> OrganiserRow | None:
    """Read one organiser."""
    row = await tx.row(f"{_ORGANISER} WHERE organisers.id = :id", id=organiser_id, now_ms=now_ms)
    return _organiser(row) if row else None


async def set_status(tx: Tx, organiser_id: int, status: str) -> bool:
    """Let an organiser publish, or not; false if it stands so already."""
    row = await tx.row(
        "UPDATE organisers SET status = :status WHERE id = :id AND status <> :status RETURNING id",
        id=organiser_id,
        status=status,
    )
    return row is not None


async def move_status(tx: Tx, organiser_id: int, old: str, new: str) -> bool:
    """Decide about an organiser as it was seen to stand; false if somebody decided meanwhile."""
    row = await tx.row(
        "UPDATE organisers SET status = :new WHERE id = :id AND status = :old RETURNING id",
        id=organiser_id,
        old=old,
        new=new,
    )
    return row is not None


async def set_limit(tx: Tx, organiser_id: int, seats_max: int | None) -> bool:
    """Limit the seats of one event of an organiser; what is on sale already stays."""
    changed = await tx.run(
        "UPDATE organisers SET seats_max = :seats_max WHERE id = :id",
        id=organiser_id,
        seats_max=seats_max,
    )
    return changed == 1


async def why_not_published(tx: Tx, event_id: int, more: int = 0) -> tuple[str, int | None] | None:
    """Say why an organiser may not sell this event with `more` seats: its status, or its limit."""
    row = await tx.row(
        "SELECT organisers.status, organisers.seats_max, (SELECT COALESCE(SUM(quota), 0)"
        "  FROM kinds WHERE kinds.event_id = events.id) AS seats"
        " FROM events JOIN organisers ON organisers.id = events.organiser_id"
        " WHERE events.id = :id",
        id=event_id,
    )
    if row is None or row["status"] != "approved":
        return (row["status"] if row else "asked", None)
    if row["seats_max"] is not None and row["seats"] + more > row["seats_max"]:
        return ("limit", row["seats_max"])
    return None


async def health(tx: Tx, now_ms: int, lately_ms: int) -> Health:
    """Count what waits, what failed, what is held, and payments by state since a time."""
    row = await tx.row(
        "SELECT (SELECT COUNT(*) FROM outbox WHERE state = 'new' AND due_ms <= :now_ms) AS waiting,"
        " (SELECT MIN(due_ms) FROM outbox WHERE state = 'new' AND due_ms <= :now_ms) AS oldest_ms,"
        " (SELECT COUNT(*) FROM outbox WHERE state = 'failed' AND done_ms > :lately_ms) AS failed,"
        " (SELECT COUNT(*) FROM inbox WHERE state = 'new') AS unworked,"
        " (SELECT COUNT(*) FROM orders WHERE status = 'held') AS holds,"
        " (SELECT COUNT(*) FROM events WHERE status = 'published' AND ends_ms > :now_ms)"
        "  AS on_sale",
        now_ms=now_ms,
        lately_ms=lately_ms,
    )
    assert row is not None  # noqa: S101 (a row of counts)
    states = await tx.rows(
        "SELECT status, COUNT(*) AS count FROM payments WHERE started_ms > :lately_ms"
        " GROUP BY status ORDER BY status",
        lately_ms=lately_ms,
    )
    return Health(
        row["waiting"],
        row["oldest_ms"],
        row["failed"],
        row["unworked"],
        row["holds"],
        row["on_sale"],
        tuple((one["status"], one["count"]) for one in states),
    )


def _organiser(row: Row) -> OrganiserRow:
    return OrganiserRow(
        row["id"],
        row["name"],
        row["status"],
        row["seats_max"],
        row["on_sale"],
        row["valid"] - row["invited"],
        row["invited"],
    )
