"""The commands that Telegram shows beside the text field, in each language."""

from collections.abc import Mapping, Sequence

from chat.messages import words
from chat.texts import LANGUAGES, Texts

Commands = Mapping[str, Sequence[tuple[str, str]]]
"""By language: each command's name, and the key of its description."""

SELLER_COMMANDS: Commands = {
    "fr": (
        ("evenements", "command.events"),
        ("billets", "command.tickets"),
        ("annuler", "command.cancel"),
        ("menu", "command.menu"),
        ("aide", "command.help"),
    ),
    "en": (
        ("events", "command.events"),
        ("tickets", "command.tickets"),
        ("cancel", "command.cancel"),
        ("menu", "command.menu"),
        ("help", "command.help"),
    ),
}
"""Organisers reach theirs from the menu: a buyer is not shown what is not for buyers."""

SCANNER_COMMANDS: Commands = {
    "fr": (
        ("terminal", "command.terminal"),
        ("porte", "command.gate"),
        ("menu", "command.menu"),
        ("quitter", "command.leave"),
        ("aide", "command.help"),
    ),
    "en": (
        ("terminal", "command.terminal"),
        ("gate", "command.gate"),
        ("menu", "command.menu"),
        ("leave", "command.leave"),
        ("help", "command.help"),
    ),
}


def said(commands: Commands, texts: Texts) -> dict[str, list[tuple[str, str]]]:
    """Describe each command in each language, the house's own first."""
    return {
        language: [(name, texts.render(words(key), language)) for name, key in commands[language]]
        for language in LANGUAGES
    }
