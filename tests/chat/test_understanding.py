"""What typed words press: light buttons by a part or a slip, binding ones by a clear act alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flows.choosing.accepting import ACCEPTANCES, Answer, read_answer
from bot.flows.confirming import confirms
from bot.flows.seller import LIGHT
from chat.understanding import choose, fold, near

OFFERED = (
    ("J’ai 21 ans révolus le 12 juin et j’accepte", "accept:1:2:3"),
    ("Annuler la réservation", "cancel:1"),
    ("Standard · 5 000 F CFA", "kind:1"),
    ("Non merci", "refuse"),
)
COMMANDS = {"mes billets": "tickets", "annuler": "annul", "quitter": "leave", "menu": "menu"}


def typed(text: str) -> str | None:
    """Type something below these buttons."""
    return choose(text, OFFERED, COMMANDS, numbers_choose=True, light=LIGHT, phrases=ACCEPTANCES)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("J'ACCEPTE !", "accept:1:2:3"),
        ("j'acepte", "accept:1:2:3"),
        ("j accpete", "accept:1:2:3"),
        ("oui, j’accepte", "accept:1:2:3"),
        ("1", "accept:1:2:3"),
        ("J ai 21 ans revolus le 12 juin et j accepte", "accept:1:2:3"),
        ("anuler la reservation", "cancel:1"),
        ("standrad", "kind:1"),
        ("non merc", "refuse"),
        ("mes bilets", "tickets"),
        ("anuler", "annul"),
    ],
)
def test_small_slips_are_understood(text: str, action: str) -> None:
    """A letter forgotten, one too many, two swapped: what was meant is done."""
    assert typed(text) == action


@pytest.mark.parametrize(
    "text",
    [
        *("oui", "ok", "d'accord", "21 ans", "le 12 juin", "juin", "ans et", "j'accepte pas"),
        *("je n'accepte pas", "j'excepte", "j'accepterai", "si j'accepte", "la réservation"),
        *("annuler la", "annuler mon train", "ma réservation", "quiter", "5", "menus"),
    ],
)
def test_nothing_binding_is_done_by_half(text: str) -> None:
    """A part of a label, another word, a negation: nothing is accepted, cancelled or left."""
    assert typed(text) is None


@given(st.text(alphabet="abcdefghij' ", max_size=30))
def test_what_binds_is_one_letter_away_at_most(text: str) -> None:
    """Whatever is typed, a binding button is pressed only by its words or their nearest slip."""
    if typed(text) in {"accept:1:2:3", "cancel:1"}:
        said = [fold(label) for label, action in OFFERED if action == typed(text)]
        assert any(near(fold(text), one) or fold(text) == one for one in (*said, *ACCEPTANCES))


@given(st.text(alphabet="abc", min_size=6, max_size=12), st.integers(0, 11))
def test_near_is_one_letter_or_one_swap(word: str, at: int) -> None:
    """Missing, doubled and swapped letters are near both ways; a replaced letter never is."""
    at %= len(word) - 1
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for slip in (word[:at] + word[at + 1 :], word[:at] + "x" + word[at:], swapped):
        assert near(word, slip)
        assert near(slip, word)
    assert not near(word, word[:at] + "x" + word[at + 1 :])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Non.", Answer.NO),
        ("je n’accepte pas ces conditions", Answer.NO),
        ("I don't accept", Answer.NO),
        ("OK, d'accord", Answer.ASSENT),
        ("yes", Answer.ASSENT),
        ("oui mais j'ai 19 ans", Answer.OTHER),
        ("combien de temps ça dure", Answer.QUESTION),
        ("mon fils peut venir ?", Answer.QUESTION),
        ("est", Answer.OTHER),
        ("??", Answer.OTHER),
    ],
)
def test_answers_below_the_conditions(text: str, answer: Answer) -> None:
    """A no is taken, a bare yes is helped, a question is offered to be sent."""
    assert read_answer(text) is answer


GIVING_BACK = (("Rendre et recevoir 4 000 F CFA", "giveback:1:1:4000"), ("Garder", "tickets"))
CALLING_OFF = (("Oui, annuler et prévenir", "calloffok:1"), ("Laisser", "sales:1"))


def said_below(offered: tuple[tuple[str, str], ...], text: str) -> str | None:
    """Type something below a question."""
    return choose(text, offered, COMMANDS, numbers_choose=True, light=LIGHT, confirms=confirms)


@pytest.mark.parametrize("text", ["oui", "OK", "d’accord", "yes", "Rendre", "rendre !", "1"])
def test_a_plain_question_takes_a_plain_yes(text: str) -> None:
    """One button alone says yes: so do a yes and the verb of its label."""
    assert said_below(GIVING_BACK, text) == "giveback:1:1:4000"


def test_a_verb_answers_the_question_before_it_is_a_command() -> None:
    """`annuler` means the button that begins with it; an event is called off by a yes alone."""
    assert said_below((("Annuler la réservation", "letgo:1"),), "annuler") == "letgo:1"
    assert said_below(CALLING_OFF, "annuler") == said_below(GIVING_BACK, "annuler") == "annul"
    assert said_below(CALLING_OFF, "oui") == "calloffok:1"
    assert said_below(CALLING_OFF, "non") == "sales:1"


def test_a_yes_to_two_things_or_to_conditions_is_none() -> None:
    """Where two buttons say yes, or one declares an age, a bare yes presses nothing."""
    assert said_below((*GIVING_BACK, *CALLING_OFF), "oui") is None
    assert said_below(OFFERED, "oui") is None
    assert said_below(OFFERED, "j") is None
