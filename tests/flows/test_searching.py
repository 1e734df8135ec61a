"""Which words are taken for one another where somebody looks for an event."""

import pytest

from bot.flows.choosing.searching import is_of_stem


@pytest.mark.parametrize(
    ("typed", "titled"),
    [
        ("seminar", "seminaire"),
        ("orchestra", "orchestre"),
        ("classical", "classique"),
        ("electronic", "electronique"),
    ],
)
def test_one_word_in_two_languages_is_of_one_stem(typed: str, titled: str) -> None:
    """Six letters alike, two thirds of the longer word: that is enough to open an event."""
    assert is_of_stem(typed, titled)
    assert is_of_stem(titled, typed)


@pytest.mark.parametrize(
    ("typed", "titled"),
    [
        ("artiste", "artisan"),
        ("marche", "marchand"),
        ("festin", "festival"),
        ("competition", "competence"),
        ("international", "interne"),
        ("semina", "seminariste"),
    ],
)
def test_words_that_only_begin_alike_are_two(typed: str, titled: str) -> None:
    """No event is opened by a word that means something else."""
    assert not is_of_stem(typed, titled)
    assert not is_of_stem(titled, typed)
