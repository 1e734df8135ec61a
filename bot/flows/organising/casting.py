"""News to many: written, previewed as it will be read, sent at a calm pace, stopped, counted.

To everybody with a ticket of an event, or to who agreed to hear of an organiser's next ones. Upkeep
queues it behind everything people wait for; the tally is one message that changes as it goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import shorten

from bot.flows import approved
from bot.flows.organising.answers import clean
from bot.flows.organising.cast_words import cast_tally
from bot.flows.organising.event_panel import PANEL, choose_event, panel, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign, in_lines
from bot.flows.organising.postponing import at_panel
from bot.flows.organising.progressing import shown_as
from bot.flows.organising.telling import keep
from bot.flows.team.noting import note
from boxoffice.model import Event
from chat import codec
from chat.messages import Chat, Choice, Moment, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import ASSENTS, BACK, REFUSALS, fold
from storage import broadcasts, consents, events, organisers, progress
from storage.broadcasts import Audience, Broadcast
from storage.database import Tx
from storage.ids import from_text, to_text

STEP = "casting"

WHOM = "casting.whom"
"""The step of a chat that was asked to whom: a message typed there is kept until that is said."""

BODY = "body"
"""What a chat remembers of it."""

NOTED_CHARS_MAX = 60
"""As much of it as is repeated: enough to know it again."""

BODY_CHARS_MAX = 900
"""With its head, one message on every channel that has buttons."""

REST_MS = 10_000
"""Between the tap and the first message: a mistake that is seen at once is stopped, and unread."""

AUDIENCES: tuple[Audience, ...] = ("holders", "past")

_SAID: Mapping[str, Audience] = {
    **dict.fromkeys(("tous", "a tous", "tout le monde", "a tout le monde"), "holders"),
    **dict.fromkeys(("qui a un billet", "ceux qui ont un billet", "les acheteurs"), "holders"),
    **dict.fromkeys(("everybody", "everyone", "all", "who has a ticket"), "holders"),
    **dict.fromkeys(("anciens acheteurs", "les anciens acheteurs", "past buyers"), "past"),
}
"""How people say to whom, folded."""


@dataclass(frozen=True, slots=True)
class Casting:
    """Writing, sending and stopping a message to many; and the buyers' own choice."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "cast": self.choose,
            "castgo": self.send,
            "castno": self.give_up,
            "caststop": self.stop,
            "casttally": self.tally,
            "consent": self.consent,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means while the message is awaited."""
        return {STEP: self.hear, WHOM: self.hear_whom}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({STEP})

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("annoncer", "annonce", "announce", "news"), "cast")

    # ---- Writing -----------------------------------------------------------------------------

    async def choose(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask to whom, `cast:EVENT`, then what: `cast:EVENT:AUDIENCE`."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "cast", self.choose)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        audience = tap.action.rpartition(":")[2]
        if audience not in AUDIENCES:
            return await _whom(tx, event)
        if (body := _noted(chat, event)) is not None:
            return await _preview(tx, chat, event, audience, body)
        memory = {"event": to_text(event.id), "audience": audience}
        said = words(f"casting.write_{audience}", title=event.title, most=BODY_CHARS_MAX)
        back = Choice(words("organising.back"), f"cast:{to_text(event.id)}")
        return Turn((Say(said, (back,)),), Then(STEP, memory))

    async def hear_whom(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take to whom, said in words; or the message itself, kept until that is said."""
        event = await event_run_by(tx, chat, f"cast:{chat.memory.get(PANEL, '')}")
        if event is None:
            return await foreign(tx, chat)
        said = fold(text.text)
        if said in BACK:
            return await panel(tx, chat, event)
        if (audience := _SAID.get(said)) is not None:
            return await self.choose(tx, chat, Tap(f"cast:{to_text(event.id)}:{audience}"))
        body = clean(text.text, keep_lines=True)
        noted = _noted(chat, event)
        if not said or said in ASSENTS | REFUSALS:
            return await _whom(tx, event, words("casting.whom_first"), body=noted)
        if len(body) > BODY_CHARS_MAX:
            again = words("casting.too_long", most=BODY_CHARS_MAX, length=len(body))
            return await _whom(tx, event, again, body=noted)
        return await _whom(
            tx,
            event,
            words("casting.noted", begins=shorten(body, NOTED_CHARS_MAX, placeholder="…")),
            body=body,
        )

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the message, and show it as it will be read, with the one button that sends it."""
        event = await event_run_by(tx, chat, f"cast:{chat.memory.get('event', '')}")
        audience = chat.memory.get("audience")
        if event is None or audience not in AUDIENCES:
            return await foreign(tx, chat)
        body = clean(text.text, keep_lines=True)
        if not body or len(body) > BODY_CHARS_MAX:
            again = words("casting.too_long", most=BODY_CHARS_MAX, length=len(body))
            return Turn((Say(again),))
        return await _preview(tx, chat, event, audience, body)

    # ---- Sending -----------------------------------------------------------------------------

    async def send(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Begin to send: `castgo:CAST`; pressed again, it tells how far it has come."""
        cast, event = await _named(tx, chat, tap)
        if cast is None or event is None:
            return await foreign(tx, chat)
        people = await broadcasts.count_people(tx, cast.audience, cast.organiser_id, cast.event_id)
        if not await broadcasts.begin(tx, cast.id, people, chat.now_ms, rest_ms=REST_MS):
            return await _tally(tx, cast.id, event)
        await note(tx, chat, event, "announced", n=people)
        said, _ = await cast_tally(tx, cast.id)
        shown = await progress.begin(tx, f"cast:{to_text(cast.id)}", chat.id, chat.now_ms)
        if said is None or shown is None:
            return await _tally(tx, cast.id, event)
        await progress.say(tx, shown, codec.to_json(said.words))
        return Turn((shown_as(said, shown, "begin"),), at_panel(event))

    async def give_up(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Leave a message unsent: `castno:CAST`."""
        cast, event = await _named(tx, chat, tap)
        if cast is None or event is None:
            return await foreign(tx, chat)
        if cast.state != "asked":
            return await _tally(tx, cast.id, event)
        return Turn((Say(words("casting.given_up"), (sales_button(event),)),), at_panel(event))

    async def stop(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send it to nobody more: `caststop:CAST`."""
        cast, event = await _named(tx, chat, tap)
        if cast is None or event is None:
            return await foreign(tx, chat)
        if await broadcasts.stop(tx, cast.id, chat.now_ms) is not None:
            await note(tx, chat, event, "announcement_stopped")
        said, _ = await cast_tally(tx, cast.id)
        shown = await progress.of_work(tx, f"cast:{to_text(cast.id)}", chat.id)
        if said is not None and shown is not None and await progress.end(tx, shown.id, chat.now_ms):
            return Turn((shown_as(said, shown.id, "end"),), at_panel(event))
        return await _tally(tx, cast.id, event)

    async def tally(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Tell how far a message has come: `casttally:CAST`."""
        cast, event = await _named(tx, chat, tap)
        if cast is None or event is None:
            return await foreign(tx, chat)
        return await _tally(tx, cast.id, event)

    # ---- The buyer's choice ------------------------------------------------------------------

    async def consent(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Keep whether somebody wants news of an organiser: `consent:ORGANISER:yes` or `no`."""
        _, _, rest = tap.action.partition(":")
        id_text, _, word = rest.partition(":")
        organiser_id = from_text(id_text)
        name = await organisers.organiser_name(tx, organiser_id) if organiser_id else None
        if organiser_id is None or name is None:
            return Turn((Say(words("menu.old_button")),))
        agreed = word == "yes"
        await consents.answer(tx, organiser_id, chat.person_id, int(agreed), chat.now_ms)
        other = "no" if agreed else "yes"
        change = Choice(
            words(f"casting.{other}_instead"), f"consent:{to_text(organiser_id)}:{other}"
        )
        key = "casting.agreed" if agreed else "casting.declined"
        return Turn((Say(words(key, organiser=name), (change,)),))


def _noted(chat: Chat, event: Event) -> str | None:
    """Read the message about this event that was typed before it was said to whom."""
    is_here = chat.step == WHOM and chat.memory.get(PANEL) == to_text(event.id)
    body = chat.memory.get(BODY) if is_here else None
    return body if isinstance(body, str) else None


async def _preview(tx: Tx, chat: Chat, event: Event, audience: Audience, body: str) -> Turn:
    """Show a message as it will be read, with the one button that sends it."""
    say = await _message(tx, event, audience, body)
    cast_id, people = await keep(tx, chat, event.organiser_id, event.id, audience, say)
    cast = to_text(cast_id)
    ways = (
        Choice(words("casting.rewrite"), f"cast:{to_text(event.id)}:{audience}"),
        Choice(words("casting.give_up"), f"castno:{cast}"),
    )
    if not people:
        nobody = words("casting.nobody")
        return Turn((Say(nobody, (ways[1], sales_button(event))),), at_panel(event))
    go = Choice(words("casting.go", n=people), f"castgo:{cast}")
    preview = in_lines(words("casting.preview", n=people), say.words)
    return Turn((Say(preview, (go, *ways)),), at_panel(event))


async def _whom(tx: Tx, event: Event, *noted: Words, body: str | None = None) -> Turn:
    """Ask to whom, with how many they are; and lead to the last messages."""
    event_id = to_text(event.id)
    choices = []
    for audience in AUDIENCES:
        people = await broadcasts.count_people(tx, audience, event.organiser_id, event.id)
        label = words(f"casting.to_{audience}", n=people)
        choices.append(Choice(label, f"cast:{event_id}:{audience}"))
    lines = tuple(
        words("casting.sent_line", at=Moment(one.made_ms, event.zone), n=one.sent)
        for one in await broadcasts.latest_of(tx, event.id)
    )
    last = (words("casting.sent", lines=lines),) if lines else ()
    said = in_lines(*noted, words("casting.whom", title=event.title), *last)
    memory = {PANEL: event_id} if body is None else {PANEL: event_id, BODY: body}
    return Turn((Say(said, (*choices, sales_button(event))),), Then(WHOM, memory))


async def _message(tx: Tx, event: Event, audience: str, body: str) -> Say:
    """The message as each person will read it, with the way out where it is news."""
    organiser = await organisers.organiser_name(tx, event.organiser_id) or ""
    page = Choice(words("editing.told_page"), f"event:{to_text(event.id)}")
    facts = {"organiser": organiser, "title": event.title, "body": body}
    if audience == "holders":
        see = Choice(words("keeping.see"), "tickets")
        return Say(words("casting.holders", **facts), (see, page), template=approved.NEWS)
    out = Choice(words("casting.no_instead"), f"consent:{to_text(event.organiser_id)}:no")
    return Say(words("casting.past", **facts), (page, out), template=approved.NEWS)


async def _tally(tx: Tx, cast_id: int, event: Event) -> Turn:
    """Tell how far a message has come, when asked."""
    said, _ = await cast_tally(tx, cast_id)
    return Turn((said,) if said is not None else (), at_panel(event))


async def _named(tx: Tx, chat: Chat, tap: Tap) -> tuple[Broadcast | None, Event | None]:
    """Read the message a button names and its event, if this person may send it."""
    verb, _, cast_text = tap.action.partition(":")
    cast_id = from_text(cast_text)
    cast = await broadcasts.broadcast_by_id(tx, cast_id) if cast_id is not None else None
    if cast is None or cast.event_id is None:
        return None, None
    return cast, await event_run_by(tx, chat, f"{verb}:{to_text(cast.event_id)}")


def consent_question(organiser_id: int, organiser: str, event: Event) -> Say:
    """The one kind question after an evening: whether news of the next is welcome."""
    organiser_text = to_text(organiser_id)
    return Say(
        words("casting.ask_consent", title=event.title, organiser=organiser),
        (
            Choice(words("casting.yes"), f"consent:{organiser_text}:yes"),
            Choice(words("casting.no"), f"consent:{organiser_text}:no"),
        ),
        template=approved.NEWS,
    )


async def ask_some(tx: Tx, event_id: int, now_ms: int) -> int:
    """Ask some people who came whether they want news; answers how many, 0 when all were asked."""
    event = await events.event_by_id(tx, event_id)
    if event is None:
        return 0
    organiser = await organisers.organiser_name(tx, event.organiser_id) or ""
    return await consents.ask_some(
        tx, event.id, event.organiser_id, _queued(event.organiser_id, organiser, event), now_ms
    )


def _queued(organiser_id: int, organiser: str, event: Event) -> tuple[str, str]:
    """The question and its choices, as the outbox and a chat keep them."""
    say = consent_question(organiser_id, organiser, event)
    return codec.to_json(say), codec.to_json(list(say.choices))
