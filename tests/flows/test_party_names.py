"""How many persons a kind's name lets in on one ticket."""

import pytest

from bot.flows.organising.answers import KindLine, NotAKind, WhyNotKind, read_kind
from bot.flows.organising.kind_lines import read_price
from bot.flows.organising.party_names import PARTY_MAX, read_party


@pytest.mark.parametrize(
    ("name", "persons"),
    [
        ("Table de 5 personnes", 5),
        ("TABLE POUR 6 PERSONNES", 6),
        ("Table VIP 4 personnes", 4),
        ("Loge (8 pers.)", 8),
        ("Loge 8pers", 8),
        ("Pack pour 2 personnes", 2),
        ("Table de 5", 5),
        ("Table pour 10", 10),
        ("Groupe de 4", 4),
        ("Table for 5 people", 5),
        ("Table of 5", 5),
        ("Box, 12 guests", 12),
        (f"Car de {PARTY_MAX} personnes", PARTY_MAX),
    ],
)
def test_a_number_of_persons_plainly_said_is_read(name: str, persons: int) -> None:
    """A table for five is never sold as a ticket for one."""
    assert read_party(name) == persons


@pytest.mark.parametrize(
    "name",
    [
        "Standard",
        "Carré Or 2",
        "Table VIP",
        "Table 5",
        "5 étoiles",
        "Pack pour 5",
        "Table de 5 étoiles",
        "Enfant de 5 ans",
        "Tarif pour 1 personne",
        "Table de 1",
        f"Salle de {PARTY_MAX + 1} personnes",
        "Salle de 100 personnes",
        "Table de 4 à 6 personnes",
        "Table 4-6 pers.",
        "Groupe dès 10 personnes",
        "Groupe à partir de 10 personnes",
        "Groupe (10+ personnes)",
        "10 people or more",
        "Prix par personne",
        "2 personnalités",
    ],
)
def test_a_name_without_such_words_is_for_one(name: str) -> None:
    """A number that is no count of persons, a range and a bound change nothing."""
    assert read_party(name) == 1


def test_a_table_of_five_needs_no_x_before_its_places() -> None:
    """The last number of its name is persons, and so no price: the line reads one way alone."""
    read = read_kind("Table de 5 25000 4", "XOF")
    assert isinstance(read, KindLine)
    assert (read.name, read.price.amount_minor, read.quota) == ("Table de 5", 25000, 4)


@pytest.mark.parametrize(
    "line",
    [
        "Table de 5 250 000 4",
        "Table de 5 250 000 x 4",
        "Table de 5 250 000 F 4",
        "Groupe de 8 400 000 2",
    ],
)
def test_a_number_that_may_be_persons_or_price_is_asked_about(line: str) -> None:
    """Five at 250 000, or one at 5 250 000: nobody guesses which."""
    read = read_kind(line, "XOF")
    assert isinstance(read, NotAKind)
    assert read.why is WhyNotKind.PARTY_OR_PRICE


def test_a_price_in_one_piece_is_a_price() -> None:
    """`5 000` begins with no second price, and `5250000` is said whole."""
    for line, price in (("Table de 5 000 4", 5_000), ("Table de 5250000 4", 5_250_000)):
        read = read_kind(line, "XOF")
        assert isinstance(read, KindLine)
        assert (read.name, read.price.amount_minor) == ("Table de", price)
    assert read_price("Table de 5 250 000", "XOF") is None
