"""An event's page as its buyers will read it, poster included, and what its organiser can do."""

from bot.flows.event_words import event_page
from bot.flows.organising.organiser_words import event_run_by, foreign
from boxoffice.model import Event
from chat.messages import Chat, Choice, Say, Then, Turn, words
from storage import events
from storage.database import Tx
from storage.ids import to_text


async def show_preview(tx: Tx, chat: Chat, event_id: int) -> Turn:
    """Show a draft as buyers will read it, and what can be done with it."""
    event = await event_run_by(tx, chat, f":{to_text(event_id)}")
    if event is None:
        return await foreign(tx, chat)
    page = event_page(event, await events.kinds_of(tx, event.id))
    said = words("creating.preview", page=page)
    say = Say(said, _choices(event), picture=poster_of(event), instead=said)
    return Turn((say,), Then())


def poster_of(event: Event) -> str | None:
    """Name the picture of an event's page, as delivery asks the gallery for it."""
    return f"poster:{event.poster_id}" if event.poster_id else None


def _choices(event: Event) -> tuple[Choice, ...]:
    text = to_text(event.id)
    return (
        Choice(words("organising.publish"), f"pub:{text}"),
        Choice(words("creating.keep"), f"keep:{text}"),
        Choice(words("organising.change"), f"edit:{text}"),
        Choice(words("creating.drop"), f"drop:{text}"),
    )
