"""The desk: an order is found by what people remember, and something is done about it.

`commande K7M2P9X`, `commande Awa Dossou` or `commande 97 00 00 00`. Every button names the order;
whether this person may touch its event is asked again when it is pressed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choosing.asking import read_holder
from bot.flows.money.underpaid import UNDER_REVIEW
from bot.flows.openings import first_word
from bot.flows.organising.event_panel import PANEL
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    in_lines,
    list_button,
    reserved,
)
from bot.flows.team.noting import note
from bot.flows.tickets.issuing import ticket_message
from bot.flows.tickets.renaming import Renaming, names_closed
from boxoffice.model import Event, Naming, Order, OrderStatus, RefundReason, Ticket, TicketStatus
from boxoffice.money import Money
from chat import codec
from chat.facts import RefundWanted
from chat.messages import (
    NOTHING,
    Chat,
    Choice,
    Moment,
    Say,
    Tap,
    Tell,
    Text,
    Then,
    Turn,
    Value,
    Words,
    words,
)
from chat.talk import Step
from chat.understanding import fold
from storage import (
    events,
    inbox,
    order_search,
    orders,
    organisers,
    payments,
    refunds,
    staff,
    tickets,
)
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.order_search import FoundOrder

FOUND_SHOWN_MAX = 8
"""Orders under one message; more is narrowed by more letters."""

REFERENCE = re.compile(r"[0-9A-Z]{5,10}")

NOTE_CHARS_MAX = 120
"""A note that a supervisor reads at the door, in the dark."""


FOUND = "desk.found"
"""The step of a chat that was shown an order: another reference typed next is the next order."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Finding orders, and what is done about one."""

    renaming: Renaming

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "desk": self.ask,
            "ord": self.show,
            "ordsend": self.send_again,
            "ordname": self.ask_name,
            "ordback": self.ask_refund,
            "ordpay": self.refund,
            "ordstop": self.ask_block,
            "ordfree": self.unblock,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by what was asked."""
        finding = dict.fromkeys(("desk.find", FOUND), self.hear)
        return {**finding, "desk.note": self.block, "desk.name": self.hear_name}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset(self.steps()) - {FOUND}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("commande", "commandes", "order", "orders"), "desk")

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them: `commande Awa`."""
        return dict.fromkeys(("commande", "order"), self.hear_opening)

    # ---- Finding -----------------------------------------------------------------------------

    async def ask(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Ask which order it is about."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        return Turn((Say(words("desk.ask"), (list_button(),)),), Then("desk.find"))

    async def hear_opening(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `commande Awa`."""
        return await self.hear(tx, chat, Text(first_word(text.text)[1]))

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Find an order by its reference, a name, or the end of a telephone number."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        found = await _search(tx, chat.person_id, text.text)
        if len(found) == 1:
            order = await orders.order_by_id(tx, found[0].id)
            event = await events.event_by_id(tx, found[0].event_id)
            if order is not None and event is not None:
                return await _page(tx, chat, event, order)
        if not found:
            return Turn((Say(words("desk.none"), (list_button(),)),), Then("desk.find"))
        lines = tuple(_line(one) for one in found[:FOUND_SHOWN_MAX])
        more = (words("desk.more"),) if len(found) > FOUND_SHOWN_MAX else ()
        choices = tuple(
            Choice(words("desk.choice", reference=one.reference), f"ord:{to_text(one.id)}")
            for one in found[:FOUND_SHOWN_MAX]
        )
        said = in_lines(words("desk.found", n=len(found)), *lines, *more)
        return Turn((Say(said, choices),), Then("desk.find"))

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show an order: `ord:ORDER`."""
        event, order = await _named(tx, chat, tap)
        return await _page(tx, chat, event, order) if event and order else await foreign(tx, chat)

    # ---- Sending and naming ------------------------------------------------------------------

    async def send_again(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send an order's valid tickets to its buyer again: `ordsend:ORDER`."""
        event, order = await _named(tx, chat, tap)
        if event is None or order is None:
            return await foreign(tx, chat)
        full = await tickets.tickets_of_order(tx, order.id)
        tell = []
        for one in full:
            chat_id = await organisers.chat_of(tx, one.ticket.owner_id)
            tell += [Tell(chat_id, ticket_message(one, chat.now_ms))] if chat_id is not None else []
        if tell:
            await note(tx, chat, event, "resent", reference=order.reference, n=len(tell))
        said = words("desk.resent" if tell else "desk.nothing_valid", n=len(tell))
        turn = await _page(tx, chat, event, order, said)
        return Turn(turn.say, turn.then, tuple(tell))

    async def ask_name(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask which name is to be corrected: `ordname:ORDER`."""
        event, order = await _named(tx, chat, tap)
        if event is None or order is None:
            return await foreign(tx, chat)
        if event.naming is not Naming.NOMINATIVE:
            return await _page(tx, chat, event, order, words("desk.no_names"))
        if (closed := names_closed(event, chat.now_ms)) is not None:
            return await _page(tx, chat, event, order, closed)
        living = await tickets.living_of_order(tx, order.id)
        lines = tuple(
            words("desk.name_line", rank=one.number, name=one.holder or "") for one in living
        )
        said = words("desk.ask_name", lines=lines)
        return Turn((Say(said, (_back(order),)),), _then("desk.name", order))

    async def hear_name(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `2 Awa Dossou`, or a name alone where there is one ticket."""
        event, order = await _remembered(tx, chat, "ordname")
        if event is None or order is None:
            return await foreign(tx, chat)
        living = await tickets.living_of_order(tx, order.id)
        found = re.fullmatch(r"\s*(?:(\d{1,2})\s*[.:)-]?\s+)?(.+?)\s*", text.text)
        name = read_holder(found[2]) if found else None
        if found is None or name is None or (found[1] is None and len(living) != 1):
            return Turn((Say(words("desk.name_how"), (_back(order),)),))
        rank = int(found[1]) if found[1] else living[0].number
        return await self.renaming.by_organiser(
            tx, chat, Text(f"nom {order.reference} {rank} {name}")
        )

    # ---- Refunding ---------------------------------------------------------------------------

    async def ask_refund(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show what a refund would do: `ordback:ORDER`."""
        event, order = await _named(tx, chat, tap)
        if event is None or order is None:
            return await foreign(tx, chat)
        if order.status is not OrderStatus.PAID:
            return await _page(tx, chat, event, order, words("desk.not_paid"))
        living = await tickets.living_of_order(tx, order.id)
        inside = sum(1 for one in living if one.scanned_at_ms is not None)
        money = await _paid_in(tx, order)
        lines = [words("desk.refund_effect", n=len(living), money=money, title=event.title)]
        if inside:
            lines.append(words("desk.refund_inside", n=inside))
        choices = (
            Choice(words("desk.refund_confirm", money=money), f"ordpay:{to_text(order.id)}"),
            _back(order),
        )
        return Turn((Say(in_lines(*lines), choices),), Then("", {PANEL: to_text(event.id)}))

    async def refund(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask that an order be refunded: `ordpay:ORDER`; its buyer's chat does it and says it."""
        event, order = await _named(tx, chat, tap)
        if event is None or order is None:
            return await foreign(tx, chat)
        if order.status is not OrderStatus.PAID:
            return await _page(tx, chat, event, order, words("desk.not_paid"))
        asked = await inbox.put_fact(
            tx,
            chat_id=order.chat_id,
            message_id=f"refund-at-desk:{order.id}",
            payload=codec.to_json(RefundWanted(order.id, RefundReason.ORDER.value)),
            now_ms=chat.now_ms,
        )
        if asked is None:
            return await _page(tx, chat, event, order, words("desk.refund_asked_already"))
        money = await _paid_in(tx, order)
        await note(tx, chat, event, "refunded", reference=order.reference, money=money)
        return await _page(tx, chat, event, order, words("desk.refunding", money=money))

    # ---- Blocking ----------------------------------------------------------------------------

    async def ask_block(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask why an order's tickets are to be stopped: `ordstop:ORDER`."""
        event, order = await _named(tx, chat, tap)
        if event is None or order is None:
            return await foreign(tx, chat)
        return Turn((Say(words("desk.ask_note"), (_back(order),)),), _then("desk.note", order))

    async def block(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Block the valid tickets of an order, with a note that supervisors read."""
        event, order = await _remembered(tx, chat, "ordstop")
        if event is None or order is None:
            return await foreign(tx, chat)
        why = " ".join(text.text.split())[:NOTE_CHARS_MAX]
        if not why or why == UNDER_REVIEW:
            return Turn((Say(words("desk.ask_note"), (_back(order),)),))
        count = await tickets.block(tx, order.id, why, chat.now_ms)
        if not count:
            return await _page(tx, chat, event, order, words("desk.nothing_valid", n=0))
        facts: dict[str, Value] = {"reference": order.reference, "n": count, "why": why}
        await note(tx, chat, event, "blocked", **facts)
        alert = Say(words("alarm.blocked_at_desk", title=event.title, **facts))
        tell = tuple(Tell(one, alert) for one in await staff.supervisor_chats(tx, event.id))
        turn = await _page(tx, chat, event, order, words("desk.blocked", n=count))
        return Turn(turn.say, turn.then, tell)

    async def unblock(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Let an order's tickets open gates again: `ordfree:ORDER`; not those under review."""
        event, order = await _named(tx, chat, tap)
        if event is None or order is None:
            return await foreign(tx, chat)
        count = 0
        for why in await tickets.block_notes(tx, order.id):
            if why != UNDER_REVIEW:
                count += await tickets.unblock(tx, order.id, why, chat.now_ms)
        if count:
            await note(tx, chat, event, "unblocked", reference=order.reference, n=count)
        said = words("desk.unblocked" if count else "desk.nothing_blocked", n=count)
        return await _page(tx, chat, event, order, said)


# ---- Parts of the answers ------------------------------------------------------------------------


async def _search(tx: Tx, person_id: int, typed: str) -> list[FoundOrder]:
    """Look for a reference, then for digits, then for a name."""
    said = typed.strip()
    if REFERENCE.fullmatch(said.upper()):
        found = await order_search.by_reference(tx, person_id, said.upper())
        if found:
            return found
    digits = re.sub(r"[\s.+()-]", "", said)
    if digits.isdecimal() and len(digits) >= order_search.DIGITS_MIN:
        return await order_search.by_number(tx, person_id, digits)
    wanted = fold(said)
    if not wanted:
        return []
    near = await order_search.by_name(tx, person_id, wanted)
    return [one for one in near if wanted in fold(f"{one.buyer} / {one.holders}")]


def _line(one: FoundOrder) -> Words:
    return words(
        "desk.line",
        reference=one.reference,
        buyer=one.buyer,
        title=one.title,
        n=one.quantity,
        status=words(f"desk.status_{one.status}"),
    )


async def _page(tx: Tx, chat: Chat, event: Event, order: Order, *noted: Words) -> Turn:
    """Show an order with what can be done about it."""
    order = await orders.order_by_id(tx, order.id) or order
    living = await tickets.living_of_order(tx, order.id)
    returned = await tickets.returned_of_order(tx, order.id)
    kinds = {kind.id: kind.name for kind in await events.kinds_of(tx, event.id)}
    buyer = await organisers.name_of(tx, order.buyer_id)
    head = words(
        "desk.page",
        reference=order.reference,
        title=event.title,
        buyer=buyer,
        at=Moment(order.held_ms, event.zone),
        status=words(f"desk.status_{order.status.value}"),
        total=order.total,
        lines=tuple(
            _ticket_line(one, kinds, event)
            for one in sorted((*living, *returned), key=lambda one: one.number)
        )
        or NOTHING,
    )
    back = Money(await refunds.back_of_tickets(tx, order.id), order.total.currency)
    given_back = (words("desk.given_back", money=back),) if back.amount_minor else ()
    order_id = to_text(order.id)
    choices = []
    blocked = any(one.status is TicketStatus.BLOCKED for one in living)
    if living:
        choices.append(Choice(words("desk.send_label"), f"ordsend:{order_id}"))
        is_named = event.naming is Naming.NOMINATIVE
        if is_named and names_closed(event, chat.now_ms) is None:
            choices.append(Choice(words("desk.name_label"), f"ordname:{order_id}"))
        verb = "ordfree" if blocked else "ordstop"
        choices.append(Choice(words(f"desk.{verb}_label"), f"{verb}:{order_id}"))
    if order.status is OrderStatus.PAID:
        choices.append(Choice(words("desk.refund_label"), f"ordback:{order_id}"))
    choices += [Choice(words("desk.other"), "desk"), list_button()]
    say = Say(in_lines(*noted, head, *given_back), tuple(choices))
    return Turn((say,), Then(FOUND, {PANEL: to_text(event.id)}))


_STATES = {
    TicketStatus.BLOCKED: "desk.ticket_blocked",
    TicketStatus.REFUNDED: "desk.ticket_returned",
}


def _ticket_line(ticket: Ticket, kinds: Mapping[int, str], event: Event) -> Words:
    entered = NOTHING
    if ticket.scanned_at_ms is not None:
        entered = words("desk.entered", at=Moment(ticket.scanned_at_ms, event.zone))
    return words(
        "desk.ticket",
        rank=ticket.number,
        kind=kinds.get(ticket.kind_id, ""),
        holder=words("desk.holder", name=ticket.holder) if ticket.holder else NOTHING,
        state=words(_STATES.get(ticket.status, "desk.ticket_valid")),
        entered=entered,
    )


async def _paid_in(tx: Tx, order: Order) -> Money:
    """Sum what came in for an order and has not gone back: what a refund sends."""
    left = [one.left.amount_minor for one in await payments.payments_of(tx, order.id)]
    return Money(sum(left), order.total.currency)


async def _named(tx: Tx, chat: Chat, tap: Tap) -> tuple[Event | None, Order | None]:
    """Read the order a button names and its event, if this person may touch it."""
    verb, _, order_text = tap.action.partition(":")
    order_id = from_text(order_text)
    order = await orders.order_by_id(tx, order_id) if order_id is not None else None
    if order is None:
        return None, None
    return await event_run_by(tx, chat, f"{verb}:{to_text(order.event_id)}"), order


async def _remembered(tx: Tx, chat: Chat, verb: str) -> tuple[Event | None, Order | None]:
    return await _named(tx, chat, Tap(f"{verb}:{chat.memory.get('order', '')}"))


def _then(step: str, order: Order) -> Then:
    return Then(step, {"order": to_text(order.id)})


def _back(order: Order) -> Choice:
    return Choice(words("organising.back"), f"ord:{to_text(order.id)}")
