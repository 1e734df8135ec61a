"""How an event is told: its line in a list, its page, its rules and its conditions in full."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from boxoffice import rules
from boxoffice.model import Event, Kind, Naming, SaleState, entry_of
from boxoffice.refund_terms import PERCENT_FULL, RefundTerms
from boxoffice.scan_facts import Entry
from chat.messages import NOTHING, Moment, Value, Words, words
from storage.catalogue import Offer

FEW_LEFT_MAX = 10
"""From here on the buyer is told how many places remain, if there were twice as many."""


def offer_line(offer: Offer) -> Words:
    """One event in a list: what, when, where, from how much, and the places left when few are."""
    event = offer.event
    if offer.state is not SaleState.OPEN:
        left = _not_sold(offer)
    elif offer.left < 1:
        left = words("offer.sold_out")
    elif _are_few(offer.left, offer.quota):
        left = words("offer.few_left", n=offer.left)
    else:
        left = NOTHING
    if offer.from_price.amount_minor:
        price = words("offer.from", price=offer.from_price)
    else:
        is_mixed = offer.to_price.amount_minor > 0
        price = words("offer.mixed", price=offer.to_price) if is_mixed else words("offer.free")
    return words(
        "offer.line",
        title=event.title,
        when=when_words(event),
        place=event.city or event.venue,
        price=price,
        left=left,
    )


def _are_few(left: int, quota: int) -> bool:
    """Say whether few of many places are left: three of three are all there are."""
    return left <= min(FEW_LEFT_MAX, quota // 2)


def _not_sold(offer: Offer) -> Words:
    """Say in a list that an event cannot be bought now, or from when on."""
    from_ms = offer.event.sales_from_ms
    if offer.state is SaleState.NOT_YET and from_ms is not None:
        return words("offer.not_yet", at=Moment(from_ms, offer.event.zone))
    return words("offer.halted" if offer.state is SaleState.HALTED else "offer.closed")


def event_page(event: Event, kinds: Sequence[Kind]) -> Words:
    """An event's page as a buyer reads it: what it is, when, where, its kinds and its rules."""
    return words(
        "event.page",
        title=event.title,
        when=when_words(event),
        doors=Moment(event.doors_ms, event.zone),
        place=place_words(event),
        about=words("event.about", text=event.description) if event.description else NOTHING,
        kinds=tuple(kind_line(kind) for kind in kinds),
        rules=_short_rules(event, kinds),
    )


def place_words(event: Event) -> Words:
    """The venue and its city, as far as they are known."""
    if event.city and event.city != event.venue:
        return words("event.place", venue=event.venue, city=event.city)
    return words("event.venue", venue=event.venue)


def when_words(event: Event) -> Words:
    """When an event is: one evening, or its first and last day."""
    zone = event.zone
    first, last = rules.event_days(event.starts_ms, event.ends_ms, ZoneInfo(event.zone))
    if first == last:
        return words("event.when", starts=Moment(event.starts_ms, zone))
    # The last night belongs to the last day, though it ends on the next.
    ends_ms = event.ends_ms - rules.EVENT_DAY_TURNS_MS
    return words(
        "event.when_days", starts=Moment(event.starts_ms, zone), ends=Moment(ends_ms, zone)
    )


def kind_when(event: Event, kind: Kind) -> Words:
    """When a kind's tickets are for: the one day of a festival they open, else the event's time.

    A steward and a holder must read the same day: the word decides, not a span around it.
    """
    if is_day_kind(event, kind):
        return words("event.one_day", day=Moment(kind.valid_from_ms, event.zone))
    return when_words(event)


def age_moment(event: Event, kind: Kind) -> Moment:
    """The day at which a holder's age is judged: that of a day ticket, else the event's first."""
    day_ms = kind.valid_from_ms if is_day_kind(event, kind) else event.starts_ms
    return Moment(day_ms, event.zone)


def price_words(kind: Kind) -> Words:
    """A kind's price; a free one says so."""
    price = words("price", price=kind.price) if kind.price.amount_minor else words("offer.free")
    return _instead_of("promo.price", price, kind) or price


def price_each(kind: Kind) -> Words:
    """A kind's price, as that of one ticket."""
    price = words("price", price=kind.price)
    return _instead_of("promo.price_each", price, kind) or words("buying.each", price=price)


def _instead_of(key: str, price: Words, kind: Kind) -> Words | None:
    """Say which price a code makes less; None without one."""
    if kind.list_price is None or kind.list_price == kind.price:
        return None
    return words(key, price=price, list=kind.list_price, code=kind.promo)


def kind_label(kind: Kind) -> Words:
    """A kind on its button."""
    price = words("price", price=kind.price) if kind.price.amount_minor else words("offer.free")
    return words("event.kind_label", kind=kind.name, price=price)


def kind_line(kind: Kind) -> Words:
    """A kind on its event's page: its price, and how many are left when few are."""
    facts: dict[str, Value] = {"kind": kind.name, "price": price_words(kind)}
    if kind.left < 1:
        return words("event.kind_sold_out", **facts)
    if _are_few(kind.left, kind.most):
        return words("event.kind_few", n=kind.left, **facts)
    return words("event.kind", **facts)


