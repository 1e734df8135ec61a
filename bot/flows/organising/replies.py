"""Telling everybody with a ticket what becomes of an event, and counting what they answer."""

from bot.flows import approved
from bot.flows.choosing.unpaid import hold_choices
from bot.flows.organising.announced import told, told_giver, told_seller, told_used
from bot.flows.organising.event_panel import sales_button
from bot.flows.organising.postponing import at_panel
from bot.flows.organising.telling import keep
from boxoffice.model import Event
from chat.messages import NOTHING, Chat, Choice, Moment, Say, Tell, Turn, Value, Words, words
from storage import announcements, broadcasts, events
from storage.announcements import Announcement, What
from storage.database import Tx
from storage.ids import to_text

HOLDS_TOLD_MAX = 200
"""People told at once who hold seats unpaid: as many as a sale has in half an hour."""


async def keep_announced(
    tx: Tx, chat: Chat, event: Event, what: What, starts_ms: int | None, until_ms: int | None
) -> Announcement:
    """Keep what is announced of an event by this person, as it stood until now."""
    return await announcements.announce(
        tx,
        event_id=event.id,
        what=what,
        old_starts_ms=event.starts_ms,
        starts_ms=starts_ms,
        person_id=chat.person_id,
        now_ms=chat.now_ms,
        answer_until_ms=until_ms,
    )


async def announce(tx: Tx, chat: Chat, event: Event, announcement: Announcement) -> Turn:
    """Begin to tell everybody with a ticket; say how it goes."""
    fresh = await events.event_by_id(tx, event.id) or event
    say = await told(tx, fresh, announcement)
    broadcast_id, people = await keep(
        tx,
        chat,
        event.organiser_id,
        event.id,
        "holders",
        say,
        instead={
            "used": told_used(fresh, announcement),
            "sold": told_seller(fresh, announcement),
            "given": told_giver(fresh, announcement),
        },
    )
    if people:
        await broadcasts.begin(tx, broadcast_id, people, chat.now_ms)
    await announcements.told_by(tx, announcement.id, broadcast_id)
    announcement = await announcements.by_id(tx, announcement.id) or announcement
    return await replies(tx, fresh, announcement, chat.now_ms)


async def tell_holds(tx: Tx, event: Event, announcement: Announcement, turn: Turn) -> Turn:
    """Tell who holds seats unpaid, at once, for when they would pay now."""
    said = words("announced.postponed_hold", title=event.title, new=new_words(event, announcement))
    holds = await announcements.holds_of_event(tx, event.id, HOLDS_TOLD_MAX)
    tells = tuple(
        Tell(order.chat_id, Say(said, hold_choices(order), template=approved.NEWS))
        for order in holds
    )
    return Turn(turn.say, turn.then, tell=tells)


async def replies(tx: Tx, event: Event, announcement: Announcement, now_ms: int) -> Turn:
    """Say how far an announcement has come, and what was answered to it."""
    count = await announcements.tally(tx, announcement)
    facts: dict[str, Value] = {
        "title": event.title,
        "n": count.people,
        "told": count.told,
        "failed": words("announcing.unreached", n=count.failed) if count.failed else NOTHING,
        "kept": count.kept,
        "refunds": count.refunds,
        "given": count.given,
        "silent": count.silent,
        "new": new_words(event, announcement),
    }
    if announcement.answer_until_ms is not None:
        facts["until"] = Moment(announcement.answer_until_ms, event.zone)
    what: str = announcement.what
    if what == "postponed" and announcement.answer_until_ms is None:
        what = "put_off"
    elif await announcements.took_back(tx, announcement) == "postponed":
        what = "moved_back"
    key = f"announcing.replies_{what}" if count.people else f"announcing.untold_{what}"
    event_id = to_text(event.id)
    choices = [Choice(words("organising.refresh"), f"replies:{event_id}")]
    if announcement.what == "postponed":
        choices.append(Choice(words("announcing.postpone_again"), f"postpone:{event_id}"))
        if await announcements.can_unmove(tx, event.id, now_ms):
            choices.append(Choice(words("announcing.unmove"), f"unmove:{event_id}"))
    elif announcement.what == "cancelled" and await announcements.can_maintain(tx, event.id):
        choices.append(Choice(words("announcing.maintain"), f"maintain:{event_id}"))
    return Turn((Say(words(key, **facts), (*choices, sales_button(event))),), at_panel(event))


def new_words(event: Event, announcement: Announcement) -> Words:
    """Say when an event takes place now."""
    if announcement.starts_ms is None:
        return words("announcing.date_unknown")
    return words("announcing.date", at=Moment(announcement.starts_ms, event.zone))
