"""An event's poster: asked for once while the event is made, and changed at any time later.

The picture was drawn anew and kept before the turn (bot/posters). One that was asked for is used
at once; one that comes unasked could be anything, so its event is asked about first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.event_words import event_page
from bot.flows.organising.event_panel import PANEL
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    list_button,
    reserved,
    short_title,
)
from bot.flows.organising.preview import poster_of, show_preview
from bot.posters.drawing import SIDE_MIN
from boxoffice.model import Event, EventStatus
from chat.messages import (
    Chat,
    Choice,
    Location,
    Picture,
    Say,
    Tap,
    Text,
    Then,
    Turn,
    Unsupported,
    words,
)
from chat.talk import Step
from storage import catalogue, events, organisers, posters
from storage.database import Tx
from storage.ids import from_text, to_text

ASKED = "poster"
ASKED_FIRST = "poster.first"
"""Where a chat stands that waits for a poster: at any time, or while the event is made."""

PENDING = "picture"
"""What a chat remembers of a picture that came unasked: no button ever names one."""

OFFERED_MAX = 9
"""Events a picture may be for, soonest first; others have their own button on their page."""


@dataclass(frozen=True, slots=True)
class Postering:
    """Asking for posters, taking, replacing and removing them."""

    otherwise: Step
    """What is said to other things that cannot be used."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does: `poster:EVENT` and `poster:EVENT:use`, `drop`, `skip`, `no`."""
        return {"poster": self.pressed}

    def steps(self) -> Mapping[str, Step]:
        """What words mean while a picture is awaited."""
        return {ASKED: self.words_instead, ASKED_FIRST: self.words_instead}

    def heard(self) -> Mapping[type, Step]:
        """What is done about pictures, and about files that are none."""
        return {Picture: self.pictured, Unsupported: self.other_file}

    async def pressed(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take a button of a poster."""
        _, _, rest = tap.action.partition(":")
        id_text, _, word = rest.partition(":")
        event = await event_run_by(tx, chat, f":{id_text}")
        if event is None:
            return await foreign(tx, chat)
        match word:
            case "use":
                return await self._use(tx, chat, event, chat.memory.get(PENDING))
            case "drop":
                return await self._drop(tx, chat, event)
            case "skip":
                return await show_preview(tx, chat, event.id)
            case "no":
                said = Say(words("postering.left"), (poster_button(event), list_button()))
                return Turn((said,), Then("", {PANEL: id_text}))
        return _ask(event)

    async def pictured(self, tx: Tx, chat: Chat, picture: Picture) -> Turn:
        """Take a picture: the poster that was asked for, or one whose event is asked about."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        if chat.step not in {"", ASKED, ASKED_FIRST, "organising.list"}:
            return Turn((Say(words("postering.elsewhere")),))
        if picture.media_id is None:
            return await self._refused(tx, chat, picture.fault or "gone")
        event = await _event_of(tx, chat, "event")
        if event is not None and chat.step in {ASKED, ASKED_FIRST}:
            return await self._use(tx, chat, event, picture.media_id)
        return await _which(tx, chat, picture.media_id)

    async def words_instead(self, tx: Tx, chat: Chat, _text: Text) -> Turn:
        """Say again what is awaited, with the ways out."""
        event = await _event_of(tx, chat, "event")
        if event is None:
            return await foreign(tx, chat)
        return _again(chat, event, "postering.photo_please")

    async def other_file(self, tx: Tx, chat: Chat, other: Unsupported | Location) -> Turn:
        """Say that a document is no poster, where one is awaited."""
        event = await _event_of(tx, chat, "event") if chat.step in {ASKED, ASKED_FIRST} else None
        if event is None or other.what == "too_large":
            return await self.otherwise(tx, chat, other)
        return _again(chat, event, "postering.fault_not_an_image")

    async def _use(self, tx: Tx, chat: Chat, event: Event, media_id: object) -> Turn:
        """Make a kept picture the poster, and show the page with it."""
        if not isinstance(media_id, int) or not await posters.set_poster(
            tx, event.id, media_id, chat.now_ms
        ):
            return _ask(event, "postering.gone")
        if chat.step == ASKED_FIRST and event.status is EventStatus.DRAFT:
            return await show_preview(tx, chat, event.id)
        event = await events.event_by_id(tx, event.id) or event
        page = event_page(event, await events.kinds_of(tx, event.id))
        said = words("postering.done", title=event.title, page=page)
        say = Say(said, _ways_on(event), picture=poster_of(event), instead=said)
        return Turn((say,), Then("", {PANEL: to_text(event.id)}))

    async def _drop(self, tx: Tx, chat: Chat, event: Event) -> Turn:
        was_there = await posters.drop_poster(tx, event.id, chat.now_ms)
        said = words(
            "postering.dropped" if was_there else "postering.none_to_drop", title=event.title
        )
        choices = (poster_button(event), *_ways_on(event)[1:])
        return Turn((Say(said, choices),), Then("", {PANEL: to_text(event.id)}))

    async def _refused(self, tx: Tx, chat: Chat, fault: str) -> Turn:
        """Say why a file is no poster; whoever was asked for one may try again."""
        event = await _event_of(tx, chat, "event")
        if event is None or chat.step not in {ASKED, ASKED_FIRST}:
            return Turn((Say(words(f"postering.fault_{fault}", n=SIDE_MIN), (list_button(),)),))
        return _again(chat, event, f"postering.fault_{fault}")


def ask_new(event_id: int, title: str) -> Turn:
    """Ask for the poster of an event that was just made; it can be left out."""
    skip = Choice(words("postering.skip"), f"poster:{to_text(event_id)}:skip")
    said = words("postering.ask_first", title=title)
    return Turn((Say(said, (skip,)),), Then(ASKED_FIRST, {"event": to_text(event_id)}))


def poster_button(event: Event) -> Choice:
    """Lead to what can be done with an event's poster."""
    return Choice(words("postering.label"), f"poster:{to_text(event.id)}")


def _ask(event: Event, key: str | None = None) -> Turn:
    """Ask for a poster, or for one that replaces it."""
    said = words(
        key or ("postering.replace" if event.poster_id else "postering.ask"), title=event.title
    )
    return Turn((Say(said, _ways_out(event)),), Then(ASKED, {"event": to_text(event.id)}))


def _again(chat: Chat, event: Event, key: str) -> Turn:
    """Stay where a poster is awaited and say what was wrong."""
    choices = _ways_out(event)
    if chat.step == ASKED_FIRST:
        choices = (Choice(words("postering.skip"), f"poster:{to_text(event.id)}:skip"),)
    return Turn((Say(words(key, n=SIDE_MIN), choices),))


def _ways_out(event: Event) -> tuple[Choice, ...]:
    event_id = to_text(event.id)
    back = Choice(words("organising.back"), f"look:{event_id}")
    if event.poster_id is None:
        return (back,)
    return (Choice(words("postering.drop"), f"poster:{event_id}:drop"), back)


def _ways_on(event: Event) -> tuple[Choice, ...]:
    event_id = to_text(event.id)
    drop = Choice(words("postering.drop"), f"poster:{event_id}:drop")
    if event.status is EventStatus.DRAFT:
        return (drop, Choice(words("organising.publish"), f"pub:{event_id}"), list_button())
    return (drop, Choice(words("organising.sales"), f"sales:{event_id}"), list_button())


async def _event_of(tx: Tx, chat: Chat, key: str) -> Event | None:
    """Read the event that the chat remembers under a key, if this person runs it, now."""
    known = chat.memory.get(key)
    if not isinstance(known, str) or from_text(known) is None:
        return None
    return await event_run_by(tx, chat, f":{known}")


async def _which(tx: Tx, chat: Chat, media_id: int) -> Turn:
    """Ask whether a picture that came unasked is a poster, and whose."""
    event = await _event_of(tx, chat, PANEL)
    memory: dict[str, object] = {PENDING: media_id}
    if event is not None:
        event_id = to_text(event.id)
        said = words("postering.use_it", title=event.title)
        choices = (
            Choice(words("postering.use"), f"poster:{event_id}:use"),
            Choice(words("postering.no"), f"poster:{event_id}:no"),
        )
        return Turn((Say(said, choices),), Then("", {**memory, PANEL: event_id}))
    mine = await catalogue.events_of_organisers(
        tx, chat.person_id, now_ms=chat.now_ms, limit=OFFERED_MAX
    )
    if not mine:
        return Turn((Say(words("postering.no_event"), (list_button(),)),), Then())
    buttons = tuple(
        Choice(
            words("organising.event_button", title=short_title(offer.event.title)),
            f"poster:{to_text(offer.event.id)}:use",
        )
        for offer in mine
    )
    return Turn((Say(words("postering.which"), (*buttons, list_button())),), Then("", memory))
