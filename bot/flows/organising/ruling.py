"""The rules of an event, by chat: how a ticket opens a gate, ages, sales, seats, the map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.event_words import terms_words
from bot.flows.organising.day_kinds import day_lines, set_day
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from bot.flows.organising.rule_lines import (
    DayOf,
    Party,
    Renaming,
    Room,
    Rule,
    Sales,
    Shared,
    read_rule,
)
from bot.flows.team.noting import note
from boxoffice.admission import Entry
from boxoffice.model import Event, Kind, Naming, Pin
from boxoffice.refund_terms import NO_REFUND, PERCENT_FULL, RefundTerms
from boxoffice.rules import DAY_MS, event_days
from boxoffice.seating import Zone
from chat.messages import (
    Chat,
    Choice,
    Moment,
    Say,
    Span,
    Tap,
    Text,
    Then,
    Turn,
    Value,
    Words,
    words,
)
from chat.talk import Step
from chat.understanding import fold
from storage import event_changes, event_rules, events, places, staff
from storage.database import Tx
from storage.ids import to_text

MORE = "more"

LINES_MAX = 20
"""Rules looked at in one message: a plan of a theatre has a dozen zones."""


_TERMS = {"refund": RefundTerms(PERCENT_FULL, 2 * DAY_MS), "norefund": NO_REFUND}
"""The terms that have a button: what most buyers expect, and none; others are typed."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """Showing the rules of an event and changing them, a button or a line each."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"rules": self.show, "rule": self.press}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while the rules are shown."""
        return {"ruling": self.hear}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({"ruling"})

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the rules of an event, `rules:EVENT`; what else there can be, `rules:EVENT:more`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        return (
            await _more(tx, event) if tap.action.endswith(f":{MORE}") else await _rules(tx, event)
        )

    async def press(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take a rule that has a button: `rule:EVENT:NAME`."""
        _, _, rest = tap.action.partition(":")
        id_text, _, name = rest.partition(":")
        event = await event_run_by(tx, chat, f":{id_text}")
        if event is None:
            return await foreign(tx, chat)
        before = await _lines(tx, event)
        if name in set(Entry):
            done = await event_rules.set_entry(tx, event.id, Entry(name))
            if done and name == Entry.REENTRY:
                await _open_exit(tx, event, chat)
        elif name in _TERMS:
            done = await event_rules.set_refund_terms(tx, event.id, _TERMS[name])
        else:
            done = await event_rules.set_age_check(tx, event.id, int(name == "age"))
        said = () if done else (words("ruling.sold_already"),)
        return await _changed(tx, chat, event, before, *said)

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take typed rules, a line each."""
        event = await event_run_by(tx, chat, f":{chat.memory.get('event', '')}")
        if event is None:
            return await foreign(tx, chat)
        said: list[Words] = []
        before = await _lines(tx, event)
        lines = [line for line in text.text.splitlines() if line.strip()]
        for line in lines[:LINES_MAX]:
            rule = read_rule(line, ZoneInfo(event.zone), chat.now_ms)
            if rule is None:
                said.append(words("ruling.unread", line=line.strip()[:60]))
                continue
            refusal = await self._apply(tx, chat, event, rule)
            if refusal is not None:
                said.append(refusal)
        return await _changed(tx, chat, event, before, *said)

    async def _apply(self, tx: Tx, chat: Chat, event: Event, rule: Rule) -> Words | None:
        """Set one rule; answers why not, if it cannot be."""
        match rule:
            case Sales(from_ms, until_ms):
                await event_rules.set_sales(tx, event.id, from_ms, until_ms)
            case Pin():
                await event_rules.set_pin(tx, event.id, rule)
            case Renaming(before_doors_ms):
                await event_rules.set_renaming_end(tx, event.id, before_doors_ms)
            case RefundTerms():
                await event_rules.set_refund_terms(tx, event.id, rule)
            case Room(inside_max):
                if not await event_rules.limit_inside(tx, event.id, inside_max):
                    return words("ruling.more_inside", n=inside_max)
            case DayOf(text):
                return await set_day(tx, event, text, chat.now_ms)
            case Shared() | Party() | Zone():
                return await _of_kinds(tx, chat, event, rule)
        return None


async def _of_kinds(tx: Tx, chat: Chat, event: Event, rule: Shared | Party | Zone) -> Words | None:
    """Set a rule that names kinds."""
    kinds = await events.kinds_of(tx, event.id)
    names = rule.kinds if isinstance(rule, Shared) else (_kind_name(rule),)
    found = [_named(kinds, name) for name in names]
    for name, kind in zip(names, found, strict=True):
        if kind is None:
            listed = ", ".join(one.name for one in kinds)
            return words("ruling.no_such_kind", kind=name, kinds=listed)
    chosen = [kind for kind in found if kind is not None]
    match rule:
        case Shared(quota):
            ids = [kind.id for kind in chosen]
            done = await event_rules.share(tx, event.id, ids, quota, chat.now_ms)
        case Party(_, size):
            done = await event_rules.set_entry(tx, event.id, Entry.PARTY)
            done = done and await event_rules.set_party(tx, chosen[0].id, size)
        case Zone():
            done = await places.lay_out(tx, event.id, chosen[0].id, rule, chat.now_ms)
    return None if done else words("ruling.taken_already", kind=chosen[0].name)


def _kind_name(rule: Party | Zone) -> str:
    return rule.kind if isinstance(rule, Party) else rule.name


def _named(kinds: Sequence[Kind], name: str) -> Kind | None:
    return next((kind for kind in kinds if fold(kind.name) == fold(name)), None)


async def _open_exit(tx: Tx, event: Event, chat: Chat) -> None:
    """Give an event with re-entry a gate that leads out, if it has none."""
    if not await staff.has_exit(tx, event.id):
        name = "Exit" if chat.language == "en" else "Sortie"
        await staff.add_exit(tx, event.id, name, chat.now_ms)


async def _changed(tx: Tx, chat: Chat, event: Event, before: Sequence[Words], *said: Words) -> Turn:
    """Say what stood before and stands now, keep it in the journal, and show the rules."""
    event = await events.event_by_id(tx, event.id) or event
    after = await _lines(tx, event)
    old = tuple(line for line in before if line not in after)
    new = tuple(line for line in after if line not in before)
    if not old and not new:
        return await _rules(tx, event, *said)
    facts: dict[str, Value] = {
        "old": in_lines(*(old or (words("ruling.nothing"),))),
        "new": in_lines(*(new or (words("ruling.nothing"),))),
    }
    await note(tx, chat, event, "rules", **facts)
    holders, _ = await event_changes.concerned(tx, event.id, None)
    concerned = (words("editing.concerned", n=holders),) if holders else ()
    return await _rules(tx, event, *said, words("ruling.changed", **facts), *concerned)


async def _rules(tx: Tx, event: Event, *said: Words) -> Turn:
    """Say the rules as they stand, under what went wrong, with every way to change them."""
    examples = tuple(words(f"ruling.ex_{one}") for one in ("sales", "room", "refund"))
    lines = await _lines(tx, event)
    head = words("ruling.head", title=event.title, lines=lines, examples=examples)
    event_id = to_text(event.id)
    return Turn(
        (Say(in_lines(*said, head), (*_buttons(event), _back(event))),),
        Then("ruling", {"event": event_id}),
    )


async def _lines(tx: Tx, event: Event) -> tuple[Words, ...]:
    """Say each rule as it stands."""
    shared = await event_rules.shared_quota_of(tx, event.id)
    inside_max = await event_rules.inside_max(tx, event.id)
    kinds = await events.kinds_of(tx, event.id)
    plans = [kind.name for kind in kinds if await places.has_plan(tx, kind.id)]
    parties = [
        words("ruling.party", kind=kind.name, n=kind.party_size)
        for kind in kinds
        if kind.party_size > 1
    ]
    return (
        words(f"ruling.entry_{event.entry.value}"),
        *parties,
        *day_lines(event, kinds),
        words("ruling.age_checked" if event.checks_age else "ruling.age_declared"),
        *_sales_lines(event),
        terms_words("ruling", event.refund_terms, event),
        words("ruling.room", n=inside_max) if inside_max else words("ruling.no_room"),
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


async def _more(tx: Tx, event: Event) -> Turn:
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
    event_id = to_text(event.id)
    said = words("ruling.more_head", title=event.title, examples=examples)
    back = Choice(words("organising.back"), f"rules:{event_id}")
    return Turn((Say(said, (back,)),), Then("ruling", {"event": event_id}))


def _sales_lines(event: Event) -> tuple[Words, ...]:
    halted = (words("ruling.halted"),) if event.halted_ms is not None else ()
    facts = {
        "ruling.sales_from": event.sales_from_ms,
        "ruling.sales_until": event.sales_until_ms,
    }
    times = tuple(
        words(key, at=Moment(at_ms, event.zone))
        for key, at_ms in facts.items()
        if at_ms is not None
    )
    return (*halted, *(times or (words("ruling.sales_always"),)))


def _buttons(event: Event) -> tuple[Choice, ...]:
    event_id = to_text(event.id)
    entries = tuple(
        Choice(words(f"ruling.set_{entry.value}"), f"rule:{event_id}:{entry.value}")
        for entry in (Entry.ONCE, Entry.DAILY, Entry.REENTRY)
        if entry is not event.entry
    )
    age = "noage" if event.checks_age else "age"
    refund = "norefund" if event.refund_terms.percent else "refund"
    others = tuple(
        Choice(words(f"ruling.set_{one}"), f"rule:{event_id}:{one}") for one in (age, refund)
    )
    return (*entries, *others, Choice(words("ruling.more"), f"rules:{event_id}:{MORE}"))


def _back(event: Event) -> Choice:
    return Choice(words("organising.back"), f"sales:{to_text(event.id)}")


def rules_button(event: Event) -> Choice:
    """Lead to the rules of an event."""
    return Choice(words("ruling.label"), f"rules:{to_text(event.id)}")
