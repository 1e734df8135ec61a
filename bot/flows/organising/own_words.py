"""`publier`, `modifier`, `outils` typed where no such button is shown: the word does as it would.

It is about the event it names, else the one in hand, else the only one it can mean; of several it
asks which. A buyer's words stay what they were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.choosing.asked_rules import is_buying
from bot.flows.openings import first_word
from bot.flows.organising.changing import KINDS
from bot.flows.organising.cloning import STEP as CLONING
from bot.flows.organising.event_panel import event_in_hand, event_list, events_of
from bot.flows.organising.kinds import QUOTA
from bot.flows.organising.leaving import NEW
from bot.flows.organising.rule_page import RULING
from boxoffice.model import EventStatus
from chat.messages import Chat, Tap, Text, Turn, words
from chat.talk import Step
from chat.understanding import fold
from storage import organisers
from storage.catalogue import Offer
from storage.database import Tx
from storage.ids import to_text

PUBLISH, CHANGE, TOOLS = "pub", "edit", "tools"
"""The buttons that are said in a word, by the first word of their action."""

_SAID = {
    **dict.fromkeys(("publier", "publish"), PUBLISH),
    **dict.fromkeys(("modifier", "changer", "change", "edit", "modify"), CHANGE),
    **dict.fromkeys(("outils", "tools"), TOOLS),
}

_IT = frozenset(
    {"l evenement", "mon evenement", "un evenement", "evenement", "the event", "my event", "it"}
)
"""What follows such a word, folded, and names no event."""

_NO_ANSWER = frozenset({RULING, KINDS, QUOTA, CLONING})
"""Questions whose answer begins with no such word: a rule, a kind, a number, a date."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """An organiser's words for what is done with an event."""

    actions: Mapping[str, Step]
    steps: Mapping[str, Step]
    not_understood: Step
    """With the steps: what else the words may mean."""

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them: `outils`, `publier nuit du jazz`."""
        return dict.fromkeys(_SAID, self.hear)

    def insists(self, chat: Chat, text: str) -> bool:
        """Say whether such a word leaves the open question; one that names no event answers it."""
        return chat.step in _NO_ANSWER and first_word(text)[0] in _SAID

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Press the button that the word names, of one event, or ask of which."""
        first, rest = first_word(text.text)
        verb, named = _SAID[first], fold(rest)
        is_own = await organisers.organiser_of(tx, chat.person_id) is not None
        if (
            not is_own
            or chat.step.startswith(NEW)
            or (verb == CHANGE and await is_buying(tx, chat))
        ):
            return await self._otherwise(tx, chat, text)
        every = await events_of(tx, chat)
        if named and named not in _IT:
            found: Sequence[Offer] = [one for one in every if named in fold(one.event.title)]
            if not found:
                return await self._otherwise(tx, chat, text)
        else:
            found = await _meant(tx, chat, verb, every)
        if len(found) == 1:
            return await self.actions[verb](tx, chat, Tap(f"{verb}:{to_text(found[0].event.id)}"))
        return event_list(
            found, words("organising.which" if found else "organising.none_yet"), verb
        )

    async def _otherwise(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        return await self.steps.get(chat.step, self.not_understood)(tx, chat, text)


async def _meant(tx: Tx, chat: Chat, verb: str, every: Sequence[Offer]) -> Sequence[Offer]:
    """Find what a word alone may be about: only a draft is put on sale, if there is one."""
    drafts = [one for one in every if one.event.status is EventStatus.DRAFT]
    could = drafts if verb == PUBLISH and drafts else every
    in_hand = await event_in_hand(tx, chat)
    held = [one for one in could if in_hand is not None and one.event.id == in_hand.id]
    return held or could
