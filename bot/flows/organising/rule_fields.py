"""The rules of an event as changes: what a line or a button would change, from what to what."""

from collections.abc import Sequence
from dataclasses import replace

from bot.flows.event_words import is_day_window
from bot.flows.organising.day_kinds import day_wanted
from bot.flows.organising.edit_fields import terms_shown, terms_values
from bot.flows.organising.refund_lines import Refund, RefundUntil
from bot.flows.organising.rule_lines import (
    Checks,
    DayOf,
    Free,
    NoPin,
    Party,
    Renaming,
    Room,
    Rule,
    Shared,
)
from bot.flows.organising.sale_window import Sales
from boxoffice.model import Event, Kind, Pin
from boxoffice.refund_terms import RefundTerms
from boxoffice.scan_facts import Entry
from boxoffice.seating import Zone
from chat.messages import Moment, Span, Words, words
from chat.understanding import fold
from storage import event_changes, event_rules, events, places
from storage.database import Tx
from storage.event_changes import Change, Wanted
from storage.rule_changes import Values

RULES = frozenset(
    {"entry", "checks", "sales", "refund", "room", "shared", "party", "day", "plan", "pin"}
    | {"renaming"}
)
"""Fields that stand on the page of the rules."""


async def rule_wanted(tx: Tx, event: Event, rule: Rule, now_ms: int) -> Wanted | Words:
    """Say what a rule changes of an event as it stands; or why it cannot be one of its rules."""
    match rule:
        case Room(inside_max):
            stands = await event_rules.inside_max(tx, event.id)
            new = {"inside_max": inside_max}
            return Wanted(field="room", old={"inside_max": stands}, new=new)
        case DayOf(text):
            return await day_wanted(tx, event, text, now_ms)
        case Free(name):
            return await _free(tx, event, name)
        case Shared(None, names):
            return await _unshare(tx, event, names)
        case Shared() | Party() | Zone():
            return await _of_kinds(tx, event, rule)
        case Entry():
            return await _entry_wanted(tx, event, rule)
    return _of_event(event, rule)


def _of_event(
    event: Event, rule: Sales | Pin | NoPin | Checks | Renaming | Refund
) -> Wanted | Words:
    """Say what a rule changes that is a column or two of the event's own row."""
    match rule:
        case Sales(from_ms, until_ms):
            stand = _sales(event.sales_from_ms, event.sales_until_ms)
            return Wanted(field="sales", old=stand, new=_sales(from_ms, until_ms))
        case Pin() | NoPin():
            new_pin = rule if isinstance(rule, Pin) else None
            return Wanted(field="pin", old=_pin(event.pin), new=_pin(new_pin))
        case Checks(is_asked):
            return checks_wanted(event, int(is_asked))
        case Renaming(before_doors_ms):
            old = {"renaming_ends_ms": event.renaming_ends_ms}
            return Wanted(field="renaming", old=old, new={"renaming_ends_ms": before_doors_ms})
        case RefundUntil():
            terms = rule.of(event)
            return terms if isinstance(terms, Words) else refund_wanted(event, terms)
        case RefundTerms():
            return refund_wanted(event, rule)


async def _entry_wanted(tx: Tx, event: Event, entry: Entry) -> Wanted | Words:
    """Say how often a ticket opens a gate; where some count their people, nothing else can."""
    parties = [kind for kind in await events.kinds_of(tx, event.id) if kind.party_size > 1]
    if parties and entry is not event.entry:
        listed = ", ".join(kind.name for kind in parties)
        return words("ruling.parties_first", kinds=listed, kind=parties[0].name)
    return Wanted(field="entry", old={"entry": event.entry.value}, new={"entry": entry.value})


def checks_wanted(event: Event, checks: int) -> Wanted:
    """Ask a birth date of every holder (1), or of none (0)."""
    old = {"checks_age": int(event.checks_age)}
    return Wanted(field="checks", old=old, new={"checks_age": checks})


