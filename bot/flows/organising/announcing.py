"""Postponing an event, or calling it off: the effect first, one tap, everybody told, their answers.

A date that is known moves everything with it (doors, tickets, hours of the gates); one that is not
takes the event off sale until it is. What was announced last holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.edit_fields import REFUSED, in_other_words, read_edit
from bot.flows.organising.event_panel import event_in_hand, event_list, events_of, panel
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    list_button,
    reserved,
)
from bot.flows.organising.postponing import (
    LATER,
    announced_facts,
    at_panel,
    would,
    would_move,
    would_put_off,
)
from bot.flows.organising.progressing import refund_tally, shown_as
from bot.flows.organising.replies import (
    announce,
    keep_announced,
    new_words,
    replies,
    tell_holds,
)
from bot.flows.team.noting import note
from boxoffice import rules
from boxoffice.model import Event, EventStatus
from chat import codec
from chat.messages import (
    Chat,
    Choice,
    Moment,
    Say,
    Tap,
    Text,
    Then,
    Turn,
    Words,
    words,
)
from chat.talk import Step
from chat.understanding import fold
from storage import (
    announcements,
    event_changes,
    organisers,
    progress,
    refunds,
)
from storage.database import Tx
from storage.event_changes import Wanted
from storage.ids import from_text, to_text

WHICH = "announcing.which"
"""The step of a chat that was asked which event: `verb` is what is done to it."""

DATE = "announcing.date"
"""The step of a chat that was asked for the new date."""

_RUNNING = frozenset({EventStatus.PUBLISHED, EventStatus.POSTPONED})


@dataclass(frozen=True, slots=True)
class Announcing:
    """What an organiser does when an evening cannot be as it was sold."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "postpone": self.postpone,
            "postponeok": self.postpone_now,
            "calloff": self.call_off,
            "calloffok": self.call_off_now,
            "replies": self.show_replies,
            "refundstop": self.pause_refunds,
            "refundgo": self.pause_refunds,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means while an event or the new date is awaited."""
        return {WHICH: self.hear_title, DATE: self.hear_date}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({DATE})

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        moved = ("reporter", "reporter un evenement", "reporter l evenement", "postpone")
        french = ("annuler evenement", "annuler un evenement", "annuler l evenement")
        english = ("cancel event", "cancel an event", "cancel the event")
        return dict.fromkeys(moved, "postpone") | dict.fromkeys(french + english, "calloff")

    async def hear_title(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a part of the title of the event that is meant."""
        verb = str(chat.memory.get("verb", "postpone"))
        wanted = fold(text.text)
        named = [one for one in await _which_run(tx, chat) if wanted in fold(one.title)]
        if not wanted or len(named) != 1:
            return await _ask_which(tx, chat, verb)
        step = self.call_off if verb == "calloff" else self.postpone
        return await step(tx, chat, Tap(f"{verb}:{to_text(named[0].id)}"))

    # ---- Postponing --------------------------------------------------------------------------

    async def postpone(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask for the new date: `postpone`, `postpone:EVENT`, or `postpone:EVENT:later`."""
        event = await _running(tx, chat, tap)
        if isinstance(event, Turn):
            return event
        if tap.action.endswith(f":{LATER}"):
            return await would_put_off(tx, event)
        return _ask_date(event)

    async def hear_date(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the new date and hour, and show what postponing to it does."""
        event = await event_run_by(tx, chat, f"postpone:{chat.memory.get('event', '')}")
        if event is None:
            return await foreign(tx, chat)
        edit = read_edit("when", text.text, event, chat.now_ms)
        if isinstance(edit, Words):
            return _ask_date(event, in_other_words(chat, edit))
        if dict(edit.old) == dict(edit.new):
            return _ask_date(event, words("editing.same"))
        wanted = Wanted(field="when", old=edit.old, new=edit.new)
        return await would_move(tx, chat, event, wanted)

    async def postpone_now(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Postpone: `postponeok:EVENT:CHANGE`, or `postponeok:EVENT:later`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        what = tap.action.split(":")[2] if tap.action.count(":") > 1 else ""
        if what == LATER:
            if not await announcements.put_off(tx, event.id):
                return await panel(tx, chat, event, words("announcing.done_already"))
            return await _postponed(tx, chat, event, None)
        change_id = from_text(what)
        asked = await event_changes.asked_together(tx, change_id) if change_id is not None else []
        change = asked[0] if asked else None
        if change is None or change.event_id != event.id or change.field != "when":
            return _ask_date(event)
        if change.made_ms is not None:
            return await panel(tx, chat, event, words("announcing.done_already"))
        if not await event_changes.make(tx, change, chat.now_ms):
            return await panel(tx, chat, event, words("editing.not_made", title=event.title))
        starts_ms = int(change.new["starts_ms"])
        await announcements.move_around(tx, event.id, starts_ms - int(change.old["starts_ms"]))
        return await _postponed(tx, chat, event, starts_ms)

    # ---- Calling off -------------------------------------------------------------------------

    async def call_off(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show what cancelling does: `calloff`, or `calloff:EVENT`."""
        event = await _running(tx, chat, tap)
        if isinstance(event, Turn):
            return event
        facts = await announced_facts(tx, event)
        until = Moment(chat.now_ms + rules.CANCELLED_ANSWER_MS, event.zone)
        choices = (
            Choice(words("announcing.call_off_now"), f"calloffok:{to_text(event.id)}"),
            Choice(words("editing.leave"), f"sales:{to_text(event.id)}"),
        )
        say = Say(would("call_off", until=until, **facts), choices)
        return Turn((say,), at_panel(event))

    async def call_off_now(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Cancel an event: `calloffok:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if not await announcements.call_off(tx, event.id):
            return await panel(tx, chat, event, words("announcing.done_already"))
        until_ms = chat.now_ms + rules.CANCELLED_ANSWER_MS
        announcement = await keep_announced(tx, chat, event, "cancelled", None, until_ms)
        await note(tx, chat, event, "called_off", title=event.title)
        return await announce(tx, chat, event, announcement)

    async def pause_refunds(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Let an event's refunds rest, `refundstop:EVENT`, or go on: `refundgo:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        rests = tap.action.startswith("refundstop")
        if await refunds.pause_event(tx, event.id, chat.now_ms if rests else None):
            await note(tx, chat, event, "refunds_rest" if rests else "refunds_go_on")
        said, is_done = await refund_tally(tx, event)
        what = f"refund:{to_text(event.id)}"
        shown = None if is_done else await progress.of_work(tx, what, chat.id)
        if shown is not None:
            await progress.say(tx, shown.id, codec.to_json(said.words))
            # Where no message can be changed, this is its answer: a begin, not one in between.
            said = shown_as(said, shown.id, "begin")
        return Turn((said,), at_panel(event))

    # ---- What they answer --------------------------------------------------------------------

    async def show_replies(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show how far an announcement has come, and the answers to it: `replies:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        announcement = await announcements.newest(tx, event.id)
        if announcement is None:
            return await panel(tx, chat, event, words("announcing.no_replies", title=event.title))
        return await replies(tx, event, announcement, chat.now_ms)


def announcing_choices(event: Event, *, has_replies: bool) -> tuple[Choice, ...]:
    """The buttons that postpone an event or call it off, and lead to what people answered."""
    event_id = to_text(event.id)
    replies = (Choice(words("announcing.replies"), f"replies:{event_id}"),) if has_replies else ()
    if event.status not in _RUNNING:
        return replies
    return (
        Choice(words("announcing.postpone"), f"postpone:{event_id}"),
        Choice(words("announcing.call_off"), f"calloff:{event_id}"),
        *replies,
    )


# ---- Parts of the answers ------------------------------------------------------------------------


async def _postponed(tx: Tx, chat: Chat, event: Event, starts_ms: int | None) -> Turn:
    """Announce the new date, or that it is not known; who holds seats unpaid hears it at once."""
    until_ms = None if starts_ms is None else rules.postponed_until_ms(chat.now_ms, starts_ms)
    announcement = await keep_announced(tx, chat, event, "postponed", starts_ms, until_ms)
    when = new_words(event, announcement)
    await note(tx, chat, event, "postponed", title=event.title, new=when)
    turn = await announce(tx, chat, event, announcement)
    return await tell_holds(tx, event, announcement, turn)


async def _running(tx: Tx, chat: Chat, tap: Tap) -> Event | Turn:
    """Find the event a button is about, one that runs; or what to say instead."""
    if ":" not in tap.action:
        in_hand = await event_in_hand(tx, chat)
        runs = in_hand is not None and in_hand.status in _RUNNING
        return in_hand if in_hand and runs else await _ask_which(tx, chat, tap.action)
    event = await event_run_by(tx, chat, tap.action)
    if event is None:
        return await foreign(tx, chat, tap.action)
    if event.status not in _RUNNING:
        return await panel(tx, chat, event, words("announcing.not_running"))
    return event


async def _which_run(tx: Tx, chat: Chat) -> list[Event]:
    """Find the events that can be announced as changed."""
    return [one.event for one in await events_of(tx, chat) if one.event.status in _RUNNING]


async def _ask_which(tx: Tx, chat: Chat, verb: str) -> Turn:
    """Ask which event is meant, where none is in hand."""
    if await organisers.organiser_of(tx, chat.person_id) is None:
        return reserved()
    found = await _which_run(tx, chat)
    if not found:
        return event_list(await events_of(tx, chat), words("announcing.none_running"))
    choices = tuple(
        Choice(
            words("organising.event_button", title=event.title[:32]),
            f"{verb}:{to_text(event.id)}",
        )
        for event in found[:8]
    )
    asked = Say(words(f"announcing.which_{verb}"), (*choices, list_button()))
    return Turn((asked,), Then(WHICH, {"verb": verb}))


def _ask_date(event: Event, *noted: Words) -> Turn:
    event_id = to_text(event.id)
    later = Choice(words("announcing.later"), f"postpone:{event_id}:{LATER}")
    choices = (
        *((later,) if event.status is EventStatus.PUBLISHED else ()),
        Choice(words("organising.back"), f"sales:{event_id}"),
    )
    asked = words("announcing.ask_date", title=event.title, old=Moment(event.starts_ms, event.zone))
    lines = words("organising.lines", lines=(*noted, asked)) if noted else asked
    then = {"event": event_id, REFUSED: noted[0].key if noted else ""}
    return Turn((Say(lines, choices),), Then(DATE, then))
