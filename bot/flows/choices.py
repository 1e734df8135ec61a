"""The buttons that stand in many places: the ways on, a list of events, quantities."""

from collections.abc import Sequence

from bot.flows.event_words import offer_line
from boxoffice.model import Kind
from chat.messages import Choice, Moment, Say, Then, Turn, Words, words
from storage.catalogue import LISTED_MAX, Offer
from storage.ids import to_text

QUANTITIES_SHOWN_MAX = 6
"""Buttons for so many tickets; more is typed."""

LISTED = "listed"
"""What a chat remembers while it is shown a list to pick from."""


def menu_choices() -> tuple[Choice, ...]:
    """The ways on from anywhere."""
    return (
        all_events(),
        Choice(words("menu.tickets"), "tickets"),
        Choice(words("menu.help"), "help"),
    )


def keep_tickets(n: int) -> Choice:
    """The way out where so many tickets would be given away or back."""
    return Choice(words("menu.keep", n=n), f"unchanged:{n}")


def all_events() -> Choice:
    """The way to the list of events."""
    return Choice(words("menu.events"), "events")


def back_to(event_id: int) -> Choice:
    """The way back to an event's page."""
    return Choice(words("buying.back"), f"event:{to_text(event_id)}")


def receipt_choice(order_id: int) -> Choice:
    """The button that sends a receipt."""
    return Choice(words("receipt.label"), f"receipt:{to_text(order_id)}")


def reset(say: Say) -> Turn:
    """Say something and forget where the conversation stood."""
    return Turn((say,), then=Then())


def picked_from(say: Say, **memory: str) -> Turn:
    """Show a list to pick from, which is something begun: `annuler` leaves it."""
    return Turn((say,), then=Then("", {LISTED: True, **memory}))


def offer_list(head: Words, found: Sequence[Offer], skip: int, count: int | None = None) -> Say:
    """List events: a line and a button each, with a number that was said, and one to more."""
    wish = f":{count}" if count else ""
    shown = found[:LISTED_MAX]
    choices = [
        Choice(
            words(
                "buying.offer_label",
                title=offer.event.title,
                day=Moment(offer.event.starts_ms, offer.event.zone),
            ),
            f"event:{to_text(offer.event.id)}{wish}",
        )
        for offer in shown
    ]
    if len(found) > LISTED_MAX:
        choices.append(Choice(words("buying.more_events"), f"events:{skip + LISTED_MAX}"))
        choices.append(Choice(words("browsing.label"), "find"))
    elif skip:
        choices.append(Choice(words("buying.first_events"), "events"))
    lines = tuple(offer_line(offer) for offer in shown)
    return Say(words("buying.list", head=head, lines=lines), tuple(choices))


def or_typed(most: int) -> tuple[Words, ...]:
    """Say that a number is typed, where more can be had than there are buttons."""
    return (
        (words("buying.or_typed", n=QUANTITIES_SHOWN_MAX),) if most > QUANTITIES_SHOWN_MAX else ()
    )


def quantities(kind: Kind, most: int) -> tuple[Choice, ...]:
    """A button for each number of tickets, as far as buttons go."""
    return tuple(
        Choice(words("buying.quantity_label", n=count), f"want:{to_text(kind.id)}:{count}")
        for count in range(1, min(most, QUANTITIES_SHOWN_MAX) + 1)
    )
