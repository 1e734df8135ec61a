"""Promo codes as they are typed."""

from zoneinfo import ZoneInfo

import pytest

from bot.flows.organising.code_lines import CodeLine, DropCode, code_of, read_code_line
from boxoffice.money import Money
from tests.flows.talking import NOW_MS

ZONE = ZoneInfo("Africa/Porto-Novo")


def read(text: str) -> CodeLine | DropCode | None:
    """Read a line in francs."""
    return read_code_line(text, "XOF", ZONE, NOW_MS)


def test_each_part_is_read() -> None:
    """Percent or amount, limits, a window, a kind: parts between commas, in any order."""
    assert read("Jazz-10 10%") == CodeLine("JAZZ10", percent=10)
    assert read("AMIS -1 000 F") == CodeLine("AMIS", off=Money(1000, "XOF"))
    line = read("RADIO 20%, pour VIP, 50 billets, 2 par personne, jusqu'au 10 juin")
    assert isinstance(line, CodeLine)
    assert (line.kind, line.uses, line.per_buyer, line.shows) == ("VIP", 50, 2, False)
    assert line.until_ms is not None
    assert read("PRESSE montre Presse") == CodeLine("PRESSE", kind="Presse", shows=True)
    assert read("retirer jazz 10") == DropCode("JAZZ10")


@pytest.mark.parametrize(
    "text",
    [
        "JAZZ",
        "JA 10%",
        "JAZZ10 101%",
        "JAZZ10 10%, 20%",
        "JAZZ10 10%, 500 F",
        "JAZZ10 pour VIP",
        "JAZZ10 10%, 0 billet",
        "JAZZ10 10%, jusqu'au 45 juin",
        "JAZZ10 bientôt",
        "x" * 500,
    ],
)
def test_what_could_be_read_in_two_ways_is_asked_again(text: str) -> None:
    """A code that takes off nothing, twice, or too much is no code."""
    assert read(text) is None


def test_a_code_is_the_same_however_it_is_typed() -> None:
    """Capitals, accents, spaces and hyphens do not matter to who types it on a phone."""
    assert {code_of(one) for one in ("été-10", "ETE 10", "Été10")} == {"ETE10"}
