"""What says that something is wrong, and what only sounds so."""

import pytest

from bot.flows.choosing.asking import read_holder
from bot.flows.troubled import refund_in, trouble_in
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


REFUNDS = (
    "je veux être remboursée",
    "est-ce que je peux être remboursé ?",
    "Remboursez-moi",
    "I want a refund",
    "can I get my money back?",
)


@pytest.mark.parametrize("typed", REFUNDS)
def test_who_wants_money_back_is_heard(typed: str) -> None:
    """However it is said, in both languages."""
    assert refund_in(fold(typed))


@pytest.mark.parametrize(
    "typed", [*REFUNDS, "j'ai un problème", "je veux le garder", "qui ?", "can you help"]
)
def test_a_wish_or_a_question_is_no_name(typed: str) -> None:
    """Nobody signs an agreement as "I want a refund"."""
    assert read_holder(typed) is None


@pytest.mark.parametrize(
    "name", ["Awa Dossou", "J. Dossou", "Jean-Want I", "Iba Can", "Marie-Ange de Souza", "Aï Do"]
)
def test_a_name_stays_a_name(name: str) -> None:
    """Short and uncommon names too."""
    assert read_holder(name) == name
