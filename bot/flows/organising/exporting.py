"""The list of participants as a spreadsheet: made when it is sent, and noted who took it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import choose_event, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign
from bot.flows.organising.progressing import EXPORT_SHOWN_MIN, list_tally, shown_as
from bot.flows.reading import id_at
from bot.flows.team.noting import note
from boxoffice.model import Event
from chat import codec
from chat.messages import Chat, Choice, Say, Tap, Turn, words
from chat.talk import Step
from storage import event_changes, organisers, progress
from storage.database import Tx
from storage.ids import to_text

FORMS = ("xlsx", "csv")

AGAIN_MS = 60_000
"""Asked for again within a minute, a long list is the one that is being made."""


@dataclass(frozen=True, slots=True)
class Exporting:
    """Asking for the list."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"guests": self.show, "gueststop": self.stop}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(
            (
                "participants",
                "liste des participants",
                "export",
                "exporter",
                "guests",
                "attendees",
                "guest list",
            ),
            "guests",
        )

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say how many there are, `guests:EVENT`, or send the file, `guests:EVENT:xlsx`."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "guests", self.show)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        event_id, form = to_text(event.id), tap.action.rpartition(":")[2]
        forms = tuple(
            Choice(words(f"guests.label_{one}"), f"guests:{event_id}:{one}") for one in FORMS
        )
        lines = await organisers.sales_of(tx, event.id)
        tickets = sum(one.sold + one.invited for one in lines)
        if form in FORMS and tickets >= EXPORT_SHOWN_MIN:
            return await _begin(tx, chat, event, form, tickets)
        if form in FORMS:
            await note(tx, chat, event, "exported", form=form.upper())
            said = Say(
                words("guests.file", title=event.title),
                (sales_button(event),),
                file=f"guests:{event_id}:{form}",
                instead=words("guests.not_here"),
            )
            return Turn((said,))
        people, _ = await event_changes.concerned(tx, event.id)
        facts = {"tickets": tickets, "n": people}
        head = words("guests.head", title=event.title, **facts)
        return Turn((Say(head, (*forms, sales_button(event))),))

    async def stop(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Stop a long list: `gueststop:EVENT:WORK`."""
        event, work_id = await event_run_by(tx, chat, tap.action), id_at(tap.action, 2)
        if event is None:
            return await foreign(tx, chat, tap.action)
        about = f"guests:{to_text(event.id)}"
        one = await progress.by_id(tx, work_id) if work_id is not None else None
        if one is None or not one.what.startswith(f"{about}:"):
            return await self.show(tx, chat, Tap(about))
        await progress.stop(tx, one.id, chat.now_ms)
        fresh = await progress.by_id(tx, one.id) or one
        said = list_tally(event, fresh)
        if one.chat_id == chat.id and await progress.end(tx, one.id, chat.now_ms):
            said = shown_as(said, one.id, "end")
        return Turn((said,))


async def _begin(tx: Tx, chat: Chat, event: Event, form: str, tickets: int) -> Turn:
    """Have a long list made, and show how far it is; the same again shows it as it is now."""
    event_id = to_text(event.id)
    what = f"guests:{event_id}:{form}:{to_text(chat.now_ms // AGAIN_MS)}"
    work_id = await progress.begin(tx, what, chat.id, chat.now_ms, total=tickets)
    one = await progress.of_work(tx, what, chat.id)
    if one is None or work_id is None:
        return Turn((list_tally(event, one),)) if one else Turn()
    await note(tx, chat, event, "exported", form=form.upper())
    said = list_tally(event, one)
    await progress.say(tx, work_id, codec.to_json(said.words))
    file = Say(
        words("guests.file", title=event.title),
        (sales_button(event),),
        file=f"guests:{event_id}:{form}:{to_text(work_id)}",
        about=progress.about(work_id),
        instead=words("guests.not_here"),
    )
    return Turn((shown_as(said, work_id, "begin"), file))
