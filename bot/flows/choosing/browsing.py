"""A calm catalogue: this weekend, a town, a sort of evening; by a button or by its word.

The choice is offered only where there is more than one page of events: who has three to choose from
needs no filter. The words (`ce week-end`, `concerts`) work always.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.flows.choices import all_events, menu_choices, offer_list, reset
from boxoffice.model import CATEGORIES
from boxoffice.rules import EVENT_DAY_TURNS_AT_HOUR
from chat.messages import Chat, Choice, Say, Tap, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import catalogue
from storage.catalogue import EVERYTHING, LISTED_MAX, Wanted
from storage.database import Tx

CITIES_MAX = 6
"""Towns offered as buttons, those with most events first; any other is typed."""

TOWN_CHARS_MAX = 48
"""As much of a town as a button carries; no town's name is longer."""

_SORTS = {
    "concerts": "concert",
    "festivals": "festival",
    "theatre": "theatre",
    "cinema": "cinema",
    "sports": "sport",
    "conferences": "conference",
    "soirees": "party",
    "parties": "party",
}
"""Folded words for sorts of evenings; one of them in the singular is looked for in titles first."""

_WEEKEND = ("ce week end", "ce weekend", "this weekend")

FRIDAY, MONDAY = 4, 7
WEEKEND_BEGINS_AT_HOUR = 17
"""When a weekend begins for who goes out: on Friday after work."""


@dataclass(frozen=True, slots=True)
class Browsing:
    """Filtering what is on sale."""

    zone: str

    def actions(self) -> Mapping[str, Step]:
        """What each button does: `find`, `find:weekend`, `find:kind:CATEGORY`, `find:town:TOWN`."""
        return {"find": self.find}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        weekend = dict.fromkeys(_WEEKEND, "find:weekend")
        menu = dict.fromkeys(("filtrer", "categories", "filter", "explorer", "browse"), "find")
        return weekend | menu | {word: f"find:kind:{kind}" for word, kind in _SORTS.items()}

    async def spoken(self, tx: Tx, chat: Chat, typed: str) -> Turn | None:
        """Take `concert`, or `concert ce week-end`, typed where no title says it."""
        first, _, when = fold(typed).partition(" ")
        sorts = [kind for word, kind in _SORTS.items() if first in {word, word.removesuffix("s")}]
        if not sorts or when not in {"", *_WEEKEND}:
            return None
        from_ms, until_ms = weekend(chat.now_ms, ZoneInfo(self.zone)) if when else (None, None)
        head = words("browsing.kind_head", category=words(f"category.{sorts[0]}"))
        return await _found(tx, chat, head, Wanted(sorts[0], from_ms, until_ms))

    async def find(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the ways to look, or what one of them finds."""
        _, _, rest = tap.action.partition(":")
        by, _, wanted = rest.partition(":")
        match by:
            case "weekend":
                from_ms, until_ms = weekend(chat.now_ms, ZoneInfo(self.zone))
                head = words("browsing.weekend_head")
                return await _found(tx, chat, head, Wanted(from_ms=from_ms, until_ms=until_ms))
            case "kind" if wanted in CATEGORIES:
                head = words("browsing.kind_head", category=words(f"category.{wanted}"))
                return await _found(tx, chat, head, Wanted(wanted))
            case "town" if wanted:
                head = words("browsing.town_head")
                return await _found(tx, chat, head, EVERYTHING, fold(wanted))
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


async def _found(tx: Tx, chat: Chat, head: Words, wanted: Wanted, found: str = "") -> Turn:
    """List what a filter finds; with nothing found, the ways to look again."""
    offers = await catalogue.offers(
        tx, now_ms=chat.now_ms, found=found, wanted=wanted, limit=LISTED_MAX
    )
    again = Choice(words("browsing.other"), "find")
    if not offers:
        return reset(Say(words("browsing.nothing"), (again, *menu_choices())))
    listed = offer_list(head, offers, 0)
    return reset(Say(listed.words, (*listed.choices, again)))


def weekend(now_ms: int, zone: ZoneInfo) -> tuple[int, int]:
    """Say when this weekend is at a place: from Friday evening, or now, until Monday morning."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    # Early on Monday the night still belongs to the weekend.
    day = now - timedelta(hours=EVENT_DAY_TURNS_AT_HOUR)
    monday = (day + timedelta(days=MONDAY - day.weekday())).date()
    friday = monday - timedelta(days=MONDAY - FRIDAY)
    begins = datetime(friday.year, friday.month, friday.day, WEEKEND_BEGINS_AT_HOUR, tzinfo=zone)
    ends = datetime(monday.year, monday.month, monday.day, EVENT_DAY_TURNS_AT_HOUR, tzinfo=zone)
    return max(now_ms, int(begins.timestamp() * 1000)), int(ends.timestamp() * 1000)
