"""What a change of an event does, said before it is done: to whom, what stays, or why it cannot be.

One place for every field and rule: `changing.py` asks here before a change, and after one that the
database refused.
"""

from zoneinfo import ZoneInfo

from bot.flows.organising.edit_fields import TOLD, shown
from bot.flows.organising.organiser_words import in_lines
from bot.flows.organising.publishing import refused_by_platform
from bot.flows.organising.rule_fields import RULES, rule_shown
from bot.flows.organising.sale_window import Sales, why_not
from boxoffice.model import Event, EventStatus, SaleState
from boxoffice.money import Money
from boxoffice.refund_terms import RefundTerms
from boxoffice.rules import event_day, latest_birth_date
from chat.messages import Moment, Value, Words, words
from storage import event_changes, event_rules, events, rule_changes
from storage.database import Tx
from storage.event_changes import Change, Wanted
from storage.rule_changes import Values

HARMLESS = frozenset({"category", "pin"})
"""Fields that take nothing from anybody: they change at once, and a button takes them back."""

NOBODY_YET = frozenset({"editing.nobody_yet", "editing.nobody_yet_kind"})
"""How it is said that a change concerns nobody who has a place, of the event or of one kind."""

KEPT = frozenset({"limit", "hold", "sales"})
"""Fields that are about the next buyers alone."""


async def change_facts(tx: Tx, event: Event, change: Wanted) -> dict[str, Value]:
    """Name what changes, from what to what, in words."""
    kind = await events.kind_by_id(tx, change.kind_id) if change.kind_id is not None else None
    # A kind that has just been renamed is called as it was, beside its new name.
    is_known = kind is not None and change.field != "name"
    name = kind.name if kind and is_known else str({**change.new, **change.old}.get("name", ""))
    old, new = (_shown(change.field, values, event) for values in (change.old, change.new))
    return {"field": words(f"editing.field_{change.field}", kind=name), "old": old, "new": new}


async def change_line(tx: Tx, event: Event, change: Wanted) -> Words:
    """Say what changes, from what to what, in a line."""
    return words("editing.would", **await change_facts(tx, event, change))


async def effects(tx: Tx, event: Event, change: Wanted) -> tuple[Words, ...]:
    """Say whom a change concerns, and what becomes of what they have."""
    holders, held = await event_changes.concerned(tx, event.id, change.kind_id)
    lines = []
    if holders:
        lines.append(
            words(f"editing.{_kept(change.field)}", n=holders, version=event.conditions_version)
        )
    if held and change.field not in TOLD:
        is_price = change.field == "price"
        lines.append(words("editing.held_keep_price" if is_price else "editing.held_keep", n=held))
    if change.field == "quota" and change.kind_id is not None:
        kind = await events.kind_by_id(tx, change.kind_id)
        left = change.new["quota"] - kind.taken if kind else 0
        lines.append(words("editing.left_to_sell", n=left))
    if change.field == "age" and event.checks_age:
        lines += await _turned_away(tx, event, change)
    if not holders and not held and change.field != "quota":
        of_one = change.kind_id is not None
        lines.append(words("editing.nobody_yet_kind" if of_one else "editing.nobody_yet"))
    return tuple(lines)


async def _turned_away(tx: Tx, event: Event, change: Wanted) -> tuple[Words, ...]:
    """Say how many sold tickets the door would refuse: it judges ages by what stands then."""
    day = event_day(event.starts_ms, ZoneInfo(event.zone))
    born_by = latest_birth_date(change.new["age_min"], day)
    count = await event_changes.born_after(tx, event.id, born_by.isoformat())
    return (words("editing.turned_away", n=count),) if count else ()


def _kept(field: str) -> str:
    """Name the sentence that says what becomes of what people have."""
    if field in TOLD:
        return "will_be_told"
    if field in event_changes.NEW_CONDITIONS:
        return "keep_terms"
    if field in KEPT:
        return "keep_tickets"
    return {"price": "keep_price", "quota": "keep_places"}.get(field, "concerned")


async def is_at_once(tx: Tx, event: Event, change: Wanted) -> bool:
    """Say whether a change needs no asking: of a draft nobody ordered, or that takes nothing."""
    if change.field in HARMLESS or _gives_more(change):
        return True
    return event.status is EventStatus.DRAFT and not await event_changes.has_orders(tx, event.id)


def _gives_more(change: Wanted) -> bool:
    """Say whether a change only puts more on sale, or takes away what nobody ever had."""
    is_more = change.field == "quota" and change.new["quota"] > change.old["quota"]
    return is_more or change.field == "kind"


