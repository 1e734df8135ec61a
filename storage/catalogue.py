"""Lists of events: what is on sale, and what an organiser's people run."""

from dataclasses import dataclass

from boxoffice.model import CATEGORIES, Event, SaleState
from boxoffice.money import Money
from storage.database import Row, Tx
from storage.events import event_of

LISTED_MAX = 8
"""Events on one page of the list: what a small screen shows, and a list picker holds."""

PAST_SHOWN_MS = 30 * 86_400_000
"""How long an organiser still sees an event that is over."""

_CHEAPEST = (
    "COALESCE((SELECT MIN(price_minor) FROM kinds WHERE event_id = events.id"
    " AND hidden = 0 AND taken < quota), (SELECT MIN(price_minor) FROM kinds"
    "  WHERE event_id = events.id AND hidden = 0))"
)
_OFFER = (
    f"events.*, {_CHEAPEST} AS cheap,"
    " (SELECT MAX(price_minor) FROM kinds WHERE event_id = events.id AND hidden = 0) AS dear,"
    # Kinds that share seats have together at most what is left of those.
    " (SELECT CAST(COALESCE(SUM(pot.rest), 0) AS BIGINT) FROM"
    "  (SELECT CASE WHEN MAX(shared.quota) IS NULL"
    "    OR SUM(kinds.quota - kinds.taken) < MAX(shared.quota - shared.taken)"
    "    THEN SUM(kinds.quota - kinds.taken) ELSE MAX(shared.quota - shared.taken) END AS rest"
    "   FROM kinds LEFT JOIN shared_quotas AS shared ON shared.id = kinds.shared_id"
    "   WHERE kinds.event_id = events.id"
    "   GROUP BY COALESCE(kinds.shared_id, kinds.id)) AS pot) AS rest,"
    " (SELECT CAST(COALESCE(SUM(pot.places), 0) AS BIGINT) FROM"
    "  (SELECT CASE WHEN MAX(shared.quota) IS NULL OR SUM(kinds.quota) < MAX(shared.quota)"
    "    THEN SUM(kinds.quota) ELSE MAX(shared.quota) END AS places"
    "   FROM kinds LEFT JOIN shared_quotas AS shared ON shared.id = kinds.shared_id"
    "   WHERE kinds.event_id = events.id"
    "   GROUP BY COALESCE(kinds.shared_id, kinds.id)) AS pot) AS quota"
)


@dataclass(frozen=True, slots=True)
class Offer:
    """An event in a list: with its lowest price and what is left."""

    event: Event
    from_price: Money
    to_price: Money
    left: int
    quota: int
    state: SaleState
    """How its sale stands when the list is read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: a sort of evening, a time it must touch, something free."""

    category: str = ""
    from_ms: int | None = None
    until_ms: int | None = None
    is_free: bool = False
    cheapest_first: bool = False


EVERYTHING = Wanted()


async def offers(
    tx: Tx,
    *,
    now_ms: int,
    found: str = "",
    wanted: Wanted = EVERYTHING,
    skip: int = 0,
    limit: int = LISTED_MAX,
) -> list[Offer]:
    """Read what is on sale, soonest first; `found` are folded words the event must contain."""
    by_price = f"{_CHEAPEST}," if wanted.cheapest_first else ""
    rows = await tx.rows(
        f"SELECT {_OFFER} FROM events"
        " WHERE status = 'published' AND ends_ms > :now_ms"
        " AND (CAST(:found AS TEXT) = '' OR folded LIKE :pattern)"
        " AND (CAST(:category AS TEXT) = '' OR category = :category)"
        " AND (CAST(:from_ms AS BIGINT) IS NULL OR ends_ms > :from_ms)"
        " AND (CAST(:until_ms AS BIGINT) IS NULL OR starts_ms < :until_ms)"
        " AND (CAST(:free AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM kinds"
        "  WHERE event_id = events.id AND hidden = 0 AND price_minor = 0))"
        f" ORDER BY {by_price} starts_ms, id LIMIT :limit OFFSET :skip",
        now_ms=now_ms,
        free=int(wanted.is_free),
        found=found,
        pattern=f"%{found}%",
        category=wanted.category,
        from_ms=wanted.from_ms,
        until_ms=wanted.until_ms,
        limit=limit,
        skip=skip,
    )
    return [_offer(row, now_ms) for row in rows]


async def events_of_organisers(tx: Tx, person_id: int, *, now_ms: int, limit: int) -> list[Offer]:
    """Read the events a person runs, newest plans first, past ones of the last month included."""
    rows = await tx.rows(
        f"SELECT {_OFFER} FROM events"
        " JOIN memberships ON memberships.organiser_id = events.organiser_id"
        " WHERE memberships.person_id = :person_id AND memberships.revoked_ms IS NULL"
        " AND events.ends_ms > :since_ms ORDER BY events.starts_ms, events.id LIMIT :limit",
        person_id=person_id,
        since_ms=now_ms - PAST_SHOWN_MS,
        limit=limit,
    )
    return [_offer(row, now_ms) for row in rows]


async def drafts_waiting(tx: Tx, organiser_id: int, *, now_ms: int, limit: int) -> list[Event]:
    """Read an organiser's drafts that can still be put on sale, soonest first."""
    rows = await tx.rows(
        "SELECT * FROM events WHERE organiser_id = :organiser_id AND status = 'draft'"
        " AND ends_ms > :now_ms ORDER BY starts_ms, id LIMIT :limit",
        organiser_id=organiser_id,
        now_ms=now_ms,
        limit=limit,
    )
    return [event_of(row) for row in rows]


def _offer(row: Row, now_ms: int) -> Offer:
    event = event_of(row)
    return Offer(
        event,
        Money(row["cheap"] or 0, event.currency),
        Money(row["dear"] or 0, event.currency),
        row["rest"] or 0,
        row["quota"] or 0,
        event.sale_state(now_ms),
    )


async def towns(tx: Tx, now_ms: int, limit: int) -> list[str]:
    """Read the towns where something is on sale, those with most of it first."""
    rows = await tx.rows(
        "SELECT city, COUNT(*) AS count FROM events WHERE status = 'published'"
        " AND ends_ms > :now_ms AND city <> '' GROUP BY city"
        " ORDER BY count DESC, city LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )
    return [row["city"] for row in rows]


async def categories(tx: Tx, now_ms: int) -> list[str]:
    """Read the sorts of evenings that are on sale, in the order people know them."""
    rows = await tx.rows(
        "SELECT DISTINCT category FROM events WHERE status = 'published'"
        " AND ends_ms > :now_ms AND category <> ''",
        now_ms=now_ms,
    )
    there = {row["category"] for row in rows}
    return [one for one in CATEGORIES if one in there]
