"""What somebody hears who says that something is wrong: where tickets are, and who answers."""

import re

from bot.flows.choosing.unpaid import unpaid
from chat.messages import Chat, Choice, Say, Turn, words
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


def trouble_in(folded: str) -> str:
    """Give the words that say that something is wrong; nothing where none do."""
    found = None if _FINE.search(folded) else _TROUBLE.search(folded)
    return found[0] if found else ""


async def help_out(tx: Tx, chat: Chat) -> Turn:
    """Say where tickets are found again and who answers; the conversation stays where it stood."""
    ways = (
        Choice(words("menu.tickets"), "tickets"),
        Choice(words("helping.recover"), "recover"),
        Choice(words("helping.write"), "ask"),
    )
    return Turn((Say(words("helping.trouble"), ways), *await unpaid(tx, chat)))
