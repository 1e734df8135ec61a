"""A transfer put in the words of its written agreement."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from bot.tickets.agreement import Agreement, Signature
from boxoffice import rules
from chat.messages import Moment, Value, words
from chat.texts import Texts
from storage.ids import to_text
from storage.tickets import FullTicket
from storage.transfers import Transfer


def agreement_of(
    transfer: Transfer, given: Sequence[FullTicket], texts: Texts, language: str
) -> Agreement:
    """Put an accepted transfer in words: both names, the tickets, and both confirmations."""

    def say(key: str, **facts: Value) -> str:
        return texts.render(words(f"agreement.{key}", **facts), language)

    full, n = given[0], len(given)
    event = full.event
    giver, taker = transfer.from_name, transfer.to_name or ""
    offered = Moment(transfer.offered_ms, event.zone)
    accepted = Moment(transfer.ended_ms or transfer.offered_ms, event.zone)
    place = " · ".join(dict.fromkeys(part for part in (event.venue, event.city) if part))
    first = Moment(event.starts_ms, event.zone)
    last = Moment(event.ends_ms - rules.EVENT_DAY_TURNS_MS, event.zone)
    days = say("day", starts=first) if _is_one_day(full) else say("days", starts=first, ends=last)
    age = words("agreement.ageless")
    if event.age_min:
        age = words("agreement.aged", n=event.age_min, day=first)
    return Agreement(
        title=say("title", n=n),
        between=say("between", giver=giver, taker=taker),
        facts=(
            (say("event"), event.title),
            (say("when"), days),
            (say("where"), place),
            *_tickets(given, say),
        ),
        clauses=(
            say("clause_offer", n=n, giver=giver, at=offered),
            say("clause_accept", n=n, taker=taker, at=accepted, age=age),
            say("clause_code", n=n, at=accepted),
            say("clause_money", n=n),
            say("clause_final", n=n, giver=giver),
        ),
        signatures=(
            Signature(say("giver"), giver, say("confirmed_offer", at=offered)),
            Signature(say("taker"), taker, say("confirmed_accept", at=accepted)),
        ),
        foot=say("foot", number=to_text(transfer.id)),
    )


def _tickets(given: Sequence[FullTicket], say: Callable[..., str]) -> list[tuple[str, str]]:
    """Name what is transferred: one ticket by its kind and rank, several a row each."""
    reference, count = given[0].order.reference, given[0].order.quantity
    if len(given) == 1:
        ranked = say("ticket", reference=reference, rank=given[0].ticket.number, count=count)
        return [(say("kind"), _kind(given[0])), (say("order"), ranked)]
    rows = [
        (say("rank", rank=one.ticket.number, count=count), _kind(one))
        for one in sorted(given, key=lambda one: one.ticket.number)
    ]
    return [(say("order"), reference), *rows]


def _kind(full: FullTicket) -> str:
    place = full.ticket.place
    return full.kind.name if place is None else f"{full.kind.name} · {place}"


def _is_one_day(full: FullTicket) -> bool:
    zone = ZoneInfo(full.event.zone)
    first = rules.event_day(full.event.starts_ms, zone)
    return first == rules.event_day(full.event.ends_ms - 1, zone)
