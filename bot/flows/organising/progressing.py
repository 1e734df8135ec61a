"""Long work tells how far it has come: a message to many, a long list, an event's refunds.

Each is one message of a chat that upkeep changes as it goes; what it says is counted in the
database, so a restart goes on where it was.
"""

from dataclasses import dataclass, replace

from bot.flows import approved
from bot.flows.organising.cast_words import cast_tally
from bot.flows.organising.event_panel import sales_button
from bot.flows.organising.organiser_words import in_lines
from boxoffice.model import Event
from chat import codec
from chat.messages import Choice, Say, Stage, Value, words
from chat.saying import PRIORITY_DIALOGUE, queue_say
from storage import events, organisers, progress, refunds
from storage.database import Database, Tx
from storage.ids import from_text, to_text
from storage.progress import Progress

EXPORT_SHOWN_MIN = 2_000
"""A list of so many tickets takes longer than a breath: from here on it tells how far it is."""

REFUNDS_SHOWN_MIN = 21
"""So many orders are more than one go of upkeep refunds: from here on it tells how far it is."""


def shown_as(said: Say, progress_id: int, stage: Stage) -> Say:
    """Make a message the one that shows a work."""
    return replace(said, progress=to_text(progress_id), stage=stage, template=approved.NEWS)


@dataclass(frozen=True, slots=True)
class Progressing:
    """The chore that tells; safe to run twice and on several processes."""

    database: Database

    async def show(self, now_ms: int) -> None:
        """Begin what nobody begun shows, and tell of every work what is new."""
        for event_id in await self.database.read(refunds.events_unshown):
            await self.database.write(_begin_refunds, event_id, now_ms)
        for one in await self.database.read(progress.open_ones):
            await self.database.write(_tell, one, now_ms)


async def _begin_refunds(tx: Tx, event_id: int, now_ms: int) -> None:
    """Show an event's refunds to who asked for them: nobody where that was a shell, or few."""
    asked_by = await refunds.asked_by(tx, event_id, now_ms)
    chat_id = await organisers.chat_of(tx, asked_by) if asked_by is not None else None
    count = await refunds.tally_of_event(tx, event_id)
    if chat_id is None or count.begun + count.left < REFUNDS_SHOWN_MIN:
        return
    what = f"refund:{to_text(event_id)}"
    progress_id = await progress.begin(tx, what, chat_id, now_ms)
    one = await progress.by_id(tx, progress_id) if progress_id is not None else None
    if one is not None:
        await _queue(tx, one, "begin", now_ms)


async def _tell(tx: Tx, one: Progress, now_ms: int) -> None:
    said, is_over = await _said(tx, one)
    if said is None or is_over:
        if await progress.end(tx, one.id, now_ms) and said is not None:
            await queue_say(
                tx, one.chat_id, shown_as(said, one.id, "end"), PRIORITY_DIALOGUE, now_ms
            )
        return
    await _queue(tx, one, "going", now_ms)


async def _queue(tx: Tx, one: Progress, stage: Stage, now_ms: int) -> None:
    said, _ = await _said(tx, one)
    if said is not None and await progress.say(tx, one.id, codec.to_json(said.words)):
        await queue_say(tx, one.chat_id, shown_as(said, one.id, stage), PRIORITY_DIALOGUE, now_ms)


async def _said(tx: Tx, one: Progress) -> tuple[Say | None, bool]:
    """Put into words how far a work has come, and say whether it is over."""
    what, _, rest = one.what.partition(":")
    work_id = from_text(rest.partition(":")[0]) or 0
    match what:
        case "cast":
            return await cast_tally(tx, work_id)
        case "refund":
            event = await events.event_by_id(tx, work_id)
            return await refund_tally(tx, event) if event else (None, True)
        case _:
            event = await events.event_by_id(tx, work_id)
            return (list_tally(event, one), _is_over(one)) if event else (None, True)


def _is_over(one: Progress) -> bool:
    return one.finished_ms is not None or one.stopped_ms is not None


async def refund_tally(tx: Tx, event: Event) -> tuple[Say, bool]:
    """Say how many orders of an event are refunded, with the button that lets it rest, or go on."""
    count = await refunds.tally_of_event(tx, event.id)
    facts: dict[str, Value] = {
        "title": event.title,
        "n": count.begun,
        "total": count.begun + count.left,
    }
    event_id = to_text(event.id)
    if count.is_done:
        return Say(words("refunding.all_done", **facts), (sales_button(event),)), True
    rests = count.is_paused
    button = Choice(
        words("refunding.go_on" if rests else "refunding.rest"),
        f"refundgo:{event_id}" if rests else f"refundstop:{event_id}",
    )
    key = "refunding.resting" if rests else "refunding.going"
    return Say(words(key, **facts), (button, sales_button(event))), False


def list_tally(event: Event, one: Progress) -> Say:
    """Say how far a list has come, with the button that stops it."""
    facts: dict[str, Value] = {"title": event.title, "n": one.done, "total": one.total}
    if one.stopped_ms is not None:
        return Say(words("guests.stopped", **facts), (sales_button(event),))
    if one.finished_ms is not None:
        return Say(words("guests.sent", **facts), (sales_button(event),))
    stop = Choice(words("guests.stop"), f"gueststop:{to_text(event.id)}:{to_text(one.id)}")
    line = words("guests.reading" if one.done < one.total else "guests.writing", **facts)
    return Say(in_lines(line), (stop,))
