"""The gates of an event, by chat: which there are, opened, paused, closed, for which tickets.

portes                  ->  the gates, a button each; « Ajouter une porte »
« Jardin », « Tribune : VIP, Loge »   ->  a gate more, for all or for these kinds
[Fermer] -> what it does -> [Confirmer] -> [Annuler ce changement]
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.flows.organising.answers import clean
from bot.flows.organising.event_panel import PANEL, choose_event, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from bot.flows.reading import id_at
from bot.flows.team.noting import note
from boxoffice.model import Event, Kind
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import doors, events, staff
from storage.database import Tx
from storage.doors import Door
from storage.ids import to_text
from storage.staff import GATES_MAX

NAME_CHARS_MAX = 30
"""A gate's name is read on a button, at night."""

STATES = ("open", "paused", "closed")

NEW, NAME, KINDS = "doors.new", "doors.name", "doors.kinds"
"""The steps of a chat that was asked for a gate, its name, or its kinds."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Showing gates and changing them: the effect first, then one tap, then one tap back."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "doors": self.show,
            "doornew": self.ask_new,
            "doorset": self.set_state,
            "doorname": self.ask_name,
            "doorkinds": self.ask_kinds,
            "dooronly": self.admit_only,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means."""
        return {NEW: self.hear_new, NAME: self.hear_name, KINDS: self.hear_kinds}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer: a gate may be called Porte 1, or 1."""
        return frozenset(self.steps())

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("portes", "les portes", "gates", "doors"), "doors")

    # ---- Looking -----------------------------------------------------------------------------

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the gates, `doors:EVENT`, or what may be done with one: `doors:EVENT:GATE`."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "doors", self.show)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        door = await _door(tx, event, tap)
        return await _page(tx, event, door) if door else await _list(tx, event)

    # ---- A gate more -------------------------------------------------------------------------

    async def ask_new(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask how the new gate is called: `doornew:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if len(await doors.doors_of(tx, event.id)) >= GATES_MAX:
            return await _list(tx, event, words("doors.too_many", most=GATES_MAX))
        return _ask(event, NEW, words("doors.ask_new"))

    async def hear_new(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `Jardin`, or `Tribune : VIP, Loge`; nobody is sent anywhere else by it."""
        event = await event_run_by(tx, chat, f"doornew:{chat.memory.get('event', '')}")
        if event is None:
            return await foreign(tx, chat)
        said, _, listed = text.text.partition(":")
        kinds = await events.kinds_of(tx, event.id)
        name = await _name(tx, event, said)
        chosen = _kinds_named(kinds, listed) if listed.strip() else ()
        if isinstance(name, Words):
            return _ask(event, NEW, in_lines(name, words("doors.ask_new")))
        if chosen is None:
            return _ask(event, NEW, in_lines(_no_such(kinds), words("doors.ask_new")))
        gate_id = await staff.add_gate(tx, event.id, name, chat.now_ms)
        await staff.admit_only(tx, gate_id, [kind.id for kind in chosen])
        await note(tx, chat, event, "gate_added", gate=name, kinds=_named(chosen))
        return await _list(tx, event, words("doors.added", gate=name, kinds=_named(chosen)))

    # ---- Open, paused, closed ----------------------------------------------------------------

    async def set_state(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say what it does, `doorset:EVENT:GATE:STATE`, and do it: `...:yes`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        door, (state, *sure) = await _door(tx, event, tap), (*tap.action.split(":")[3:], "")
        if door is None or state not in STATES:
            return await _list(tx, event)
        if door.status == state:
            return await _page(tx, event, door, words("editing.same"))
        if not sure[0] and state != "open":
            return await _would_set(tx, event, door, state)
        await staff.set_gate_status(tx, door.id, state)
        await note(tx, chat, event, f"gate_{state}", gate=door.name)
        undo = Choice(words("editing.undo"), f"{_about('doorset', event, door)}:{door.status}:undo")
        done = words(f"doors.is_{state}", gate=door.name)
        return await _page(tx, event, await _again(tx, event, door), done, first=(undo,))

    # ---- Its name ----------------------------------------------------------------------------

    async def ask_name(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask for another name: `doorname:EVENT:GATE`."""
        found = await _at(tx, chat, tap)
        if isinstance(found, Turn):
            return found
        event, door = found
        return _ask(event, NAME, words("doors.ask_name", gate=door.name), door)

    async def hear_name(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take another name; whoever stands there reads it from their next scan on."""
        event, door = await _remembered(tx, chat, "doorname")
        if event is None or door is None:
            return await foreign(tx, chat)
        name = await _name(tx, event, text.text)
        if isinstance(name, Words):
            return _ask(event, NAME, name, door)
        await doors.rename(tx, door.id, name)
        await note(tx, chat, event, "gate_renamed", old=door.name, new=name)
        done = words("doors.renamed", old=door.name, new=name)
        return await _page(tx, event, await _again(tx, event, door), done)

    # ---- Its kinds ---------------------------------------------------------------------------

    async def ask_kinds(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask which kinds come in there: `doorkinds:EVENT:GATE`."""
        found = await _at(tx, chat, tap)
        if isinstance(found, Turn):
            return found
        event, door = found
        kinds = await events.kinds_of(tx, event.id)
        listed = ", ".join(kind.name for kind in kinds)
        return _ask(event, KINDS, words("doors.ask_kinds", gate=door.name, kinds=listed), door)

    async def hear_kinds(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take kinds, or `tous`, and say what that does before it is done."""
        event, door = await _remembered(tx, chat, "doorkinds")
        if event is None or door is None:
            return await foreign(tx, chat)
        kinds = await events.kinds_of(tx, event.id)
        every = fold(text.text) in {"tous", "tout", "toutes", "tous les tarifs", "all", "every"}
        chosen = () if every else _kinds_named(kinds, text.text)
        if chosen is None:
            return _ask(event, KINDS, _no_such(kinds), door)
        return await _would_admit(tx, event, door, kinds, chosen)

    async def admit_only(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Admit these kinds there, and no other: `dooronly:EVENT:GATE:KINDS`."""
        found = await _at(tx, chat, tap)
        if isinstance(found, Turn):
            return found
        event, door = found
        kinds = await events.kinds_of(tx, event.id)
        chosen = _marked(kinds, tap.action.split(":")[-1])
        if {kind.id for kind in chosen} == door.kind_ids:
            return await _page(tx, event, door, words("editing.same"))
        await staff.admit_only(tx, door.id, [kind.id for kind in chosen])
        named = _named(chosen)
        await note(tx, chat, event, "gate_kinds", gate=door.name, kinds=named)
        done = words("doors.admits", gate=door.name, kinds=named)
        before = f"{_about('dooronly', event, door)}:{_mark(kinds, door.kind_ids)}"
        undo = Choice(words("editing.undo"), before)
        return await _page(tx, event, await _again(tx, event, door), done, first=(undo,))


async def _at(tx: Tx, chat: Chat, tap: Tap) -> tuple[Event, Door] | Turn:
    """Find the gate a button names, if this person runs its event; or say what there is instead."""
    event = await event_run_by(tx, chat, tap.action)
    if event is None:
        return await foreign(tx, chat, tap.action)
    door = await _door(tx, event, tap)
    return (event, door) if door is not None else await _list(tx, event)


# ---- What it says ------------------------------------------------------------------------------


async def _list(tx: Tx, event: Event, *notes: Words) -> Turn:
    found = await doors.doors_of(tx, event.id)
    kinds = await events.kinds_of(tx, event.id)
    lines = [words("doors.head" if found else "doors.none", title=event.title)]
    lines += [_line(one, kinds) for one in found]
    event_id = to_text(event.id)
    choices = (
        *(Choice(words("doors.one", gate=one.name), _about("doors", event, one)) for one in found),
        Choice(words("doors.new"), f"doornew:{event_id}"),
        Choice(words("gateteam.show"), f"gateteam:{event_id}"),
        Choice(words("devices.label"), f"devices:{event_id}"),
        sales_button(event),
    )
    return Turn((Say(in_lines(*notes, *lines), choices),), Then("", {PANEL: event_id}))


async def _page(
    tx: Tx, event: Event, door: Door, *notes: Words, first: tuple[Choice, ...] = ()
) -> Turn:
    kinds = await events.kinds_of(tx, event.id)
    states = {"open": ("paused", "closed"), "paused": ("open", "closed"), "closed": ("open",)}
    choices = (
        *first,
        *(
            Choice(words(f"doors.set_{one}"), f"{_about('doorset', event, door)}:{one}")
            for one in states[door.status]
        ),
        Choice(words("doors.kinds"), _about("doorkinds", event, door)),
        Choice(words("doors.rename"), _about("doorname", event, door)),
        Choice(words("doors.all"), f"doors:{to_text(event.id)}"),
    )
    said = in_lines(*notes, _line(door, kinds))
    return Turn((Say(said, choices),), Then("", {PANEL: to_text(event.id)}))


async def _would_set(tx: Tx, event: Event, door: Door, state: str) -> Turn:
    """Say whom it concerns, and which tickets would then have no gate at all."""
    kinds = await events.kinds_of(tx, event.id)
    others = [one for one in await doors.doors_of(tx, event.id) if one.id != door.id]
    stranded = [kind for kind in kinds if not any(one.admits(kind.id) for one in others)]
    lines = [words(f"doors.would_{state}", gate=door.name, n=door.people)]
    if stranded and door.status == "open" and not door.leads_out:
        lines.append(words("doors.nowhere", kinds=_named(stranded)))
    choices = (
        Choice(words("editing.confirm"), f"{_about('doorset', event, door)}:{state}:yes"),
        Choice(words("editing.leave"), _about("doors", event, door)),
    )
    return Turn((Say(in_lines(*lines), choices),), Then("", {PANEL: to_text(event.id)}))


async def _would_admit(
    tx: Tx, event: Event, door: Door, kinds: Sequence[Kind], chosen: Sequence[Kind]
) -> Turn:
    """Say what would come in here, what no longer, and refuse to strand a kind of ticket."""
    left_out = [kind for kind in kinds if chosen and kind not in chosen]
    others = [one for one in await doors.doors_of(tx, event.id) if one.id != door.id]
    stranded = [kind for kind in left_out if not any(one.admits(kind.id) for one in others)]
    if stranded:
        refused = words("doors.would_strand", kinds=_named(stranded))
        return await _page(tx, event, door, refused)
    lines = [words("doors.would_admit", gate=door.name, kinds=_named(chosen))]
    if left_out:
        sold = sum(kind.taken for kind in left_out)
        lines.append(words("doors.would_refuse", kinds=_named(left_out), n=sold))
    mark = _mark(kinds, {kind.id for kind in chosen})
    choices = (
        Choice(words("editing.confirm"), f"{_about('dooronly', event, door)}:{mark}"),
        Choice(words("editing.leave"), _about("doors", event, door)),
    )
    return Turn((Say(in_lines(*lines), choices),), Then("", {PANEL: to_text(event.id)}))


def _ask(event: Event, step: str, said: Words, door: Door | None = None) -> Turn:
    back = Choice(words("organising.back"), f"doors:{to_text(event.id)}")
    memory = {"event": to_text(event.id)} | ({"gate": door.id} if door else {})
    return Turn((Say(said, (back,)),), Then(step, memory))


def _line(door: Door, kinds: Sequence[Kind]) -> Words:
    admitted = [kind for kind in kinds if kind.id in door.kind_ids]
    return words(
        "doors.line_out" if door.leads_out else "doors.line",
        gate=door.name,
        state=words(f"doors.state_{door.status}"),
        kinds=_named(admitted),
        n=door.people,
    )


def _named(kinds: Sequence[Kind]) -> Words:
    """Name kinds; none of them is every one."""
    if not kinds:
        return words("doors.every_kind")
    return words("fact", fact=", ".join(kind.name for kind in kinds))


def _no_such(kinds: Sequence[Kind]) -> Words:
    return words("doors.no_such_kind", kinds=", ".join(kind.name for kind in kinds))


def _mark(kinds: Sequence[Kind], ids: AbstractSet[int]) -> str:
    """Write some kinds of an event short enough for a button: a bit each, the oldest kind first."""
    ordered = sorted(kind.id for kind in kinds)
    return f"{sum(1 << at for at, one in enumerate(ordered) if one in ids):x}"


def _marked(kinds: Sequence[Kind], mark: str) -> list[Kind]:
    """Read the kinds that a button names; none of them is every one."""
    bits = int(mark, 16) if re.fullmatch("[0-9a-f]{1,8}", mark) else 0
    ordered = sorted(kind.id for kind in kinds)
    ids = {one for at, one in enumerate(ordered) if bits >> at & 1}
    return [kind for kind in kinds if kind.id in ids]


def _about(verb: str, event: Event, door: Door) -> str:
    return f"{verb}:{to_text(event.id)}:{to_text(door.id)}"


# ---- What is asked of the database ---------------------------------------------------------------


async def _door(tx: Tx, event: Event, tap: Tap) -> Door | None:
    """Find the gate of a button, if it is one of this event's."""
    gate_id = id_at(tap.action, 2)
    return next((one for one in await doors.doors_of(tx, event.id) if one.id == gate_id), None)


async def _again(tx: Tx, event: Event, door: Door) -> Door:
    """Read a gate as it is now."""
    return next((one for one in await doors.doors_of(tx, event.id) if one.id == door.id), door)


async def _remembered(tx: Tx, chat: Chat, verb: str) -> tuple[Event | None, Door | None]:
    event = await event_run_by(tx, chat, f"{verb}:{chat.memory.get('event', '')}")
    if event is None:
        return None, None
    found = await doors.doors_of(tx, event.id)
    return event, next((one for one in found if one.id == chat.memory.get("gate")), None)


async def _name(tx: Tx, event: Event, said: str) -> str | Words:
    """Read a gate's name: short, and not another's."""
    name = clean(said)
    if not any(char.isalnum() for char in name) or len(name) > NAME_CHARS_MAX:
        return words("doors.name_again", most=NAME_CHARS_MAX)
    if any(fold(one.name) == fold(name) for one in await doors.doors_of(tx, event.id)):
        return words("doors.name_taken", gate=name)
    return name


def _kinds_named(kinds: Sequence[Kind], listed: str) -> tuple[Kind, ...] | None:
    """Find kinds by their names, parted by commas; None if one of them is no kind."""
    names = [fold(name) for name in listed.replace(";", ",").split(",") if name.strip()]
    found = tuple(kind for kind in kinds if fold(kind.name) in names)
    return found if names and len(found) == len(set(names)) else None
