"""What an organiser is asked who decides on a recovery: who asks, for what, who had it before."""

from bot.flows.approved import NEWS
from bot.flows.organising.alarms import tell_organiser
from boxoffice.model import Event, Order
from chat.messages import Choice, Moment, Say, Tell, Value, Words, words
from storage import chats, events, orders, recoveries, teams, tickets, transfers
from storage.database import Tx
from storage.ids import to_text
from storage.recoveries import Recovery
from storage.transfers import Transfer

TICKETS_SHOWN_MAX = 10
"""Tickets whose hands are told one by one; more are told by their number alone."""


async def ask_organiser(tx: Tx, recovery_id: int) -> tuple[Tell, ...]:
    """Ask everybody who runs the event, once a request; nothing to say if it was asked before."""
    asked = await recoveries.ask_organiser(tx, recovery_id)
    found = await about(tx, asked) if asked else None
    if asked is None or found is None:
        return ()
    order, event = found
    facts: dict[str, Value] = {
        "reference": order.reference,
        "title": event.title,
        "asker": await name_of(tx, await person_of(tx, asked.chat_id)),
    }
    if asked.holder_id is None:
        buyer = await name_of(tx, order.buyer_id)
        question = words("recovering.asked", n=order.quantity, buyer=buyer, **facts)
    else:
        n, hands = await _hands(tx, order, event, asked.holder_id)
        question = words("recovering.asked_received", n=n, hands=hands, **facts)
    yes = Choice(words("recovering.accept"), f"recovery:yes:{to_text(asked.id)}")
    no = Choice(words("recovering.refuse"), f"recovery:no:{to_text(asked.id)}")
    return await tell_organiser(tx, event, Say(question, (yes, no), template=NEWS))


async def may_decide(tx: Tx, recovery: Recovery, event: Event, person_id: int) -> bool:
    """Say whether somebody of the team may decide: not who gave the ticket away, if others can."""
    if recovery.holder_id is None or recovery.order_id is None:
        return True
    givers = set()
    for one in await tickets.tickets_of_order(tx, recovery.order_id):
        chain = await transfers.chain_of(tx, recovery.order_id, one.ticket.number)
        givers |= {each.from_id for each in chain}
    if person_id not in givers:
        return True
    team = await teams.members(tx, event.organiser_id)
    return all(one.person_id in givers for one in team)


async def about(tx: Tx, recovery: Recovery) -> tuple[Order, Event] | None:
    """Read the order that a request is about, with its event."""
    order = await orders.order_by_id(tx, recovery.order_id) if recovery.order_id else None
    event = await events.event_by_id(tx, order.event_id) if order else None
    return (order, event) if order and event else None


async def person_of(tx: Tx, chat_id: int) -> int:
    """Read whose conversation this is; 0 if it is nobody's."""
    chat = await chats.chat_by_id(tx, chat_id)
    return chat.person_id if chat else 0


async def name_of(tx: Tx, person_id: int) -> str:
    """Read what somebody calls themselves, for who must tell two people apart."""
    return await chats.person_name(tx, person_id) or "?"


async def _hands(
    tx: Tx, order: Order, event: Event, holder_id: int
) -> tuple[int, tuple[Words, ...]]:
    """Count what somebody received of an order, and tell the chain of custody of each ticket."""
    held = [
        one
        for one in await tickets.tickets_of_order(tx, order.id)
        if one.ticket.owner_id == holder_id
    ]
    lines: list[Words] = []
    for one in held[:TICKETS_SHOWN_MAX]:
        chain = await transfers.chain_of(tx, order.id, one.ticket.number)
        lines += [_hand(one.ticket.number, passed, event.zone) for passed in chain]
    return len(held), tuple(lines)


def _hand(rank: int, passed: Transfer, zone: str) -> Words:
    return words(
        "recovering.hand",
        rank=rank,
        giver=passed.from_name,
        taker=passed.to_name or "?",
        at=Moment(passed.ended_ms or 0, zone),
    )
