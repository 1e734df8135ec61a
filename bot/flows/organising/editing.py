"""Changing an event later, field by field: what stands, and the question for what is to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.house import House
from bot.flows.organising.changing import propose, why_not
from bot.flows.organising.edit_fields import (
    FIELDS,
    REFUSED,
    current,
    field_line,
    in_other_words,
    read_edit,
)
from bot.flows.organising.event_panel import PANEL, panel, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from bot.flows.organising.postponing import would_move
from boxoffice.model import CATEGORIES, Event, EventStatus, Naming
from boxoffice.rules import event_day
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from storage import announcements
from storage.database import Tx
from storage.event_changes import Wanted
from storage.ids import to_text

FIRST = ("title", "when", "doors", "place", "description", "age")
"""What organisers change most: a list on a small screen holds ten buttons."""

MORE = "more"

VALUE = "editing.value"
"""The step of a chat that was asked for a new value."""


@dataclass(frozen=True, slots=True)
class Editing:
    """The menu of fields and their questions."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"ch": self.choose}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while a value is awaited."""
        return {VALUE: self.hear}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({VALUE})

    # ---- Asking ------------------------------------------------------------------------------

    async def choose(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the fields, `ch:EVENT`; ask one, `ch:EVENT:FIELD`; take its button's value."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        _, _, rest = tap.action.partition(":")
        _, _, rest = rest.partition(":")
        field, _, value = rest.partition(":")
        if field not in FIELDS:
            return _more(event) if field == MORE else menu(event)
        if value:
            return await self._propose(tx, chat, event, field, value)
        if event.status is EventStatus.CANCELLED:
            return await panel(tx, chat, event, words("editing.cancelled_event"))
        return _ask(event, field)

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the new value of the field that was asked for."""
        event = await event_run_by(tx, chat, f":{chat.memory.get('event', '')}")
        field = str(chat.memory.get("field", ""))
        if event is None or field not in FIELDS:
            return await foreign(tx, chat)
        return await self._propose(tx, chat, event, field, text.text)

    async def _propose(self, tx: Tx, chat: Chat, event: Event, field: str, said: str) -> Turn:
        """Show what a change would do, with the one button that does it."""
        edit = read_edit(field, said, event, chat.now_ms)
        if isinstance(edit, Words):
            return _ask(event, field, in_other_words(chat, edit))
        if {**edit.old, **edit.new} == dict(edit.old):
            return _ask(event, field, words("editing.same"))
        wanted = Wanted(field=field, old=edit.old, new=edit.new)
        if (why := await why_not(tx, chat, event, wanted)) is not None:
            return _ask(event, field, why)
        if await _postpones(tx, event, wanted):
            return await would_move(tx, chat, event, wanted)
        return await propose(tx, chat, event, [wanted])


async def _postpones(tx: Tx, event: Event, change: Wanted) -> bool:
    """Say whether a change is another day for people with tickets: they may then give them back."""
    if change.field != "when" or event.status is EventStatus.DRAFT:
        return False
    zone = ZoneInfo(event.zone)
    days = {event_day(int(one["starts_ms"]), zone) for one in (change.old, change.new)}
    people, _, _ = await announcements.concerned(tx, event.id)
    return people > 0 and len(days) > 1


def menu(event: Event) -> Turn:
    """Show what is changed most, with what stands now; the rest is a button away."""
    event_id = to_text(event.id)
    choices = (
        *(Choice(words(f"editing.field_{one}"), f"ch:{event_id}:{one}") for one in FIRST),
        Choice(words("editing.kinds"), f"kinds:{event_id}"),
        Choice(words("editing.more"), f"ch:{event_id}:{MORE}"),
        sales_button(event),
    )
    said = words("editing.menu", title=event.title, lines=_standing(FIRST, event))
    return Turn((Say(said, choices),), Then("", {PANEL: event_id}))


def _more(event: Event) -> Turn:
    """Show what is changed rarely."""
    event_id = to_text(event.id)
    fields = [one for one in FIELDS if one not in FIRST]
    if event.status is not EventStatus.DRAFT:
        fields.remove("naming")
    choices = (
        *(Choice(words(f"editing.field_{one}"), f"ch:{event_id}:{one}") for one in fields),
        Choice(words("cloning.label"), f"clone:{event_id}"),
        Choice(words("journaling.label"), f"journal:{event_id}"),
        Choice(words("organising.back"), f"ch:{event_id}"),
    )
    said = words("editing.menu", title=event.title, lines=_standing(fields, event))
    return Turn((Say(said, choices),), Then("", {PANEL: event_id}))


def _standing(fields: Sequence[str], event: Event) -> tuple[Words, ...]:
    """Say what stands in each field now; long texts stand on the page."""
    return tuple(
        field_line(one, current(one, event))
        for one in fields
        if one not in {"title", "description", "conditions"}
    )


def _ask(event: Event, field: str, *noted: Words) -> Turn:
    """Ask for the new value of a field; the present one stands beside the question."""
    event_id = to_text(event.id)
    now = words("editing.now", now=current(field, event))
    asked = in_lines(*noted, words(f"editing.ask_{field}"), now)
    answers: tuple[Choice, ...] = ()
    if field == "naming":
        answers = tuple(
            Choice(words(f"creating.naming_{one.value}"), f"ch:{event_id}:naming:{one.value}")
            for one in Naming
        )
    elif field == "category":
        answers = tuple(
            Choice(words(f"category.{one}"), f"ch:{event_id}:category:{one}") for one in CATEGORIES
        )
    back = Choice(words("organising.back"), f"ch:{event_id}")
    then = {"event": event_id, "field": field, REFUSED: noted[0].key if noted else ""}
    return Turn((Say(asked, (*answers, back)),), Then(VALUE, then))
