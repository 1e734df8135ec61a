"""Invitations that nobody has collected yet: seen together, taken back one by one."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from boxoffice.model import Event
from chat.messages import NOTHING, Chat, Choice, Moment, Say, Tap, Then, Turn, words
from chat.talk import Step
from storage import claims
from storage.database import Tx
from storage.ids import to_text

LISTED_MAX = 8
"""Invitations of one answer, each with its button: a list of an app holds ten."""


@dataclass(frozen=True, slots=True)
class GiftsWaiting:
    """Showing them; taking one back asks first."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does: `gifts:EVENT` lists them."""
        return {"gifts": self.show}

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """List what waits for somebody, oldest first, with a button each that takes it back."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        gifts = await claims.gifts_waiting(tx, event.id, LISTED_MAX)
        lines = tuple(
            words(
                "gifts.line",
                reference=gift.reference,
                n=gift.quantity,
                kind=gift.kind,
                whom=words("gifts.whom", names=gift.holders) if gift.holders else NOTHING,
                made=Moment(gift.made_ms, event.zone),
            )
            for gift in gifts
        )
        head = words("gifts.head" if gifts else "gifts.none", title=event.title)
        choices = tuple(
            Choice(
                words("gifts.take_back", reference=gift.reference),
                f"unsell:{to_text(gift.order_id)}",
            )
            for gift in gifts
        )
        back = Choice(words("organising.back"), f"gift:{to_text(event.id)}")
        panel = {"panel": to_text(event.id)}
        return Turn((Say(in_lines(head, *lines), (*choices, back)),), Then("", panel))


async def gifts_button(tx: Tx, event: Event) -> tuple[Choice, ...]:
    """Lead to the invitations that wait, where there are any."""
    if not await claims.gifts_waiting(tx, event.id, 1):
        return ()
    return (Choice(words("gifts.label"), f"gifts:{to_text(event.id)}"),)
