"""A transfer put in the words of its written agreement."""

from zoneinfo import ZoneInfo

from bot.tickets.agreement import Agreement, Signature
from boxoffice import rules
from chat.messages import Moment, Value, words
from chat.texts import Texts
from storage.ids import to_text
from storage.tickets import FullTicket
from storage.transfers import Transfer


def agreement_of(transfer: Transfer, full: FullTicket, texts: Texts, language: str) -> Agreement:
    """Put an accepted transfer in words: both names, the ticket, and both confirmations."""

    def say(key: str, **facts: Value) -> str:
        return texts.render(words(f"agreement.{key}", **facts), language)

    event, ticket = full.event, full.ticket
    giver, taker = transfer.from_name, transfer.to_name or ""
    offered = Moment(transfer.offered_ms, event.zone)
    accepted = Moment(transfer.ended_ms or transfer.offered_ms, event.zone)
    place = " · ".join(dict.fromkeys(part for part in (event.venue, event.city) if part))
    kind = full.kind.name if ticket.place is None else f"{full.kind.name} · {ticket.place}"
    first = Moment(event.starts_ms, event.zone)
    last = Moment(event.ends_ms - rules.EVENT_DAY_TURNS_MS, event.zone)
    days = say("day", starts=first) if _is_one_day(full) else say("days", starts=first, ends=last)
    age = words("agreement.ageless")
    if event.age_min:
        age = words("agreement.aged", n=event.age_min, day=first)
    return Agreement(
        title=say("title"),
        between=say("between", giver=giver, taker=taker),
        facts=(
            (say("event"), event.title),
            (say("when"), days),
            (say("where"), place),
            (say("kind"), kind),
            (
                say("order"),
                say(
                    "ticket",
                    reference=full.order.reference,
                    rank=ticket.number,
                    count=full.order.quantity,
                ),
            ),
        ),
        clauses=(
            say("clause_offer", giver=giver, at=offered),
            say("clause_accept", taker=taker, at=accepted, age=age),
            say("clause_code", at=accepted),
            say("clause_money"),
            say("clause_final", giver=giver),
        ),
        signatures=(
            Signature(say("giver"), giver, say("confirmed_offer", at=offered)),
            Signature(say("taker"), taker, say("confirmed_accept", at=accepted)),
        ),
        foot=say("foot", number=to_text(transfer.id)),
    )


def _is_one_day(full: FullTicket) -> bool:
    zone = ZoneInfo(full.event.zone)
    first = rules.event_day(full.event.starts_ms, zone)
    return first == rules.event_day(full.event.ends_ms - 1, zone)
