"""What every organiser conversation says and asks alike: who may, which event, the ways back."""

from bot.flows.team.roles import may
from boxoffice.model import Event, SaleState
from chat.messages import NOTHING, Chat, Choice, Moment, Say, Tap, Then, Turn, Words, words
from storage import events, organisers
from storage.database import Tx
from storage.ids import from_text

BUTTON_TITLE_MAX = 32
"""What a button of a small phone shows on one line."""


SURE = "yes"
"""The last word of a button that does what was asked above it."""


def reserved() -> Turn:
    """Say that this is for the organiser, and how one becomes it."""
    become = Choice(words("organising.become"), "apply")
    return Turn((Say(words("organising.reserved"), (become,)),))


async def foreign(tx: Tx, chat: Chat, action: str = "") -> Turn:
    """Explain a button whose event this person does not run, or that is gone.

    With the action, somebody whose role is too small for it hears that instead.
    """
    event_id = _event_id(action)
    if event_id is not None and await organisers.roles_for(tx, chat.person_id, event_id):
        return Turn((Say(words("organising.not_your_role"), (list_button(),)),))
    if await organisers.organiser_of(tx, chat.person_id) is None:
        return reserved()
    return Turn((Say(words("organising.not_yours"), (list_button(),)),))


async def event_run_by(tx: Tx, chat: Chat, action: str) -> Event | None:
    """Read the event of an action `verb:ID` if this person's role for it allows the verb, now.

    Without a verb it is asked whether they run the event at all.
    """
    event_id = _event_id(action)
    if event_id is None:
        return None
    roles = await organisers.roles_for(tx, chat.person_id, event_id)
    if not may(action.partition(":")[0], roles):
        return None
    return await events.event_by_id(tx, event_id)


def _event_id(action: str) -> int | None:
    """Read the event's id: what follows the verb."""
    return from_text(action.partition(":")[2].partition(":")[0])


def state_words(event: Event, state: SaleState) -> Words:
    """Say how an event's sale stands, in a few words after its date."""
    from_ms = event.sales_from_ms
    at = Moment(from_ms, event.zone) if from_ms is not None else NOTHING
    return words(f"organising.status_{state.value}", at=at)


def in_lines(*lines: Words) -> Words:
    """Set sentences one under the other, in one message."""
    return lines[0] if len(lines) == 1 else words("organising.lines", lines=lines)


def invited_line(count: int) -> tuple[Words, ...]:
    """Say how many tickets were given as invitations: a line beside what was sold, if any were."""
    return (words("figures.invited", n=count),) if count else ()


def ask_sure(said: Words, do: Words, action: str, back: str, then: Then) -> Turn:
    """Ask before somebody or something goes: the button that does it, and the one that keeps it."""
    choices = (Choice(do, f"{action}:{SURE}"), Choice(words("asking.keep"), back))
    return Turn((Say(said, choices),), then)


def is_sure(tap: Tap) -> bool:
    """Say whether a button comes from below the question."""
    return tap.action.endswith(f":{SURE}")


def create_button() -> Choice:
    """Offer to make an event."""
    return Choice(words("organising.create"), "new")


def list_button() -> Choice:
    """Lead to the person's events."""
    return Choice(words("organising.my_events"), "organise")


def short_title(title: str) -> str:
    """Cut a title to what a button shows on a small screen."""
    return title if len(title) <= BUTTON_TITLE_MAX else f"{title[: BUTTON_TITLE_MAX - 1]}…"
