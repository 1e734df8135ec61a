"""What postponing an event does, said before it is done."""

from bot.flows.organising.event_panel import PANEL
from bot.flows.organising.organiser_words import in_lines
from boxoffice import rules
from boxoffice.model import Equipment, Event
from chat.messages import NOTHING, Chat, Choice, Moment, Say, Then, Turn, Value, Words, words
from storage import announcements, event_changes
from storage.database import Tx
from storage.event_changes import Wanted
from storage.ids import to_text

LATER = "later"
"""Where a new date stands in an action: it is not known yet."""


async def would_move(tx: Tx, chat: Chat, event: Event, wanted: Wanted) -> Turn:
    """Show what postponing to a date does, with the one button that does it."""
    [change] = await event_changes.ask(
        tx, event.id, [wanted], person_id=chat.person_id, now_ms=chat.now_ms
    )
    new_ms = int(change.new["starts_ms"])
    facts = await announced_facts(tx, event)
    lent = words("announcing.lent") if event.equipment is Equipment.LENT else NOTHING
    said = would(
        "move",
        new=Moment(new_ms, event.zone),
        until=Moment(rules.postponed_until_ms(chat.now_ms, new_ms), event.zone),
        lent=lent,
        **facts,
    )
    choices = (
        Choice(
            words("announcing.postpone_now"),
            f"postponeok:{to_text(event.id)}:{to_text(change.id)}",
        ),
        Choice(words("editing.leave"), f"sales:{to_text(event.id)}"),
    )
    if new_ms < event.starts_ms:
        said = in_lines(words("announcing.earlier", old=Moment(event.starts_ms, event.zone)), said)
    return Turn((Say(said, choices),), at_panel(event))


async def would_put_off(tx: Tx, event: Event) -> Turn:
    """Show what putting an event off without a date does, with the one button that does it."""
    choices = (
        Choice(words("announcing.postpone_now"), f"postponeok:{to_text(event.id)}:{LATER}"),
        Choice(words("editing.leave"), f"sales:{to_text(event.id)}"),
    )
    said = would("put_off", **await announced_facts(tx, event))
    return Turn((Say(said, choices),), at_panel(event))


def would(do: str, **facts: Value) -> Words:
    """Show what an announcement does; where nobody has a ticket, nobody is told."""
    return words(f"announcing.would_{do}" if facts["n"] else f"announcing.nobody_{do}", **facts)


async def announced_facts(tx: Tx, event: Event) -> dict[str, Value]:
    """Say whom an announcement concerns: people, tickets, and orders held unpaid."""
    people, tickets, holds = await announcements.concerned(tx, event.id)
    return {
        "title": event.title,
        "old": Moment(event.starts_ms, event.zone),
        "n": people,
        "tickets": words("announcing.tickets", n=tickets),
        "holds": words("announcing.holds", n=holds) if holds else NOTHING,
    }


def at_panel(event: Event) -> Then:
    """Keep this event in hand, for what is typed next."""
    return Then("", {PANEL: to_text(event.id)})
