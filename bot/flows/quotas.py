"""Quotas, by a button or typed: `jauge VIP 350`; never under what is taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.answers import read_quota_line
from bot.flows.event_panel import PANEL, event_in_hand, event_list, events_of, panel
from bot.flows.openings import first_word
from bot.flows.organiser_words import event_run_by, foreign, reserved
from boxoffice.model import Event, Kind
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import events, organisers
from storage.database import Tx
from storage.ids import to_text


@dataclass(frozen=True, slots=True)
class Quotas:
    """Changing how many places a kind has."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"quota": self.ask_quota}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while a quota is awaited."""
        return {"organising.quota": self.hear_quota}

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them, from everywhere: `jauge VIP 350`."""
        return {"jauge": self.hear_quota, "quota": self.hear_quota}

    async def ask_quota(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask which kind gets how many places: `quota:ID`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        kinds = await events.kinds_of(tx, event.id)
        return _ask_quota(event, kinds, words("organising.ask_quota", kinds=_quota_lines(kinds)))

    async def hear_quota(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Change a quota: `VIP 350`, or `jauge VIP 350`; never under what is taken."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        event = await event_in_hand(tx, chat)
        if event is None:
            found = await events_of(tx, chat)
            return event_list(found, words("organising.which" if found else "organising.none_yet"))
        kinds = await events.kinds_of(tx, event.id)
        first, rest = first_word(text.text)
        line = read_quota_line(rest if first in self.openings() else text.text)
        if line is None:
            lines = _quota_lines(kinds)
            return _ask_quota(event, kinds, words("organising.bad_quota", kinds=lines))
        kind = kind_named(kinds, line.name)
        if kind is None:
            lines = _quota_lines(kinds)
            return _ask_quota(
                event, kinds, words("organising.no_such_kind", name=line.name, kinds=lines)
            )
        done = await events.change_quota(tx, kind.id, line.quota)
        now = await events.kind_by_id(tx, kind.id) or kind
        key = "organising.quota_changed" if done else "organising.quota_refused"
        said = words(key, kind=kind.name, old=kind.quota, new=line.quota, n=now.taken)
        return await panel(tx, event, said)


def _ask_quota(event: Event, kinds: Sequence[Kind], said: Words) -> Turn:
    back = Choice(words("organising.back"), f"sales:{to_text(event.id)}")
    step = "organising.quota" if kinds else ""
    return Turn((Say(said, (back,)),), Then(step, {PANEL: to_text(event.id)}))


def _quota_lines(kinds: Sequence[Kind]) -> tuple[Words, ...]:
    return tuple(
        words("organising.kind_quota", kind=kind.name, n=kind.quota, taken=kind.taken)
        for kind in kinds
    )


def kind_named(kinds: Sequence[Kind], name: str) -> Kind | None:
    """Find a kind by its name or an unmistakable part of it; without a name, the only one."""
    wanted = fold(name)
    if not wanted:
        return kinds[0] if len(kinds) == 1 else None
    for kind in kinds:
        if fold(kind.name) == wanted:
            return kind
    near = [kind for kind in kinds if wanted in fold(kind.name)]
    return near[0] if len(near) == 1 else None
