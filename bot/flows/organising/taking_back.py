"""Taking back a cancellation or a postponement: the effect first, one tap, everybody told again."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import (
    choose_event,
    event_in_hand,
    event_list,
    events_of,
    panel,
    sales_button,
)
from bot.flows.organising.organiser_words import event_run_by, foreign
from bot.flows.organising.postponing import announced_facts, at_panel, would
from bot.flows.organising.replies import announce, keep_announced, tell_holds
from bot.flows.team.noting import note
from boxoffice.model import Event, EventStatus
from chat.messages import NOTHING, Chat, Choice, Moment, Say, Tap, Turn, words
from chat.talk import Step
from storage import announcements, event_changes
from storage.announcements import Announcement
from storage.database import Tx
from storage.ids import to_text

Can = Callable[[Tx, int, int], Awaitable[bool]]
"""Says whether what was announced of an event may be taken back now."""


@dataclass(frozen=True, slots=True)
class TakingBack:
    """What an organiser does who announced too soon."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "maintain": self.ask_maintain,
            "maintainok": self.maintain,
            "unmove": self.ask_unmove,
            "unmoveok": self.unmove,
        }

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        lifted = ("lever l annulation", "lever annulation", "take the cancellation back")
        moved = ("annuler le report", "lever le report", "take the postponement back")
        return dict.fromkeys(lifted, "maintain") | dict.fromkeys(moved, "unmove")

    # ---- A cancellation ----------------------------------------------------------------------

    async def ask_maintain(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show what lifting a cancellation does: `maintain`, or `maintain:EVENT`."""
        if ":" not in tap.action:
            return await _which(tx, chat, "maintain", _can_maintain, self.ask_maintain)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if not await announcements.can_maintain(tx, event.id):
            return await _too_late_to_maintain(tx, chat, event)
        choices = (
            Choice(words("announcing.maintain_now"), f"maintainok:{to_text(event.id)}"),
            Choice(words("editing.leave"), f"sales:{to_text(event.id)}"),
        )
        said = would("maintain", **await announced_facts(tx, event))
        return Turn((Say(said, choices),), at_panel(event))

    async def maintain(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Lift a cancellation, as long as no money went back: `maintainok:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if not await announcements.maintain(tx, event.id):
            return await _too_late_to_maintain(tx, chat, event)
        announcement = await keep_announced(
            tx, chat, event, "maintained", event.starts_ms, chat.now_ms
        )
        await note(tx, chat, event, "maintained", title=event.title)
        return await announce(tx, chat, event, announcement)

    # ---- A postponement ----------------------------------------------------------------------

    async def ask_unmove(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show what taking a postponement back does: `unmove`, or `unmove:EVENT`."""
        if ":" not in tap.action:
            return await _which(tx, chat, "unmove", announcements.can_unmove, self.ask_unmove)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        newest = await announcements.newest(tx, event.id)
        if newest is None or not await announcements.can_unmove(tx, event.id, chat.now_ms):
            return await _too_late_to_unmove(tx, chat, event, newest)
        refunds = (await announcements.tally(tx, newest)).refunds
        facts = await announced_facts(tx, event) | {
            "old": Moment(newest.old_starts_ms, event.zone),
            "refunded": words("announcing.stay_refunded", n=refunds) if refunds else NOTHING,
        }
        choices = (
            Choice(words("announcing.unmove_now"), f"unmoveok:{to_text(event.id)}"),
            Choice(words("editing.leave"), f"sales:{to_text(event.id)}"),
        )
        return Turn((Say(would("unmove", **facts), choices),), at_panel(event))

    async def unmove(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Let an event take place when it was to, as if never postponed: `unmoveok:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        newest = await announcements.newest(tx, event.id)
        if newest is None or not await _moved_back(tx, newest, chat.now_ms):
            return await _too_late_to_unmove(tx, chat, event, newest)
        await announcements.end_answers(tx, newest, chat.now_ms)
        starts_ms = newest.old_starts_ms
        announcement = await keep_announced(tx, chat, event, "maintained", starts_ms, chat.now_ms)
        await note(tx, chat, event, "unmoved", title=event.title)
        turn = await announce(tx, chat, event, announcement)
        return await tell_holds(tx, event, announcement, turn)


async def _moved_back(tx: Tx, newest: Announcement, now_ms: int) -> bool:
    """Move an event back to where it stood before what was announced last."""
    if not await announcements.unmove(tx, newest.event_id, now_ms):
        return False
    if newest.starts_ms is None:
        return True
    change = await event_changes.newest_made(tx, newest.event_id, "when")
    if change is None or not await event_changes.undo(tx, change, now_ms):
        return False
    moved_ms = newest.old_starts_ms - newest.starts_ms
    await announcements.move_around(tx, newest.event_id, moved_ms)
    return True


async def _can_maintain(tx: Tx, event_id: int, _now_ms: int) -> bool:
    return await announcements.can_maintain(tx, event_id)


async def _which(tx: Tx, chat: Chat, verb: str, can: Can, step: Step) -> Turn:
    """Find what typed words take back: of the event in hand, of the only one, or of a list."""
    found = [
        offer for offer in await events_of(tx, chat) if await can(tx, offer.event.id, chat.now_ms)
    ]
    hand = await event_in_hand(tx, chat)
    named = [offer for offer in found if hand is not None and offer.event.id == hand.id] or found
    if len(named) == 1:
        return await step(tx, chat, Tap(f"{verb}:{to_text(named[0].event.id)}"))
    if not found:
        return await choose_event(tx, chat, verb, step)
    return event_list(found, words("organising.which"), verb)


async def _too_late_to_maintain(tx: Tx, chat: Chat, event: Event) -> Turn:
    """Say why a cancellation is not lifted: it is none, it was lifted, or money went back."""
    if event.status is EventStatus.CANCELLED:
        return await panel(tx, chat, event, words("announcing.too_late_to_maintain"))
    newest = await announcements.newest(tx, event.id)
    was_lifted = newest is not None and newest.what == "maintained"
    key = "done_already" if was_lifted else "not_called_off"
    return await panel(tx, chat, event, words(f"announcing.{key}"))


async def _too_late_to_unmove(
    tx: Tx, chat: Chat, event: Event, newest: Announcement | None
) -> Turn:
    """Say why a postponement stays: it is none, its first date is over, or its new one is sold."""
    if newest is None:
        return await panel(tx, chat, event, words("announcing.not_moved"))
    if newest.what != "postponed":
        return await panel(tx, chat, event, words("announcing.done_already"))
    if await announcements.sold_since(tx, newest):
        again = Choice(words("announcing.postpone_again"), f"postpone:{to_text(event.id)}")
        said = words("announcing.sold_since")
        return Turn((Say(said, (again, sales_button(event))),), at_panel(event))
    return await panel(tx, chat, event, words("announcing.too_late_to_unmove"))
