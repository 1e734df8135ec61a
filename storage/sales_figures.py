"""How an event sells: its money by way of paying, and what was sold hour by hour."""

from dataclasses import dataclass

from boxoffice.rules import HOUR_MS
from storage.database import Tx

HOURS_MAX = 24 * 400
"""More than a year of hours: what is older than a year before an event is not charted."""


@dataclass(frozen=True, slots=True)
class SoldHour:
    """Tickets sold within an hour, and for how much."""

    begins_ms: int
    tickets: int
    money_minor: int


async def sold_by_hour(tx: Tx, event_id: int) -> list[SoldHour]:
    """Count what was sold and not given back, by the hour in which it was paid, oldest first.

    Invitations are not sold.
    """
    rows = await tx.rows(
        "SELECT orders.closed_ms / :hour_ms AS hour, COUNT(*) AS tickets,"
        " CAST(SUM(seats.price_minor) AS BIGINT) AS money_minor"
        " FROM orders JOIN seats ON seats.order_id = orders.id"
        " WHERE orders.event_id = :event_id AND orders.status = 'paid'"
        " AND orders.source <> 'invitation' AND seats.returned_ms IS NULL"
        " GROUP BY orders.closed_ms / :hour_ms"
        " ORDER BY hour LIMIT :limit",
        event_id=event_id,
        hour_ms=HOUR_MS,
        limit=HOURS_MAX,
    )
    return [SoldHour(row["hour"] * HOUR_MS, row["tickets"], row["money_minor"]) for row in rows]
