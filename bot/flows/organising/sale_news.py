"""A short word to the organiser at the first sale, and when a kind is sold out, if they want it.

Upkeep finds what is new and tells it to each chat as a fact, under an id that counts once; only
then it is marked as told. Each person decides for themselves whether they hear it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import sales_button
from bot.flows.organising.organiser_words import list_button, reserved
from boxoffice.money import Money
from chat.facts import Fact, FirstSale, KindSoldOut
from chat.messages import Chat, Choice, Say, Tap, Turn, words
from chat.talk import Step
from storage import events, organisers, sale_news
from storage.database import Database, Tx
from storage.ids import to_text

BATCH_MAX = 50
"""Events, or kinds, of one look; the next look takes the next ones."""


@dataclass(frozen=True, slots=True)
class SaleNews:
    """What the organiser's people hear, and whether they want to."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does: `notices`, `notices:off`, `notices:on`."""
        return {"notices": self.decide}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("avis", "avis de vente", "notices"), "notices")

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {FirstSale: self.first_sale, KindSoldOut: self.sold_out}

    async def decide(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say whether somebody hears of sales, and change it."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        asked = tap.action.partition(":")[2]
        if asked in {"on", "off"}:
            await sale_news.let_hear(tx, chat.person_id, int(asked == "on"))
        is_on = await sale_news.hears(tx, chat.person_id)
        said = words("notices.on" if is_on else "notices.off")
        change = _off() if is_on else Choice(words("notices.turn_on"), "notices:on")
        return Turn((Say(said, (change, list_button())),))

    async def first_sale(self, tx: Tx, chat: Chat, fact: FirstSale) -> Turn:
        """Say that an event has begun to sell."""
        event = await events.event_by_id(tx, fact.event_id)
        if event is None or not await sale_news.hears(tx, chat.person_id):
            return Turn()
        lines = await organisers.sales_of(tx, event.id)
        count = sum(line.sold for line in lines)
        money = Money(sum(line.money_minor for line in lines), event.currency)
        key = "notices.first_sale" if money.amount_minor else "notices.first_sale_free"
        said = words(key, title=event.title, n=count, money=money)
        return Turn((Say(said, (sales_button(event), _off())),))

    async def sold_out(self, tx: Tx, chat: Chat, fact: KindSoldOut) -> Turn:
        """Say that a kind, or with it the whole event, has no place left."""
        kind = await events.kind_by_id(tx, fact.kind_id)
        event = await events.event_by_id(tx, kind.event_id) if kind else None
        if kind is None or event is None or not await sale_news.hears(tx, chat.person_id):
            return Turn()
        kinds = await events.kinds_of(tx, event.id)
        is_whole = all(one.taken >= one.quota for one in kinds)
        said = words(
            "notices.event_full" if is_whole else "notices.kind_full",
            title=event.title,
            kind=kind.name,
            n=sum(one.quota for one in kinds) if is_whole else kind.quota,
        )
        quota = Choice(words("organising.change_quota"), f"quota:{to_text(event.id)}")
        return Turn((Say(said, (sales_button(event), quota, _off())),))


def _off() -> Choice:
    return Choice(words("notices.turn_off"), "notices:off")


Tell = Callable[[int, Fact, str], Awaitable[bool]]
"""Tells a chat a fact, under an id that counts once."""


@dataclass(frozen=True, slots=True)
class NewSales:
    """The chore that finds what is new; safe to run twice and on several processes."""

    database: Database
    tell: Tell

    async def look(self, now_ms: int) -> None:
        """Tell what is new to whoever wants to hear it."""
        first = await self.database.read(sale_news.first_sold, now_ms, BATCH_MAX)
        for event_id, organiser_id in first:
            for chat_id in await self.database.read(sale_news.listeners, organiser_id):
                await self.tell(chat_id, FirstSale(event_id), f"first-sale:{event_id}:{chat_id}")
            await self.database.write(sale_news.first_sale_told, event_id, now_ms)
        for full in await self.database.read(sale_news.sold_out, now_ms, BATCH_MAX):
            for chat_id in await self.database.read(sale_news.listeners, full.organiser_id):
                fact_id = f"sold-out:{full.kind_id}:{full.quota}:{chat_id}"
                await self.tell(chat_id, KindSoldOut(full.kind_id), fact_id)
            await self.database.write(sale_news.sold_out_told, full.kind_id, full.quota)
