"""What a box office deals in: events, kinds, orders, payments and tickets, as plain values."""

from datetime import date
from enum import StrEnum

from boxoffice.codes import Mode
from boxoffice.money import Money
from boxoffice.refund_terms import NO_REFUND, RefundTerms
from boxoffice.rules import DAY_MS
from boxoffice.scan_facts import Entry
from boxoffice.values import named_value, value


class EventStatus(StrEnum):
    """Where an event stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


class Naming(StrEnum):
    """Whether tickets may change hands, or carry their beneficiary's name."""

    TRANSFERABLE = "transferable"
    NOMINATIVE = "nominative"


class OrderStatus(StrEnum):
    """Held seats expire; paid ones do not."""

    HELD = "held"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class PaymentStatus(StrEnum):
    """Where one attempt at taking money stands."""

    STARTING = "starting"
    OPEN = "open"
    PAID = "paid"
    DECLINED = "declined"
    FAILED = "failed"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class TicketStatus(StrEnum):
    """Only a valid ticket opens a gate."""

    VALID = "valid"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"
    BLOCKED = "blocked"


class SaleState(StrEnum):
    """How the sale of an event stands at a moment."""

    OPEN = "open"
    DRAFT = "draft"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    OVER = "over"
    HALTED = "halted"
    """Its organiser stopped it, and may resume it."""
    NOT_YET = "not_yet"
    CLOSED = "closed"
    """The time it was to be sold in is over, the event is not."""


class Equipment(StrEnum):
    """Whether a venue can scan e-tickets: only then are they sold."""

    UNKNOWN = "unknown"
    EQUIPPED = "equipped"
    LENT = "lent"
    """Guichet lends its terminals."""


CATEGORIES = ("concert", "festival", "theatre", "cinema", "sport", "conference", "party", "other")
"""What sorts of evenings are told apart: as many as fit under one message."""


@value
class Pin:
    """A point on a map, in millionths of a degree, so that it is an integer like money."""

    latitude_e6: int
    longitude_e6: int

    @property
    def latitude(self) -> float:
        """Degrees north."""
        return self.latitude_e6 / 1_000_000

    @property
    def longitude(self) -> float:
        """Degrees east."""
        return self.longitude_e6 / 1_000_000


@named_value
class Kind:
    """A kind of ticket (tarif); `taken` counts held and sold, the window opens gates."""

    id: int
    event_id: int
    name: str
    price: Money
    quota: int
    taken: int
    valid_from_ms: int
    valid_until_ms: int
    shared_left: int | None = None
    """What is left of the seats it shares with other kinds, if it shares any."""
    shared_quota: int | None = None
    """How many those are in all."""
    party_size: int = 1
    """Persons who come in on one ticket."""
    is_waited_for: bool = False
    """What is left is enough for somebody on the waiting list: it is theirs."""
    is_hidden: bool = False
    """Only a code shows it."""
    is_numbered: bool = False
    """It has a plan of numbered seats."""
    promo_id: int | None = None
    promo: str = ""
    """The code that makes this price for this buyer, if one does."""
    list_price: Money | None = None
    """What it costs without the code."""

    @property
    def left(self) -> int:
        """How many may still be taken."""
        if self.is_waited_for:
            return 0
        own = self.quota - self.taken
        return own if self.shared_left is None else min(own, self.shared_left)

    @property
    def most(self) -> int:
        """How many there can be at all."""
        return self.quota if self.shared_quota is None else min(self.quota, self.shared_quota)


@named_value
class Event:
    """An event as it is offered. Times are _ms since 1970 UTC, read at its place through `zone`."""

    id: int
    organiser_id: int
    tag: str
    mode: Mode
    status: EventStatus
    title: str
    description: str
    venue: str
    city: str
    zone: str
    doors_ms: int
    starts_ms: int
    ends_ms: int
    currency: str
    age_min: int
    naming: Naming
    conditions: str
    conditions_version: int
    per_buyer_max: int
    hold_ms: int
    accent: str
    poster_id: int | None
    pin: Pin | None = None
    sales_from_ms: int | None = None
    sales_until_ms: int | None = None
    entry: Entry = Entry.ONCE
    checks_age: bool = False
    """Every holder gives a birth date, and the gate judges it at the event's date."""
    renaming_ends_ms: int = DAY_MS
    """How long before the doors a name can be corrected for the last time."""
    equipment: Equipment = Equipment.EQUIPPED
    refund_terms: RefundTerms = NO_REFUND
    category: str = ""
    """What sort of evening it is, for who browses: one of `CATEGORIES`, or empty."""

    halted_ms: int | None = None
    """Since when its organiser has stopped the sale, if they have."""

    @property
    def renaming_until_ms(self) -> int:
        """Until when a name on its tickets can be corrected."""
        return self.doors_ms - self.renaming_ends_ms

    def is_on_sale(self, now_ms: int) -> bool:
        """Say whether tickets may be bought now."""
        return self.sale_state(now_ms) is SaleState.OPEN

    def sale_state(self, now_ms: int) -> SaleState:
        """Say how its sale stands now: what stands in the way first."""
        if self.status is not EventStatus.PUBLISHED:
            return SaleState(self.status.value)
        if self.ends_ms <= now_ms:
            return SaleState.OVER
        if self.halted_ms is not None:
            return SaleState.HALTED
        if self.sales_from_ms is not None and now_ms < self.sales_from_ms:
            return SaleState.NOT_YET
        if self.sales_until_ms is not None and self.sales_until_ms <= now_ms:
            return SaleState.CLOSED
        return SaleState.OPEN


