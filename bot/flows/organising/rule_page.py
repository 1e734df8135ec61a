"""The page of an event's rules: each as it stands, and every way to change it."""

from zoneinfo import ZoneInfo

from bot.flows.event_words import terms_words
from bot.flows.organising.day_kinds import day_lines
from bot.flows.organising.edit_fields import field_line
from bot.flows.organising.event_panel import PANEL
from bot.flows.organising.organiser_words import in_lines
from bot.flows.organising.rule_fields import rule_shown
from boxoffice.model import Event, Naming
from boxoffice.refund_terms import NO_REFUND, PERCENT_FULL, RefundTerms
from boxoffice.rules import DAY_MS, event_days
from boxoffice.scan_facts import Entry
from chat.messages import Choice, Moment, Say, Span, Then, Turn, Words, words
from storage import event_changes, event_rules, events
from storage.database import Tx
from storage.ids import to_text
from storage.rule_changes import Values

MORE = "more"

_SALES_MS = 10 * DAY_MS
"""How long the sale of the example is."""

_REFUNDS = (
    (3 * DAY_MS, "ruling.ex_days"),
    (DAY_MS, "ruling.ex_day_before"),
    (0, "ruling.ex_hour_before"),
)
"""Until when the refund of the example: the longest that is still ahead."""

TERMS = {"refund": RefundTerms(PERCENT_FULL, 2 * DAY_MS), "norefund": NO_REFUND}
"""The terms that have a button: what most buyers expect, and none; others are typed."""

RULING = "ruling"
"""The step of a chat in which rules are typed, a line each."""


async def rules_page(tx: Tx, event: Event, now_ms: int, *said: Words) -> Turn:
    """Say the rules as they stand, under what went wrong, with every way to change them."""
    examples = _examples(event, now_ms)
    lines = await _lines(tx, event)
    head = words("ruling.head", title=event.title, lines=lines, examples=examples)
    back = Choice(words("organising.back"), f"sales:{to_text(event.id)}")
    return Turn(
        (Say(in_lines(*said, head), (*await _buttons(tx, event, now_ms), back)),), at_rules(event)
    )


def _examples(event: Event, now_ms: int) -> tuple[Words, ...]:
    """Show how rules are written, with times this event can have."""
    start = Moment(event.starts_ms - _SALES_MS, event.zone)
    sales = words("ruling.ex_sales", start=start, end=Moment(event.starts_ms, event.zone))
    ahead_ms = event.starts_ms - now_ms
    before = next((text for ms, text in _REFUNDS if ms < ahead_ms), _REFUNDS[-1][1])
    return (sales, words("ruling.ex_room"), words("ruling.ex_refund", before=words(before)))


async def more_rules(tx: Tx, event: Event) -> Turn:
    """Show how the rarer rules are written, with this event's own kinds; those it can have."""
    kinds = [kind.name for kind in await events.kinds_of(tx, event.id)]
    kind = kinds[-1] if kinds else "VIP"
    first, last = event_days(event.starts_ms, event.ends_ms, ZoneInfo(event.zone))
    is_several = len(kinds) > 1
    examples = (
        *((words("ruling.ex_share", kinds=", ".join(kinds[:2])),) if is_several else ()),
        words("ruling.ex_party", kind=kind),
        *(
            (words("ruling.ex_day", kind=kind, day=Moment(event.starts_ms, event.zone)),)
            if first != last
            else ()
        ),
        words("ruling.ex_seats", kind=kind),
        words("ruling.ex_map"),
        *((words("ruling.ex_renaming"),) if event.naming is Naming.NOMINATIVE else ()),
    )
    said = words("ruling.more_head", title=event.title, examples=examples)
    back = Choice(words("organising.back"), f"rules:{to_text(event.id)}")
    return Turn((Say(said, (back,)),), at_rules(event))


def at_rules(event: Event) -> Then:
    """Let what is typed next be a rule of this event."""
    return Then(RULING, {"event": to_text(event.id), PANEL: to_text(event.id)})


async def _lines(tx: Tx, event: Event) -> tuple[Words, ...]:
    """Say each rule as it stands."""
    shared = await event_rules.shared_quota_of(tx, event.id)
    inside_max = await event_rules.inside_max(tx, event.id)
    kinds = await events.kinds_of(tx, event.id)
    plans = [kind.name for kind in kinds if kind.is_numbered]
    parties = [
        words("ruling.party", kind=kind.name, n=kind.party_size)
        for kind in kinds
        if kind.party_size > 1
    ]
    sales = {"sales_from_ms": event.sales_from_ms, "sales_until_ms": event.sales_until_ms}
    return (
        _line("entry", {"entry": event.entry.value}, event),
        *parties,
        *day_lines(event, kinds),
        _line("checks", {"checks_age": event.checks_age}, event),
        *((words("ruling.halted"),) if event.halted_ms is not None else ()),
        _line("sales", sales, event),
        terms_words("ruling", event.refund_terms, event),
        _line("room", {"inside_max": inside_max}, event),
        *(
            words("ruling.shared", quota=quota, kinds=", ".join(n for q, n in shared if q == quota))
            for quota in dict.fromkeys(quota for quota, _ in shared)
        ),
        words("ruling.plan", kinds=", ".join(plans)) if plans else words("ruling.no_plan"),
        words("ruling.pinned" if event.pin else "ruling.not_pinned"),
        *(
            (words("ruling.renaming", before=Span(event.renaming_ends_ms)),)
            if event.naming is Naming.NOMINATIVE
            else ()
        ),
    )


def _line(field: str, values: Values, event: Event) -> Words:
    return field_line(field, rule_shown(field, values, event))


async def _buttons(tx: Tx, event: Event, now_ms: int) -> tuple[Choice, ...]:
    """Give the rules that a button changes; after a sale, those alone that may still change."""
    is_sold = await event_changes.has_orders(tx, event.id)
    is_party = any(kind.party_size > 1 for kind in await events.kinds_of(tx, event.id))
    event_id = to_text(event.id)
    entries = tuple(
        Choice(words(f"ruling.set_{entry.value}"), f"rule:{event_id}:{entry.value}")
        for entry in (Entry.ONCE, Entry.DAILY, Entry.REENTRY)
        if entry is not event.entry and not is_sold and not is_party
    )
    age = "noage" if event.checks_age else "age"
    others = tuple(
        Choice(words(f"ruling.set_{one}"), f"rule:{event_id}:{one}")
        for one in (*(() if is_sold else (age,)), *_refund_names(event, now_ms))
    )
    return (*entries, *others, Choice(words("ruling.more"), f"rules:{event_id}:{MORE}"))


def _refund_names(event: Event, now_ms: int) -> tuple[str, ...]:
    """Name the terms of refund that a button gives now: none whose moment has passed."""
    if event.refund_terms.percent:
        return ("norefund",)
    return ("refund",) if TERMS["refund"].allow(event.starts_ms, now_ms) else ()
