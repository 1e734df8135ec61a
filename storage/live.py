"""An event's door as it is now: who is inside, what was refused, and how fast it goes."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from boxoffice.rules import MINUTE_MS, event_day
from storage.database import Row, Tx

LATELY_MS = 10 * MINUTE_MS
"""The pace is that of the last ten minutes: long enough not to jump, short enough to be now."""

MINUTES = 60
"""The last hour, minute by minute."""

# How many people a ticket has inside: a pass for several days counts today's entry alone.
PERSONS_INSIDE = (
    "CASE WHEN t.entry = 'daily' THEN CASE WHEN t.entered_day = :today THEN 1 ELSE 0 END"
    " ELSE t.inside END"
)


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """An event's door at a glance; people are counted, not tickets."""

    title: str
    zone: str
    at_ms: int
    inside: int
    expected: int
    """People that living tickets are for."""
    inside_max: int | None
    """How many may be inside at once, where that is limited."""
    by_gate: tuple[tuple[str, int], ...]
    by_kind: tuple[tuple[str, int, int], ...]
    """Each kind with who is inside and who is expected."""
    refusals: tuple[tuple[str, int], ...]
    """Verdicts and how often they were given, the most frequent first."""
    lately: int
    """Judgements of the last ten minutes."""
    minutes: tuple[int, ...]
    """Judgements of each minute of the last hour, the oldest first."""

    @property
    def per_minute(self) -> int:
        """Judgements a minute, lately."""
        return round(self.lately / (LATELY_MS / MINUTE_MS))


async def live_counts(tx: Tx, event_id: int, now_ms: int) -> LiveCounts | None:
    """Count at one event's door; None where there is no such event."""
    event = await tx.row(
        "SELECT e.title, e.zone, o.inside_max FROM events AS e"
        " LEFT JOIN occupancy AS o ON o.event_id = e.id WHERE e.id = :event_id",
        event_id=event_id,
    )
    if event is None:
        return None
    today = event_day(now_ms, ZoneInfo(event["zone"])).isoformat()
    kinds = await _kinds(tx, event_id, today)
    return LiveCounts(
        title=event["title"],
        zone=event["zone"],
        at_ms=now_ms,
        inside=sum(row["inside"] for row in kinds),
        expected=sum(row["expected"] for row in kinds),
        inside_max=event["inside_max"],
        by_gate=await _gates(tx, event_id, today),
        by_kind=tuple((row["name"], int(row["inside"]), int(row["expected"])) for row in kinds),
        refusals=await _refusals(tx, event_id),
        lately=await _lately(tx, event_id, now_ms),
        minutes=await _minutes(tx, event_id, now_ms),
    )


async def _kinds(tx: Tx, event_id: int, today: str) -> list[Row]:
    return await tx.rows(
        f"SELECT k.name, COALESCE(SUM({PERSONS_INSIDE}), 0) AS inside,"
        " COALESCE(SUM(t.party_size), 0) AS expected FROM kinds AS k"
        " LEFT JOIN tickets AS t ON t.kind_id = k.id AND t.status IN ('valid', 'blocked')"
        " WHERE k.event_id = :event_id GROUP BY k.id, k.name, k.position ORDER BY k.position, k.id",
        event_id=event_id,
        today=today,
    )


async def _gates(tx: Tx, event_id: int, today: str) -> tuple[tuple[str, int], ...]:
    """Count who is inside by the gate of their last entry; gates that lead out let nobody in."""
    rows = await tx.rows(
        f"SELECT g.name, COALESCE(SUM({PERSONS_INSIDE}), 0) AS inside FROM gates AS g"
        " LEFT JOIN tickets AS t ON t.scanned_gate_id = g.id AND t.event_id = g.event_id"
        "  AND t.status IN ('valid', 'blocked')"
        " WHERE g.event_id = :event_id AND g.direction = 'in'"
        " GROUP BY g.id, g.name ORDER BY g.name, g.id",
        event_id=event_id,
        today=today,
    )
    return tuple((row["name"], int(row["inside"])) for row in rows)


async def _refusals(tx: Tx, event_id: int) -> tuple[tuple[str, int], ...]:
    rows = await tx.rows(
        # Beside tables a single ticket is a party of one: it is used, as whoever had it was told.
        "SELECT CASE WHEN verdict = 'party_exhausted' AND party_size = 1 THEN 'already_used'"
        "  ELSE verdict END AS reason, COUNT(*) AS count FROM scans"
        " LEFT JOIN tickets ON tickets.id = scans.ticket_id WHERE scans.event_id = :event_id"
        " AND verdict NOT IN ('admitted', 'forced', 'annulled', 'id_check_required', 'replay',"
        " 'not_inside', 'offline_unverified')"
        " GROUP BY reason ORDER BY COUNT(*) DESC, reason",
        event_id=event_id,
    )
    return tuple((row["reason"], int(row["count"])) for row in rows)


async def _lately(tx: Tx, event_id: int, now_ms: int) -> int:
    row = await tx.row(
        "SELECT COUNT(*) AS count FROM scans WHERE event_id = :event_id AND judged_ms > :since_ms",
        event_id=event_id,
        since_ms=now_ms - LATELY_MS,
    )
    return int(row["count"]) if row else 0


async def _minutes(tx: Tx, event_id: int, now_ms: int) -> tuple[int, ...]:
    """Count minute by minute; the last one is the minute that is under way."""
    since_ms = (now_ms // MINUTE_MS - MINUTES + 1) * MINUTE_MS
    rows = await tx.rows(
        f"SELECT (judged_ms - :since_ms) / {MINUTE_MS} AS minute, COUNT(*) AS count FROM scans"
        " WHERE event_id = :event_id AND judged_ms >= :since_ms AND judged_ms <= :now_ms"
        " GROUP BY 1",
        event_id=event_id,
        since_ms=since_ms,
        now_ms=now_ms,
    )
    counts = [0] * MINUTES
    for row in rows:
        counts[int(row["minute"])] += int(row["count"])
    return tuple(counts)
