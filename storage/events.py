"""Events and their kinds, read."""

from boxoffice.codes import Mode
from boxoffice.model import Equipment, Event, EventStatus, Kind, Naming, Pin
from boxoffice.money import Money
from boxoffice.refund_terms import RefundTerms
from boxoffice.scan_facts import Entry
from storage.database import Row, Tx
from storage.seat_counts import WAITED_FOR

KIND = (
    "kinds.*, events.currency, (SELECT shared.quota - shared.taken FROM shared_quotas AS shared"
    "  WHERE shared.id = kinds.shared_id) AS shared_left"
    ", (SELECT shared.quota FROM shared_quotas AS shared"
    "  WHERE shared.id = kinds.shared_id) AS shared_quota"
    f", CASE WHEN {WAITED_FOR} THEN 1 ELSE 0 END AS waited_for"
    ", CASE WHEN EXISTS (SELECT 1 FROM places WHERE places.kind_id = kinds.id) THEN 1 ELSE 0 END"
    "  AS numbered"
    " FROM kinds JOIN events ON events.id = kinds.event_id"
)
"""All that `kind_of` reads."""


async def event_by_id(tx: Tx, event_id: int) -> Event | None:
    """Read one event."""
    row = await tx.row("SELECT * FROM events WHERE id = :id", id=event_id)
    return event_of(row) if row else None


async def kinds_of(tx: Tx, event_id: int) -> list[Kind]:
    """Read an event's kinds, in order."""
    rows = await tx.rows(
        f"SELECT {KIND} WHERE kinds.event_id = :event_id ORDER BY position",
        event_id=event_id,
    )
    return [kind_of(row) for row in rows]


async def kind_by_id(tx: Tx, kind_id: int) -> Kind | None:
    """Read one kind."""
    row = await tx.row(
        f"SELECT {KIND} WHERE kinds.id = :id",
        id=kind_id,
    )
    return kind_of(row) if row else None


async def change_quota(tx: Tx, kind_id: int, quota: int) -> bool:
    """Set a kind's quota, never under what is taken; false if it would be."""
    row = await tx.row(
        "UPDATE kinds SET quota = :quota WHERE id = :id AND taken <= :quota RETURNING id",
        id=kind_id,
        quota=quota,
    )
    return row is not None


def event_of(row: Row) -> Event:
    """Make an Event of a row of the events table."""
    return Event(
        id=row["id"],
        organiser_id=row["organiser_id"],
        tag=row["tag"],
        mode=Mode(row["mode"]),
        status=EventStatus(row["status"]),
        title=row["title"],
        description=row["description"],
        venue=row["venue"],
        city=row["city"],
        zone=row["zone"],
        doors_ms=row["doors_ms"],
        starts_ms=row["starts_ms"],
        ends_ms=row["ends_ms"],
        currency=row["currency"],
        age_min=row["age_min"],
        naming=Naming(row["naming"]),
        conditions=row["conditions"],
        conditions_version=row["conditions_version"],
        per_buyer_max=row["per_buyer_max"],
        hold_ms=row["hold_ms"],
        accent=row["accent"],
        poster_id=row["poster_id"],
        pin=None
        if row["latitude_e6"] is None or row["longitude_e6"] is None
        else Pin(row["latitude_e6"], row["longitude_e6"]),
        sales_from_ms=row["sales_from_ms"],
        sales_until_ms=row["sales_until_ms"],
        entry=Entry(row["entry"]),
        checks_age=row["checks_age"] == 1,
        renaming_ends_ms=row["renaming_ends_ms"],
        equipment=Equipment(row["equipment"]),
        refund_terms=RefundTerms(row["refund_percent"], row["refund_before_ms"]),
        category=row["category"],
        halted_ms=row["halted_ms"],
    )


def kind_of(row: Row) -> Kind:
    """Make a Kind of a row of the kinds table with its event's currency."""
    return Kind(
        id=row["id"],
        event_id=row["event_id"],
        name=row["name"],
        price=Money(row["price_minor"], row["currency"]),
        quota=row["quota"],
        taken=row["taken"],
        valid_from_ms=row["valid_from_ms"],
        valid_until_ms=row["valid_until_ms"],
        shared_left=row["shared_left"],
        shared_quota=row["shared_quota"],
        party_size=row["party_size"],
        is_waited_for=row["waited_for"] == 1,
        is_hidden=row["hidden"] == 1,
        is_numbered=row["numbered"] == 1,
    )
