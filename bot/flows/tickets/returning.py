"""Giving tickets back: a whole order or some of it, by the terms that its buyer accepted.

What comes back, and when, is said before anything happens; the one tap that confirms carries what
was said, and does nothing but say it again when that is true no more.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.flows.choices import back_to, keep_tickets, menu_choices, picked_from
from bot.flows.event_words import terms_words
from bot.flows.money.refunding import send_back
from bot.flows.reading import id_at
from bot.flows.tickets.deals import Deal, deal_of, facts_of, mask_of, ranks_of, terms_of
from bot.flows.tickets.offers import give_choice
from bot.flows.tickets.which import told_apart
from boxoffice.model import EventStatus, Order, RefundReason, TicketStatus
from chat.messages import (
    Chat,
    Choice,
    Job,
    Say,
    Tap,
    Text,
    Then,
    Turn,
    Words,
    words,
)
from chat.talk import Step
from chat.together import shown_again
from chat.understanding import fold
from storage import announcements, events, orders, returns, tickets, transfers
from storage.database import Tx
from storage.ids import to_text

ORDERS_SHOWN_MAX = 8
"""Orders to choose from on one screen; the soonest events first."""

WHICH = "returning.which"
"""Where a chat stands that was asked which tickets of an order to give back."""

SURE = "returning.sure"
"""Where it is asked whether the tickets chosen are given back; figures choose others."""

EVERYTHING = frozenset({"tout", "tous", "toutes", "all", "tous les billets"})


@dataclass(frozen=True, slots=True)
class Returning:
    """The conversation in which somebody gives tickets back."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"back": self.show, "giveback": self.give_back}

    def steps(self) -> Mapping[str, Step]:
        """What free text means, once the tickets of an order are shown."""
        return {WHICH: self.hear_which, SURE: self.hear_others}

    def number_steps(self) -> frozenset[str]:
        """Where a number is a ticket's rank."""
        return frozenset({WHICH})

    def figure_steps(self) -> frozenset[str]:
        """Where a figure alone is a ticket's rank, and words press the buttons."""
        return frozenset({SURE})

    def commands(self) -> Mapping[str, str]:
        """Words understood from everywhere."""
        said = (
            "rendre",
            "rendre mes billets",
            "rendre un billet",
            "annuler mes billets",
            "annuler mon billet",
            "remboursement",
            "rembourser",
            "me faire rembourser",
            "refund",
            "give back",
            "give tickets back",
            "return",
        )
        return dict.fromkeys(said, "back")

    # ---- What comes back ---------------------------------------------------------------------

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say what comes back: `back` (which order?), `back:ORDER`, or `back:ORDER:RANKS`."""
        if ":" not in tap.action:
            return await self._choose_order(tx, chat)
        order = await _own_order(tx, chat, tap)
        if order is None:
            return Turn((Say(words("buying.not_yours"), menu_choices()),), then=Then())
        ranks = ranks_of(id_at(tap.action, 2) or 0)
        return await self.show_order(tx, chat, order, ranks)

    async def _choose_order(self, tx: Tx, chat: Chat) -> Turn:
        found = await returns.orders_with_tickets(
            tx, chat.person_id, now_ms=chat.now_ms, limit=ORDERS_SHOWN_MAX
        )
        if not found:
            return await self._nothing(tx, chat)
        every = [one for order_id in found if (one := await orders.order_by_id(tx, order_id))]
        mine = [one for one in every if await _may_return(tx, chat, one)]
        whys = [await _why_not(tx, chat, one) for one in every if one not in mine]
        if not mine:
            return _refused(_lines(whys))
        if len(mine) == 1:
            turn = await self.show_order(tx, chat, mine[0], ())
            first, *rest = turn.say
            both = replace(first, words=_lines([first.words, *whys]))
            return replace(turn, say=(both, *rest))
        labels = []
        for order in mine:
            event = await events.event_by_id(tx, order.event_id)
            left = await returns.returnable(tx, order.id, chat.person_id)
            title = event.title if event else order.reference
            labels.append(words("returning.order_label", n=len(left), title=title))
        choices = tuple(
            Choice(label, f"back:{to_text(order.id)}")
            for label, order in zip(told_apart(labels, mine), mine, strict=True)
        )
        said = _lines([words("returning.which_order"), *whys])
        return picked_from(Say(said, choices))

    async def _nothing(self, tx: Tx, chat: Chat) -> Turn:
        """Say why there is nothing to give back: what was received is given on instead."""
        held = await tickets.tickets_of(tx, chat.person_id, now_ms=chat.now_ms, limit=1)
        if held and held[0].order.buyer_id != chat.person_id:
            offer = await transfers.open_offer_of(tx, held[0].ticket.id, chat.now_ms)
            give = give_choice(held[0], offer)
            mine = Choice(words("menu.tickets"), "tickets")
            return Turn((Say(words("returning.received"), (*give, mine)),), then=Then())
        return Turn((Say(words("returning.nothing"), menu_choices()),), then=Then())

    async def show_order(self, tx: Tx, chat: Chat, order: Order, ranks: Sequence[int]) -> Turn:
        """Ask which tickets of an order, or what is wanted of those already chosen."""
        whole = await deal_of(tx, chat, order, ())
        if whole is None or not whole.tickets or not whole.is_open(chat.now_ms):
            return _refused(await _why_not(tx, chat, order))
        if ranks or len(whole.tickets) == 1:
            chosen = await deal_of(tx, chat, order, ranks)
            if chosen is None or (ranks and len(chosen.tickets) != len(ranks)):
                return Turn((Say(words("returning.gone", title=whole.event.title)),), then=Then())
            return _confirm(chosen, of_several=len(whole.tickets) > 1)
        return _which(whole)

    async def hear_which(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take typed ranks, `1 3`, or `tout`."""
        order = await orders.order_by_id(tx, int(chat.memory["order"]))
        if order is None or order.buyer_id != chat.person_id:
            return Turn((Say(words("buying.not_yours"), menu_choices()),), then=Then())
        left = [one.number for one in await returns.returnable(tx, order.id, chat.person_id)]
        ranks = [int(found) for found in re.findall(r"\d{1,3}", text.text)]
        if fold(text.text) in EVERYTHING:
            ranks = left
        if not ranks or not set(ranks) <= set(left):
            return await self.show_order(tx, chat, order, ())
        return await self.show_order(tx, chat, order, sorted(set(ranks)))

    async def hear_others(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take other ranks, or `tout`, typed below the preview of some tickets."""
        if re.search(r"\d", text.text) or fold(text.text) in EVERYTHING:
            return await self.hear_which(tx, chat, text)
        return Turn((shown_again(chat, "menu.still_asked"),))

    async def ask_again(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask once more who gives back by an old button: `giveback:ORDER:RANKS:BACK`."""
        order = await _own_order(tx, chat, tap)
        if order is None:
            return Turn((Say(words("buying.not_yours"), menu_choices()),), then=Then())
        left = {one.number for one in await returns.returnable(tx, order.id, chat.person_id)}
        ranks = ranks_of(id_at(tap.action, 2) or 0)
        return await self.show_order(tx, chat, order, ranks if left.issuperset(ranks) else ())

    # ---- Giving back -------------------------------------------------------------------------

    async def give_back(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Kill the tickets, give their seats back, send the money: `giveback:ORDER:RANKS:BACK`."""
        order = await _own_order(tx, chat, tap)
        if order is None:
            return Turn((Say(words("buying.not_yours"), menu_choices()),), then=Then())
        ranks = ranks_of(id_at(tap.action, 2) or 0)
        deal = await deal_of(tx, chat, order, ranks)
        told = tap.action.split(":")[3:]
        if deal is None or not ranks or [str(deal.back.amount_minor)] != told:
            return await self.show_order(tx, chat, order, ())
        done = len(deal.tickets) == len(ranks) and await returns.give_back(
            tx,
            order.id,
            chat.person_id,
            ranks,
            status=TicketStatus.CANCELLED if deal.is_free else TicketStatus.REFUNDED,
            before_ms=0 if deal.is_free else deal.terms.before_ms,
            now_ms=chat.now_ms,
        )
        if not done:
            return await self.show_order(tx, chat, order, ())
        for rank in ranks:
            await orders.return_seat(tx, order.id, rank, chat.now_ms)
        if deal.postponed is not None:
            await announcements.answer(tx, deal.postponed.id, chat.person_id, "refund", chat.now_ms)
        return await _given(tx, chat, deal)


async def _given(tx: Tx, chat: Chat, deal: Deal) -> Turn:
    """Send the money of tickets that were just given back, and say what happened."""
    jobs: tuple[Job, ...] = ()
    if deal.payment_id is not None:
        only = deal.tickets[0].ticket_id if len(deal.tickets) == 1 else None
        jobs = await send_back(
            tx,
            deal.payment_id,
            deal.back,
            RefundReason.ORDER if only is None else RefundReason.TICKET,
            chat.now_ms,
            ticket_id=only,
            kept_minor=deal.kept.amount_minor,
        )
    key = "returning.done_cash" if deal.order.is_for_cash else "returning.done"
    said = words("returning.done_free" if deal.is_free else key, **facts_of(deal))
    return Turn((Say(said, (back_to(deal.event.id), *menu_choices()[:2])),), then=Then(), jobs=jobs)


async def _why_not(tx: Tx, chat: Chat, order: Order) -> Words:
    """Say why nothing of an order can be given back, or not any more."""
    deal = await deal_of(tx, chat, order, ())
    event = deal.event if deal else await events.event_by_id(tx, order.event_id)
    title = event.title if event else order.reference
    if deal is None or event is None:
        return words(f"buying.order_{order.status.value}", title=title)
    if event.status is EventStatus.CANCELLED:
        return words("returning.cancelled", title=title)
    if not deal.tickets:
        return words("returning.nothing_left", title=title)
    if deal.is_free or chat.now_ms >= event.starts_ms:
        return words("returning.begun", title=title)
    return words(
        "returning.too_late", title=title, terms=terms_words("returning", deal.terms, event)
    )


def _refused(why: Words) -> Turn:
    mine = Choice(words("menu.tickets"), "tickets")
    return Turn((Say(why, (mine, *menu_choices()[2:])),), then=Then())


def _lines(said: Sequence[Words]) -> Words:
    """Say several things one below the other, each once."""
    told: list[Words] = []
    for one in said:
        told += [] if one in told else [one]
    return told[0] if len(told) == 1 else words("asking.lines", lines=tuple(told))


async def _may_return(tx: Tx, chat: Chat, order: Order) -> bool:
    """Say whether something of an order can be given back now: what cannot is not offered."""
    deal = await deal_of(tx, chat, order, ())
    return deal is not None and bool(deal.tickets) and deal.is_open(chat.now_ms)


async def _own_order(tx: Tx, chat: Chat, tap: Tap) -> Order | None:
    """Read the order a button names, if the person who pressed it is its buyer."""
    order_id = id_at(tap.action, 1)
    order = await orders.order_by_id(tx, order_id) if order_id is not None else None
    return order if order and order.buyer_id == chat.person_id else None


# ---- Parts of the answers ------------------------------------------------------------------------


def _keep(deal: Deal) -> Choice:
    """The way out: what a seller sold stays with its buyer."""
    if deal.order.is_for_another:
        return Choice(words("menu.keep_sold"), "unchanged:0")
    return keep_tickets(deal.order.quantity)


def _which(deal: Deal) -> Turn:
    """Ask which tickets are given back: all of them on one button, then one by one."""
    order_id = to_text(deal.order.id)
    lines = tuple(
        words(
            "returning.ticket",
            rank=one.number,
            kind=one.kind,
            who=" · ".join(part for part in (one.place, one.holder) if part),
        )
        if one.place or one.holder
        else words("returning.ticket_plain", rank=one.number, kind=one.kind)
        for one in deal.tickets
    )
    everything = Choice(
        words("returning.all_label", n=len(deal.tickets)),
        f"back:{order_id}:{mask_of(deal.tickets)}",
    )
    singles = tuple(
        Choice(words("returning.one_label", rank=one.number), f"back:{order_id}:{mask_of((one,))}")
        for one in deal.tickets
    )
    asked = words(
        "returning.which",
        title=deal.event.title,
        lines=lines,
        terms=terms_of(deal),
    )
    say = Say(asked, (everything, *singles, _keep(deal)))
    return Turn((say,), then=Then(WHICH, {"order": deal.order.id}))


def _confirm(deal: Deal, *, of_several: bool) -> Turn:
    """Say what comes back for these tickets, and when; one tap does it, figures choose others."""
    facts = facts_of(deal)
    action = f"giveback:{to_text(deal.order.id)}:{mask_of(deal.tickets)}:{deal.back.amount_minor}"
    if deal.is_free:
        say = words("returning.confirm_free", **facts)
        label = words("returning.yes_free", n=len(deal.tickets))
    elif deal.order.is_for_cash:
        say = words("returning.confirm_cash", **facts)
        label = words("returning.yes_free", n=len(deal.tickets))
    elif deal.kept.amount_minor:
        say = words("returning.confirm_part", **facts, terms=terms_of(deal))
        label = words("returning.yes", back=deal.back)
    else:
        say = words("returning.confirm", **facts)
        label = words("returning.yes", back=deal.back)
    then = Then(SURE, {"order": deal.order.id}) if of_several else Then()
    return Turn((Say(say, (Choice(label, action), _keep(deal))),), then=then)
