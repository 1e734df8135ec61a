"""Handing tickets over that were sold for cash or given away: by a one-use link, or shown here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.choices import menu_choices
from bot.flows.event_words import age_moment, conditions_words, kind_when, place_words
from bot.flows.house import House
from bot.flows.money.at_once import conditions_text
from bot.flows.money.refunding import kill_order, refund_order
from bot.flows.organising.alarms import tell_organiser
from bot.flows.reading import id_at
from bot.flows.team.noting import note
from bot.flows.tickets.issuing import ticket_messages
from boxoffice.model import Event, Kind, Order, OrderStatus, RefundReason, TicketStatus
from boxoffice.rules import DAY_MS
from boxoffice.tokens import new_token
from chat.messages import Chat, Choice, Moment, Say, Tap, Then, Turn, Value, words
from chat.talk import Step
from storage import (
    acceptances,
    chats,
    claims,
    events,
    orders,
    organisers,
    sellers,
    tickets,
)
from storage.database import Tx
from storage.ids import to_text

CLAIM_MS = 30 * DAY_MS
"""How long a link may be used, if the event is not over before."""


@dataclass(frozen=True, slots=True)
class Handing:
    """What is done with tickets that wait for somebody."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            "handlink": self.make_link,
            "handshow": self.show,
            "unsell": self.ask_to_undo,
            "unsellok": self.undo,
            "claim": self.claim,
        }

    # ---- By who sold or gave them ----------------------------------------------------------------

    async def make_link(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Write the message with the link, to be forwarded: `handlink:ORDER`."""
        found = await self._own(tx, chat, tap)
        if found is None:
            return Turn((Say(words("organising.not_yours")),))
        order, event = found
        if order.handed != "waiting" or order.status is not OrderStatus.PAID:
            return _too_late(order)
        token = new_token()
        expires_ms = min(chat.now_ms + CLAIM_MS, event.ends_ms)
        await claims.offer(
            tx,
            token,
            order_id=order.id,
            made_by=chat.person_id,
            expires_ms=expires_ms,
            now_ms=chat.now_ms,
        )
        link = self.house.seller_link(chat.channel, f"g_{token}") or f"g_{token}"
        to_forward = words(
            f"handing.forward_{order.source}",
            n=order.quantity,
            title=event.title,
            starts=Moment(event.starts_ms, event.zone),
            link=link,
            until=Moment(expires_ms, event.zone),
        )
        below = Say(words("handing.forward_it"), handing_choices(order, _verb(order)))
        return Turn((Say(to_forward, alone=True), below))

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send the tickets here, to be shown or printed: `handshow:ORDER`."""
        found = await self._own(tx, chat, tap)
        if found is None:
            return Turn((Say(words("organising.not_yours")),))
        order, _ = found
        if order.status is not OrderStatus.PAID or not await claims.show(tx, order.id):
            return _too_late(order)
        return Turn(ticket_messages(await tickets.tickets_of_order(tx, order.id), chat.now_ms))

    async def ask_to_undo(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say what undoing does, `unsell:ORDER`; or leave all as it is, `unsell:ORDER:no`."""
        found = await self._own(tx, chat, tap)
        if found is None:
            return Turn((Say(words("organising.not_yours")),))
        order, event = found
        if tap.action.endswith(":no"):
            return Turn((Say(words("editing.left")),), Then())
        if order.handed == "claimed" or order.status is not OrderStatus.PAID:
            return _too_late(order)
        asked = words(
            f"handing.undo_{order.source}",
            n=order.quantity,
            title=event.title,
            total=order.total,
            reference=order.reference,
        )
        yes = Choice(words("handing.undo_yes"), f"unsellok:{to_text(order.id)}")
        no = Choice(words("asking.keep"), f"unsell:{to_text(order.id)}:no")
        return Turn((Say(asked, (yes, no)),))

    async def undo(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Kill the tickets and give the seats back; cash is handed back by hand: `unsellok:ORDER`.

        The organiser hears of every sale that a seller takes back.
        """
        found = await self._own(tx, chat, tap)
        if found is None:
            return Turn((Say(words("organising.not_yours")),))
        order, event = found
        if order.handed == "claimed" or order.status is not OrderStatus.PAID:
            return _too_late(order)
        facts: dict[str, Value] = {
            "n": order.quantity,
            "title": event.title,
            "reference": order.reference,
        }
        if not order.total.amount_minor:
            await kill_order(tx, order.id, chat.now_ms, TicketStatus.CANCELLED)
            await note(tx, chat, event, "ungift", n=order.quantity, reference=order.reference)
            return Turn((Say(words("handing.undone_invitation", **facts)),), Then())
        _, money, jobs = await refund_order(tx, order.id, RefundReason.ORDER, chat.now_ms)
        who = chat.name or await chats.person_name(tx, chat.person_id)
        said = words("handing.organiser_undone", **facts, who=who, total=order.total)
        told = [one for one in await tell_organiser(tx, event, Say(said)) if one.chat_id != chat.id]
        await note(
            tx,
            chat,
            event,
            "unsell",
            n=order.quantity,
            reference=order.reference,
            total=order.total,
        )
        undone = words("handing.undone_counter", **facts, total=money or order.total)
        return Turn((Say(undone),), Then(), tell=tuple(told), jobs=jobs)

    # ---- By whoever gets them --------------------------------------------------------------------

    async def opened(self, tx: Tx, chat: Chat, token: str) -> Turn:
        """Show what a link takes over, with its conditions; opening it changes nothing."""
        return await self._offer(tx, chat, claims.hash_token(token))

    async def _offer(self, tx: Tx, chat: Chat, token_hash: str) -> Turn:
        order_id = await claims.order_waiting(tx, token_hash, chat.now_ms)
        found = await _whole(tx, order_id) if order_id is not None else None
        if found is None:
            return await self._gone(tx, chat, token_hash)
        order, event, kind, names = found
        said = words(
            f"handing.offered_{order.source}",
            n=order.quantity,
            kind=kind.name,
            title=event.title,
            when=kind_when(event, kind),
            place=place_words(event),
        )
        accept = words("buying.i_accept")
        if event.age_min:
            day = age_moment(event, kind)
            accept = words("buying.i_accept_aged", n=event.age_min, day=day)
        conditions = conditions_words(event, kind, order.quantity, names, is_gift=order.is_gift)
        choices = (
            Choice(accept, f"claim:{token_hash}"),
            Choice(words("buying.no_thanks"), "menu"),
        )
        return Turn((Say(said), Say(conditions, choices)), Then())

    async def claim(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take the tickets over, having accepted their conditions: `claim:HASH`."""
        token_hash = tap.action.partition(":")[2]
        order_id = await claims.claim(
            tx, token_hash, person_id=chat.person_id, chat_id=chat.id, now_ms=chat.now_ms
        )
        found = await _whole(tx, order_id) if order_id is not None else None
        if found is None:
            return await self._gone(tx, chat, token_hash)
        order, event, kind, names = found
        body, digest = conditions_text(
            self.house,
            event,
            kind,
            order.quantity,
            names,
            chat.language,
            is_gift=order.is_gift,
        )
        await acceptances.keep_text(
            tx,
            digest=digest,
            event_id=event.id,
            version=event.conditions_version,
            language=chat.language,
            body=body,
            now_ms=chat.now_ms,
        )
        await claims.accept_instead(
            tx,
            order.id,
            person_id=chat.person_id,
            digest=digest,
            age_min=event.age_min,
            now_ms=chat.now_ms,
        )
        return Turn(
            ticket_messages(await tickets.tickets_of_order(tx, order.id), chat.now_ms), Then()
        )

    async def _gone(self, tx: Tx, chat: Chat, token_hash: str) -> Turn:
        """Explain a link that takes nothing over; to whom it did, with the tickets again."""
        used = await claims.claimed_by(tx, token_hash)
        if used is not None and used[0] == chat.person_id:
            return Turn(
                ticket_messages(await tickets.tickets_of_order(tx, used[1]), chat.now_ms), Then()
            )
        return Turn((Say(words("handing.gone"), menu_choices()),), Then())

    async def _own(self, tx: Tx, chat: Chat, tap: Tap) -> tuple[Order, Event] | None:
        """Read an order this person sold and still may, or one of an event they run."""
        order_id = id_at(tap.action, 1)
        order = await orders.order_by_id(tx, order_id) if order_id is not None else None
        event = await events.event_by_id(tx, order.event_id) if order else None
        if order is None or event is None or order.sold_by is None:
            return None
        if await organisers.runs_event(tx, chat.person_id, event.id):
            return order, event
        seller = await sellers.seller_of(tx, event.id, chat.person_id)
        return (order, event) if seller and order.sold_by == chat.person_id else None


def handing_choices(order: Order, verb: str) -> tuple[Choice, ...]:
    """The ways of handing tickets over, of taking them back, and on to the next."""
    order_id = to_text(order.id)
    return (
        Choice(words("handing.link"), f"handlink:{order_id}"),
        Choice(words("handing.show"), f"handshow:{order_id}"),
        Choice(words(f"handing.take_back_{verb}"), f"unsell:{order_id}"),
        Choice(words(f"handing.next_{verb}"), f"{verb}:{to_text(order.event_id)}"),
    )


def _verb(order: Order) -> str:
    return "sell" if order.source == "counter" else "gift"


def _too_late(order: Order) -> Turn:
    state = "over" if order.status is not OrderStatus.PAID else order.handed
    return Turn((Say(words(f"handing.is_{state}", reference=order.reference)),))


async def _whole(tx: Tx, order_id: int) -> tuple[Order, Event, Kind, Sequence[str]] | None:
    order = await orders.order_by_id(tx, order_id)
    event = await events.event_by_id(tx, order.event_id) if order else None
    seats = await orders.seats_of(tx, order_id)
    kind = await events.kind_by_id(tx, seats[0].kind_id) if seats else None
    if order is None or event is None or kind is None:
        return None
    return order, event, kind, [seat.holder for seat in seats if seat.holder]
