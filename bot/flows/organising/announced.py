"""What holders read of an event that is postponed, cancelled, or maintained after all."""

from bot.flows import approved
from bot.flows.choices import menu_choices
from bot.flows.event_words import when_words
from boxoffice.model import Event
from chat.messages import Choice, Moment, Say, Value, words
from storage import announcements, events
from storage.announcements import Announcement
from storage.database import Tx
from storage.ids import to_text


async def told(tx: Tx, event: Event, announcement: Announcement) -> Say:
    """Say what was announced, with the buttons that answer it: the same to everybody."""
    kinds = await events.kinds_of(tx, event.id)
    is_priced = any(kind.price.amount_minor for kind in kinds)
    old = Moment(announcement.old_starts_ms, event.zone)
    facts: dict[str, Value] = {"title": event.title, "old": old}
    match announcement.what:
        case "cancelled":
            return _cancelled(event, announcement, facts, is_priced=is_priced)
        case "maintained":
            is_moved = await announcements.took_back(tx, announcement) == "postponed"
            key = "announced.moved_back" if is_moved else "announced.maintained"
            said = words(key, when=when_words(event), **facts)
            return Say(said, (_see(),), template=approved.NEWS)
        case "postponed":
            return _postponed(event, announcement, facts, is_priced=is_priced)


def told_used(event: Event, announcement: Announcement) -> Say | None:
    """Say a postponement to whose tickets have all been used: they have nothing to give back."""
    if announcement.what != "postponed":
        return None
    facts: dict[str, Value] = {"title": event.title}
    facts["old"] = Moment(announcement.old_starts_ms, event.zone)
    if announcement.starts_ms is None:
        return Say(words("announced.put_off_used", **facts), (_see(),), template=approved.NEWS)
    facts["new"] = Moment(announcement.starts_ms, event.zone)
    said = words("announced.postponed_used", **facts)
    return Say(said, (_see(),), template=approved.postponed(event))


def told_seller(event: Event, announcement: Announcement) -> Say | None:
    """Say it to who has only tickets sold to others for cash: the money is their buyers'."""
    announcement_id = to_text(announcement.id)
    facts: dict[str, Value] = {"title": event.title}
    facts["old"] = Moment(announcement.old_starts_ms, event.zone)
    if announcement.what == "maintained":
        return None
    if announcement.what == "cancelled":
        until_ms = announcement.answer_until_ms or announcement.asked_ms
        said = words("announced.cancelled_sold", until=Moment(until_ms, event.zone), **facts)
        now = Choice(words("announced.hand_back_now"), f"an:{announcement_id}:now")
        return Say(said, (now,), template=approved.cancelled(event))
    back = Choice(words("announced.take_back"), f"an:{announcement_id}:refund")
    if announcement.starts_ms is None:
        return Say(words("announced.put_off_sold", **facts), (back,), template=approved.NEWS)
    until_ms = announcement.answer_until_ms or announcement.starts_ms
    facts["new"] = Moment(announcement.starts_ms, event.zone)
    facts["until"] = Moment(until_ms, event.zone)
    said = words("announced.postponed_sold", **facts)
    return Say(said, (back,), template=approved.postponed(event))


def told_giver(event: Event, announcement: Announcement) -> Say | None:
    """Say it to who has only invitations that nobody has opened: there is no money in them."""
    facts: dict[str, Value] = {"title": event.title}
    facts["old"] = Moment(announcement.old_starts_ms, event.zone)
    unopened = Choice(words("gifts.label"), f"gifts:{to_text(event.id)}")
    match announcement.what:
        case "maintained":
            return None
        case "cancelled":
            key, choices, template = "cancelled", menu_choices(), approved.cancelled(event)
        case "postponed" if announcement.starts_ms is None:
            key, choices, template = "put_off", (unopened,), approved.NEWS
        case "postponed":
            key, choices, template = "postponed", (unopened,), approved.postponed(event)
            facts["new"] = Moment(announcement.starts_ms or 0, event.zone)
    return Say(words(f"announced.{key}_given", **facts), choices, template=template)


def _postponed(
    event: Event, announcement: Announcement, facts: dict[str, Value], *, is_priced: bool
) -> Say:
    """Keep, which is what silence means, or have the money back: until a stated time."""
    keep = Choice(words("announced.keep"), f"an:{to_text(announcement.id)}:keep")
    label = "announced.refund" if is_priced else "returning.label"
    back = Choice(words(label), f"an:{to_text(announcement.id)}:refund")
    if announcement.starts_ms is None:
        key = "announced.put_off" if is_priced else "announced.put_off_free"
        return Say(words(key, **facts), (keep, back), template=approved.NEWS)
    until_ms = announcement.answer_until_ms or announcement.starts_ms
    facts |= {
        "new": Moment(announcement.starts_ms, event.zone),
        "until": Moment(until_ms, event.zone),
    }
    said = words("announced.postponed" if is_priced else "announced.postponed_free", **facts)
    return Say(said, (keep, back, _see()), template=approved.postponed(event))


def _cancelled(
    event: Event, announcement: Announcement, facts: dict[str, Value], *, is_priced: bool
) -> Say:
    """Have the money back now, give it, or wait: then it comes back by itself."""
    template = approved.cancelled(event)
    if not is_priced:
        return Say(words("announced.cancelled_free", **facts), menu_choices(), template=template)
    announcement_id = to_text(announcement.id)
    until = Moment(announcement.answer_until_ms or announcement.asked_ms, event.zone)
    choices = (
        Choice(words("announced.refund_now"), f"an:{announcement_id}:now"),
        Choice(words("announced.give"), f"an:{announcement_id}:give"),
    )
    return Say(words("announced.cancelled", until=until, **facts), choices, template=template)


def _see() -> Choice:
    return Choice(words("keeping.see"), "tickets")
