"""Changing an event later, field by field: the effect is shown, one tap makes it, one undoes it.

What is asked for is kept in `event_changes` with what stood before; the buttons name that row, so a
button of last week says what became of it. Who has a ticket is told when it matters to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows import approved
from bot.flows.house import House
from bot.flows.organising.announcing import would_move
from bot.flows.organising.edit_fields import FIELDS, TOLD, current, read_edit, shown
from bot.flows.organising.event_panel import PANEL, panel, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from bot.flows.organising.telling import tell_holders
from bot.flows.team.noting import note
from boxoffice.model import CATEGORIES, Event, EventStatus, Naming
from boxoffice.money import Money
from boxoffice.rules import event_day
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, Value, Words, words
from chat.talk import Step
from storage import announcements, event_changes, events
from storage.database import Tx
from storage.event_changes import Change
from storage.ids import from_text, to_text

FIRST = ("title", "when", "doors", "place", "description", "age")
"""What organisers change most: a list on a small screen holds ten buttons."""

MORE = "more"

VALUE = "editing.value"
"""The step of a chat that was asked for a new value."""


@dataclass(frozen=True, slots=True)
class Editing:
    """The menu of fields, the questions, and the buttons that make and undo a change."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "ch": self.choose,
            "chdo": self.make,
            "chno": self.leave,
            "chundo": self.undo,
        }

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
            return _ask(event, field, edit)
        if {**edit.old, **edit.new} == dict(edit.old):
            return _ask(event, field, words("editing.same"))
        change_id = await event_changes.ask(
            tx,
            event_id=event.id,
            field=field,
            old=edit.old,
            new=edit.new,
            person_id=chat.person_id,
            now_ms=chat.now_ms,
        )
        change = await event_changes.change_by_id(tx, change_id)
        assert change is not None  # noqa: S101 (kept in this very transaction)
        if await _postpones(tx, event, change):
            return await would_move(tx, chat, event, change)
        return await proposed(tx, event, change)

    # ---- Making ------------------------------------------------------------------------------

    async def make(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Make a change: `chdo:CHANGE`."""
        change, event = await _asked(tx, chat, tap)
        if change is None or event is None:
            return await foreign(tx, chat)
        if change.made_ms is not None:
            return await panel(tx, chat, event, words("editing.made_already"))
        if not await event_changes.make(tx, change, chat.now_ms):
            return await panel(tx, chat, event, await _why_not(tx, event, change))
        return await made(tx, chat, change)

    async def leave(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Change nothing: `chno:CHANGE`."""
        change, event = await _asked(tx, chat, tap)
        if change is None or event is None:
            return await foreign(tx, chat)
        key = "editing.left" if change.made_ms is None else "editing.made_already"
        return await panel(tx, chat, event, words(key))

    async def undo(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take a change back: `chundo:CHANGE`."""
        change, event = await _asked(tx, chat, tap)
        if change is None or event is None:
            return await foreign(tx, chat)
        if change.undone_ms is not None or change.made_ms is None:
            return await panel(tx, chat, event, words("editing.undone_already"))
        if not await event_changes.undo(tx, change, chat.now_ms):
            return await panel(tx, chat, event, await _why_not(tx, event, change))
        event = await events.event_by_id(tx, event.id) or event
        facts = await change_facts(tx, event, change)
        facts = {**facts, "old": facts["new"], "new": facts["old"]}
        await note(tx, chat, event, "changed", **facts)
        told = await _tell(tx, chat, event, change, facts)
        return await panel(tx, chat, event, words("editing.undone", **facts), *told)


async def _postpones(tx: Tx, event: Event, change: Change) -> bool:
    """Say whether a change is another day for people with tickets: they may then give them back."""
    if change.field != "when" or event.status is EventStatus.DRAFT:
        return False
    zone = ZoneInfo(event.zone)
    days = {event_day(int(one["starts_ms"]), zone) for one in (change.old, change.new)}
    people, _, _ = await announcements.concerned(tx, event.id)
    return people > 0 and len(days) > 1


# ---- Parts that other ways to change an event use too --------------------------------------------


async def proposed(tx: Tx, event: Event, change: Change) -> Turn:
    """Show a change with its effect, and the buttons that make it or leave it."""
    facts = await change_facts(tx, event, change)
    said = in_lines(words("editing.would", **facts), *await _effects(tx, event, change))
    change_text = to_text(change.id)
    choices = (
        Choice(words("editing.confirm"), f"chdo:{change_text}"),
        Choice(words("editing.leave"), f"chno:{change_text}"),
    )
    return Turn((Say(said, choices),), Then("", {PANEL: to_text(event.id)}))


async def made(tx: Tx, chat: Chat, change: Change) -> Turn:
    """Say that a change was made, with the button that takes it back; tell whom it concerns."""
    event = await events.event_by_id(tx, change.event_id)
    assert event is not None  # noqa: S101 (its change was made in this very transaction)
    facts = await change_facts(tx, event, change)
    await note(tx, chat, event, "changed", **facts)
    told = await _tell(tx, chat, event, change, facts)
    said = in_lines(words("editing.made", **facts), *told)
    undo = Choice(words("editing.undo"), f"chundo:{to_text(change.id)}")
    choices = (undo, Choice(words("editing.other"), f"ch:{to_text(event.id)}"), sales_button(event))
    return Turn((Say(said, choices),), Then("", {PANEL: to_text(event.id)}))


async def change_facts(tx: Tx, event: Event, change: Change) -> dict[str, Value]:
    """Name what changes, from what to what, in words."""
    if change.kind_id is None:
        return {
            "field": words(f"editing.field_{change.field}"),
            "old": shown(change.field, change.old, event),
            "new": shown(change.field, change.new, event),
        }
    kind = await events.kind_by_id(tx, change.kind_id)
    name = kind.name if kind else str(change.old.get("name", ""))
    return {
        "field": words(f"editing.field_{change.field}", kind=name),
        "old": _of_kind(change.field, change.old, event),
        "new": _of_kind(change.field, change.new, event),
    }


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
    return Turn((Say(said, choices),), Then())


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
    return Turn((Say(said, choices),), Then())


def _standing(fields: Sequence[str], event: Event) -> tuple[Words, ...]:
    """Say what stands in each field now; long texts stand on the page."""
    return tuple(
        words("editing.line", field=words(f"editing.field_{one}"), now=current(one, event))
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
    return Turn((Say(asked, (*answers, back)),), Then(VALUE, {"event": event_id, "field": field}))


def _of_kind(field: str, values: Mapping[str, int | str], event: Event) -> Words:
    match field:
        case "price":
            price = Money(int(values["price_minor"]), event.currency)
            return words("price", price=price) if price.amount_minor else words("offer.free")
        case "quota":
            return words("editing.value_quota", n=int(values["quota"]))
        case _:
            return words("editing.value", text=str(values["name"]))


async def _effects(tx: Tx, event: Event, change: Change) -> tuple[Words, ...]:
    """Say whom a change concerns, and what becomes of what they have."""
    holders, held = await event_changes.concerned(tx, event.id, change.kind_id)
    if not holders and not held:
        return (words("editing.nobody_yet"),)
    lines = []
    if holders and change.field in TOLD:
        lines.append(words("editing.will_be_told", n=holders))
    elif holders and change.field == "price":
        lines.append(words("editing.keep_price", n=holders))
    elif holders and change.field in event_changes.NEW_CONDITIONS:
        lines.append(words("editing.keep_terms", n=holders, version=event.conditions_version))
    elif holders:
        lines.append(words("editing.concerned", n=holders))
    if held and change.field == "price":
        lines.append(words("editing.held_keep_price", n=held))
    return tuple(lines)


async def _why_not(tx: Tx, event: Event, change: Change) -> Words:
    """Say why a change was not made: too few places, sold already, or something else came first."""
    if change.kind_id is not None and "quota" in change.new:
        kind = await events.kind_by_id(tx, change.kind_id)
        if kind is not None and kind.taken > int(change.new["quota"]):
            return words(
                "organising.quota_refused",
                kind=kind.name,
                old=kind.quota,
                new=int(change.new["quota"]),
                n=kind.taken,
            )
    if change.field in event_changes.UNSOLD_ONLY:
        return words("editing.sold_already")
    return words("editing.not_made", title=event.title)


async def _tell(
    tx: Tx, chat: Chat, event: Event, change: Change, facts: Mapping[str, Value]
) -> tuple[Words, ...]:
    """Tell everybody with a ticket what changed, if it matters to them; nobody of a draft."""
    if change.field not in TOLD or event.status is EventStatus.DRAFT:
        return ()
    said = Say(
        words("editing.told", title=event.title, **facts),
        (
            Choice(words("keeping.see"), "tickets"),
            Choice(words("editing.told_page"), f"event:{to_text(event.id)}"),
        ),
        template=approved.postponed(event) if change.field == "when" else approved.NEWS,
    )
    people = await tell_holders(tx, chat, event, said)
    return (words("editing.being_told", n=people),) if people else ()


async def _asked(tx: Tx, chat: Chat, tap: Tap) -> tuple[Change | None, Event | None]:
    """Read the change a button names and its event, if this person runs it."""
    verb, _, change_text = tap.action.partition(":")
    change_id = from_text(change_text)
    change = await event_changes.change_by_id(tx, change_id) if change_id is not None else None
    if change is None:
        return None, None
    return change, await event_run_by(tx, chat, f"{verb}:{to_text(change.event_id)}")
