"""The commands that Telegram shows beside the text field: by role, in each language.

One table for both sides: what stands here is offered to Telegram, and a test holds that each word
is one that its talk understands, typed or tapped. Everybody has the menu of buyers, at the door
that of stewards; who sells, organises, owns or supervises has a longer one in their own chat.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from chat.messages import TalkName, words
from chat.texts import LANGUAGES, Texts

Commands = Mapping[str, Sequence[tuple[str, str]]]
"""By language: each command's name, and the key of its description."""

MenuRole = Literal["buyer", "seller", "manager", "owner", "platform", "steward", "supervisor"]

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
    ("chiffres", "figures", "command.figures"),
    ("participants", "guests", "command.guests"),
    ("commande", "order", "command.order"),
    ("codes", "promo", "command.codes"),
    ("invitations", "gifts", "command.gifts"),
    ("annoncer", "announce", "command.announce"),
    ("affiche", "share_card", "command.card"),
    ("portes", "gates", "command.doors"),
    ("controleurs", "stewards", "command.stewards"),
    ("terminaux", "terminals", "command.devices"),
    ("direct", "live", "command.door_live"),
    ("vendeurs", "sellers", "command.sellers"),
    ("vente", "sell", "command.sell"),
    ("caisse", "till", "command.till"),
    ("argent", "money", "command.money"),
    ("bilan", "closing_report", "command.closing"),
    ("reporter", "postpone", "command.postpone"),
    ("annuler_evenement", "cancel_event", "command.calloff"),
    ("non_remis", "undelivered", "command.undelivered"),
)
_SELLER: tuple[Row, ...] = (
    ("vente", "sell", "command.sell"),
    ("caisse", "till", "command.till"),
)
_OWNER: tuple[Row, ...] = (
    ("equipe", "team", "command.org_team"),
    ("reversement", "payout", "command.payout"),
    ("journal", "audit", "command.journal"),
)
_PLATFORM: tuple[Row, ...] = (
    ("organisateurs", "organisers", "command.organisers"),
    ("frais", "fees", "command.fees"),
    ("sante", "health", "command.health"),
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
    "seller": ("seller", (*_SELLER, *_BUYER)),
    "manager": ("seller", (*_ORGANISER, *_BUYER)),
    "owner": ("seller", (*_ORGANISER, *_OWNER, *_BUYER)),
    "platform": ("seller", (*_ORGANISER, *_OWNER, *_PLATFORM, *_BUYER)),
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