def refund_wanted(event: Event, terms: RefundTerms) -> Wanted:
    """Say what comes back to who gives a ticket back."""
    return Wanted(field="refund", old=terms_values(event.refund_terms), new=terms_values(terms))


async def _of_kinds(tx: Tx, event: Event, rule: Shared | Party | Zone) -> Wanted | Words:
    """Read a rule that names kinds."""
    kinds = await events.kinds_of(tx, event.id)
    chosen = []
    for name in _kind_names(rule):
        kind = next((one for one in kinds if fold(one.name) == fold(name)), None)
        if kind is None:
            listed = ", ".join(one.name for one in kinds)
            return words("ruling.no_such_kind", kind=name, kinds=listed)
        chosen.append(kind)
    match rule:
        case Shared(quota):
            return _share(chosen, quota or 0)
        case Party(_, size):
            return party_of(event, kinds, chosen[0], size)
        case Zone():
            typed = " ".join(f"{row.name}:{row.first}-{row.last}" for row in rule.rows)
            return await _seated(tx, chosen[0], typed, rule.count)


def party_of(event: Event, kinds: Sequence[Kind], kind: Kind, size: int) -> Wanted:
    """Say how many come in on one ticket of a kind, and how tickets open a gate then."""
    others = any(one.party_size > 1 for one in kinds if one.id != kind.id)
    single = Entry.ONCE if event.entry is Entry.PARTY else event.entry
    entry = Entry.PARTY if size > 1 or others else single
    old = {"entry": event.entry.value, "party_size": kind.party_size}
    new = {"entry": entry.value, "party_size": size}
    return Wanted(field="party", old=old, new=new, kind_id=kind.id)


async def _seated(tx: Tx, kind: Kind, plan: str, quota: int) -> Wanted:
    """Number a kind's seats by a plan; by none, let everybody sit where they like."""
    old = {"quota": kind.quota, "plan": await places.plan_of(tx, kind.id)}
    return Wanted(field="plan", old=old, new={"quota": quota, "plan": plan}, kind_id=kind.id)


async def as_it_stands(tx: Tx, event: Event, change: Change) -> Change:
    """Say what a change would do from what stands now: an old preview's `before` may be past."""
    kinds = await events.kinds_of(tx, event.id)
    kind = next((one for one in kinds if one.id == change.kind_id), None)
    match change.field:
        case "party" if kind is not None:
            now = party_of(event, kinds, kind, change.new["party_size"])
        case "plan" if kind is not None:
            quota = change.new["quota"] if change.new["plan"] else kind.quota
            now = await _seated(tx, kind, change.new["plan"], quota)
        case "shared":
            ids = {int(one) for one in change.new["kinds"].split(",")}
            meant = [one for one in kinds if one.id in ids]
            now = _share(meant, change.new["quota"])
            if change.new["quota"] is None:
                pot = change.new["pot"]
                quota, _ = (await event_rules.pots_of(tx, event.id)).get(pot, (None, ()))
                now = _share_no_more(pot, meant, quota)
        case _:
            return await event_changes.as_it_stands(tx, change, event.id)
    return replace(change, old=now.old, new=now.new)


async def _free(tx: Tx, event: Event, name: str) -> Wanted | Words:
    """Take the numbers off the seats of a kind; without a name, of the only one that has them."""
    kinds = await events.kinds_of(tx, event.id)
    plans = {kind.id: await places.plan_of(tx, kind.id) for kind in kinds}
    meant = [
        kind
        for kind in kinds
        if (fold(kind.name) == fold(name) if name.strip() else plans[kind.id])
    ]
    if len(meant) != 1:
        listed = ", ".join(kind.name for kind in meant or kinds)
        return words("ruling.which_free" if meant else "ruling.all_free", kinds=listed)
    return await _seated(tx, meant[0], "", meant[0].quota)


