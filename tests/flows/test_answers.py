"""Typed kinds, places and ages: what is understood is what was meant, never one of two readings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flows.organising.answers import (
    KindLine,
    NotAKind,
    Place,
    QuotaLine,
    WhyNotKind,
    clean,
    read_age,
    read_kind,
    read_place,
    read_quota_line,
    read_text,
)
from boxoffice.money import Money


def francs(name: str, price: int, quota: int) -> KindLine:
    """A kind in F CFA."""
    return KindLine(name, Money(price, "XOF"), quota)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Standard 5000 300", francs("Standard", 5000, 300)),
        ("Standard 5 000 300", francs("Standard", 5000, 300)),
        ("Standard : 5000, 300", francs("Standard", 5000, 300)),
        ("- Carré Or 25.000 F x 40", francs("Carré Or", 25000, 40)),
        ("VIP 15 000 F x 50", francs("VIP", 15000, 50)),
        ("VIP - 15000 - 50", francs("VIP", 15000, 50)),
        ("VIP 15 000 1 000", francs("VIP", 15000, 1000)),
        ("VIP 15 000 FCFA 1 000 places", francs("VIP", 15000, 1000)),
        ("Table 10 personnes 50 000 F x 20", francs("Table 10 personnes", 50000, 20)),
        ("Pass 3 jours 500 200", francs("Pass 3 jours", 500, 200)),
        ("Gratuit 0 100", francs("Gratuit", 0, 100)),
        ("Invités gratuit 50", francs("Invités", 0, 50)),
    ],
)
def test_a_kind_is_read_as_people_write_it(line: str, kind: KindLine) -> None:
    """Spaces, marks, units and a free kind: one meaning."""
    assert read_kind(line, "XOF") == kind


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("bla", WhyNotKind.UNREADABLE),
        ("VIP 15 000", WhyNotKind.NO_QUOTA),
        ("Standard 5000 0", WhyNotKind.QUOTA),
        ("famille 12000 5 groupe de 4", WhyNotKind.PARTY),
        ("VIP 15 000 F", WhyNotKind.NO_QUOTA),
        ("VIP 15 500", WhyNotKind.AMBIGUOUS),
        ("Table 10 5000 20", WhyNotKind.AMBIGUOUS),
        ("5000 300", WhyNotKind.NAME),
        ("VIP 15000 x 0", WhyNotKind.QUOTA),
        ("VIP 15000 x 200000", WhyNotKind.QUOTA),
        ("VIP 50 € x 20", WhyNotKind.OTHER_CURRENCY),
        ("VIP 12,50 x 300", WhyNotKind.PRICE),
        ("x" * 5000, WhyNotKind.UNREADABLE),
    ],
)
def test_a_line_that_is_not_a_kind_is_refused_with_its_reason(line: str, why: WhyNotKind) -> None:
    """Never another price or another number of places than was meant."""
    answer = read_kind(line, "XOF")
    assert isinstance(answer, NotAKind)
    assert answer.why is why


@given(
    name=st.sampled_from(["VIP", "Carré Or", "Étudiant", "Box", "Prix unique"]),
    price=st.integers(100, 10**8),
    quota=st.integers(1, 100_000),
    mark=st.sampled_from([" F", " FCFA", " F CFA", "F", ""]),
    seats=st.sampled_from(["", " places"]),
)
def test_a_kind_with_an_x_means_itself(
    name: str, price: int, quota: int, mark: str, seats: str
) -> None:
    """Grouped in thousands or not, with any mark: price and places are told apart by the x."""
    for shown in (str(price), f"{price:,}".replace(",", " "), f"{price:,}".replace(",", "\u202f")):
        line = f"{name} {shown}{mark} x {quota}{seats}"
        assert read_kind(line, "XOF") == francs(name, price, quota), line


@given(st.one_of(st.text(max_size=300), st.text("VIP 0123456789,.F€x×-\n", max_size=60)))
def test_any_text_is_answered(text: str) -> None:
    """Nothing typed crashes, and a kind has a name, a price and places within their limits."""
    read_place(text)
    read_age(text)
    read_quota_line(text)
    assert "\0" not in clean(text)
    for currency in ("XOF", "EUR"):
        answer = read_kind(text, currency)
        if isinstance(answer, KindLine):
            assert 1 <= answer.quota <= 100_000
            assert answer.price.amount_minor >= 0
            assert 1 <= len(answer.name) <= 40


def test_places_ages_and_quotas() -> None:
    """The last part of a place is its city; an age is one number; a quota has perhaps a kind."""
    assert read_place("Palais des Congrès, Cotonou") == Place("Palais des Congrès", "Cotonou")
    assert read_place("Salle A, rue 12, Cotonou") == Place("Salle A, rue 12", "Cotonou")
    assert read_place("Stade") == Place("Stade", "")
    assert read_place(" , ") is None
    assert [read_age(text) for text in ("21", "+18", "16 ans", "Tous publics", "?", "12-15")] == [
        21,
        18,
        16,
        0,
        None,
        None,
    ]
    assert read_quota_line("VIP : 1 200 places") == QuotaLine("VIP", 1200)
    assert read_quota_line("350") == QuotaLine("", 350)
    assert read_quota_line("VIP") is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("-", ""),
        ("none", ""),
        ("Aucune.", ""),
        ("non", ""),
        ("Rien que du jazz", "Rien que du jazz"),
    ],
)
def test_a_word_that_says_there_is_no_text_is_no_text(typed: str, kept: str) -> None:
    """A dash, `aucune` or `non` leaves a description empty; a sentence is kept as it is."""
    assert read_text(typed) == kept
