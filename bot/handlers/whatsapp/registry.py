"""The sentences that WhatsApp approves, and the setting that says under which SIDs.

A body never begins or ends with a variable, and two never touch (Twilio's rules of approval).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

OPEN = "open"
"""The button of a template that only asks to be answered: what waits is then sent."""

FIRST_CHOICE = "choice"
"""The fact that stands for what the message's first button does."""

LANGUAGES = ("fr", "en")

_SID = re.compile(r"HX[0-9a-fA-F]{32}")

Registry = Mapping[tuple[str, str], str]
"""The content SID of each template by its name and language."""


@dataclass(frozen=True, slots=True)
class Approved:
    """One sentence in both languages. One that `calls` asks to be answered: the rest follows."""

    facts: tuple[str, ...]
    body: Mapping[str, str]
    button: Mapping[str, str]
    action: str
    samples: Mapping[str, Mapping[str, str]]
    calls: bool = False
    category: str = "UTILITY"
    """What it is to Meta: news of something the person bought or asked for."""


@dataclass(frozen=True, slots=True)
class ApprovedCode:
    """One-time digits. WhatsApp writes the sentence itself, and lets nobody else write one."""

    minutes: int
    """How long they are good for, which it says below."""
    button: Mapping[str, str]
    """What copies them."""
    facts: tuple[str, ...] = ("code",)
    action: str = ""
    calls: bool = False
    category: str = "AUTHENTICATION"


_NIGHT = {
    "fr": {"title": "Nuit du Jazz", "when": "sam. 12 juin, 20 h 30"},
    "en": {"title": "Jazz Night", "when": "Sat 12 Jun, 8:30 PM"},
}

TEMPLATES: Mapping[str, Approved | ApprovedCode] = {
    "reminder": Approved(
        ("title", "when"),
        {
            "fr": "Rappel : {title} a lieu le {when}. Votre billet est prêt, "
            "gardez-le à portée de main.",
            "en": "Reminder: {title} takes place on {when}. Your ticket is ready, keep it at hand.",
        },
        {"fr": "Mes billets", "en": "My tickets"},
        "tickets",
        _NIGHT,
    ),
    "postponed": Approved(
        ("title", "when"),
        {
            "fr": "Nouvelle date : {title} est reporté au {when}. Vos billets restent valables. "
            "Touchez le bouton pour voir vos choix.",
            "en": "New date: {title} is postponed to {when}. Your tickets remain valid. "
            "Tap the button to see your choices.",
        },
        {"fr": "Voir mes choix", "en": "See my choices"},
        OPEN,
        _NIGHT,
        calls=True,
    ),
    "cancelled": Approved(
        ("title",),
        {
            "fr": "Annulation : {title} n’aura pas lieu. Vos billets payés vous sont remboursés. "
            "Touchez le bouton pour voir vos choix.",
            "en": "Cancelled: {title} will not take place. Your paid tickets are refunded. "
            "Tap the button to see your choices.",
        },
        {"fr": "Voir mes choix", "en": "See my choices"},
        OPEN,
        _NIGHT,
        calls=True,
    ),
    "tickets": Approved(
        ("title",),
        {
            "fr": "Vos billets pour {title} sont prêts. Touchez le bouton pour les recevoir ici.",
            "en": "Your tickets for {title} are ready. Tap the button to receive them here.",
        },
        {"fr": "Recevoir mes billets", "en": "Get my tickets"},
        OPEN,
        _NIGHT,
        calls=True,
    ),
    "offer": Approved(
        ("title", "when"),
        {
            "fr": "Liste d’attente : une place pour {title}, le {when}, vous est proposée. "
            "Répondez vite, elle n’est gardée qu’un moment.",
            "en": "Waiting list: a place for {title}, on {when}, is offered to you. "
            "Answer soon, it is kept for a short while only.",
        },
        {"fr": "Voir la place", "en": "See the place"},
        FIRST_CHOICE,
        _NIGHT,
    ),
    "code": ApprovedCode(60, {"fr": "Copier le code", "en": "Copy the code"}),
    "news": Approved(
        (),
        {
            # True of all it stands for: an order, a post, a question, an announcement agreed to.
            "fr": "Un message du guichet vous attend. Touchez le bouton pour le lire.",
            "en": "A message from the box office awaits you. Tap the button to read it.",
        },
        {"fr": "Lire le message", "en": "Read the message"},
        OPEN,
        {"fr": {}, "en": {}},
        calls=True,
    ),
}
"""Every template, by the name that a message's `template` gives."""


def parse_registry(setting: str) -> Registry:
    """Read `tickets.fr=HX..., tickets.en=HX...`, as the command prints it.

    Raises:
        ValueError: it is written otherwise; the sentence says what is wrong.
    """
    found: dict[tuple[str, str], str] = {}
    for part in filter(None, (one.strip() for one in setting.split(","))):
        name, _, sid = part.partition("=")
        template, _, language = name.strip().partition(".")
        if template not in TEMPLATES or language not in LANGUAGES:
            raise ValueError(f"names no template: {name.strip()!r}")
        if not _SID.fullmatch(sid.strip()):
            raise ValueError(f"gives {name.strip()} no content SID (HX and 32 digits)")
        found[template, language] = sid.strip()
    return found
