"""What counts as a quantity: a whole message that says a number and nothing else."""

import pytest

from bot.flows.reading import count_and_rest, counted, quantity_and_kind, several_kinds
from boxoffice.model import Kind
from boxoffice.money import Money


def a_kind(kind_id: int, name: str) -> Kind:
    """Make a kind of ticket that is on sale."""
    return Kind(
        id=kind_id,
        event_id=1,
        name=name,
        price=Money(5_000, "XOF"),
        quota=30,
        taken=0,
        valid_from_ms=0,
        valid_until_ms=1,
    )


STANDARD, VIP = a_kind(1, "Standard"), a_kind(2, "VIP")
KINDS = (STANDARD, VIP)


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("4", 4),
        ("4 !", 4),
        ("quatre", 4),
        ("quattre", 4),
        ("4 billets", 4),
        ("4 bilets svp", 4),
        ("j’en veux 4", 4),
        ("Je voudrais 4 places s’il vous plaît", 4),
        ("on est 4", 4),
        ("I'll take 4 please", 4),
        ("1000", 1000),
        ("avez-vous le wifi 4G ?", None),
        ("avez-vous le wifi 4G", None),
        ("6 ans c’est bon ?", None),
        ("6 ans c'est bon", None),
        ("ça commence à 20h30 ?", None),
        ("ça commence à 20 h", None),
        ("4 ?", None),
        ("aide AP2HHMF où est mon argent", None),
        ("2 ou 3", None),
        ("-1", None),
        ("0", None),
        ("oui merci", None),
    ],
)
def test_only_a_plain_quantity_is_one(typed: str, count: int | None) -> None:
    """A digit in a sentence orders nothing, nor does a question."""
    assert counted(typed) == count


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("2 VIP", (2, VIP)),
        ("2 standard svp", (2, STANDARD)),
        ("je voudrais deux billets standards", (2, STANDARD)),
        ("2 vip ?", (None, VIP)),
        ("avez-vous le wifi 4G ?", None),
    ],
)
def test_a_kind_and_its_number_are_read_together(
    typed: str, wish: tuple[int | None, Kind] | None
) -> None:
    """Whoever asks about two VIP is not taken for one who orders them."""
    assert quantity_and_kind(typed, KINDS) == wish


def test_two_kinds_are_read_as_two_wishes() -> None:
    """What cannot be one order is understood, so that it can be said."""
    assert several_kinds("2 standard et 1 vip", KINDS) == [(2, STANDARD), (1, VIP)]
    assert several_kinds("2 standard et une bière", KINDS) == []


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("2 places pour le festival", (2, "le festival")),
        ("je voudrais deux billets pour samedi", (2, "samedi")),
        ("2 tickets for the 12 june", (2, "the 12 june")),
        ("3 billets svp", (3, "")),
        ("deux places", (2, "")),
        ("2 billets ?", None),
        ("0 billet pour samedi", None),
        ("le 12 juin à 20 h", None),
        ("mes 2 billets perdus", None),
    ],
)
def test_a_number_of_tickets_is_parted_from_what_they_are_for(
    typed: str, wish: tuple[int, str] | None
) -> None:
    """So a number said before the event goes with it; a question and a date carry none."""
    assert count_and_rest(typed) == wish
