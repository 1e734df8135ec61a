"""What somebody hears who says that something is wrong, or wants their money back."""

import re

from bot.flows.choosing.unpaid import unpaid
from bot.flows.organising.organiser_words import list_button
from chat.messages import Chat, Choice, Say, Turn, words
from storage import organisers
from storage.database import Tx

_TROUBLE = re.compile(
    r"\b(?:problemes?|soucis?|bugs?|problems?|trouble|perdue?s?|lost|bloquee?s?)\b"
    r"|\b(?:pas|rien|jamais) (?:encore |toujours )?(?:recue?s?|eue?s?|arrivee?s?)\b"
    r"|\b(?:pas|rien) (?:encore )?(?:mon|mes) billets?\b"
    r"|\b(?:marche|fonctionne|arrive|ouvre|affiche|recois) (?:toujours |plus )?(?:pas|rien|plus)\b"
    r"|\b(?:not|\w+n t|never|nothing) (?:yet )?(?:get|got|gotten|receive|received|arrived)\b"
    r"|\b(?:not|\w+n t) work(?:ing)?\b"
    r"|\b(?:where|ou) (?:is|are|est|sont) (?:my|mon|mes) (?:billet|ticket|order)s?\b"
)
"""Folded words that say that something is wrong."""

_FINE = re.compile(r"\b(?:pas de|aucun|sans|zero|no) (?:probleme|souci|problem|bug|trouble)s?\b")
"""... and that nothing is."""


_REFUND = re.compile(
    r"\brembours\w*|\brefund\w*|\bmoney back\b|\b(?:recuperer|rendre|rendez) (?:mon|l) argent\b"
)
"""Folded words that ask for money back."""


def trouble_in(folded: str) -> str:
    """Give the words that say that something is wrong; nothing where none do."""
    found = None if _FINE.search(folded) else _TROUBLE.search(folded)
    return found[0] if found else ""


async def help_out(tx: Tx, chat: Chat) -> Turn:
    """Say where tickets are found again and who answers; the conversation stays where it stood.

    Who organises is led to their events: nobody else answers for these.
    """
    if await organisers.organiser_of(tx, chat.person_id) is not None:
        desk = (
            list_button(),
            Choice(words("menu.help"), "help"),
            Choice(words("menu.tickets"), "tickets"),
        )
        return Turn((Say(words("helping.trouble_organiser"), desk),))
    ways = (
        Choice(words("menu.tickets"), "tickets"),
        Choice(words("helping.recover"), "recover"),
        Choice(words("helping.write"), "ask"),
    )
    return Turn((Say(words("helping.trouble"), ways), *await unpaid(tx, chat)))


def refund_in(folded: str) -> str:
    """Give the words that ask for money back; nothing where none do."""
    found = _REFUND.search(folded)
    return found[0] if found else ""


def lead_to_refund() -> Turn:
    """Lead to what may be given back, and to who answers; nothing is given back by words alone."""
    ways = (Choice(words("returning.label"), "back"), Choice(words("helping.write"), "ask"))
    return Turn((Say(words("helping.refund"), ways),))
