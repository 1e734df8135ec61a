"""Changing the rules of an event: how a ticket opens a gate, ages, sales, seats, the map."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.choosing.asked_rules import is_buying, show_rules
from bot.flows.organising.changing import propose
from bot.flows.organising.event_panel import event_in_hand, event_list, events_of
from bot.flows.organising.organiser_words import event_run_by, foreign
from bot.flows.organising.rule_fields import (
    checks_wanted,
    refund_wanted,
    rule_wanted,
)
from bot.flows.organising.rule_lines import read_rule
from bot.flows.organising.rule_page import MORE, RULING, TERMS, more_rules, rules_page
from boxoffice.model import Event, Pin
from boxoffice.scan_facts import Entry
from chat.messages import Chat, Location, Tap, Text, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import organisers
from storage.database import Tx
from storage.event_changes import Wanted

LINES_MAX = 20
"""Rules looked at in one message: a plan of a theatre has a dozen zones."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """Showing the rules of an event and changing them, a button or a line each."""

    shortcuts: Mapping[str, Step]
    """What is typed of kinds wherever one is, `jauge VIP 350`, by its first word."""
    otherwise: Step
    """What is said to a shared point where no rules are shown."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"rules": self.show, "rule": self.press}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while the rules are shown."""
        return {RULING: self.hear}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({RULING})

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(("regles", "les regles", "reglement", "rules", "the rules"), "rules")

    def heard(self) -> Mapping[type, Step]:
        """What is done about a point on the map, shared."""
        return {Location: self.hear_place}

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the rules of an event, `rules:EVENT`; what else there can be, `rules:EVENT:more`.

        `rules` alone is the event in hand; a buyer reads them on its page.
        """
        if ":" not in tap.action:
            return await self._asked(tx, chat)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        is_more = tap.action.endswith(f":{MORE}")
        return await more_rules(tx, event) if is_more else await rules_page(tx, event, chat.now_ms)

    async def _asked(self, tx: Tx, chat: Chat) -> Turn:
        runs_events = await organisers.organiser_of(tx, chat.person_id) is not None
        if not runs_events or await is_buying(tx, chat):
            return await show_rules(tx, chat)
        if (event := await event_in_hand(tx, chat)) is not None:
            return await rules_page(tx, event, chat.now_ms)
        found = await events_of(tx, chat)
        asked = words("organising.which" if found else "organising.none_yet")
        return event_list(found, asked, "rules")

    async def press(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take a rule that has a button: `rule:EVENT:NAME`."""
        _, _, rest = tap.action.partition(":")
        id_text, _, name = rest.partition(":")
        event = await event_run_by(tx, chat, f":{id_text}")
        if event is None:
            return await foreign(tx, chat)
        if name in set(Entry):
            entry = await rule_wanted(tx, event, Entry(name), chat.now_ms)
            if isinstance(entry, Words):
                return await rules_page(tx, event, chat.now_ms, entry)
            wanted = entry
        elif name in TERMS:
            wanted = refund_wanted(event, TERMS[name])
        else:
            wanted = checks_wanted(event, int(name == "age"))
        return await propose(tx, chat, event, [wanted])

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take typed rules, a line each."""
        event = await event_run_by(tx, chat, f":{chat.memory.get('event', '')}")
        if event is None:
            return await foreign(tx, chat)
        shortcut = self.shortcuts.get(fold(text.text).partition(" ")[0])
        if shortcut is not None:
            return await shortcut(tx, chat, text)
        said, wanted = [], []
        lines = [line for line in text.text.splitlines() if line.strip()]
        for line in lines[:LINES_MAX]:
            one = await self._read(tx, event, line, chat.now_ms)
            if isinstance(one, Words):
                said.append(one)
            else:
                wanted.append(one)
        if not wanted:
            return await rules_page(tx, event, chat.now_ms, *said)
        return await propose(tx, chat, event, wanted, *said)

    async def hear_place(self, tx: Tx, chat: Chat, place: Location) -> Turn:
        """Take a shared point for where the event is, while its rules are shown."""
        named = chat.memory.get("event", "") if chat.step == RULING else ""
        event = await event_run_by(tx, chat, f":{named}")
        if event is None:
            return await self.otherwise(tx, chat, place)
        pin = Pin(place.latitude_e6, place.longitude_e6)
        wanted = await rule_wanted(tx, event, pin, chat.now_ms)
        if isinstance(wanted, Words):
            return await rules_page(tx, event, chat.now_ms, wanted)
        return await propose(tx, chat, event, [wanted])

    async def _read(self, tx: Tx, event: Event, line: str, now_ms: int) -> Wanted | Words:
        """Read one line as a change of a rule, or say why it is none."""
        rule = read_rule(line, ZoneInfo(event.zone), now_ms)
        if rule is None:
            return words("ruling.unread", line=line.strip()[:60])
        if isinstance(rule, Words):
            return rule
        return await rule_wanted(tx, event, rule, now_ms)
