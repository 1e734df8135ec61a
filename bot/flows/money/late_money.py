"""Late money, for seats that are gone: another kind, the front of the waiting list, or the refund.

Unanswered after a stated time, it goes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import menu_choices
from bot.flows.event_words import kind_label
from bot.flows.house import House
from bot.flows.money.selling import Found, facts_of, find, give_back, parts_of, sell
from boxoffice import rules
from boxoffice.model import Kind, RefundReason
from chat.facts import SeatsForMoney
from chat.messages import Chat, Choice, Moment, Say, Tap, Then, Turn, words
from chat.talk import Step
from storage import events, late_sales, orders, reviews, waiting
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.reviews import Review

KINDS_OFFERED_MAX = 8
"""Other kinds offered to late money: what fits on a screen beside the refund."""

_NOTHING = Turn()


@dataclass(frozen=True, slots=True)
class LateMoney:
    """What becomes of it."""

    house: House

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {SeatsForMoney: self.seats_kept}

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"late": self.choose}

    async def take(self, tx: Tx, chat: Chat, found: Found) -> Turn:
        """Let the buyer choose another kind or the refund; with nothing to choose, refund."""
        offered = await self._other_kinds(tx, chat, found)
        can_wait = await _can_wait(tx, found, chat.now_ms)
        if not offered and not can_wait:
            return await give_back(tx, chat, found, RefundReason.LATE, "paying.late_sold_out")
        until_ms = rules.choice_until_ms(chat.now_ms, found.event.starts_ms)
        await reviews.open_review(
            tx,
            payment_id=found.payment.id,
            order_id=found.order.id,
            why="late",
            until_ms=until_ms,
            now_ms=chat.now_ms,
        )
        facts = facts_of(found, found.payment.paid)
        until = Moment(until_ms, found.event.zone)
        say = words("settling.late_choice", until=until, **facts)
        return Turn((Say(say, _late_choices(found, offered, can_wait=can_wait)),))

    async def choose(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take the buyer's choice about late money: `late:PAYMENT:KIND`, `late:PAYMENT:refund`."""
        _, payment_text, choice = parts_of(tap)
        found = await find(tx, from_text(payment_text))
        if found is None or found.order.buyer_id != chat.person_id:
            return Turn((Say(words("buying.not_yours"), menu_choices()),))
        facts = facts_of(found, found.payment.paid)
        review = await reviews.review_of(tx, found.payment.id)
        if review is None:
            return Turn((Say(words("settling.settled", **facts), menu_choices()),))
        if choice == "refund":
            await reviews.settle(tx, found.payment.id, "refund", chat.now_ms)
            return await give_back(tx, chat, found, RefundReason.LATE, "settling.late_back")
        offered = await self._other_kinds(tx, chat, found)
        if choice == "wait":
            return await self._wait(tx, chat, found, review, offered)
        kind = next((kind for kind in offered if kind.id == from_text(choice)), None)
        if kind is None or not await late_sales.sell_other_kind(
            tx, found.order.id, kind.id, kind.price.amount_minor, chat.now_ms
        ):
            until = Moment(review.until_ms, found.event.zone)
            say = words("settling.kind_gone", until=until, **facts)
            can_wait = await _can_wait(tx, found, chat.now_ms)
            return Turn((Say(say, _late_choices(found, offered, can_wait=can_wait)),))
        await reviews.settle(tx, found.payment.id, "other_kind", chat.now_ms)
        return await sell(tx, self.house, chat, found)

    async def _wait(
        self, tx: Tx, chat: Chat, found: Found, review: Review, offered: list[Kind]
    ) -> Turn:
        """Put late money at the front of the waiting list; it stays under review until seats come.

        It goes back by itself at a stated time, and whenever its buyer says so.
        """
        facts = facts_of(found, found.payment.paid)
        if not await _can_wait(tx, found, chat.now_ms):
            until = Moment(review.until_ms, found.event.zone)
            say = words("settling.kind_gone", until=until, **facts)
            return Turn((Say(say, _late_choices(found, offered, can_wait=False)),))
        seats = await orders.seats_of(tx, found.order.id)
        until_ms = min(chat.now_ms + rules.LATE_MONEY_WAITS_MS, found.event.starts_ms)
        joined = await waiting.join(
            tx,
            event_id=found.event.id,
            kind_id=seats[0].kind_id,
            person_id=chat.person_id,
            chat_id=chat.id,
            quantity=found.order.quantity,
            payment_id=found.payment.id,
            now_ms=chat.now_ms,
        )
        if joined is not None:
            await reviews.prolong(tx, found.payment.id, until_ms)
        until = Moment(until_ms, found.event.zone)
        say = words("settling.waits", until=until, n=found.order.quantity, **facts)
        return Turn((Say(say, _late_choices(found, offered, can_wait=False)),), then=Then())

    async def seats_kept(self, tx: Tx, chat: Chat, fact: SeatsForMoney) -> Turn:
        """Sell the seats that were kept for late money; if that cannot be, they go on."""
        found = await find(tx, fact.payment_id)
        review = await reviews.review_of(tx, fact.payment_id)
        if found is None or review is None:
            await waiting.end_offer(tx, fact.offer_id, chat.now_ms)
            return _NOTHING
        offer = await waiting.take_this_offer(tx, fact.offer_id, chat.now_ms)
        if offer is None:
            return _NOTHING
        if not await late_sales.take_again(tx, found.order.id, chat.now_ms):
            await waiting.put_back(tx, offer)
            await waiting.end_offer(tx, offer.id, chat.now_ms)
            return _NOTHING
        await reviews.settle(tx, found.payment.id, "waiting", chat.now_ms)
        free = Say(words("settling.seats_free", title=found.event.title, n=found.order.quantity))
        return await sell(tx, self.house, chat, found, (free,))

    async def _other_kinds(self, tx: Tx, chat: Chat, found: Found) -> list[Kind]:
        """Read the kinds that late money still buys: enough left, and not dearer."""
        if not found.event.is_on_sale(chat.now_ms):
            return []
        count, left_minor = found.order.quantity, found.left.amount_minor
        return [
            kind
            for kind in await events.kinds_of(tx, found.event.id)
            if not kind.is_hidden
            and kind.left >= count
            and 0 < kind.price.amount_minor * count <= left_minor
        ][:KINDS_OFFERED_MAX]


async def _can_wait(tx: Tx, found: Found, now_ms: int) -> bool:
    """Say whether late money may wait for seats: of one kind without numbers, on sale, not yet."""
    seats = await orders.seats_of(tx, found.order.id)
    one_kind = len({seat.kind_id for seat in seats}) == 1
    unnumbered = all(seat.place_id is None for seat in seats)
    is_time = now_ms + rules.LATE_CHOICE_MS_MIN < found.event.starts_ms
    waits = await waiting.waits_with(tx, found.payment.id)
    return found.event.is_on_sale(now_ms) and one_kind and unnumbered and is_time and not waits


def _late_choices(found: Found, offered: list[Kind], *, can_wait: bool) -> tuple[Choice, ...]:
    payment_id = to_text(found.payment.id)
    kinds = tuple(
        Choice(kind_label(kind), f"late:{payment_id}:{to_text(kind.id)}") for kind in offered
    )
    wait = (Choice(words("settling.wait"), f"late:{payment_id}:wait"),) if can_wait else ()
    return (*kinds, *wait, Choice(words("settling.refund_me"), f"late:{payment_id}:refund"))