def entry_of(event: Event, kind: Kind) -> Entry:
    """Say how often a ticket of a kind opens a gate: a party's rule is for several persons."""
    is_single = event.entry is Entry.PARTY and kind.party_size == 1
    return Entry.ONCE if is_single else event.entry


@named_value
class Order:
    """A buyer's order of one event."""

    id: int
    reference: str
    event_id: int
    buyer_id: int
    chat_id: int
    status: OrderStatus
    quantity: int
    total: Money
    held_ms: int
    hold_until_ms: int
    promo: str = ""
    """The code it was bought with."""
    refund_terms: RefundTerms = NO_REFUND
    """The terms its buyer accepted."""
    source: str = "chat"
    """`chat`, or what was made at once: `counter` sold for cash, `invitation` given away."""
    sold_by: int | None = None
    """Who sold or gave it, if not the chat itself."""
    handed: str = "buyer"
    """Whose hands the tickets are in: `waiting` for somebody, `shown` by the seller, `claimed`."""

    @property
    def is_gift(self) -> bool:
        """Whether it was given away: it costs nothing, whatever its kind costs others."""
        return self.source == "invitation"

    @property
    def is_for_cash(self) -> bool:
        """Whether it was sold for cash, which goes back by hand."""
        return self.source == "counter"

    @property
    def is_for_another(self) -> bool:
        """Whether its tickets and its money are those of somebody its seller sold them to."""
        return self.is_for_cash and self.handed in {"waiting", "shown"}


@value
class Seat:
    """One ticket to be, in an order: its rank, its kind, and for whom if the event asks names."""

    number: int
    kind_id: int
    price_minor: int
    holder: str | None
    birth_date: date | None = None
    place_id: int | None = None
    """The numbered seat, where the kind has a plan."""


@named_value
class Payment:
    """One attempt at taking the money of an order."""

    id: int
    order_id: int
    provider: str
    status: PaymentStatus
    amount: Money
    provider_ref: str | None
    url: str | None
    paid: Money
    """What came in, of which `back_minor` goes or went back."""
    back_minor: int
    page_until_ms: int
    kept_minor: int = 0
    """What the organiser keeps of tickets given back: spoken for, like what goes back."""
    returned_minor: int = 0
    """What of it went back already."""
    paid_ms: int | None = None
    """When the money came in."""
    lost_minor: int = 0
    """What left at the provider beyond what was left here."""

    @property
    def left(self) -> Money:
        """What came in, is not going back, and stands for tickets that live."""
        spoken_for = self.back_minor + self.kept_minor
        return Money(self.paid.amount_minor - spoken_for, self.paid.currency)


class RefundReason(StrEnum):
    """Why money goes back."""

    LATE = "late"
    TWICE = "twice"
    SURPLUS = "surplus"
    UNDERPAID = "underpaid"
    ORDER = "order"
    TICKET = "ticket"
    EVENT = "event"
    PROVIDER = "provider"


class RefundStatus(StrEnum):
    """Where money stands that goes back."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"


@named_value
class Refund:
    """Money on its way back: all of a payment, or a part of it."""

    id: int
    payment_id: int
    ticket_id: int | None
    reason: RefundReason
    status: RefundStatus
    amount: Money
    attempt: int
    provider_ref: str | None
    asked_ms: int


@named_value
class Ticket:
    """A ticket with its one code. `number` is its rank in the order."""

    id: int
    order_id: int
    number: int
    event_id: int
    kind_id: int
    owner_id: int
    code: str
    short_code: str
    holder: str | None
    status: TicketStatus
    scanned_at_ms: int | None
    place: str | None = None
    """The numbered seat as people say it: `A12`."""
