"""The list of participants as a spreadsheet: made when it is sent, and noted who took it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import choose_event, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign
from bot.flows.team.noting import note
from chat.messages import Chat, Choice, Say, Tap, Turn, words
from chat.talk import Step
from storage import event_changes, organisers
from storage.database import Tx
from storage.ids import to_text

FORMS = ("xlsx", "csv")


@dataclass(frozen=True, slots=True)
class Exporting:
    """Asking for the list."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"guests": self.show}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("participants", "guests", "attendees"), "guests")

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
        if form in FORMS:
            await note(tx, chat, event, "exported", form=form.upper())
            said = Say(
                words("guests.file", title=event.title),
                (sales_button(event),),
                file=f"guests:{event_id}:{form}",
                instead=words("guests.not_here"),
            )
            return Turn((said,))
        lines = await organisers.sales_of(tx, event.id)
        people, _ = await event_changes.concerned(tx, event.id)
        facts = {"tickets": sum(one.sold for one in lines), "n": people}
        head = words("guests.head", title=event.title, **facts)
        return Turn((Say(head, (*forms, sales_button(event))),))
