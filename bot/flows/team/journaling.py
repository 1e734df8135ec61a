"""The journal read in chat by the owner: who changed what of money or access, and when."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import event_list, events_of, sales_button, still
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    in_lines,
    list_button,
    reserved,
)
from chat import codec
from chat.messages import Chat, Choice, Moment, Say, Tap, Turn, Words, words
from chat.talk import Step
from storage import journal, organisers
from storage.database import Tx
from storage.ids import from_text, to_text

SHOWN_MAX = 10
"""Lines of one message: what happened lately; older ones are a button away."""

NEWEST = (1 << 63) - 1
"""Every line's id is below it."""


@dataclass(frozen=True, slots=True)
class Journaling:
    """Reading the journal."""

    zone: str

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"journal": self.show, "journalall": self.show_all}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return {"journal": "journalall", "audit": "journalall"}

    async def show_all(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the lines of everything the person's organiser does: `journalall:BEFORE`."""
        organiser_id = await organisers.owned_by(tx, chat.person_id)
        if organiser_id is None:
            if await organisers.organiser_of(tx, chat.person_id) is not None:
                return Turn((Say(words("organising.not_your_role"), (list_button(),)),))
            return reserved()
        before = from_text(tap.action.partition(":")[2]) or NEWEST
        found = await journal.latest(tx, organiser_id, before=before, limit=SHOWN_MAX + 1)
        more = f"journalall:{to_text(found[SHOWN_MAX - 1].id)}" if len(found) > SHOWN_MAX else None
        return self._page(chat, words("journaling.head_all"), found, more, self.zone)

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the lines of one event: `journal:EVENT` or `journal:EVENT:BEFORE`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            if ":" not in tap.action:
                return event_list(await events_of(tx, chat), words("organising.which"))
            return await foreign(tx, chat, tap.action)
        before = from_text(tap.action.split(":")[2]) if tap.action.count(":") > 1 else None
        found = await journal.latest(
            tx,
            event.organiser_id,
            event_id=event.id,
            before=before or NEWEST,
            limit=SHOWN_MAX + 1,
        )
        more = (
            f"journal:{to_text(event.id)}:{to_text(found[SHOWN_MAX - 1].id)}"
            if len(found) > SHOWN_MAX
            else None
        )
        head = words("journaling.head", title=event.title)
        return self._page(chat, head, found, more, event.zone, sales_button(event))

    def _page(
        self,
        chat: Chat,
        head: Words,
        found: list[journal.Entry],
        more: str | None,
        zone: str,
        *back: Choice,
    ) -> Turn:
        lines = tuple(_line(one, zone) for one in found[:SHOWN_MAX])
        said = in_lines(head, *(lines or (words("journaling.empty"),)))
        older = (Choice(words("journaling.older"), more),) if more else ()
        return Turn((Say(said, (*older, *back, list_button())),), still(chat))


def _line(one: journal.Entry, zone: str) -> Words:
    """Say one line; among those of every event, it names its own."""
    return words(
        "journaling.line_of_event" if one.title else "journaling.line",
        at=Moment(one.at_ms, zone),
        who=one.who or words("journaling.nobody"),
        what=codec.from_json(one.said),
        title=one.title,
    )
