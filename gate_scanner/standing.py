"""Where a supervisor stands, and how a ticket they look at is told."""

from dataclasses import dataclass

from chat.messages import Chat, Moment, Say, Tap, Then, Turn, Words, words
from gate_scanner import team
from storage import staff, supervision
from storage.database import Tx
from storage.ids import from_text
from storage.scans import Hand
from storage.staff import Post
from storage.supervision import FoundTicket


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a supervisor stands: their place in the team, and a gate if they chose one."""

    post: Post
    gate_id: int | None

    def hand(self, chat: Chat) -> Hand:
        """Return who acts."""
        return Hand(
            person_id=chat.person_id,
            staff_id=self.post.staff_id,
            gate_id=self.gate_id,
            channel=chat.channel,
            received_ms=chat.received_ms,
            now_ms=chat.now_ms,
        )


async def stand_of(tx: Tx, chat: Chat) -> Stand | None:
    """Find where a person stands: the gate they chose, else their only event."""
    place = team.place_of(chat)
    if place is not None:
        post = await staff.post_by_id(tx, place.staff_id, chat.person_id)
        return None if post is None else Stand(post, place.gate_id)
    posts = await staff.posts_of(tx, chat.person_id, chat.now_ms)
    supervised = [post for post in posts if post.role == "supervisor"]
    return Stand(supervised[0], None) if len(supervised) == 1 else None


async def supervised(tx: Tx, chat: Chat) -> Stand | Turn:
    """Find where a supervisor stands, or what to say to who is none."""
    stand = await stand_of(tx, chat)
    if stand is None:
        return await team.home(tx, chat, None)
    if stand.post.role != "supervisor":
        return Turn((Say(words("supervisor.only")),))
    return stand


async def ticket_meant(tx: Tx, stand: Stand, heard: Tap) -> FoundTicket | None:
    """Read the ticket of an action `verb:ID`, if it is of the event where they stand."""
    ticket_id = from_text(heard.action.partition(":")[2].partition(":")[0])
    return await supervision.ticket_of(tx, stand.post.event_id, ticket_id or 0)


def back(chat: Chat) -> Then:
    """Go back to where the person stood before something was asked."""
    place = team.place_of(chat)
    return place.then() if place is not None else Then()


def named(ticket: FoundTicket) -> Words:
    """Name a ticket by its kind and its holder."""
    if ticket.holder:
        return words("kind.holder", kind=ticket.kind, holder=ticket.holder)
    return words("kind", kind=ticket.kind)


def line_of(ticket: FoundTicket) -> Words:
    """One ticket in one line: what, whose, which order, and whether it came in."""
    state = words("found.valid")
    if ticket.status != "valid":
        state = words(f"title.{ticket.status}")
    elif ticket.scanned_ms is not None:
        at = Moment(ticket.scanned_ms, ticket.zone)
        state = words("found.inside", at=at, gate=ticket.gate or "–")
    return words(
        "found",
        ticket=named(ticket),
        buyer=ticket.buyer or "–",
        reference=ticket.reference,
        number=ticket.number,
        state=state,
    )
