"""The four steps of a buyer: select the event, accept its conditions, pay, keep the ticket.

This file is the product. Each step is a method, in the order in which a buyer meets them; every
button carries the event, the kind and the quantity it stands for, so that it still works, or
explains itself, a month later.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.flows.choices import all_events, back_to, menu_choices, offer_list, quantities, reset
from bot.flows.choosing import asking, using_codes
from bot.flows.choosing.accepting import Answer, answered, read_answer
from bot.flows.choosing.asking import READY, Asked, ask, spoken
from bot.flows.choosing.unpaid import unpaid
from bot.flows.choosing.waiting import wait_choices
from bot.flows.event_words import (
    age_moment,
    conditions_words,
    event_page,
    kind_label,
    price_words,
    why_not_on_sale,
)
from bot.flows.house import House
from bot.flows.money.receipts import receipt_choice
from bot.flows.money.ways import account_of, begin, fitting
from bot.flows.organising.preview import poster_of
from bot.flows.reading import counted, id_at, number_at, quantity_and_kind
from bot.flows.tickets.issuing import issue_tickets
from bot.flows.tickets.keeping import keep_choices
from boxoffice import rules
from boxoffice.codes import ALPHABET
from boxoffice.model import (
    Event,
    Kind,
    Order,
    OrderStatus,
    Payment,
    PaymentStatus,
    Seat,
)
from chat.messages import (
    NOTHING,
    Chat,
    Choice,
    Link,
    Moment,
    Say,
    Span,
    Tap,
    Text,
    Then,
    Turn,
    Words,
    words,
)
from chat.talk import Step
from chat.understanding import fold
from storage import acceptances, catalogue, events, orders, payments, promos, returns, waiting
from storage.catalogue import LISTED_MAX
from storage.database import Tx
from storage.ids import from_text, to_text

REFERENCE_LENGTH = 7
"""35 random bits: people read them out, nothing is opened by knowing one."""


@dataclass(frozen=True, slots=True)
class Buying:
    """Selecting, accepting, and holding seats until they are paid."""

    house: House

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
            "pay": self.pay,
            "by": self.pay_by,
            "cancel": self.cancel,
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
        return await self.list_from(tx, chat, skip, greeting=None)

    async def list_from(self, tx: Tx, chat: Chat, skip: int, greeting: Words | None) -> Turn:
        """Show a page of the list, under a greeting if there is one."""
        found = await catalogue.offers(tx, now_ms=chat.now_ms, skip=skip, limit=LISTED_MAX + 1)
        if not found:
            return reset(Say(words("buying.no_events"), menu_choices()))
        head = greeting or words("buying.which_event")
        return reset(offer_list(head, found, skip))

    async def search(self, tx: Tx, chat: Chat, text: Text) -> Turn | None:
        """Find events by typed words, or None if nothing is found."""
        wanted = fold(text.text)
        if not wanted:
            return None
        found = await catalogue.offers(tx, now_ms=chat.now_ms, found=wanted, limit=LISTED_MAX)
        if not found:
            return None
        if len(found) == 1:
            return await self.show_event_page(tx, chat, found[0].event.id)
        return reset(offer_list(words("buying.found"), found, 0))

    async def show_event(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Open one event's page: `event:ID`."""
        event_id = from_text(tap.action.partition(":")[2])
        return await self.show_event_page(tx, chat, event_id)

    async def show_event_page(self, tx: Tx, chat: Chat, event_id: int | None) -> Turn:
        """Show an event with its rules and a button a kind, or say why it cannot be bought."""
        event = await events.event_by_id(tx, event_id) if event_id is not None else None
        if event is None:
            return reset(Say(words("buying.unknown_event"), menu_choices()))
        if not event.is_on_sale(chat.now_ms):
            return reset(Say(why_not_on_sale(event, chat.now_ms), menu_choices()))
        kinds = await promos.kinds_for(tx, event.id, chat.person_id, chat.now_ms)
        choices = tuple(
            Choice(kind_label(kind), f"kind:{to_text(kind.id)}") for kind in kinds if kind.left > 0
        )
        page = event_page(event, kinds)
        buttons = (*choices, *wait_choices(kinds), *keep_choices(event), all_events())
        say = Say(page, buttons, picture=poster_of(event), instead=page)
        return Turn((say,), then=Then("buying.kind", {"event": event.id}))

    async def hear_kind(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `2 VIP`, `VIP` or `deux`, typed at an event's page; else search, else ask again."""
        event_id = int(chat.memory["event"])
        kinds = await promos.kinds_for(tx, event_id, chat.person_id, chat.now_ms)
        wanted = quantity_and_kind(text.text, kinds)
        if wanted is not None:
            quantity, kind = wanted
            if quantity is None:
                return await self._ask_quantity(tx, chat, kind)
            return await self._want(tx, chat, kind.id, quantity)
        claimed = await using_codes.claim(tx, chat, event_id, text.text)
        if claimed is not None:
            return using_codes.above(claimed, await self.show_event_page(tx, chat, event_id))
        found = await self.search(tx, chat, text)
        if found is not None:
            return found
        turn = await self.show_event_page(tx, chat, event_id)
        # An event that is not on sale any more says so itself.
        if turn.then is None or turn.then.step != "buying.kind" or not any(k.left for k in kinds):
            return turn
        again = words("buying.kind_again", kind=next(kind.name for kind in kinds if kind.left))
        return replace(
            turn,
            say=tuple(replace(say, words=again, picture=None, instead=None) for say in turn.say),
        )

    async def opened_with_code(self, tx: Tx, chat: Chat, rest: str) -> Turn:
        """Open an event's page from a link that carries a promo code: `EVENT_CODE`."""
        event_text, _, code = rest.partition("_")
        event_id = from_text(event_text)
        claimed = await using_codes.claim(tx, chat, event_id, code) if event_id else None
        turn = await self.show_event_page(tx, chat, event_id)
        if event_id is None or turn.then is None or turn.then.step != "buying.kind":
            return turn
        return using_codes.above(claimed or await using_codes.unknown(tx, event_id), turn)

    async def choose_quantity(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask how many of a kind: `kind:ID`."""
        kind_id = id_at(tap.action, 1)
        kind = await _kind(tx, chat, kind_id)
        if kind is None:
            return reset(Say(words("buying.unknown_event"), menu_choices()))
        return await self._ask_quantity(tx, chat, kind)

    async def _ask_quantity(self, tx: Tx, chat: Chat, kind: Kind) -> Turn:
        event = await events.event_by_id(tx, kind.event_id)
        if event is None or not event.is_on_sale(chat.now_ms) or kind.left < 1:
            return await self.show_event_page(tx, chat, kind.event_id)
        choices = quantities(kind, min(kind.left, event.per_buyer_max))
        asked = words("buying.how_many_free", kind=kind.name)
        if kind.price.amount_minor:
            asked = words("buying.how_many", kind=kind.name, price=price_words(kind))
        return Turn(
            (Say(asked, (*choices, back_to(event.id))),),
            then=Then("buying.quantity", {"kind": kind.id}),
        )

    async def hear_quantity(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed number of tickets."""
        kind_id = int(chat.memory["kind"])
        count = counted(text.text)
        if not count:
            kind = await _kind(tx, chat, kind_id)
            if kind is None:
                return await self.show_event_page(tx, chat, None)
            return await self._ask_quantity(tx, chat, kind)
        return await self._want(tx, chat, kind_id, count)

    # ---- Accept ------------------------------------------------------------------------------

    async def read_conditions(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the conditions of so many tickets of a kind: `want:KIND:COUNT`."""
        kind_id, count = id_at(tap.action, 1), number_at(tap.action, 2)
        if kind_id is None or count is None:
            return await self.show_event_page(tx, chat, None)
        return await self._want(tx, chat, kind_id, count)

    async def _want(self, tx: Tx, chat: Chat, kind_id: int, count: int) -> Turn:
        kind = await _kind(tx, chat, kind_id)
        event = await events.event_by_id(tx, kind.event_id) if kind else None
        if kind is None or event is None or not event.is_on_sale(chat.now_ms):
            return await self.show_event_page(tx, chat, kind.event_id if kind else None)
        refusal = await self._why_not(tx, chat, event, kind, count)
        if refusal is not None:
            return refusal
        return await self._next(tx, chat, event, kind, Asked(kind.id, count))

    async def _next(self, tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked) -> Turn:
        """Ask what is missing of the holders and their seats; then show the conditions."""
        question = await ask(tx, chat, event, kind, asked)
        if question is not None:
            return question
        return self._conditions(event, kind, asked, await spoken(tx, asked))

    async def _why_not(
        self, tx: Tx, chat: Chat, event: Event, kind: Kind, count: int
    ) -> Turn | None:
        """Refuse a quantity with what is possible instead, or a buyer who pauses, or None."""
        unpaid = await orders.unpaid_ends(
            tx, chat.person_id, chat.now_ms - rules.UNPAID_HOLDS_WINDOW_MS
        )
        pause_ms = rules.holds_paused_until_ms(unpaid, chat.now_ms)
        if pause_ms is not None:
            until = Moment(pause_ms, event.zone)
            return reset(Say(words("buying.paused", until=until), menu_choices()))
        hold = await orders.active_hold(tx, event.id, chat.person_id)
        already = await orders.held_count(tx, event.id, chat.person_id)
        already -= hold.quantity if hold else 0
        verdict = rules.may_buy(count, already, per_buyer_max=event.per_buyer_max)
        if isinstance(verdict, rules.TooMany):
            if verdict.left < 1:
                key = words("buying.no_more_for_you", title=event.title, n=already)
                return reset(Say(key, menu_choices()))
            say = words("buying.too_many", n=verdict.left)
            return Turn((Say(say, (*quantities(kind, verdict.left), back_to(event.id))),))
        mine = sum(seat.kind_id == kind.id for seat in await _seats(tx, hold))
        kept = await waiting.offered_to(tx, chat.person_id, kind.id, chat.now_ms)
        if count > max(kind.left + mine, kept):
            return self._not_enough(event, kind)
        return None

    def _not_enough(self, event: Event, kind: Kind) -> Turn:
        if kind.left < 1:
            say = words("buying.sold_out", kind=kind.name, title=event.title)
            choices = (*wait_choices((kind,)), back_to(event.id), all_events())
            return reset(Say(say, choices))
        say = words("buying.not_enough", n=kind.left, kind=kind.name)
        return Turn((Say(say, (*quantities(kind, kind.left), back_to(event.id))),))

    async def hear_name(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the name of the next beneficiary of a nominative event."""
        return await self._heard(tx, chat, text, asking.hear_name)

    async def hear_birth(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the birth date of the next holder, where the event checks age."""
        return await self._heard(tx, chat, text, asking.hear_birth)

    async def hear_seats(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take typed seats, `B5 B6`, instead of those proposed."""
        return await self._heard(tx, chat, text, asking.hear_seats)

    async def _heard(self, tx: Tx, chat: Chat, text: Text, hear: asking.Hear) -> Turn:
        asked = Asked.remembered(chat)
        kind = await _kind(tx, chat, asked.kind_id)
        event = await events.event_by_id(tx, kind.event_id) if kind else None
        if kind is None or event is None or not event.is_on_sale(chat.now_ms):
            return await self.show_event_page(tx, chat, kind.event_id if kind else None)
        answer = await hear(tx, chat, event, kind, asked, text.text)
        return (
            answer if isinstance(answer, Turn) else await self._next(tx, chat, event, kind, answer)
        )

    async def take_proposed(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take the seats proposed last: `seats:KIND:COUNT`; forgotten, others are proposed."""
        kind_id, count = id_at(tap.action, 1), number_at(tap.action, 2)
        kind = await _kind(tx, chat, kind_id)
        event = await events.event_by_id(tx, kind.event_id) if kind else None
        if kind is None or event is None or not count or not event.is_on_sale(chat.now_ms):
            return await self.show_event_page(tx, chat, kind.event_id if kind else None)
        refusal = await self._why_not(tx, chat, event, kind, count)
        if refusal is not None:
            return refusal
        asked = Asked.for_(chat, kind, count)
        return await self._next(tx, chat, event, kind, asked.with_proposed())

    def _conditions(self, event: Event, kind: Kind, asked: Asked, holders: Sequence[str]) -> Turn:
        """Show the conditions in full; one tap below them accepts and declares the age."""
        say = Say(conditions_words(event, kind, asked.count, holders), _answers(event, kind, asked))
        return Turn((say,), then=Then(READY, asked.memory()))

    async def hear_acceptance(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a no, help a bare yes to become one, offer to send a question; else say how."""
        answer = read_answer(text.text)
        if answer is Answer.NO:
            return await self.refuse(tx, chat, Tap("refuse"))
        turn = await self._heard(tx, chat, text, asking.nothing_more)
        if turn.then is None or turn.then.step != READY:
            return turn  # Something else stands in the way now: it says so itself.
        buttons = tuple(one for one in turn.say[0].choices if isinstance(one, Choice))
        return answered(chat, text.text, answer, buttons)

    async def refuse(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """End kindly when somebody does not accept; what they hold already stays theirs."""
        held = await unpaid(tx, chat)
        if held:
            return Turn((Say(words("buying.refused_held")), *held), then=Then())
        return reset(Say(words("buying.refused"), menu_choices()))

    async def accept(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Keep the acceptance and hold the seats, all or none: `accept:KIND:COUNT:VERSION:PRICE`.

        Whoever read another version or another price reads them again.
        """
        kind_id, count = id_at(tap.action, 1), number_at(tap.action, 2)
        kind = await _kind(tx, chat, kind_id)
        event = await events.event_by_id(tx, kind.event_id) if kind else None
        if kind is None or event is None or not count or not event.is_on_sale(chat.now_ms):
            return await self.show_event_page(tx, chat, kind.event_id if kind else None)
        refusal = await self._why_not(tx, chat, event, kind, count)
        if refusal is not None:
            return refusal
        asked = Asked.for_(chat, kind, count)
        question = await ask(tx, chat, event, kind, asked)
        if question is not None:
            return question
        holders = await spoken(tx, asked)
        same_price = id_at(tap.action, 4) in {None, kind.price.amount_minor}
        if number_at(tap.action, 3) != event.conditions_version or not same_price:
            return self._conditions(event, kind, asked, holders)
        order = await self._hold(tx, chat, event, kind, asked)
        if order is None:
            return await self._not_held(tx, chat, event, kind, asked)
        await self._keep_acceptance(tx, chat, event, kind, order, holders)
        if order.total.amount_minor == 0:
            return await self._give_free(tx, chat, event, order)
        return await self._start_payment(tx, chat, order)

    async def _not_held(self, tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked) -> Turn:
        """Explain why nothing was held: a code used up, a seat gone, or too few places."""
        fresh = await _kind(tx, chat, kind.id) or kind
        if fresh.left >= asked.count and kind.promo_id is not None:
            said = await using_codes.used_up(tx, chat, event, kind)
            return using_codes.above(said, await self.show_event_page(tx, chat, event.id))
        if fresh.left >= asked.count and asked.places:
            return await asking.seats_gone(tx, chat, event, fresh, asked)
        return self._not_enough(event, fresh)

    async def _hold(
        self, tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked
    ) -> Order | None:
        """Hold the seats; a hold of the same event that is there already becomes this one."""
        new = orders.NewOrder(
            reference="".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH)),
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
        old = await orders.active_hold(tx, event.id, chat.person_id)
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

    async def _give_free(self, tx: Tx, chat: Chat, event: Event, order: Order) -> Turn:
        """Issue free tickets at once."""
        await orders.mark_paid(tx, order.id, chat.now_ms)
        says = await issue_tickets(tx, self.house, order, event, chat.now_ms)
        return Turn(says, then=Then())

    # ---- Pay ---------------------------------------------------------------------------------

    async def _start_payment(
        self, tx: Tx, chat: Chat, order: Order, way: str | None = None
    ) -> Turn:
        """Ask a provider for a page; its link comes back as a fact."""
        event = await events.event_by_id(tx, order.event_id)
        ways = fitting(self.house.ways, self.house.providers, event, chat.channel) if event else []
        if event is None or not ways:
            await orders.end_hold(tx, order.id, OrderStatus.CANCELLED, chat.now_ms)
            return reset(Say(words("buying.no_provider"), menu_choices()))
        return await begin(tx, chat, order, event, ways, way)

    async def pay_by(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Begin an attempt by the way a buyer chose: `by:ORDER:WAY`."""
        order = await self._own_order(tx, chat, tap)
        if order is None:
            return reset(Say(words("buying.not_yours"), menu_choices()))
        if order.status is not OrderStatus.HELD:
            return await self._explain(tx, order)
        way = tap.action.split(":")[2] if tap.action.count(":") > 1 else None
        for payment in await payments.payments_of(tx, order.id):
            if payment.provider == way and payment.status in {"open", "starting"}:
                return await self.pay(tx, chat, tap)
        return await self._start_payment(tx, chat, order, way)

    async def pay(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Give the payment page of a hold again, or a new one after a refusal: `pay:ORDER`.

        Typed as a word it names no order: then it is the one hold there is, or a choice of them.
        """
        order: Order | None
        if tap.action == "pay":
            held = await orders.holds_of(tx, chat.person_id)
            if not held:
                return reset(Say(words("buying.nothing_to_pay"), menu_choices()))
            if len(held) > 1:
                return Turn(await unpaid(tx, chat), then=Then())
            order = held[0]
        else:
            order = await self._own_order(tx, chat, tap)
        if order is None:
            return reset(Say(words("buying.not_yours"), menu_choices()))
        if order.status is not OrderStatus.HELD:
            return await self._explain(tx, order)
        for payment in await payments.payments_of(tx, order.id):
            if payment.status is PaymentStatus.OPEN and payment.url:
                event = await events.event_by_id(tx, order.event_id)
                return Turn((pay_message(order, event, payment, payment.url, chat.now_ms),))
            if payment.status is PaymentStatus.STARTING:
                return Turn((Say(words("buying.page_coming")),))
        return await self._start_payment(tx, chat, order)

    async def cancel(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Let a hold go: `cancel:ORDER`."""
        order = await self._own_order(tx, chat, tap)
        if order is None:
            return reset(Say(words("buying.not_yours"), menu_choices()))
        if not await orders.end_hold(tx, order.id, OrderStatus.CANCELLED, chat.now_ms):
            return await self._explain(tx, order)
        say = words("buying.cancelled", n=order.quantity)
        return reset(Say(say, (back_to(order.event_id), all_events())))

    async def cancel_current(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Take `annuler`, typed anywhere: leave what was begun, else let the one hold go."""
        if chat.step:
            return reset(Say(words("buying.left"), menu_choices()))
        holds = await orders.holds_of(tx, chat.person_id)
        if not holds:
            paid = await returns.orders_with_tickets(
                tx, chat.person_id, now_ms=chat.now_ms, limit=1
            )
            give_back = (Choice(words("returning.label"), "back"),) if paid else ()
            say = Say(words("buying.nothing_to_cancel"), (*give_back, *menu_choices()))
            return reset(say)
        choices = []
        for order in holds:
            event = await events.event_by_id(tx, order.event_id)
            title = event.title if event else order.reference
            label = words("buying.cancel_label", n=order.quantity, title=title)
            choices.append(Choice(label, f"cancel:{to_text(order.id)}"))
        return Turn((Say(words("buying.cancel_which"), tuple(choices)),), then=Then())

    async def _own_order(self, tx: Tx, chat: Chat, tap: Tap) -> Order | None:
        """Read the order a button names, if the person who pressed it is its buyer."""
        order_id = id_at(tap.action, 1)
        order = await orders.order_by_id(tx, order_id) if order_id is not None else None
        return order if order and order.buyer_id == chat.person_id else None

    async def _explain(self, tx: Tx, order: Order) -> Turn:
        """Say what became of an order whose old button was pressed."""
        event = await events.event_by_id(tx, order.event_id)
        title = event.title if event else order.reference
        key = f"buying.order_{order.status.value}"
        choices: tuple[Choice, ...] = (back_to(order.event_id), all_events())
        if order.status is OrderStatus.PAID:
            choices = (Choice(words("menu.tickets"), "tickets"), receipt_choice(order.id))
        return Turn((Say(words(key, title=title), choices),), then=Then())


def _answers(event: Event, kind: Kind, asked: Asked) -> tuple[Choice, ...]:
    """The buttons below the conditions: accept, correct the names, or leave."""
    wanted = f"{to_text(kind.id)}:{asked.count}"
    age = words("buying.i_accept")
    if event.age_min:
        age = words("buying.i_accept_aged", n=event.age_min, day=age_moment(event, kind))
    price = to_text(kind.price.amount_minor)
    accept = Choice(age, f"accept:{wanted}:{event.conditions_version}:{price}")
    again = Choice(words("buying.rename", n=asked.count), f"want:{wanted}")
    renamed = (again,) if asked.names else ()
    return (accept, *renamed, Choice(words("buying.no_thanks"), "refuse"))


def pay_message(order: Order, event: Event | None, payment: Payment, url: str, now_ms: int) -> Say:
    """Say how much is to be paid by when and to whom, with the link to the payment page."""
    zone = event.zone if event else "UTC"
    return Say(
        words(
            "buying.to_pay",
            n=order.quantity,
            title=event.title if event else order.reference,
            total=order.total,
            left=Span(max(0, order.hold_until_ms - now_ms)),
            until=Moment(order.hold_until_ms, zone),
            reference=order.reference,
            promo=words("promo.applied", code=order.promo) if order.promo else NOTHING,
            account=words(f"buying.account_{account_of(payment.provider)}"),
        ),
        (
            Link(words("buying.pay_label", total=order.total), url),
            Choice(words("receipt.share_label"), f"share:{to_text(order.id)}"),
            Choice(words("buying.change_label"), f"event:{to_text(order.event_id)}"),
            Choice(words("buying.cancel_hold_label"), f"cancel:{to_text(order.id)}"),
        ),
    )


async def _kind(tx: Tx, chat: Chat, kind_id: int | None) -> Kind | None:
    """Read a kind as this buyer sees it: at the price their code makes of it."""
    if kind_id is None:
        return None
    return await promos.kind_for(tx, kind_id, chat.person_id, chat.now_ms)


async def _seats(tx: Tx, hold: Order | None) -> list[Seat]:
    return await orders.seats_of(tx, hold.id) if hold else []
