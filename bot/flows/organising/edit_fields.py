"""The fields of an event that change later: how each is read, shown, and whom it concerns.

Pure: an event and typed words in, column values or the sentence why not out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.flows.event_words import terms_words
from bot.flows.organising.answers import (
    DESCRIPTION_CHARS_MAX,
    TITLE_CHARS_MAX,
    clean,
    read_age,
    read_place,
    read_text,
)
from bot.flows.organising.dates import NotWhen, When, WhyNot, read_when
from bot.flows.organising.refund_lines import RefundUntil, read_refund
from boxoffice.model import CATEGORIES, Event, Naming
from boxoffice.refund_terms import RefundTerms
from boxoffice.rules import DAY_MS, MINUTE_MS, TICKETS_PER_BUYER_MAX
from chat.messages import Chat, Moment, Span, Words, words
from chat.understanding import fold
from storage.rule_changes import Values

FIELDS = (
    "title",
    "when",
    "doors",
    "end",
    "place",
    "description",
    "age",
    "naming",
    "conditions",
    "refund",
    "limit",
    "hold",
    "category",
)
"""In the order in which an organiser thinks of them."""

TOLD = frozenset({"title", "when", "doors", "place"})
"""What somebody who has a ticket must know to come to the right place at the right time."""

PER_BUYER_MAX = 5 * TICKETS_PER_BUYER_MAX
"""A school or a company that books for everybody; more is several orders by hand."""

HOLD_MINUTES_MIN, HOLD_MINUTES_MAX = 10, 180
"""Time to find a phone with credit; longer, seats wait for who will not pay."""

_TEXTS = {"description": "description", "conditions": "conditions"}
"""Fields that hold as many lines as somebody types, with their columns."""

REFUSED = "refused"
"""What a chat remembers that was told why its last answer was none."""

_UNREAD = "creating.when_unreadable"

_MOMENTS = {"when": "starts_ms", "doors": "doors_ms", "end": "ends_ms"}
"""Fields that are a point in time, with the column that says it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What would change: the columns as they stand, and as they would."""

    old: Values
    new: Values


def read_edit(field: str, text: str, event: Event, now_ms: int) -> Edit | Words:
    """Read the new value of a field, or say why it is none."""
    said = clean(text, keep_lines=field in _TEXTS)
    if field in {"when", "doors", "end"}:
        return _times(field, said, event, now_ms)
    if field == "refund":
        return _refund(said, event, now_ms)
    if field in _TEXTS:
        return _text(field, said, event)
    return _READERS[field](said, event)


def in_other_words(chat: Chat, why: Words) -> Words:
    """Say with other examples, every second time, that a date was not understood."""
    is_again = why.key == _UNREAD and chat.memory.get(REFUSED) == _UNREAD
    return words(f"{_UNREAD}_again") if is_again else why


def shown(field: str, values: Values, event: Event) -> Words:
    """Say the values of a field as people read them."""
    if field in _MOMENTS:
        return words("editing.value_when", at=Moment(int(values[_MOMENTS[field]]), event.zone))
    if field in {"hold", "limit"}:
        return _number_shown(field, values)
    match field:
        case "refund":
            return terms_shown(values, event)
        case "place":
            return _plain(", ".join(str(values[one]) for one in ("venue", "city") if values[one]))
        case "age":
            years = int(values["age_min"])
            return words("editing.value_age", years=years) if years else words("creating.age_0")
        case "naming":
            return words(f"creating.naming_{values['naming']}")
        case "category":
            return category_words(str(values["category"]))
    return _plain(str(next(iter(values.values()))))


def _number_shown(field: str, values: Values) -> Words:
    """Say how long seats wait for their payment, or how many tickets one person may have."""
    if field == "hold":
        return words("editing.value_hold", time=Span(values["hold_ms"]))
    return words("editing.value_limit", n=values["per_buyer_max"])


def terms_shown(values: Values, event: Event) -> Words:
    """Say what comes back of a price."""
    terms = RefundTerms(values["refund_percent"], values["refund_before_ms"])
    return terms_words("editing", terms, event)


def category_words(category: str) -> Words:
    """Name a category."""
    return words(f"category.{category}") if category else words("category.none")


def field_line(field: str, now: Words) -> Words:
    """Say what stands in a field, under its name."""
    return words("editing.line", field=words(f"editing.field_{field}"), now=now)


def current(field: str, event: Event) -> Words:
    """Say what stands in a field now."""
    return shown(field, stands(field, event), event)


def stands(field: str, event: Event) -> Values:
    """Read the columns of a field as they are now."""
    times = {"doors_ms": event.doors_ms, "starts_ms": event.starts_ms, "ends_ms": event.ends_ms}
    columns: dict[str, Values] = {
        "title": {"title": event.title},
        "when": times,
        "doors": times,
        "end": times,
        "place": {"venue": event.venue, "city": event.city},
        "description": {"description": event.description},
        "age": {"age_min": event.age_min},
        "naming": {"naming": event.naming.value},
        "conditions": {"conditions": event.conditions},
        "refund": terms_values(event.refund_terms),
        "limit": {"per_buyer_max": event.per_buyer_max},
        "hold": {"hold_ms": event.hold_ms},
        "category": {"category": event.category},
    }
    return columns[field]


def _title(said: str, event: Event) -> Edit | Words:
    if not any(char.isalnum() for char in said):
        return words("creating.title_empty")
    if len(said) > TITLE_CHARS_MAX:
        return words("creating.title_long", most=TITLE_CHARS_MAX, length=len(said))
    return Edit(
        {"title": event.title, "folded": _folded(event.title, event.venue, event.city)},
        {"title": said, "folded": _folded(said, event.venue, event.city)},
    )


def _place(said: str, event: Event) -> Edit | Words:
    place = read_place(said)
    if place is None:
        return words("creating.place_refused")
    # Another place in the same town, if none is named.
    city = place.city or event.city
    return Edit(
        {
            "venue": event.venue,
            "city": event.city,
            "folded": _folded(event.title, event.venue, event.city),
        },
        {
            "venue": place.venue,
            "city": city,
            "folded": _folded(event.title, place.venue, city),
        },
    )


def _age(said: str, event: Event) -> Edit | Words:
    age = read_age(said)
    if age is None:
        return words("creating.age_refused")
    return Edit({"age_min": event.age_min}, {"age_min": age})


def _naming(said: str, event: Event) -> Edit | Words:
    folded = fold(said)
    naming = (
        Naming.NOMINATIVE
        if folded.startswith(("nom", "name"))
        else Naming.TRANSFERABLE
        if folded.startswith(("cess", "trans"))
        else None
    )
    if naming is None:
        return words("creating.choose")
    return Edit({"naming": event.naming.value}, {"naming": naming.value})


def _category(said: str, event: Event) -> Edit | Words:
    category = fold(said)
    if category not in CATEGORIES:
        return words("creating.choose")
    return Edit({"category": event.category}, {"category": category})


def _refund(said: str, event: Event, now_ms: int) -> Edit | Words:
    read = read_refund(said, ZoneInfo(event.zone), now_ms)
    terms = read.of(event) if isinstance(read, RefundUntil) else read
    if terms is None:
        return words("editing.refund_refused")
    if isinstance(terms, Words):
        return terms
    return Edit(terms_values(event.refund_terms), terms_values(terms))


def terms_values(terms: RefundTerms) -> Values:
    """Give refund terms as the columns that hold them."""
    return {"refund_percent": terms.percent, "refund_before_ms": terms.before_ms}


def _limit(said: str, event: Event) -> Edit | Words:
    return _number("per_buyer_max", said, event.per_buyer_max, PER_BUYER_MAX)


def _text(field: str, said: str, event: Event) -> Edit | Words:
    if len(said) > DESCRIPTION_CHARS_MAX:
        return words("editing.text_long", most=DESCRIPTION_CHARS_MAX, length=len(said))
    new = read_text(said)
    return Edit(stands(field, event), {_TEXTS[field]: new})


def _times(field: str, said: str, event: Event, now_ms: int) -> Edit | Words:
    """Read a date and hour, or one of the two alone: the other stays as it is."""
    zone = ZoneInfo(event.zone)
    when = read_when(said, zone, now_ms)
    if when == NotWhen(WhyNot.NO_DAY):
        day = datetime.fromtimestamp(event.starts_ms / 1000, UTC).astimezone(zone)
        when = read_when(f"{day:%d/%m/%Y} {said}", zone, now_ms)
    elif isinstance(when, NotWhen) and when.why is WhyNot.NO_HOUR:
        stood_ms = {"doors": event.doors_ms, "end": event.ends_ms}.get(field, event.starts_ms)
        hour = datetime.fromtimestamp(stood_ms / 1000, UTC).astimezone(zone)
        when = read_when(f"{said} {hour:%H}h{hour:%M}", zone, now_ms)
    if isinstance(when, NotWhen):
        at = Moment(when.at_ms if when.at_ms is not None else now_ms, event.zone)
        return words(f"creating.when_{when.why.value}", at=at)
    times = moved(field, when, event)
    if not times["doors_ms"] <= times["starts_ms"] < times["ends_ms"]:
        return words("editing.times_refused")
    return Edit(stands(field, event), times)


def moved(field: str, when: When, event: Event) -> dict[str, int]:
    """Give the three times of an event of which one was said anew; the doors keep their lead."""
    doors, starts, ends = event.doors_ms, event.starts_ms, event.ends_ms
    match field:
        case "doors":
            doors = when.starts_ms
        case "end":
            # `2 h` is the night after an evening.
            ends = when.starts_ms + (DAY_MS if when.starts_ms <= starts else 0)
        case _:
            doors = when.starts_ms - (starts - doors)
            ends = when.ends_ms if when.is_several_days else when.starts_ms + (ends - starts)
            starts = when.starts_ms
    return {"doors_ms": doors, "starts_ms": starts, "ends_ms": ends}


def _number(column: str, said: str, stands: int, most: int) -> Edit | Words:
    digits = "".join(char for char in said if char.isascii() and char.isdigit())
    if not digits or not 1 <= int(digits[:6]) <= most:
        return words("editing.number_refused", most=most)
    return Edit({column: stands}, {column: int(digits[:6])})


def _hold(said: str, event: Event) -> Edit | Words:
    edit = _number("hold_ms", said, event.hold_ms, HOLD_MINUTES_MAX)
    if isinstance(edit, Words) or int(edit.new["hold_ms"]) < HOLD_MINUTES_MIN:
        return words("editing.hold_refused", least=HOLD_MINUTES_MIN, most=HOLD_MINUTES_MAX)
    return Edit(edit.old, {"hold_ms": int(edit.new["hold_ms"]) * MINUTE_MS})


def _folded(title: str, venue: str, city: str) -> str:
    return fold(f"{title} {venue} {city}")


def _plain(text: str) -> Words:
    return words("editing.value", text=text) if text else words("editing.value_none")


_READERS: Mapping[str, Callable[[str, Event], Edit | Words]] = {
    "title": _title,
    "place": _place,
    "age": _age,
    "naming": _naming,
    "limit": _limit,
    "hold": _hold,
    "category": _category,
}
