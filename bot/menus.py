"""The commands that Telegram shows beside the text field: by role, in each language.

One table for both sides: what stands here is offered to Telegram, and a test holds that each word
is one that its talk understands, typed or tapped. Everybody has the menu of buyers, at the door
that of stewards; who organises or supervises has a longer one in their own chat.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from chat.messages import TalkName, words
from chat.texts import LANGUAGES, Texts

Commands = Mapping[str, Sequence[tuple[str, str]]]
"""By language: each command's name, and the key of its description."""

MenuRole = Literal["buyer", "organiser", "steward", "supervisor"]

Row = tuple[str, str, str]
"""The command in French, in English, and the key of its description."""

_BUYER: tuple[Row, ...] = (
    ("evenements", "events", "command.events"),
    ("billets", "tickets", "command.tickets"),
    ("annuler", "cancel", "command.cancel"),
    ("menu", "menu", "command.menu"),
    ("aide", "help", "command.help"),
)
_ORGANISER: tuple[Row, ...] = (
    ("organiser", "organise", "command.organise"),
    ("evenement", "event", "command.new"),
    ("ventes", "sales", "command.sales"),
    ("participants", "guests", "command.guests"),
    ("non_remis", "undelivered", "command.undelivered"),
)
_STEWARD: tuple[Row, ...] = (
    ("terminal", "terminal", "command.terminal"),
    ("porte", "gate", "command.gate"),
    ("menu", "menu", "command.menu"),
    ("quitter", "leave", "command.leave"),
    ("aide", "help", "command.help"),
)
_SUPERVISOR: tuple[Row, ...] = (
    ("direct", "live", "command.live"),
    ("portes", "gates", "command.gates"),
    ("equipe", "team", "command.team"),
)

MENUS: Mapping[MenuRole, tuple[TalkName, tuple[Row, ...]]] = {
    "buyer": ("seller", _BUYER),
    "organiser": ("seller", (*_ORGANISER, *_BUYER)),
    "steward": ("scanner", _STEWARD),
    "supervisor": ("scanner", (*_SUPERVISOR, *_STEWARD)),
}

EVERYBODY: Mapping[TalkName, MenuRole] = {"seller": "buyer", "scanner": "steward"}
"""Whose menu is shown where nothing else is known of a person."""


def commands_of(role: MenuRole) -> Commands:
    """Give a role's commands by language."""
    rows = MENUS[role][1]
    return {
        "fr": [(french, key) for french, _, key in rows],
        "en": [(english, key) for _, english, key in rows],
    }


def said(commands: Commands, texts: Texts) -> dict[str, list[tuple[str, str]]]:
    """Describe each command in each language, the house's own first."""
    return {
        language: [(name, texts.render(words(key), language)) for name, key in commands[language]]
        for language in LANGUAGES
    }