async def _unshare(tx: Tx, event: Event, names: Sequence[str]) -> Wanted | Words:
    """Give each kind its own quota again; with no names, those of the only seats shared."""
    kinds = await events.kinds_of(tx, event.id)
    asked = {fold(name) for name in names}
    pots = await event_rules.pots_of(tx, event.id)
    meant = [
        (pot, quota, sharing)
        for pot, (quota, ids) in pots.items()
        if (sharing := [kind for kind in kinds if kind.id in ids])
        and (not asked or asked & {fold(kind.name) for kind in sharing})
    ]
    if len(meant) != 1:
        return words("ruling.which_share" if meant else "ruling.none_shared")
    pot, quota, sharing = meant[0]
    return _share_no_more(pot, sharing, quota)


def _share(kinds: Sequence[Kind], quota: int) -> Wanted:
    facts = _sharing(kinds)
    return Wanted(field="shared", old={"quota": None, **facts}, new={"quota": quota, **facts})


def _share_no_more(pot: int, kinds: Sequence[Kind], quota: int | None) -> Wanted:
    facts = {"pot": pot, **_sharing(kinds)}
    return Wanted(field="shared", old={"quota": quota, **facts}, new={"quota": None, **facts})


def _sharing(kinds: Sequence[Kind]) -> Values:
    return {
        "kinds": ",".join(str(kind.id) for kind in kinds),
        "names": ", ".join(kind.name for kind in kinds),
    }


def _kind_names(rule: Shared | Party | Zone) -> Sequence[str]:
    match rule:
        case Shared(_, kinds):
            return kinds
        case Party(kind):
            return (kind,)
        case Zone(name):
            return (name,)


def _sales(from_ms: int | None, until_ms: int | None) -> Values:
    return {"sales_from_ms": from_ms, "sales_until_ms": until_ms}


def _pin(pin: Pin | None) -> Values:
    return {
        "latitude_e6": pin.latitude_e6 if pin else None,
        "longitude_e6": pin.longitude_e6 if pin else None,
    }


# ---- As people read them -------------------------------------------------------------------------


def rule_shown(field: str, values: Values, event: Event) -> Words:
    """Say a rule as people read it, without its name."""
    match field:
        case "entry":
            return words(f"ruling.entry_{values['entry']}")
        case "checks":
            return words("ruling.age_checked" if values["checks_age"] else "ruling.age_declared")
        case "sales":
            return _sales_shown(values, event)
        case "refund":
            return terms_shown(values, event)
        case "room":
            most = values["inside_max"]
            return words("ruling.room", n=most) if most is not None else words("ruling.no_room")
        case "pin":
            is_known = values["latitude_e6"] is not None
            return words("ruling.pin_set" if is_known else "ruling.no_pin")
        case "renaming":
            return words("ruling.renaming_value", before=Span(values["renaming_ends_ms"]))
    return _of_kind_shown(field, values, event)


def _of_kind_shown(field: str, values: Values, event: Event) -> Words:
    match field:
        case "shared":
            quota = values["quota"]
            names = str(values["names"])
            return (
                words("ruling.each_its_own")
                if quota is None
                else words("ruling.shared_value", n=quota, kinds=names)
            )
        case "party":
            return words("ruling.party_value", n=values["party_size"])
        case "plan" if values["plan"]:
            return words("ruling.plan_value", n=values["quota"], plan=str(values["plan"]))
        case "plan":
            return words("ruling.free_value", n=values["quota"])
    window = (values["valid_from_ms"], values["valid_until_ms"])
    if not is_day_window(event, *window):
        return words("ruling.every_day")
    return words("ruling.day_value", day=Moment(window[0], event.zone))


def _sales_shown(values: Values, event: Event) -> Words:
    times = {"start": values["sales_from_ms"], "end": values["sales_until_ms"]}
    facts = {name: Moment(ms, event.zone) for name, ms in times.items() if ms is not None}
    match sorted(facts):
        case []:
            return words("ruling.sales_always")
        case ["end"]:
            return words("ruling.sales_until", **facts)
        case ["start"]:
            return words("ruling.sales_from", **facts)
    return words("ruling.sales_between", **facts)
