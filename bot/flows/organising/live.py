"""The door as it is now, for organisers: `direct` tells it, with its chart."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    list_button,
    reserved,
    short_title,
)
from boxoffice.model import Event
from chat.messages import Chat, Choice, Say, Tap, Turn, words
from chat.talk import Step
from gate_scanner.live import tell_live
from storage import catalogue, organisers
from storage.catalogue import LISTED_MAX
from storage.database import Tx
from storage.ids import to_text
from storage.live import live_counts


@dataclass(frozen=True, slots=True)
class Live:
    """What organisers see of their gates while people come in."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"live": self.show}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("direct", "en direct", "live"), "live")

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show one event's door: `live:ID`; `live` alone is the one at the door, or asks which."""
        if ":" in tap.action:
            event = await event_run_by(tx, chat, tap.action)
            return await _door(tx, chat, event.id) if event else await foreign(tx, chat)
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        found = await catalogue.events_of_organisers(
            tx, chat.person_id, now_ms=chat.now_ms, limit=LISTED_MAX
        )
        open_now = [one for one in found if _is_open(one.event, chat.now_ms)]
        for only in (found, open_now):
            if len(only) == 1:
                return await _door(tx, chat, only[0].event.id)
        if not found:
            return Turn((Say(words("organising.none_yet"), (list_button(),)),))
        choices = tuple(
            Choice(
                words("organising.event_button", title=short_title(offer.event.title)),
                f"live:{to_text(offer.event.id)}",
            )
            for offer in found
        )
        return Turn((Say(words("organising.which"), choices),))


def _is_open(event: Event, now_ms: int) -> bool:
    """Tell whether people come in now."""
    return event.doors_ms <= now_ms < event.ends_ms


async def _door(tx: Tx, chat: Chat, event_id: int) -> Turn:
    now = await live_counts(tx, event_id, chat.now_ms)
    if now is None:
        return await foreign(tx, chat)
    event_text = to_text(event_id)
    again = Choice(words("live.again"), f"live:{event_text}")
    sales = Choice(words("organising.sales"), f"sales:{event_text}")
    return Turn((tell_live(now, event_id, again, sales),))
