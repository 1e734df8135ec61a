"""An event again, at other dates: its kinds, its rules and its plan, as a draft to publish."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.flows.organising.dates import NotWhen, WhyNot, read_when
from bot.flows.organising.edit_fields import moved
from bot.flows.organising.event_panel import choose_event, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from bot.flows.organising.preview import show_preview
from boxoffice.model import Event
from chat.messages import Chat, Moment, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import clones
from storage.database import Tx
from storage.ids import to_text

STEP = "cloning"


@dataclass(frozen=True, slots=True)
class Cloning:
    """Making an event again."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"clone": self.ask}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while the new date is awaited."""
        return {STEP: self.hear}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({STEP})

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        alone = ("dupliquer", "refaire", "copier", "cloner", "duplicate", "copy", "clone")
        whole = ("dupliquer un evenement", "refaire un evenement", "cloner un evenement")
        return dict.fromkeys((*alone, *whole), "clone")

    async def ask(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask when the event is again: `clone:EVENT`; `clone` alone, of which."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "clone", self.ask)
        event = await event_run_by(tx, chat, tap.action)
        return _ask(event) if event else await foreign(tx, chat, tap.action)

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the new date; without an hour, that of the first time."""
        event = await event_run_by(tx, chat, f"clone:{chat.memory.get('event', '')}")
        if event is None:
            return await foreign(tx, chat)
        zone = ZoneInfo(event.zone)
        when = read_when(text.text, zone, chat.now_ms)
        if isinstance(when, NotWhen) and when.why is WhyNot.NO_HOUR:
            hour = datetime.fromtimestamp(event.starts_ms / 1000, UTC).astimezone(zone)
            when = read_when(f"{text.text} {hour:%H}h{hour:%M}", zone, chat.now_ms)
        if isinstance(when, NotWhen):
            at = Moment(when.at_ms if when.at_ms is not None else chat.now_ms, event.zone)
            return _ask(event, words(f"creating.when_{when.why.value}", at=at))
        times = moved("when", when, event)
        folded = fold(f"{event.title} {event.venue} {event.city}")
        new_id = await clones.clone(tx, event, folded=folded, now_ms=chat.now_ms, **times)
        return await show_preview(tx, chat, new_id)


def _ask(event: Event, *noted: Words) -> Turn:
    said = in_lines(*noted, words("cloning.ask", title=event.title))
    return Turn((Say(said, (sales_button(event),)),), Then(STEP, {"event": to_text(event.id)}))