async def refusal(tx: Tx, event: Event, change: Wanted) -> Words | None:
    """Say why the world does not allow a change, with whom it concerns; None if it does."""
    why = await _refused(tx, event, change)
    if why is None:
        return None
    holders, _ = await event_changes.concerned(tx, event.id, change.kind_id)
    return in_lines(why, words("editing.are_concerned", n=holders)) if holders else why


def too_late(event: Event, change: Wanted, now_ms: int) -> Words | None:
    """Say that a rule would end before it begins, or after its event does."""
    if change.field == "refund":
        terms = RefundTerms(change.new["refund_percent"], change.new["refund_before_ms"])
        until_ms = terms.until_ms(event.starts_ms)
        if terms.percent and until_ms <= now_ms:
            return words("ruling.refund_past", until=Moment(until_ms, event.zone))
    if change.field == "sales":
        sales = Sales(change.new["sales_from_ms"], change.new["sales_until_ms"])
        return why_not(event, sales, now_ms)
    return None


async def _refused(tx: Tx, event: Event, change: Wanted) -> Words | None:
    if event.status is EventStatus.CANCELLED:
        return words("editing.cancelled_event")
    if change.field in event_changes.UNSOLD_ONLY and await event_changes.has_orders(tx, event.id):
        is_rule = change.field in RULES
        return words("ruling.sold_already" if is_rule else "editing.sold_already")
    more = change.new.get("quota", 0) - change.old.get("quota", 0) if _gives_more(change) else 0
    if more > 0 and event.status is not EventStatus.DRAFT:
        return await refused_by_platform(tx, event, more)
    return await _too_much(tx, event, change)


async def _too_much(tx: Tx, event: Event, change: Wanted) -> Words | None:
    """Say what is taken already of what a change would give less of, or otherwise."""
    kind = await events.kind_by_id(tx, change.kind_id) if change.kind_id is not None else None
    match change.field:
        case "kind" if kind is not None and not change.new:
            may = await rule_changes.may_drop(tx, kind.id)
            return None if may else words("kinds.not_dropped", kind=kind.name)
        case "quota" if kind is not None and kind.taken > change.new["quota"]:
            quotas = {"old": kind.quota, "new": change.new["quota"], "n": kind.taken}
            return words("organising.quota_refused", kind=kind.name, **quotas)
        case "plan" if kind is not None and kind.taken:
            return words("ruling.taken_already", kind=kind.name)
        case "shared" if change.new["quota"] is not None:
            return await _refused_share(tx, event, change)
        case "room" if change.new["inside_max"] is not None:
            most = change.new["inside_max"]
            is_fuller = await event_rules.inside(tx, event.id) > most
            return words("ruling.more_inside", n=most) if is_fuller else None
    return None


async def _refused_share(tx: Tx, event: Event, change: Wanted) -> Words | None:
    ids = {int(one) for one in change.new["kinds"].split(",")}
    kinds = [kind for kind in await events.kinds_of(tx, event.id) if kind.id in ids]
    is_shared = any(kind.shared_left is not None for kind in kinds)
    if is_shared or sum(kind.taken for kind in kinds) > change.new["quota"]:
        return words("ruling.taken_already", kind=", ".join(kind.name for kind in kinds))
    return None


async def why_not_done(tx: Tx, event: Event, change: Change, now_ms: int) -> Words:
    """Say why a button did nothing: the world does not allow it, or something else came first."""
    if event.sale_state(now_ms) is SaleState.OVER:
        return words("editing.over", title=event.title)
    why = await refusal(tx, event, change)
    return why or words("editing.not_made", title=event.title)


def _shown(field: str, values: Values, event: Event) -> Words:
    match field:
        case "price":
            price = Money(values["price_minor"], event.currency)
            return words("price", price=price) if price.amount_minor else words("offer.free")
        case "quota":
            return words("editing.value_quota", n=values["quota"])
        case "kind" if values:
            price = Money(values["price_minor"], event.currency)
            facts: dict[str, Value] = {"price": price, "n": values["quota"]}
            if values.get("party_size", 1) > 1:
                return words("kinds.party_value", persons=values["party_size"], **facts)
            return words("kinds.value", **facts)
        case "kind":
            return words("editing.value_none")
        case "name":
            return words("editing.value", text=values["name"])
    return rule_shown(field, values, event) if field in RULES else shown(field, values, event)
