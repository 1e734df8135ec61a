"""Tickets that reached nobody: their list for the organiser, and sending them again.

A ticket stands here when every way to its owner failed (bot/far_work/undelivered.py): its image,
its words, the person's other app. Somebody who wrote again, or unblocked the bot, can then be sent
it at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import choose_event, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign
from bot.flows.tickets.issuing import ticket_message
from chat.messages import Chat, Choice, Say, Tap, Tell, Turn, Words, words
from chat.talk import Step
from storage import chats, tickets
from storage.database import Tx
from storage.ids import to_text
from storage.tickets import FullTicket

LISTED_MAX = 20
"""Tickets of one answer; when these are through, the next ones come."""


@dataclass(frozen=True, slots=True)
class Undelivering:
    """What an organiser does about tickets that did not arrive."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does: `unsent:EVENT` lists, `unsent:EVENT:send` sends again."""
        return {"unsent": self.pressed}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(
            ("non remis", "billets non remis", "undelivered", "undelivered tickets"), "unsent"
        )

    async def pressed(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """List what did not arrive, or send it again; pressed twice it sends once."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "unsent", self.pressed)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        lost = await tickets.undelivered_of(tx, event.id, LISTED_MAX)
        if not lost:
            none = words("undelivering.none", title=event.title)
            return Turn((Say(none, (sales_button(event),)),))
        if tap.action.endswith(":send"):
            return await _send(tx, chat, lost, sales_button(event))
        lines = tuple([await _line(tx, one) for one in lost])
        send = Choice(words("undelivering.send"), f"unsent:{to_text(event.id)}:send")
        head = words("undelivering.list", title=event.title, n=len(lost), lines=lines)
        return Turn((Say(head, (send, sales_button(event))),))


def undelivered_button(event_id: int) -> Choice:
    """Lead to the list of tickets that did not arrive."""
    return Choice(words("undelivering.label"), f"unsent:{to_text(event_id)}")


async def _send(tx: Tx, chat: Chat, lost: list[FullTicket], back: Choice) -> Turn:
    """Send tickets again, each where its owner wrote last; who has no chat cannot be reached."""
    tell = []
    for one in lost:
        known = await chats.chats_of_person(tx, one.ticket.owner_id, "seller")
        if known and await tickets.send_again(tx, one.ticket.id):
            tell.append(Tell(known[0].id, ticket_message(one, chat.now_ms)))
    said = words("undelivering.sent", n=len(tell))
    return Turn((Say(said, (back,)),), tell=tuple(tell))


async def _line(tx: Tx, one: FullTicket) -> Words:
    return words(
        "undelivering.line",
        reference=one.order.reference,
        rank=one.ticket.number,
        kind=one.kind.name,
        who=one.ticket.holder or await chats.person_name(tx, one.ticket.owner_id) or "—",
    )
