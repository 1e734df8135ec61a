"""A calm catalogue: this weekend, a town, a sort of evening; by a button or by its word.

The choice is offered only where there is more than one page of events: who has three to choose from
needs no filter. The words (`demain`, `concerts`, `gratuit`) work always.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.choices import all_events, menu_choices, offer_list, reset
from bot.flows.choosing.filters import (
    SORTS,
    WEEKEND,
    Filter,
    asks_for_all,
    head,
    is_month,
    read_day,
    read_filter,
    weekend,
)
from bot.flows.choosing.searching import bears, misspelt, spoken_of, titled
from bot.flows.choosing.selecting import list_from
from bot.flows.choosing.wanting import want_some
from bot.flows.in_english import with_english
from bot.flows.reading import count_and_rest
from bot.flows.troubled import help_out, lead_to_refund, refund_in, trouble_in
from boxoffice.model import CATEGORIES
from chat.messages import Chat, Choice, Say, Tap, Text, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import catalogue
from storage.catalogue import EVERYTHING, LISTED_MAX, Wanted
from storage.database import Tx

CITIES_MAX = 6
"""Towns offered as buttons, those with most events first; any other is typed."""

_THANKS = frozenset(
    {"merci", "merci beaucoup", "merci bien", "merci a vous", "un grand merci", "ok merci"}
)
_THANKS_IN_ENGLISH = frozenset(
    {"thanks", "thank you", "thanks a lot", "thank you very much", "many thanks", "ok thanks"}
)
"""Folded words that thank, and look for nothing."""

TOWN_CHARS_MAX = 48
"""As much of a town as a button carries; no town's name is longer."""


@dataclass(frozen=True, slots=True)
class Browsing:
    """Filtering what is on sale."""

    zone: str

    def actions(self) -> Mapping[str, Step]:
        """What each button does: `find`, `find:weekend`, `find:kind:CATEGORY`, `find:town:TOWN`."""
        return {"find": self.find}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        weekend = dict.fromkeys(WEEKEND, "find:weekend")
        menu = dict.fromkeys(("filtrer", "categories", "filter", "explorer", "browse"), "find")
        return weekend | menu | {word: f"find:kind:{kind}" for word, kind in SORTS.items()}

    async def typed(self, tx: Tx, chat: Chat, text: Text) -> Turn | None:
        """Find what words name: a title, else a time or a sort, else what half of them speak of.

        The whole list is no title, and `mai` none that has it inside another word (`semaine`).
        """
        folded = fold(text.text)
        if folded in _THANKS | _THANKS_IN_ENGLISH and not await bears(tx, chat, folded):
            welcome = Turn((Say(words("menu.thanks")),))
            english = folded in _THANKS_IN_ENGLISH
            return await with_english(tx, chat, welcome) if english else welcome
        if (said := trouble_in(folded)) and not await bears(tx, chat, said):
            return await help_out(tx, chat)
        if (said := refund_in(folded)) and not await bears(tx, chat, said):
            return lead_to_refund()
        if asks_for_all(folded):
            return await list_from(tx, chat, 0, greeting=None)
        if is_month(folded) and not await bears(tx, chat, folded):
            return await self._spoken(tx, chat, text.text)
        return (
            await titled(tx, chat, text)
            or await self._spoken(tx, chat, text.text)
            or await spoken_of(tx, chat, text.text)
            or await self._so_many(tx, chat, text.text)
            or await misspelt(tx, chat, text.text)
        )

    async def _spoken(self, tx: Tx, chat: Chat, typed: str) -> Turn | None:
        """Take `demain`, `samedi`, `gratuit` or `concert ce week-end`."""
        said = self._filter(chat, typed)
        return await _found(tx, chat, said.head, said.wanted) if said else None

    async def _so_many(self, tx: Tx, chat: Chat, typed: str) -> Turn | None:
        """Take `2 billets`, or `2 places pour samedi`: the number goes with the event chosen."""
        wish = count_and_rest(typed)
        if wish is None:
            return None
        count, rest = wish
        said = self._filter(chat, rest) if rest else None
        if rest and said is None:
            return None
        offers = await catalogue.offers(
            tx, now_ms=chat.now_ms, wanted=said.wanted if said else EVERYTHING, limit=LISTED_MAX
        )
        if len(offers) == 1:
            return await want_some(tx, chat, offers[0].event.id, count)
        if not offers:
            found = _found(tx, chat, said.head, said.wanted) if said else None
            return await (found or list_from(tx, chat, 0, greeting=None))
        return reset(offer_list(words("buying.which_event_of", n=count), offers, 0, count))

    def _filter(self, chat: Chat, typed: str) -> Filter | None:
        """Read what narrows the list: a sort, a time, a month, something free."""
        zone = ZoneInfo(self.zone)
        return read_filter(fold(typed), chat.now_ms, zone) or read_day(typed, chat.now_ms, zone)

    async def find(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the ways to look, or what one of them finds."""
        _, _, rest = tap.action.partition(":")
        by, _, wanted = rest.partition(":")
        match by:
            case "weekend":
                from_ms, until_ms = weekend(chat.now_ms, ZoneInfo(self.zone))
                wanted_then = Wanted(from_ms=from_ms, until_ms=until_ms)
                return await _found(tx, chat, head(words("browsing.weekend")), wanted_then)
            case "kind" if wanted in CATEGORIES:
                said = head(words(f"category.{wanted}"))
                return await _found(tx, chat, said, Wanted(wanted))
            case "town" if wanted:
                said = words("browsing.town_head")
                return await _found(tx, chat, said, EVERYTHING, fold(wanted))
        return await self._ways(tx, chat)

    async def _ways(self, tx: Tx, chat: Chat) -> Turn:
        """Offer the weekend, the towns and the sorts there is something of."""
        towns = await catalogue.towns(tx, chat.now_ms, CITIES_MAX)
        kinds = await catalogue.categories(tx, chat.now_ms)
        choices = (
            Choice(words("browsing.weekend"), "find:weekend"),
            *(
                Choice(words("browsing.town", town=one), f"find:town:{fold(one)[:TOWN_CHARS_MAX]}")
                for one in towns
            ),
            *(Choice(words(f"category.{one}"), f"find:kind:{one}") for one in kinds),
            all_events(),
        )
        return reset(Say(words("browsing.ways"), choices))


async def _found(tx: Tx, chat: Chat, said: Words, wanted: Wanted, found: str = "") -> Turn:
    """List what a filter finds; with nothing found, the ways to look again."""
    offers = await catalogue.offers(
        tx, now_ms=chat.now_ms, found=found, wanted=wanted, limit=LISTED_MAX
    )
    again = Choice(words("browsing.other"), "find")
    if not offers:
        return reset(Say(words("browsing.nothing"), (again, *menu_choices())))
    listed = offer_list(said, offers, 0)
    return reset(Say(listed.words, (*listed.choices, again)))
