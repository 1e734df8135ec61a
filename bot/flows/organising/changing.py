"""Every change of an event: its effect first, one tap makes it, one takes it back.

What is asked for is kept in `event_changes` with what stood before; the buttons name that row, so a
button of last month says what became of it. What takes nothing from anybody is made at once, and
taken back as easily. Who has a ticket is told when it matters to them.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.flows import approved
from bot.flows.organising.edit_fields import TOLD
from bot.flows.organising.effects import (
    NOBODY_YET,
    change_facts,
    change_line,
    effects,
    is_at_once,
    refusal,
    too_late,
    why_not_done,
)
from bot.flows.organising.event_panel import PANEL, panel, rules_button, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from bot.flows.organising.rule_fields import RULES, as_it_stands
from bot.flows.organising.rule_page import at_rules, rules_page
from bot.flows.organising.telling import tell_holders
from bot.flows.team.noting import note
from boxoffice.model import Event, EventStatus
from boxoffice.scan_facts import Entry
from chat.messages import Chat, Choice, Say, Tap, Then, Turn, Value, Words, words
from chat.talk import Step
from storage import event_changes, events, staff
from storage.database import Tx
from storage.event_changes import Change, Wanted
from storage.ids import from_text, to_text

KINDS = "kinds"
"""The step of a chat in which kinds are typed, a line each."""


Do = Callable[[Tx, Change, int], Awaitable[bool]]
"""Making a change, or taking it back, by one conditional statement."""


@dataclass(frozen=True, slots=True)
class Changing:
    """The buttons that make a change, leave it, and take it back."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"chdo": self.make, "chno": self.leave, "chundo": self.undo}

    async def make(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Make what was asked for together: `chdo:CHANGE`."""
        changes, event = await _asked(tx, chat, tap)
        if event is None:
            return await foreign(tx, chat)
        if any(one.made_ms is not None for one in changes):
            return await page_of(tx, chat, event, changes, words("editing.made_already"))
        return await _make(tx, chat, event, changes)

    async def leave(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Change nothing: `chno:CHANGE`."""
        changes, event = await _asked(tx, chat, tap)
        if event is None:
            return await foreign(tx, chat)
        is_made = any(one.made_ms is not None for one in changes)
        said = words("editing.made_already" if is_made else "editing.left")
        return await page_of(tx, chat, event, changes, said)

    async def undo(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take back what was made together, the last first: `chundo:CHANGE`."""
        changes, event = await _asked(tx, chat, tap)
        if event is None:
            return await foreign(tx, chat)
        stand = [one for one in changes if one.made_ms is not None and one.undone_ms is None]
        if not stand:
            return await page_of(tx, chat, event, changes, words("editing.undone_already"))
        back = [(one, one.backwards()) for one in reversed(stand)]
        done, why = await _each(tx, chat, event, event_changes.undo, back)
        lines: list[Words] = []
        event = await events.event_by_id(tx, event.id) or event
        for change in done:
            lines += await _write_and_tell(tx, chat, event, change)
        head = (words("editing.undone"),) if done else ()
        return await page_of(tx, chat, event, changes, *head, *lines, *why)


async def propose(tx: Tx, chat: Chat, event: Event, wanted: Sequence[Wanted], *said: Words) -> Turn:
    """Show what changes would do, with the one button that does it; or why they cannot be.

    What takes nothing from anybody is done at once, and has its button back.
    """
    noted, possible = list(said), []
    for one in wanted:
        if dict(one.old) == dict(one.new):
            noted.append(words("editing.same"))
        elif (why := await why_not(tx, chat, event, one)) is not None:
            noted.append(why)
        else:
            possible.append(one)
    if not possible:
        return await page_of(tx, chat, event, wanted, *noted)
    changes = await event_changes.ask(
        tx, event.id, possible, person_id=chat.person_id, now_ms=chat.now_ms
    )
    done_to = [line for one in changes for line in await effects(tx, event, one)]
    if all([await is_at_once(tx, event, one) for one in changes]):
        concerns = [one for one in done_to if one.key not in NOBODY_YET]
        return await _make(tx, chat, event, changes, *noted, after=concerns)
    return await _preview(tx, event, changes, *noted)


async def why_not(tx: Tx, chat: Chat, event: Event, change: Wanted) -> Words | None:
    """Say why a change is not proposed: it would end too soon or too late, or cannot be."""
    return too_late(event, change, chat.now_ms) or await refusal(tx, event, change)


async def ask_again(tx: Tx, chat: Chat, tap: Tap) -> Turn:
    """Show once more what an older button would change, before it does: `chdo:CHANGE`."""
    changes, event = await _asked(tx, chat, tap)
    if event is None:
        return await foreign(tx, chat)
    if any(one.made_ms is not None for one in changes):
        return await page_of(tx, chat, event, changes, words("editing.made_already"))
    now = [await as_it_stands(tx, event, one) for one in changes]
    why = [await why_not(tx, chat, event, one) for one in now]
    if all(dict(one.old) == dict(one.new) for one in now):
        why.append(words("editing.same"))
    if any(why):
        return await page_of(tx, chat, event, changes, *(one for one in why if one))
    if now != changes:
        changes = await event_changes.ask(
            tx, event.id, now, person_id=chat.person_id, now_ms=chat.now_ms
        )
    return await _preview(tx, event, changes)


async def _preview(tx: Tx, event: Event, changes: Sequence[Change], *noted: Words) -> Turn:
    """Say what changes would do, over the button that does it and the one that does not."""
    done_to = [line for one in changes for line in await effects(tx, event, one)]
    lines = [await change_line(tx, event, one) for one in changes]
    first = to_text(changes[0].id)
    choices = (
        Choice(words("editing.confirm"), f"chdo:{first}"),
        Choice(words("editing.leave"), f"chno:{first}"),
    )
    shown = in_lines(*noted, _title(event), *lines, *_once(done_to))
    return Turn((Say(shown, choices),), Then("", {PANEL: to_text(event.id)}))


async def page_of(
    tx: Tx, chat: Chat, event: Event, changes: Sequence[Wanted], *said: Words
) -> Turn:
    """Show where an event stands after changes were made or not: its rules, or how it sells."""
    if any(one.field in RULES for one in changes):
        return await rules_page(tx, event, chat.now_ms, *said)
    return await panel(tx, chat, event, *said)


async def _make(
    tx: Tx,
    chat: Chat,
    event: Event,
    changes: Sequence[Change],
    *said: Words,
    after: Sequence[Words] = (),
) -> Turn:
    """Make changes; say so with the button that takes them back, and tell whom it concerns."""
    done, why_not = await _each(
        tx, chat, event, event_changes.make, zip(changes, changes, strict=True)
    )
    why, lines = [*said, *why_not], list[Words]()
    event = await events.event_by_id(tx, event.id) or event
    if not done:
        return await page_of(tx, chat, event, changes, *why)
    for change in done:
        if change.new.get("entry") == Entry.REENTRY:
            await _open_exit(tx, event, chat)
        lines += await _write_and_tell(tx, chat, event, change)
    undo = Choice(words("editing.undo"), f"chundo:{to_text(changes[0].id)}")
    other, then = _next(event, {one.field for one in done})
    said_made = in_lines(*why, words("editing.made"), _title(event), *lines, *_once(after))
    return Turn((Say(said_made, (undo, other, sales_button(event))),), then)


async def _each(
    tx: Tx, chat: Chat, event: Event, do: Do, asked: Iterable[tuple[Change, Change]]
) -> tuple[list[Change], list[Words]]:
    """Do each change that the world allows; answers the effects of those done, and why not others.

    Beside each change stands its effect: itself, or itself backwards.
    """
    done, why = [], []
    for change, effect in asked:
        may = await refusal(tx, event, effect) is None
        if may and await do(tx, change, chat.now_ms):
            done.append(effect)
        else:
            why.append(await why_not_done(tx, event, effect, chat.now_ms))
    return done, why


def _next(event: Event, fields: Collection[str]) -> tuple[Choice, Then]:
    """Lead on to more of the same: what is typed next is another rule, or another kind."""
    event_text = to_text(event.id)
    here = {PANEL: event_text}
    if RULES.intersection(fields):
        return rules_button(event), at_rules(event)
    if "kind" in fields:
        kinds = Choice(words("editing.kinds"), f"kinds:{event_text}")
        return kinds, Then(KINDS, {"event": event_text, **here})
    return Choice(words("editing.other"), f"ch:{event_text}"), Then("", here)


def _title(event: Event) -> Words:
    """Name the event a change is of: a line typed from anywhere is of the one in hand."""
    return words("editing.of_event", title=event.title)


def _once(lines: Sequence[Words]) -> list[Words]:
    """Say once what several changes do alike."""
    return [line for rank, line in enumerate(lines) if line not in lines[:rank]]


async def _write_and_tell(tx: Tx, chat: Chat, event: Event, change: Change) -> list[Words]:
    """Keep a change in the journal and tell who must know; answers the lines that say both."""
    facts = await change_facts(tx, event, change)
    await note(tx, chat, event, "changed", **facts)
    return [words("editing.would", **facts), *await _tell(tx, chat, event, change, facts)]


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


async def _open_exit(tx: Tx, event: Event, chat: Chat) -> None:
    """Give an event with re-entry a gate that leads out, if it has none."""
    if not await staff.has_exit(tx, event.id):
        name = "Exit" if chat.language == "en" else "Sortie"
        await staff.add_exit(tx, event.id, name, chat.now_ms)


async def _asked(tx: Tx, chat: Chat, tap: Tap) -> tuple[list[Change], Event | None]:
    """Read the changes a button names and their event, if this person runs it."""
    verb, _, change_text = tap.action.partition(":")
    change_id = from_text(change_text)
    changes = await event_changes.asked_together(tx, change_id) if change_id is not None else []
    if not changes:
        return [], None
    return changes, await event_run_by(tx, chat, f"{verb}:{to_text(changes[0].event_id)}")