def conditions_words(
    event: Event, kind: Kind, count: int, names: Sequence[str], *, is_gift: bool = False
) -> Words:
    """The conditions in full: what is bought, the standing rules, and the organiser's own.

    What is given costs nothing, whatever its kind costs others, and is given back as such.
    """
    holders = tuple(words("conditions.holder", rank=at + 1, name=n) for at, n in enumerate(names))
    return words(
        "conditions.full",
        n=count,
        kind=kind.name,
        title=event.title,
        when=kind_when(event, kind),
        total=words("conditions.gift") if is_gift else _total_words(kind, count),
        holders=words("conditions.holders", lines=holders) if holders else NOTHING,
        rules=standing_rules(event, kind, is_gift=is_gift),
        own=words("conditions.own", text=event.conditions) if event.conditions else NOTHING,
    )


def why_not_on_sale(event: Event, now_ms: int) -> Words:
    """Why an event cannot be bought now."""
    facts: dict[str, Value] = {"title": event.title}
    match event.sale_state(now_ms):
        case SaleState.CANCELLED:
            return words("event.cancelled", **facts)
        case SaleState.POSTPONED:
            return words("event.postponed", **facts)
        case SaleState.DRAFT:
            return words("event.not_yet", **facts)
        case SaleState.HALTED:
            return words("event.sales_halted", **facts)
        case SaleState.NOT_YET if event.sales_from_ms is not None:
            return words("event.sales_open", at=Moment(event.sales_from_ms, event.zone), **facts)
        case SaleState.CLOSED if event.sales_until_ms is not None:
            return words("event.sales_closed", at=Moment(event.sales_until_ms, event.zone), **facts)
    return words("event.over", ended=Moment(min(event.ends_ms, now_ms), event.zone), **facts)


def _total_words(kind: Kind, count: int) -> Words:
    total = kind.price * count
    price = words("price", price=total) if total.amount_minor else words("offer.free")
    return words("promo.shown", price=price, code=kind.promo) if kind.promo else price


def terms_words(where: str, terms: RefundTerms, event: Event) -> Words:
    """What comes back to who gives a paid ticket back, and until when; `where` it is said."""
    if not terms.percent:
        return words(f"{where}.no_refund")
    until = Moment(terms.until_ms(event.starts_ms), event.zone)
    if terms.percent == PERCENT_FULL:
        return words(f"{where}.refund_full", until=until)
    return words(f"{where}.refund_part", percent=terms.percent, until=until)


def _short_rules(event: Event, kinds: Sequence[Kind]) -> tuple[Words, ...]:
    """The rules in a few lines, for the event's page."""
    is_priced = any(kind.price.amount_minor for kind in kinds)
    return (
        *_age_rules(event, kinds),
        *_naming_rules(event, kinds),
        *_entry_rules(event, kinds),
        *((terms_words("event", event.refund_terms, event),) if is_priced else ()),
        words(f"event.equipment_{event.equipment.value}"),
    )


def _entry_rules(event: Event, kinds: Sequence[Kind]) -> tuple[Words, ...]:
    """How often a ticket lets in; a line for each kind that is a party's, with its persons."""
    parties = [kind for kind in kinds if kind.party_size > 1]
    if event.entry is not Entry.PARTY or not parties:
        return (words(f"event.{event.entry.value}"),)
    return tuple(words("event.party_of", kind=one.name, n=one.party_size) for one in parties)


def standing_rules(event: Event, kind: Kind, *, is_gift: bool = False) -> tuple[Words, ...]:
    """The rules every ticket is sold under, one a line."""
    refund = (
        terms_words("conditions", event.refund_terms, event)
        if kind.price.amount_minor and not is_gift
        else words("conditions.free_back")
    )
    return (*rules_of_use(event, kind), refund)


def rules_of_use(event: Event, kind: Kind) -> tuple[Words, ...]:
    """The rules of whoever holds a ticket, whether they paid for it or were given it."""
    return (
        *_age_rules(event, (kind,)),
        words(f"conditions.{entry_of(event, kind).value}"),
        words("conditions.loss"),
        words("conditions.no_shop"),
        *_naming_rules(event, (kind,)),
    )


def _age_rules(event: Event, kinds: Sequence[Kind]) -> tuple[Words, ...]:
    """How old everybody must be who comes in by these kinds, and whether it is checked."""
    days = {age_moment(event, kind) for kind in kinds} or {Moment(event.starts_ms, event.zone)}
    if not event.age_min:
        age = words("holder.all_ages")
    elif len(days) > 1:
        age = words("holder.age_of_day", years=event.age_min)
    else:
        age = words("holder.age", years=event.age_min, day=days.pop())
    return (age, words("holder.age_checked")) if event.checks_age else (age,)


def _naming_rules(event: Event, kinds: Sequence[Kind]) -> tuple[Words, ...]:
    """Whom the tickets of these kinds are valid for: whoever shows them, or who is named."""
    if event.naming is Naming.TRANSFERABLE:
        return (words("holder.transferable"),)
    are_single = {kind.party_size == 1 for kind in kinds} or {True}
    single = (words("holder.nominative"),) if True in are_single else ()
    return (*single, words("holder.nominative_party")) if False in are_single else single


def is_day_kind(event: Event, kind: Kind) -> bool:
    """Say whether a kind is for one day of an event of several."""
    return is_day_window(event, kind.valid_from_ms, kind.valid_until_ms)


def is_day_window(event: Event, from_ms: int, until_ms: int) -> bool:
    """Say whether a window of the gates is one day of an event of several."""
    zone = ZoneInfo(event.zone)
    first, last = rules.event_days(event.starts_ms, event.ends_ms, zone)
    return first != last and rules.event_day(from_ms, zone) == rules.event_day(until_ms - 1, zone)
