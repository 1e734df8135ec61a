"""What an old button of a purchase says later: what became of its order, and how to go on."""

from bot.flows.choices import all_events, back_to, receipt_choice
from boxoffice.model import Kind, Order, OrderStatus
from chat.messages import Chat, Choice, Say, Then, Turn, words
from storage import events, orders
from storage.database import Tx
from storage.ids import to_text


async def became(tx: Tx, order: Order) -> Turn:
    """Say what became of an order that a button names."""
    event = await events.event_by_id(tx, order.event_id)
    title = event.title if event else order.reference
    key = f"buying.order_{order.status.value}"
    choices: tuple[Choice, ...] = (back_to(order.event_id), all_events())
    if order.status is OrderStatus.PAID:
        receipt = (receipt_choice(order.id),) if order.total.amount_minor else ()
        choices = (Choice(words("menu.tickets"), "tickets"), *receipt)
    return Turn((Say(words(key, title=title), choices),), then=Then())


async def ordered_already(tx: Tx, chat: Chat, kind: Kind, count: int) -> Turn | None:
    """Say that so many of a kind were ordered; None if they were not.

    A button names no order before one is made: the buyer may mean it again, and says so.
    """
    order = await orders.bought(tx, kind.event_id, chat.person_id, kind.id, count)
    event = await events.event_by_id(tx, kind.event_id)
    if order is None or event is None or not event.is_on_sale(chat.now_ms):
        return None
    more = Choice(words("buying.more", n=count), f"want:{to_text(kind.id)}:{count}")
    said = words("buying.ordered_already", n=count, kind=kind.name, title=event.title)
    choices = (Choice(words("menu.tickets"), "tickets"), more, back_to(event.id))
    return Turn((Say(said, choices),), then=Then())
