"""What says that something is wrong, and what only sounds so."""

import pytest

from bot.flows.troubled import trouble_in
from chat.understanding import fold


@pytest.mark.parametrize(
    "typed",
    [
        "j'ai un problème",
        "Problème avec mon billet !",
        "Je n'ai pas reçu mon billet",
        "j'ai rien reçu",
        "je n'ai toujours pas mes billets",
        "ça ne marche pas",
        "je ne reçois rien",
        "billet perdu",
        "où est mon billet",
        "I have a problem",
        "I didn't get my ticket",
        "I have not received anything",
        "it does not work",
        "where are my tickets?",
    ],
)
def test_who_is_in_trouble_is_heard(typed: str) -> None:
    """However it is said, in both languages."""
    assert trouble_in(fold(typed))


@pytest.mark.parametrize(
    "typed", ["pas de problème", "aucun souci", "no problem", "nuit du jazz", "pas cher", "merci"]
)
def test_what_is_fine_is_no_trouble(typed: str) -> None:
    """A polite no problem opens no help."""
    assert not trouble_in(fold(typed))
