"""What holders answer to an announcement: keep, be refunded, or give the money to the organiser."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import menu_choices
from bot.flows.money.refunding import asked_words, end_reviews, kill_order, refund_order
from bot.flows.organising.announced import told, told_giver, told_seller, told_used
from bot.flows.reading import id_at
from bot.flows.tickets.returning import Returning
from boxoffice.model import Event, Order, RefundReason, TicketStatus
from boxoffice.money import Money
from chat.messages import Chat, Choice, Job, Moment, Say, Tap, Then, Turn, Value, words
from chat.talk import Step
from storage import announcements, broadcasts, events, ledger, payments, returns
from storage.announcements import Announcement
from storage.database import Tx
from storage.ids import to_text


@dataclass(frozen=True, slots=True)
class Answering:
    """The buttons below an announcement."""

    returning: Returning

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"an": self.answer}

    async def answer(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take an answer: `an:ANNOUNCEMENT:keep`, `refund`, `now`, `give`, `giveok:AMOUNT`.

        What was announced since is what holds: it is said again, with its own buttons.
        """
        announcement_id = id_at(tap.action, 1)
        found = await announcements.by_id(tx, announcement_id) if announcement_id else None
        event = await events.event_by_id(tx, found.event_id) if found else None
        if found is None or event is None:
            return Turn((Say(words("menu.old_button"), menu_choices()),), then=Then())
        newest = await announcements.newest(tx, event.id)
        if newest is not None and newest.id != found.id:
            return Turn((await _told(tx, chat, event, newest),), then=Then())
        word = tap.action.split(":")[2] if tap.action.count(":") > 1 else ""
        if found.what == "postponed":
            return await self._postponed(tx, chat, event, found, word)
        mine = await announcements.paid_orders_of(tx, event.id, chat.person_id)
        priced = [order for order in mine if order.total.amount_minor]
        if not priced or found.what != "cancelled":
            return Turn((Say(words("answering.nothing_to_do", title=event.title)),), then=Then())
        match word:
            case "give" | "giveok":
                return await _give_own(tx, chat, event, found, priced, tap)
        return await _refund_now(tx, chat, event, found, priced)

    async def _postponed(
        self, tx: Tx, chat: Chat, event: Event, announcement: Announcement, word: str
    ) -> Turn:
        """Keep the tickets, or go on to what comes back for them."""
        if word == "refund":
            mine = await announcements.paid_orders_of(tx, event.id, chat.person_id)
            left = [one for one in mine if await returns.returnable(tx, one.id, chat.person_id)]
            if len(left) == 1:
                return await self.returning.show_order(tx, chat, left[0], ())
            if left:
                return await self.returning.show(tx, chat, Tap("back"))
            return Turn((Say(words("answering.nothing_yours", title=event.title)),), then=Then())
        kept = await announcements.answer(tx, announcement.id, chat.person_id, "keep", chat.now_ms)
        see = Choice(words("keeping.see"), "tickets")
        if not kept:
            return Turn((Say(words("answering.decided", title=event.title), (see,)),), then=Then())
        facts: dict[str, Value] = {"title": event.title}
        key = "answering.kept_undated"
        if announcement.starts_ms is not None:
            facts["new"] = Moment(announcement.starts_ms, event.zone)
            key = "answering.kept"
        return Turn((Say(words(key, **facts), (see,)),), then=Then())


async def _told(tx: Tx, chat: Chat, event: Event, newest: Announcement) -> Say:
    """Say what was announced last as this person was told it."""
    used = told_used(event, newest)
    if used is not None and not await broadcasts.has_unused(tx, event.id, chat.person_id):
        return used
    how = await broadcasts.handled_for_others(tx, event.id, chat.person_id)
    tellers = {"sold": told_seller, "given": told_giver}
    for_others = tellers[how](event, newest) if how is not None else None
    return for_others or await told(tx, event, newest)


async def _refund_now(
    tx: Tx, chat: Chat, event: Event, announcement: Announcement, mine: list[Order]
) -> Turn:
    """Refund a buyer's orders of a cancelled event at once."""
    says: list[Say] = []
    jobs: tuple[Job, ...] = ()
    for order in mine:
        await end_reviews(tx, order.id, chat.now_ms)
        killed, money, more = await refund_order(tx, order.id, RefundReason.EVENT, chat.now_ms)
        jobs += more
        if money is not None:
            says.append(Say(asked_words(order, event, len(killed), money)))
    await announcements.answer(tx, announcement.id, chat.person_id, "refund", chat.now_ms)
    if not says:
        says = [Say(words("answering.nothing_to_do", title=event.title))]
    return Turn(tuple(says), then=Then(), jobs=jobs)


async def _give_own(
    tx: Tx,
    chat: Chat,
    event: Event,
    announcement: Announcement,
    mine: list[Order],
    tap: Tap,
) -> Turn:
    """Ask for a gift, or take it: nobody gives the money of who bought from them."""
    own = [order for order in mine if not order.is_for_another]
    if not own:
        return Turn((Say(words("answering.nothing_to_do", title=event.title)),), then=Then())
    if tap.action.split(":")[2] == "give":
        return await _ask_gift(tx, event, announcement, own)
    return await _give(tx, chat, event, announcement, own, tap)


async def _ask_gift(tx: Tx, event: Event, announcement: Announcement, mine: list[Order]) -> Turn:
    """Say what is given away before it is: one tap gives it, another takes the money."""
    money = await _left(tx, mine)
    announcement_id = to_text(announcement.id)
    choices = (
        Choice(
            words("answering.yes_give", amount=money),
            f"an:{announcement_id}:giveok:{money.amount_minor}",
        ),
        Choice(words("announced.refund_now"), f"an:{announcement_id}:now"),
    )
    said = words("answering.would_give", title=event.title, amount=money)
    return Turn((Say(said, choices),), then=Then())


async def _give(
    tx: Tx,
    chat: Chat,
    event: Event,
    announcement: Announcement,
    mine: list[Order],
    tap: Tap,
) -> Turn:
    """Leave the money of a cancelled event to its organiser: the tickets die, nothing goes back."""
    money = await _left(tx, mine)
    if tap.action.split(":")[3:] != [str(money.amount_minor)]:
        return await _ask_gift(tx, event, announcement, mine)
    for order in mine:
        await end_reviews(tx, order.id, chat.now_ms)
        await kill_order(tx, order.id, chat.now_ms, TicketStatus.CANCELLED)
        for payment in await payments.payments_of(tx, order.id):
            left = payment.left
            if left.amount_minor > 0 and await payments.take_back(
                tx, payment.id, 0, left.amount_minor
            ):
                await ledger.given(tx, payment.id, left, chat.now_ms)
    await announcements.answer(tx, announcement.id, chat.person_id, "give", chat.now_ms)
    said = words("answering.given", title=event.title, amount=money)
    return Turn((Say(said, menu_choices()),), then=Then())


async def _left(tx: Tx, mine: list[Order]) -> Money:
    """Sum what of these orders' money stands for tickets that live."""
    left_minor = 0
    for order in mine:
        every = await payments.payments_of(tx, order.id)
        left_minor += sum(one.left.amount_minor for one in every)
    return Money(left_minor, mine[0].total.currency)
