"""The four steps of a buyer: select the event, accept its conditions, pay, keep the ticket.

This file is the product: the first two steps in the order in which a buyer meets them. How events
are shown stands in choosing/selecting.py, what is asked before the conditions in
choosing/wanting.py, paying for what is held in choosing/held.py, the ticket in tickets/. Every
button carries the event, the kind and the quantity it stands for, so that it still works, or
explains itself, a month later.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.flows.choices import menu_choices, reset
from bot.flows.choosing import asking, using_codes
from bot.flows.choosing.accepting import (
    CHANGES,
    Answer,
    answered,
    question_offered,
    read_answer,
)
from bot.flows.choosing.asking import READY, Asked, ask, spoken
from bot.flows.choosing.browsing import Browsing
from bot.flows.choosing.done import ordered_already
from bot.flows.choosing.held import Held
from bot.flows.choosing.selecting import (
    ask_quantity,
    kind_seen,
    list_from,
    one_kind_first,
    show_event_page,
)
from bot.flows.choosing.unpaid import hold_choices
from bot.flows.choosing.wanting import (
    heard,
    next_question,
    not_enough,
    said_before,
    show_conditions,
    want,
    want_some,
    why_not,
)
from bot.flows.event_words import conditions_words
from bot.flows.house import House
from bot.flows.reading import (
    counted,
    id_at,
    is_no_count,
    is_question,
    number_at,
    quantity_and_kind,
    several_kinds,
)
from bot.flows.tickets.issuing import issue_tickets
from boxoffice.model import Event, Kind, Order
from boxoffice.spelling import random_text
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, words
from chat.talk import Step
from chat.understanding import fold
from storage import acceptances, events, orders, promos, tickets, waiting
from storage.database import Tx
from storage.ids import from_text, to_text

REFERENCE_LENGTH = 7
"""35 random bits: people read them out, nothing is opened by knowing one."""


@dataclass(frozen=True, slots=True)
class Buying:
    """Selecting, accepting, and holding seats until they are paid."""

    house: House
    held: Held

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "events": self.list_events,
            "event": self.show_event,
            "kind": self.choose_quantity,
            "want": self.read_conditions,
            "seats": self.take_proposed,
            "accept": self.accept,
            "refuse": self.refuse,
            **self.held.actions(),
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by where the buyer stands."""
        return {
            "buying.kind": self.hear_kind,
            "buying.quantity": self.hear_quantity,
            "buying.name": self.hear_name,
            "buying.accept": self.hear_acceptance,
            "buying.birth": self.hear_birth,
            "buying.seat": self.hear_seats,
        }

    def number_steps(self) -> frozenset[str]:
        """Where a typed number or word is an answer, not one of the buttons."""
        return frozenset({"buying.quantity", "buying.name", "buying.birth", "buying.seat"})

    # ---- Select ------------------------------------------------------------------------------

    async def list_events(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show what is on sale, soonest first, a page at a time: `events:SKIP`."""
        skip = id_at(tap.action, 1) or 0
        return await list_from(tx, chat, skip, greeting=None)

    async def show_event(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Open one event's page, or take up a number of tickets: `event:ID`, `event:ID:COUNT`."""
        return await want_some(tx, chat, id_at(tap.action, 1), number_at(tap.action, 2))

    async def hear_kind(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `2 VIP`, `VIP` or `deux`, typed at an event's page; else search, else ask again."""
        event_id = int(chat.memory["event"])
        kinds = await promos.kinds_for(tx, event_id, chat.person_id, chat.now_ms)
        wished = await self._kind_wished(tx, chat, kinds, text)
        if wished is not None:
            return wished
        claimed = await using_codes.claim(tx, chat, event_id, text.text)
        if claimed is not None:
            return using_codes.above(claimed, await show_event_page(tx, chat, event_id))
        found = await Browsing(self.house.zone).typed(tx, chat, text)
        return found or await self._kind_again(tx, chat, kinds)

    async def _kind_wished(
        self, tx: Tx, chat: Chat, kinds: Sequence[Kind], text: Text
    ) -> Turn | None:
        """Take a kind, a number, or both; a number said before counts until another is."""
        wanted = quantity_and_kind(text.text, kinds)
        if wanted is not None:
            quantity, kind = wanted
            if is_no_count(text.text):
                return await ask_quantity(tx, chat, kind, words("buying.no_count"))
            count = quantity or said_before(chat)
            return await (want(tx, chat, kind.id, count) if count else ask_quantity(tx, chat, kind))
        if count := counted(text.text):
            return await want_some(tx, chat, chat.memory["event"], count)
        several = several_kinds(text.text, kinds)
        return one_kind_first(chat.memory["event"], several) if several else None

    async def _kind_again(self, tx: Tx, chat: Chat, kinds: Sequence[Kind]) -> Turn:
        """Say that words were no kind, above what was asked; what is not on sale says so itself."""
        turn = await want_some(tx, chat, int(chat.memory["event"]), said_before(chat))
        if turn.then is None or turn.then.step != "buying.kind" or not any(k.left for k in kinds):
            return turn
        again = words("buying.kind_again", kind=next(kind.name for kind in kinds if kind.left))
        page = turn.say[-1]
        return replace(turn, say=(replace(page, words=again, picture=None, instead=None),))

    async def opened_with_code(self, tx: Tx, chat: Chat, rest: str) -> Turn:
        """Open an event's page from a link that carries a promo code: `EVENT_CODE`."""
        event_text, _, code = rest.partition("_")
        event_id = from_text(event_text)
        claimed = await using_codes.claim(tx, chat, event_id, code) if event_id else None
        turn = await show_event_page(tx, chat, event_id)
        if event_id is None or turn.then is None or turn.then.step != "buying.kind":
            return turn
        return using_codes.above(claimed or await using_codes.unknown(tx, event_id), turn)

    async def choose_quantity(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask how many of a kind: `kind:ID`."""
        kind_id = id_at(tap.action, 1)
        kind = await kind_seen(tx, chat, kind_id)
        if kind is None:
            return reset(Say(words("buying.unknown_event"), menu_choices()))
        return await ask_quantity(tx, chat, kind)

    async def hear_quantity(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed number of tickets, of another kind too; a question is offered to be sent."""
        kind = await kind_seen(tx, chat, int(chat.memory["kind"]))
        if kind is None:
            return await show_event_page(tx, chat, None)
        if is_question(text.text):
            return question_offered(await ask_quantity(tx, chat, kind), text.text)
        if is_no_count(text.text):
            return await ask_quantity(tx, chat, kind, words("buying.no_count"))
        return await self._hear_wish(tx, chat, kind, text) or await ask_quantity(
            tx, chat, kind, words("buying.count_again")
        )

    async def _hear_wish(self, tx: Tx, chat: Chat, kind: Kind, text: Text) -> Turn | None:
        """Take `3`, `2 VIP` or `2 VIP et 1 standard`; None where it is no quantity."""
        kinds = await promos.kinds_for(tx, kind.event_id, chat.person_id, chat.now_ms)
        count, of_kind = quantity_and_kind(text.text, kinds) or (None, kind)
        if count is None and (count := counted(text.text)):
            of_kind = kind
        if count:
            return await want(tx, chat, of_kind.id, count)
        if of_kind.id != kind.id:
            return await ask_quantity(tx, chat, of_kind)
        several = several_kinds(text.text, kinds)
        return one_kind_first(kind.event_id, several) if several else None

    # ---- Accept ------------------------------------------------------------------------------

    async def read_conditions(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the conditions of so many tickets of a kind: `want:KIND:COUNT`."""
        kind_id, count = id_at(tap.action, 1), number_at(tap.action, 2)
        if kind_id is None or count is None:
            return await show_event_page(tx, chat, None)
        return await want(tx, chat, kind_id, count)

    async def want_again(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take an old `want` or `seats`: who has as much already hears so first."""
        kind = await kind_seen(tx, chat, id_at(tap.action, 1))
        count = number_at(tap.action, 2)
        done = await self._stands_already(tx, chat, kind, count) if kind and count else None
        return done or await self.actions()[tap.action.partition(":")[0]](tx, chat, tap)

    async def hear_name(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the name of the next beneficiary of a nominative event."""
        return await heard(tx, chat, text, asking.hear_name)

    async def hear_birth(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the birth date of the next holder, where the event checks age."""
        return await heard(tx, chat, text, asking.hear_birth)

    async def hear_seats(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take typed seats, `B5 B6`, instead of those proposed."""
        return await heard(tx, chat, text, asking.hear_seats)

    async def take_proposed(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take the seats proposed last: `seats:KIND:COUNT`; forgotten, others are proposed."""
        kind_id, count = id_at(tap.action, 1), number_at(tap.action, 2)
        kind = await kind_seen(tx, chat, kind_id)
        event = await events.event_by_id(tx, kind.event_id) if kind else None
        if kind is None or event is None or not count or not event.is_on_sale(chat.now_ms):
            return await show_event_page(tx, chat, kind.event_id if kind else None)
        hold = await orders.active_hold(tx, event.id, chat.person_id)
        refusal = await why_not(tx, chat, event, kind, count, hold)
        if refusal is not None:
            return refusal
        asked = Asked.for_(chat, kind, count)
        return await next_question(tx, chat, event, kind, asked.with_proposed())

    async def hear_acceptance(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a no or another quantity, help a bare yes, offer to send a question, or say how."""
        answer = read_answer(text.text)
        if answer is Answer.NO:
            return await self.refuse(tx, chat, Tap("refuse"))
        changed = await self._hear_change(tx, chat, text)
        if changed is not None:
            return changed
        turn = await heard(tx, chat, text, asking.nothing_more)
        if turn.then is None or turn.then.step != READY:
            return turn  # Something else stands in the way now: it says so itself.
        buttons = tuple(one for one in turn.say[0].choices if isinstance(one, Choice))
        return answered(chat, text.text, answer, buttons)

    async def _hear_change(self, tx: Tx, chat: Chat, text: Text) -> Turn | None:
        """Take `changer`, `retour`, `3 billets` or `deux` typed below the conditions; else None."""
        kind = await kind_seen(tx, chat, Asked.remembered(chat).kind_id)
        if kind is None:
            return None
        if fold(text.text) in CHANGES:
            return await ask_quantity(tx, chat, kind)
        if is_no_count(text.text) or is_question(text.text):
            return None
        return await self._hear_wish(tx, chat, kind, text)

    async def refuse(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """End kindly when somebody does not accept; what they hold already stays theirs."""
        held = await orders.holds_of(tx, chat.person_id)
        if held:
            return reset(Say(words("buying.refused_more"), hold_choices(held[0])))
        mine = await tickets.tickets_of(tx, chat.person_id, now_ms=chat.now_ms, limit=1)
        return reset(
            Say(words("buying.refused_more" if mine else "buying.refused"), menu_choices())
        )

    async def accept(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Keep the acceptance and hold the seats, all or none: `accept:KIND:COUNT:VERSION:PRICE`.

        Whoever read another version or another price reads them again.
        """
        kind_id, count = id_at(tap.action, 1), number_at(tap.action, 2)
        kind = await kind_seen(tx, chat, kind_id)
        event = await events.event_by_id(tx, kind.event_id) if kind else None
        if kind is None or event is None or not count or not event.is_on_sale(chat.now_ms):
            return await show_event_page(tx, chat, kind.event_id if kind else None)
        old = await orders.active_hold(tx, event.id, chat.person_id)
        refusal = await why_not(tx, chat, event, kind, count, old)
        if refusal is not None:
            return refusal
        asked = Asked.for_(chat, kind, count)
        question = await ask(tx, chat, event, kind, asked)
        if question is not None:
            return question
        holders = await spoken(tx, asked)
        same_price = id_at(tap.action, 4) in {None, kind.price.amount_minor}
        if number_at(tap.action, 3) != event.conditions_version or not same_price:
            return show_conditions(event, kind, asked, holders)
        order = await self._hold(tx, chat, event, kind, asked, old)
        if order is None:
            return await self._not_held(tx, chat, event, kind, asked)
        await self._keep_acceptance(tx, chat, event, kind, order, holders)
        is_free = order.total.amount_minor == 0
        go_on = self._give_free if is_free else self.held.ask_page
        turn = await go_on(tx, chat, order, event)
        return using_codes.above(words("buying.replaced", n=old.quantity), turn) if old else turn

    async def read_again(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the conditions once more to who accepts by an old button, or what came of it."""
        kind_id, count = id_at(tap.action, 1), number_at(tap.action, 2)
        kind = await kind_seen(tx, chat, kind_id)
        event = await events.event_by_id(tx, kind.event_id) if kind else None
        if kind is None or event is None or not count or not event.is_on_sale(chat.now_ms):
            return await show_event_page(tx, chat, kind.event_id if kind else None)
        done = await self._stands_already(tx, chat, kind, count)
        if done is not None:
            return done
        hold = await orders.active_hold(tx, event.id, chat.person_id)
        refusal = await why_not(tx, chat, event, kind, count, hold)
        if refusal is not None:
            return refusal
        return await next_question(tx, chat, event, kind, Asked.for_(chat, kind, count))

    async def _stands_already(self, tx: Tx, chat: Chat, kind: Kind, count: int) -> Turn | None:
        """Give what an old button asks for where it stands already: held seats, a paid order.

        Who is being asked about that kind right now means it anew.
        """
        if chat.step.startswith("buying.") and chat.memory.get("kind") == kind.id:
            return None
        hold = await orders.active_hold(tx, kind.event_id, chat.person_id)
        if hold is None:
            return await ordered_already(tx, chat, kind, count)
        held = [seat.kind_id for seat in await orders.seats_of(tx, hold.id)]
        if held != [kind.id] * count:
            return None
        return await self.held.pay(tx, chat, Tap(f"pay:{to_text(hold.id)}"))

    async def _not_held(self, tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked) -> Turn:
        """Explain why nothing was held: a code used up, a seat gone, or too few places."""
        fresh = await kind_seen(tx, chat, kind.id) or kind
        if fresh.left >= asked.count and kind.promo_id is not None:
            said = await using_codes.used_up(tx, chat, event, kind)
            return using_codes.above(said, await show_event_page(tx, chat, event.id))
        if fresh.left >= asked.count and asked.places:
            return await asking.seats_gone(tx, chat, event, fresh, asked)
        return not_enough(event, fresh)

    async def _hold(
        self, tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked, old: Order | None
    ) -> Order | None:
        """Hold the seats; an old hold of the same event becomes this one."""
        new = orders.NewOrder(
            reference=random_text(REFERENCE_LENGTH),
            event_id=event.id,
            buyer_id=chat.person_id,
            chat_id=chat.id,
            seats=asked.seats(kind),
            currency=event.currency,
            hold_until_ms=chat.now_ms + event.hold_ms,
            refund_terms=event.refund_terms,
            promo_id=kind.promo_id,
            promo_code=kind.promo,
        )
        # Seats kept for who waited are theirs by this acceptance, and only by it.
        offer = await waiting.take_offer(tx, chat.person_id, kind.id, asked.count, chat.now_ms)
        in_turn = offer is not None
        if old is None:
            order = await orders.hold(tx, new, chat.now_ms, past_line=in_turn)
        else:
            order = await orders.change_hold(tx, old.id, new, chat.now_ms, past_line=in_turn)
        if order is None and offer is not None:
            await waiting.put_back(tx, offer)
        return order

    async def _keep_acceptance(
        self, tx: Tx, chat: Chat, event: Event, kind: Kind, order: Order, holders: Sequence[str]
    ) -> None:
        shown = conditions_words(event, kind, order.quantity, holders)
        body = self.house.texts.render(shown, chat.language)
        await acceptances.accept(
            tx,
            order_id=order.id,
            person_id=chat.person_id,
            digest=hashlib.sha256(body.encode()).hexdigest(),
            event_id=event.id,
            version=event.conditions_version,
            language=chat.language,
            body=body,
            age_min=event.age_min,
            now_ms=chat.now_ms,
        )

    async def _give_free(self, tx: Tx, chat: Chat, order: Order, event: Event) -> Turn:
        """Issue free tickets at once."""
        await orders.mark_paid(tx, order.id, chat.now_ms)
        says = await issue_tickets(tx, self.house, order, event, chat.now_ms)
        return Turn(says, then=Then())
