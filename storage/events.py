"""Events and their kinds."""

from dataclasses import dataclass

from boxoffice.admission import Entry
from boxoffice.codes import Mode, new_event_tag
from boxoffice.model import Equipment, Event, EventStatus, Kind, Naming, Pin
from boxoffice.money import Money
from boxoffice.refund_terms import NO_REFUND, RefundTerms
from storage.database import Row, Tx
from storage.ids import new_id

LISTED_MAX = 8
"""Events on one page of the list: what a small screen shows, and a list picker holds."""

PAST_SHOWN_MS = 30 * 86_400_000
"""How long an organiser still sees an event that is over."""

KIND = (
    "kinds.*, events.currency, (SELECT shared.quota - shared.taken FROM shared_quotas AS shared"
    "  WHERE shared.id = kinds.shared_id) AS shared_left"
    " FROM kinds JOIN events ON events.id = kinds.event_id"
)
"""All that `kind_of` reads."""

_OFFER = (
    "events.*, COALESCE((SELECT MIN(price_minor) FROM kinds WHERE event_id = events.id"
    " AND taken < quota), (SELECT MIN(price_minor) FROM kinds WHERE event_id = events.id))"
    " AS cheap,"
    " (SELECT MAX(price_minor) FROM kinds WHERE event_id = events.id) AS dear,"
    # Kinds that share seats have together at most what is left of those.
    " (SELECT CAST(COALESCE(SUM(pot.rest), 0) AS BIGINT) FROM"
    "  (SELECT CASE WHEN MAX(shared.quota) IS NULL"
    "    OR SUM(kinds.quota - kinds.taken) < MAX(shared.quota - shared.taken)"
    "    THEN SUM(kinds.quota - kinds.taken) ELSE MAX(shared.quota - shared.taken) END AS rest"
    "   FROM kinds LEFT JOIN shared_quotas AS shared ON shared.id = kinds.shared_id"
    "   WHERE kinds.event_id = events.id"
    "   GROUP BY COALESCE(kinds.shared_id, kinds.id)) AS pot) AS rest,"
    " (SELECT CAST(SUM(quota) AS BIGINT) FROM kinds WHERE event_id = events.id) AS quota"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """What an organiser says of an event to be; search looks in `folded`."""

    organiser_id: int
    mode: Mode
    title: str
    description: str
    venue: str
    city: str
    folded: str
    zone: str
    doors_ms: int
    starts_ms: int
    ends_ms: int
    currency: str
    age_min: int
    naming: Naming
    conditions: str
    per_buyer_max: int
    hold_ms: int
    accent: str
    equipment: Equipment = Equipment.EQUIPPED
    refund_terms: RefundTerms = NO_REFUND


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKind:
    """What an organiser says of a kind to be."""

    name: str
    price_minor: int
    quota: int
    valid_from_ms: int
    valid_until_ms: int
    party_size: int = 1


@dataclass(frozen=True, slots=True)
class Offer:
    """An event in a list: with its lowest price and what is left."""

    event: Event
    from_price: Money
    to_price: Money
    left: int
    quota: int


async def create_event(tx: Tx, new: NewEvent, now_ms: int) -> int:
    """Make a draft, under a tag that no other event has."""
    event_id = new_id(now_ms)
    while True:
        row = await tx.row(
            "INSERT INTO events (id, organiser_id, tag, mode, status, title, description, venue,"
            " city, folded, zone, doors_ms, starts_ms, ends_ms, currency, age_min, naming,"
            " conditions, conditions_version, per_buyer_max, hold_ms, accent,"
            " created_ms, equipment, refund_percent, refund_before_ms)"
            " VALUES (:id, :organiser_id, :tag, :mode, 'draft', :title,"
            " :description, :venue, :city, :folded, :zone, :doors_ms, :starts_ms, :ends_ms,"
            " :currency, :age_min,"
            " :naming, :conditions, 1, :per_buyer_max, :hold_ms, :accent, :now_ms,"
            " :equipment, :refund_percent, :refund_before_ms)"
            " ON CONFLICT (tag) DO NOTHING RETURNING id",
            id=event_id,
            organiser_id=new.organiser_id,
            tag=new_event_tag(),
            mode=new.mode.value,
            title=new.title,
            description=new.description,
            venue=new.venue,
            city=new.city,
            folded=new.folded,
            zone=new.zone,
            doors_ms=new.doors_ms,
            starts_ms=new.starts_ms,
            ends_ms=new.ends_ms,
            currency=new.currency,
            age_min=new.age_min,
            naming=new.naming.value,
            conditions=new.conditions,
            per_buyer_max=new.per_buyer_max,
            hold_ms=new.hold_ms,
            accent=new.accent,
            now_ms=now_ms,
            equipment=new.equipment.value,
            refund_percent=new.refund_terms.percent,
            refund_before_ms=new.refund_terms.before_ms,
        )
        if row is not None:
            return event_id


async def change_draft(tx: Tx, event_id: int, new: NewEvent) -> bool:
    """Say everything of a draft anew, without its kinds; false if it was ever bought."""
    row = await tx.row(
        "UPDATE events SET title = :title, description = :description, venue = :venue,"
        " city = :city, folded = :folded, zone = :zone, doors_ms = :doors_ms,"
        " starts_ms = :starts_ms, ends_ms = :ends_ms, currency = :currency, age_min = :age_min,"
        " naming = :naming, conditions = :conditions,"
        " conditions_version = conditions_version + 1, accent = :accent"
        " WHERE id = :id AND status = 'draft' AND NOT EXISTS"
        " (SELECT 1 FROM orders WHERE orders.event_id = events.id) RETURNING id",
        id=event_id,
        title=new.title,
        description=new.description,
        venue=new.venue,
        city=new.city,
        folded=new.folded,
        zone=new.zone,
        doors_ms=new.doors_ms,
        starts_ms=new.starts_ms,
        ends_ms=new.ends_ms,
        currency=new.currency,
        age_min=new.age_min,
        naming=new.naming.value,
        conditions=new.conditions,
        accent=new.accent,
    )
    if row is None:
        return False
    await tx.run(
        "DELETE FROM gate_kinds WHERE gate_id IN (SELECT id FROM gates WHERE event_id = :id)",
        id=event_id,
    )
    for table in ("places", "kinds", "shared_quotas"):
        await tx.run(f"DELETE FROM {table} WHERE event_id = :id", id=event_id)
    return True


async def add_kind(tx: Tx, event_id: int, new: NewKind, now_ms: int) -> int:
    """Add a kind behind the others of its event."""
    kind_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO kinds (id, event_id, position, name, price_minor, quota, taken,"
        " valid_from_ms, valid_until_ms, party_size) VALUES (:id, :event_id,"
        " (SELECT COUNT(*) FROM kinds WHERE event_id = :event_id), :name, :price_minor, :quota, 0,"
        " :valid_from_ms, :valid_until_ms, :party_size)",
        id=kind_id,
        event_id=event_id,
        name=new.name,
        price_minor=new.price_minor,
        quota=new.quota,
        valid_from_ms=new.valid_from_ms,
        valid_until_ms=new.valid_until_ms,
        party_size=new.party_size,
    )
    return kind_id


async def publish(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Put a draft with at least one kind on sale; false if it is not one, or is over.

    E-tickets are sold only where the venue can scan: `equipment` must be known.
    """
    row = await tx.row(
        "UPDATE events SET status = 'published', published_ms = :now_ms"
        " WHERE id = :id AND status = 'draft' AND ends_ms > :now_ms AND equipment <> 'unknown'"
        " AND EXISTS (SELECT 1 FROM kinds WHERE kinds.event_id = events.id) RETURNING id",
        id=event_id,
        now_ms=now_ms,
    )
    return row is not None


async def unpublish(tx: Tx, event_id: int) -> bool:
    """Take an event off sale as long as nobody holds or has a seat; false otherwise."""
    row = await tx.row(
        "UPDATE events SET status = 'draft' WHERE id = :id AND status = 'published' AND NOT EXISTS"
        " (SELECT 1 FROM kinds WHERE kinds.event_id = events.id AND kinds.taken > 0) RETURNING id",
        id=event_id,
    )
    return row is not None


async def drop_draft(tx: Tx, event_id: int) -> bool:
    """Forget a draft and its kinds; false if it is not a draft any more, or was ever sold."""
    draft = await tx.row(
        "SELECT id FROM events WHERE id = :id AND status = 'draft' AND NOT EXISTS"
        " (SELECT 1 FROM orders WHERE orders.event_id = events.id)",
        id=event_id,
    )
    if draft is None:
        return False
    await tx.run(
        "DELETE FROM gate_kinds WHERE gate_id IN (SELECT id FROM gates WHERE event_id = :id)",
        id=event_id,
    )
    for table in (
        "invitations",
        "staff",
        "gates",
        "places",
        "kinds",
        "shared_quotas",
        "occupancy",
        "terminal_loans",
    ):
        await tx.run(f"DELETE FROM {table} WHERE event_id = :id", id=event_id)
    await tx.run("DELETE FROM condition_texts WHERE event_id = :id", id=event_id)
    return await tx.run("DELETE FROM events WHERE id = :id AND status = 'draft'", id=event_id) == 1


async def change_quota(tx: Tx, kind_id: int, quota: int) -> bool:
    """Set a kind's quota, never under what is taken; false if it would be."""
    row = await tx.row(
        "UPDATE kinds SET quota = :quota WHERE id = :id AND taken <= :quota RETURNING id",
        id=kind_id,
        quota=quota,
    )
    return row is not None


async def set_poster(tx: Tx, event_id: int, media_id: int) -> None:
    """Show this picture on the event's page."""
    await tx.run(
        "UPDATE events SET poster_id = :media_id WHERE id = :id", id=event_id, media_id=media_id
    )


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


async def offers(
    tx: Tx, *, now_ms: int, found: str = "", skip: int = 0, limit: int = LISTED_MAX
) -> list[Offer]:
    """Read what is on sale, soonest first; `found` are folded words the event must contain."""
    rows = await tx.rows(
        f"SELECT {_OFFER} FROM events"
        " WHERE status = 'published' AND ends_ms > :now_ms"
        " AND (CAST(:found AS TEXT) = '' OR folded LIKE :pattern)"
        " ORDER BY starts_ms, id LIMIT :limit OFFSET :skip",
        now_ms=now_ms,
        found=found,
        pattern=f"%{found}%",
        limit=limit,
        skip=skip,
    )
    return [_offer(row) for row in rows]


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
    return [_offer(row) for row in rows]


def _offer(row: Row) -> Offer:
    event = event_of(row)
    return Offer(
        event,
        Money(row["cheap"] or 0, event.currency),
        Money(row["dear"] or 0, event.currency),
        row["rest"] or 0,
        row["quota"] or 0,
    )


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
        party_size=row["party_size"],
    )
