"""Ways of paying: which of them fit an order, and how an attempt begins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from boxoffice.model import Event, Order, OrderStatus
from chat.messages import Chat, Choice, Job, Moment, Say, Then, Turn, words
from storage import orders, payments
from storage.database import Tx
from storage.ids import to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of paying, as conversations know it."""

    name: str
    hold_min_ms: int = 0
    """How long seats must still be held when a payment begins."""
    serves: Callable[[str], bool] = field(default=bool)
    """Whether it takes money in a currency."""

    @property
    def kind(self) -> str:
        """What people call it: `stripe`, whoever's account it is."""
        return self.name.partition(".")[0]

    @property
    def owner(self) -> str:
        """Whose account it is: an organiser's id as text, or empty for the installation's own."""
        return self.name.partition(".")[2]


def account_of(name: str) -> str:
    """Say whose account a payment goes into: `play`, `organiser` or `house`."""
    kind, _, owner = name.partition(".")
    return "play" if kind == "sandbox" else "organiser" if owner else "house"


def fitting(ways: Mapping[str, Way], names: Sequence[str], event: Event, channel: str) -> list[Way]:
    """Choose the ways an event can be paid by in a channel, best first.

    An organiser's own account of a kind takes the place of the installation's.
    """
    known = [ways.get(name) or Way(name=name) for name in names]
    mine = [way for way in known if way.owner == to_text(event.organiser_id)]
    theirs = {way.kind for way in mine}
    common = [way for way in known if not way.owner and way.kind not in theirs]
    return [
        way
        for way in (*mine, *common)
        if way.serves(event.currency) and (way.kind != "telegram" or channel == "telegram")
    ]


async def begin(
    tx: Tx, chat: Chat, order: Order, event: Event, ways: Sequence[Way], chosen: str | None
) -> Turn:
    """Begin an attempt by the one way there is, or by the one chosen; else let the buyer choose.

    The hold is made as long as the way needs, at most twice; the payment message says until when.
    """
    if chosen is None and len(ways) > 1:
        return Turn((_which(order, event, ways),), then=Then())
    way = next((way for way in ways if chosen in {None, way.name}), ways[0])
    until_ms = max(order.hold_until_ms, chat.now_ms + way.hold_min_ms)
    if not await orders.extend_hold(tx, order.id, until_ms):
        return Turn((_no_time(order, event),), then=Then())
    payment_id = await payments.start(
        tx,
        order_id=order.id,
        provider=way.name,
        amount=order.total,
        page_until_ms=until_ms,
        now_ms=chat.now_ms,
    )
    return Turn(then=Then(), jobs=(Job("payment.start", {"payment": payment_id}),))


def _which(order: Order, event: Event, ways: Sequence[Way]) -> Say:
    choices = tuple(
        Choice(words(f"paying.way_{way.kind}"), f"by:{to_text(order.id)}:{way.name}")
        for way in ways
    )
    asked = words("paying.which_way", total=order.total, title=event.title)
    cancel = Choice(words("buying.cancel_hold_label"), f"cancel:{to_text(order.id)}")
    return Say(asked, (*choices, cancel))


def _no_time(order: Order, event: Event) -> Say:
    """Say that the hold was made longer often enough: what is open can still be paid."""
    assert order.status is OrderStatus.HELD  # noqa: S101 (whoever begins has looked)
    say = words(
        "paying.no_more_time",
        n=order.quantity,
        title=event.title,
        until=Moment(order.hold_until_ms, event.zone),
    )
    return Say(say, (Choice(words("buying.cancel_hold_label"), f"cancel:{to_text(order.id)}"),))
