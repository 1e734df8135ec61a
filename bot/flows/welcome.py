"""How a conversation opens, what is understood everywhere, what is said when nothing fits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.flows.buying import Buying
from bot.flows.choices import LISTED, menu_choices
from bot.flows.choosing.browsing import Browsing
from bot.flows.choosing.selecting import list_from, show_event_page
from bot.flows.choosing.unpaid import unpaid
from bot.flows.confirming import asks, confirms, gives_up, stands
from bot.flows.house import House
from bot.flows.in_english import with_english
from bot.flows.money.money_talk import LinkStep
from bot.flows.organising.creating import Creating
from bot.flows.organising.event_panel import PANEL, panel, still
from bot.flows.organising.leaving import NEW, leave
from bot.flows.organising.organiser_words import create_button, event_run_by, list_button
from bot.flows.organising.organising import Organising
from bot.flows.reading import number_at
from bot.flows.team.owner import Owner
from bot.flows.tickets.hands import Hands
from chat.messages import (
    Chat,
    Choice,
    Heard,
    JoinedGroup,
    Link,
    Location,
    Say,
    Start,
    Tap,
    Text,
    Then,
    Turn,
    Unsupported,
    words,
)
from chat.talk import Step
from chat.texts import LANGUAGES
from chat.together import shown_again
from chat.understanding import ASSENTS, ENGLISH_GREETINGS, REFUSALS, fold, language_words
from storage import orders, organisers
from storage.database import Tx
from storage.ids import from_text

GREETINGS = frozenset(
    {"bonjour", "bonsoir", "salut", "coucou", "hello", "hi", "hey", "start", "allo", "slt", "bjr"}
)
"""Words that open a conversation rather than search for an event of that name."""

GREET_IN_ENGLISH = "greet:en"
"""The action of a greeting in English."""

_PROMO = re.compile(r"(?=\w*[A-Za-z])(?=\w*\d)[A-Za-z0-9]{4,20}")
"""What may be a promotional code, by its looks alone: whether it is one is said on a page only."""

_LINK_END = re.compile(r"[cegmopv]_[A-Za-z0-9_-]{4,64}")
"""What stands behind `start=` in a link, for apps where a link opens a chat with words in it."""


GREETING_WORDS_MAX = 12
"""A greeting with a sentence behind it; a whole letter is something else."""

LOOKED_FOR_CHARS_MIN = 4
"""Shorter words are mumbled (`euh`), not looked for."""

LOOKED_FOR_WORDS_MAX = 3
"""So few words alone are a title or a town; more are a sentence."""


BACK = frozenset({"retour", "back", "revenir"})
"""Typed where no button of that name is shown."""


_OFF = ("annul", "cancel")
"""How a folded label speaks of cancelling."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Opening, the menu, the language, and everything that is not understood."""

    house: House
    buying: Buying
    owner: Owner
    organising: Organising
    hands: Hands
    links: Mapping[str, LinkStep] = field(default_factory=dict)
    """What else a one-use link may open, by the letter before its token."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            "menu": self.menu,
            "lang": self.change_language,
            "greet": self.greet,
            "annul": self.cancel,
            "unchanged": self.let_be,
            "begin": self.begin_event,
            **Browsing(self.house.zone).actions(),
        }

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        menu = dict.fromkeys(("menu", "accueil", "home"), "menu")
        listed = dict.fromkeys(
            ("evenements", "les evenements", "events", "programme", "voir les evenements"), "events"
        )
        begun = dict.fromkeys(
            ("evenement", "event", "nouvel evenement", "new event", "creer", "create"), "begin"
        )
        mine = dict.fromkeys(
            ("mes billets", "billets", "mon billet", "billet", "my tickets", "tickets"), "tickets"
        )
        # Nobody has to say so: what came of it stands there, tickets or a booking still to be paid.
        mine |= dict.fromkeys(
            ("j ai paye", "j ai deja paye", "c est paye", "i have paid", "i ve paid", "i paid"),
            "tickets",
        )
        cancelled = dict.fromkeys(
            ("annuler", "annuler la reservation", "annuler ma reservation", "stop", "cancel"),
            "annul",
        )
        paid = dict.fromkeys(("payer", "pay", "je paie", "je veux payer"), "pay")
        greeted = {one: _greeting(one) for one in GREETINGS} | dict(
            Browsing(self.house.zone).commands()
        )
        return menu | listed | begun | mine | paid | cancelled | language_words("lang") | greeted

    def heard(self) -> Mapping[type, Step]:
        """What is done about everything that is neither a button nor an expected answer."""
        return {
            Start: self.start,
            Text: self.not_understood,
            Unsupported: self.unsupported,
            JoinedGroup: self.group,
        }

    async def start(self, tx: Tx, chat: Chat, start: Start) -> Turn:
        """Open a conversation, at one event if a deep link names it."""
        prefix, _, rest = start.payload.partition("_")
        if prefix == "e" and rest:
            return await show_event_page(tx, chat, from_text(rest))
        if prefix == "p" and rest:
            return await self.buying.opened_with_code(tx, chat, rest)
        if prefix == "m" and rest:
            return await self.organising.team.opened(tx, chat, rest)
        if prefix == "o" and rest:
            return await self.owner.opened(tx, chat, rest)
        if prefix == "c" and rest:
            return await self.hands.taking.opened(tx, chat, rest)
        if rest and prefix in self.links:
            return await self.links[prefix](tx, chat, rest)
        if start.payload:
            turn = await self.greet(tx, chat, Tap("greet"))
            return Turn((Say(words("welcome.unknown_link")), *turn.say), then=turn.then)
        return await self.greet(tx, chat, Tap("greet"))

    async def greet(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say hello: with what is on sale, or to an organiser with the events they run.

        `greet:en` was said in English.
        """
        if await organisers.organiser_of(tx, chat.person_id) is not None:
            listed = await self.organising.list_events(tx, chat, tap)
        else:
            listed = await list_from(tx, chat, 0, greeting=words("welcome.hello"))
            listed = replace(listed, say=(*listed.say, *await unpaid(tx, chat)))
        return await with_english(tx, chat, listed) if tap.action == GREET_IN_ENGLISH else listed

    async def begin_event(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Take `/evenement`: an organiser makes one, everybody else looks at what is on sale."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return await list_from(tx, chat, 0, greeting=None)
        return await Creating(self.house).pressed(tx, chat, Tap("new"))

    async def menu(self, tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Show every way on."""
        other = "en" if chat.language == "fr" else "fr"
        choices = [
            *menu_choices(),
            Choice(words("genuine.label"), "genuine"),
            Choice(words(f"menu.language_{other}"), f"lang:{other}"),
        ]
        if await organisers.organiser_of(tx, chat.person_id) is not None:
            choices.append(Choice(words("menu.organise"), "organise"))
        else:
            choices.append(Choice(words("organising.become"), "apply"))
        return Turn((Say(words("menu.head"), tuple(choices)),), then=Then())

    async def let_be(self, _tx: Tx, _chat: Chat, tap: Tap) -> Turn:
        """Let tickets be that might have been given away or back: `unchanged:N`, 0 of a seller's.

        They are not sent again: on a weak network nobody who changed their mind waits for pictures.
        """
        n = number_at(tap.action, 1)
        kept = words("menu.kept_sold") if n == 0 else words("menu.kept", n=n or 1)
        return Turn((Say(kept, menu_choices()),), then=Then())

    async def cancel(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take `annuler`: it leaves what is asked; a buyer who is asked nothing lets a hold go."""
        if chat.step.startswith(NEW):
            return leave(chat, chat.step.removeprefix(NEW))
        if not self._may_mean_yes(chat):
            if (desk := await self._desk(tx, chat)) is not None:
                return desk
            if chat.step or asks(chat) or LISTED in chat.memory:
                left = Say(words("buying.left"), await _ways_on(tx, chat))
                return Turn((left, *await unpaid(tx, chat)), then=Then())
        return await self.buying.held.cancel_current(tx, chat, tap)

    def _may_mean_yes(self, chat: Chat) -> bool:
        """Say whether `annuler` may be the yes to the question above: it gives up what was bought.

        So may it where the button that says yes speaks of cancelling.
        """
        return any(
            gives_up(one.action)
            or any(word in fold(self.house.texts.render(one.label, chat.language)) for word in _OFF)
            for one in chat.offered
            if isinstance(one, Choice) and confirms(one.action)
        )

    async def _desk(self, tx: Tx, chat: Chat) -> Turn | None:
        """Show the event whose room an organiser stands in, if no seats of theirs are held."""
        named = chat.memory.get(PANEL) or chat.memory.get("event")
        if not isinstance(named, str) or await orders.holds_of(tx, chat.person_id):
            return None
        event = await event_run_by(tx, chat, f"sales:{named}")
        return await panel(tx, chat, event, words("buying.left")) if event is not None else None

    async def change_language(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Speak another language from now on: `lang:en`; `lang` asks which."""
        language = tap.action.partition(":")[2]
        if language not in LANGUAGES:
            return Turn((Say(words("menu.which_language"), _languages()),))
        say = Say(words("menu.language_changed"), await _ways_on(tx, chat))
        return Turn((say,), then=still(chat), language=language)

    async def not_understood(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a link's typed end, or look for an event of that name, else show the choices.

        A question that stands is asked again with its own buttons.
        """
        if fold(text.text) in BACK and (desk := await self._desk(tx, chat)) is not None:
            return desk
        if _LINK_END.fullmatch(text.text.strip()):
            return await self.start(tx, chat, Start(text.text.strip()))
        if chat.offered and not stands(chat) and fold(text.text) in ASSENTS | REFUSALS:
            return Turn((shown_again(chat, "menu.yes_or_no"),))
        found = await Browsing(self.house.zone).typed(tx, chat, text)
        found = found or await self.hands.genuine.of_text(tx, chat, text.text)
        if found is not None:
            return found
        if stands(chat):
            return Turn((shown_again(chat, "menu.still_asked"),))
        said = fold(text.text).split()
        if said and said[0] in GREETINGS and len(said) <= GREETING_WORDS_MAX:
            return await self.greet(tx, chat, Tap(_greeting(said[0])))
        if _looks_for(said):
            nothing = words("menu.nothing_found", said=" ".join(text.text.split()))
            return Turn((Say(nothing, await _ways_on(tx, chat)),))
        key = "menu.a_code" if _PROMO.fullmatch(text.text.strip()) else "menu.not_understood"
        return Turn((Say(words(key), await _ways_on(tx, chat)),))

    async def lost(self, tx: Tx, chat: Chat, _tap: Heard) -> Turn:
        """Explain a button that means nothing any more."""
        return Turn((Say(words("menu.old_button"), await _ways_on(tx, chat)),), then=Then())

    async def unsupported(self, tx: Tx, chat: Chat, thing: Unsupported | Location) -> Turn:
        """Answer voice notes and stickers kindly; a question that stands keeps its buttons."""
        key = "menu.too_large" if thing.what == "too_large" else "menu.unsupported"
        if stands(chat):
            return Turn((shown_again(chat, key),))
        return Turn((Say(words(key), await _ways_on(tx, chat)),))

    async def group(self, _tx: Tx, chat: Chat, _joined: JoinedGroup) -> Turn:
        """Say once, in a group, where the conversation is."""
        if chat.memory.get("told"):
            return Turn()
        link = self.house.seller_link(chat.channel, "")
        links = (Link(words("welcome.private_label"), link),) if link else ()
        return Turn((Say(words("welcome.group"), links),), then=Then(memory={"told": True}))


def _greeting(word: str) -> str:
    """Name the action of a folded greeting."""
    return GREET_IN_ENGLISH if word in ENGLISH_GREETINGS else "greet"


def _looks_for(said: list[str]) -> bool:
    """Say whether folded words may be what somebody looks for: a town, a title."""
    spoken = " ".join(said)
    return (
        1 <= len(said) <= LOOKED_FOR_WORDS_MAX
        and len(spoken) >= LOOKED_FOR_CHARS_MIN
        and all(word.isalpha() for word in said)
        and spoken not in ASSENTS | REFUSALS
    )


async def _ways_on(tx: Tx, chat: Chat) -> tuple[Choice, ...]:
    """The ways on from anywhere; for who runs events, those to their events first."""
    if await organisers.organiser_of(tx, chat.person_id) is None:
        return menu_choices()
    return (list_button(), create_button(), *menu_choices())


def _languages() -> tuple[Choice, ...]:
    return tuple(Choice(words(f"menu.language_{one}"), f"lang:{one}") for one in LANGUAGES)
