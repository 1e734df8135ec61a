"""The platform's owner by chat: who may publish and how much, and how the installation is doing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.answers import read_quota
from bot.flows.organising.event_panel import event_label
from bot.flows.organising.organiser_words import (
    SURE,
    ask_sure,
    create_button,
    in_lines,
    invited_line,
    is_sure,
    list_button,
    reserved,
)
from bot.flows.team.noting import note_of
from boxoffice.rules import DAY_MS
from chat.messages import Chat, Choice, Moment, Say, Span, Tap, Tell, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import catalogue, loans, organisers, platform
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.platform import LISTED_MAX, Health, OrganiserRow

STEP = "platform.limit"

WAITING_MAX = 3
"""Drafts offered to whoever may now publish; more are in their list."""

ANSWERS = {"approve": "approved", "refuse": "refused", "suspend": "suspended"}

DECISIONS: Mapping[str, tuple[frozenset[str], str]] = {
    "approve": (frozenset({"asked", "refused"}), "approved"),
    "refuse": (frozenset({"asked"}), "refused"),
    "suspend": (frozenset({"approved"}), "suspended"),
    "resume": (frozenset({"suspended"}), "approved"),
}
"""What each button decides, and of whom: an old one undoes nothing that was decided since."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What the platform's owner sees and decides."""

    zone: str

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"orgs": self.list_all, "org": self.pressed, "health": self.health}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while a limit is awaited."""
        return {STEP: self.hear_limit}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({STEP})

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        every = dict.fromkeys(("organisateurs", "organisers", "plateforme", "platform"), "orgs")
        return every | dict.fromkeys(("sante", "etat", "health"), "health")

    async def list_all(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """List the organisers, those who wait first: `orgs:SKIP`."""
        if not await loans.owns_platform(tx, chat.person_id):
            return reserved()
        skip = from_text(tap.action.partition(":")[2]) or 0
        found = await platform.organisers_listed(tx, skip=skip, now_ms=chat.now_ms)
        lines = tuple(_line(one) for one in found[:LISTED_MAX])
        choices = [
            Choice(words("platform.organiser", name=one.name), f"org:{to_text(one.id)}")
            for one in found[:LISTED_MAX]
        ]
        if len(found) > LISTED_MAX:
            choices.append(Choice(words("platform.more"), f"orgs:{to_text(skip + LISTED_MAX)}"))
        choices.append(Choice(words("platform.health"), "health"))
        return Turn((Say(in_lines(words("platform.head"), *lines), tuple(choices)),), Then())

    async def pressed(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show an organiser, `org:ID`, or answer it: `org:ID:approve`, `limit`, ..."""
        if not await loans.owns_platform(tx, chat.person_id):
            return reserved()
        _, _, rest = tap.action.partition(":")
        id_text, _, word = rest.partition(":")
        organiser_id = from_text(id_text)
        row = (
            await platform.organiser_row(tx, organiser_id, chat.now_ms)
            if organiser_id is not None
            else None
        )
        if row is None:
            return Turn((Say(words("platform.unknown"), (_all(),)),))
        if word == "limit":
            return Turn((Say(words("platform.ask_limit", name=row.name)),), _limit(row))
        word = word.removesuffix(f":{SURE}")
        if word not in DECISIONS:
            return _page(row)
        if row.id == await organisers.first_organiser(tx):
            return _page(row, words("platform.own"))
        if row.status == "approved" and word == "suspend" and not is_sure(tap):
            return _ask_suspend(row)
        return await self._answer(tx, chat, row, word)

    async def _answer(self, tx: Tx, chat: Chat, row: OrganiserRow, word: str) -> Turn:
        """Let an organiser publish, or not, and tell its people; what was decided since is said."""
        of, status = DECISIONS[word]
        if row.status not in of or not await platform.move_status(tx, row.id, row.status, status):
            fresh = await platform.organiser_row(tx, row.id, chat.now_ms) or row
            return _page(fresh, words(f"platform.already_{fresh.status}"))
        await note_of(tx, chat, row.id, words(f"journal.organiser_{status}"))
        ways = await _ways_to_sell(tx, chat, row) if status == "approved" else ()
        told = Say(words(f"applying.told_{status}", organiser=row.name), (*ways, list_button()))
        tell = tuple(
            Tell(one, told)
            for one in await organisers.organiser_chats(tx, row.id)
            if one != chat.id
        )
        fresh = await platform.organiser_row(tx, row.id, chat.now_ms) or row
        turn = _page(fresh, words(f"platform.done_{status}", name=row.name))
        return Turn(turn.say, turn.then, tell)

    async def hear_limit(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take how many seats an event of an organiser may have; `aucune` lifts the limit."""
        if not await loans.owns_platform(tx, chat.person_id):
            return reserved()
        organiser_id = from_text(str(chat.memory.get("organiser", ""))) or 0
        row = await platform.organiser_row(tx, organiser_id, chat.now_ms)
        if row is None:
            return Turn((Say(words("platform.unknown"), (_all(),)),), Then())
        lifted = fold(text.text) in {"aucune", "aucun", "none", "no limit"}
        seats = None if lifted else read_quota(text.text.strip())
        if seats is None and not lifted:
            return Turn((Say(words("platform.ask_limit", name=row.name)),))
        await platform.set_limit(tx, row.id, seats)
        await note_of(tx, chat, row.id, limit_words(seats))
        fresh = await platform.organiser_row(tx, row.id, chat.now_ms) or row
        return _page(fresh, words("platform.limit_set", name=row.name))

    async def health(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Say how the installation is doing."""
        if not await loans.owns_platform(tx, chat.person_id):
            return reserved()
        found = await platform.health(tx, chat.now_ms, chat.now_ms - DAY_MS)
        again = Choice(words("organising.refresh"), "health")
        said = health_words(found, chat.now_ms, self.zone)
        return Turn((Say(said, (again, _all())),), Then())


async def _ways_to_sell(tx: Tx, chat: Chat, row: OrganiserRow) -> tuple[Choice, ...]:
    """Lead whoever may publish to the drafts that waited for it, and to a new event."""
    waiting = await catalogue.drafts_waiting(tx, row.id, now_ms=chat.now_ms, limit=WAITING_MAX)
    titles = Counter(fold(event.title) for event in waiting)
    publish = tuple(
        Choice(
            words(
                "applying.publish_it", event=event_label(event, dated=titles[fold(event.title)] > 1)
            ),
            f"pub:{to_text(event.id)}",
        )
        for event in waiting
    )
    return (*publish, create_button())


def health_words(found: Health, now_ms: int, zone: str) -> Words:
    """Put the health of an installation into words: what is wrong stands first, with a sign."""
    late_ms = 0 if found.oldest_ms is None else now_ms - found.oldest_ms
    lines = [words("platform.health_head", at=Moment(now_ms, zone))]
    key = "platform.outbox_late" if late_ms > LATE_MS else "platform.outbox_well"
    if not found.waiting:
        key = "platform.outbox_empty"
    lines.append(words(key, n=found.waiting, age=Span(late_ms)))
    if found.failed_lately:
        lines.append(words("platform.failed", n=found.failed_lately))
    if found.unworked:
        lines.append(words("platform.unworked", n=found.unworked))
    lines += [words("platform.holds", n=found.holds), words("platform.on_sale", n=found.on_sale)]
    lines += [
        words("platform.payments", status=words(f"platform.payment_{status}"), n=count)
        for status, count in found.payments
    ]
    return in_lines(*lines)


LATE_MS = 60_000
"""What should have gone out a minute ago is late: a network, or a worker, does not work."""


def _ask_suspend(row: OrganiserRow) -> Turn:
    """Say what suspending an organiser means, before it is done."""
    this = f"org:{to_text(row.id)}"
    said = words("platform.ask_suspend", name=row.name, n=row.on_sale)
    return ask_sure(said, words("platform.suspend"), f"{this}:suspend", this, Then())


def _page(row: OrganiserRow, *noted: Words) -> Turn:
    organiser = to_text(row.id)
    words_of = {
        "asked": ("approve", "refuse"),
        "approved": ("suspend",),
        "refused": ("approve",),
        "suspended": ("resume",),
    }
    choices = tuple(
        Choice(words(f"platform.{one}"), f"org:{organiser}:{one}") for one in words_of[row.status]
    )
    limit = Choice(words("platform.limit"), f"org:{organiser}:limit")
    return Turn((Say(in_lines(*noted, _line(row)), (*choices, limit, _all())),), Then())


def _line(row: OrganiserRow) -> Words:
    said = words(
        "platform.line",
        name=row.name,
        status=words(f"platform.is_{row.status}"),
        events=row.on_sale,
        n=row.sold,
        limit=limit_words(row.seats_max),
    )
    return in_lines(said, *invited_line(row.invited))


def limit_words(seats: int | None) -> Words:
    """Say how many seats an event of an organiser may have."""
    return words("platform.no_limit") if seats is None else words("platform.seats_max", n=seats)


def _limit(row: OrganiserRow) -> Then:
    return Then(STEP, {"organiser": to_text(row.id)})


def _all() -> Choice:
    return Choice(words("platform.all"), "orgs")
