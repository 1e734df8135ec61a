"""Names as they are typed for tickets: one, several beside each other, and what is none."""

from __future__ import annotations

import pytest

from bot.flows.choosing.asking import read_full_names, read_holder

BOTH = ["Koffi Mensah", "Ama Kodjo"]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Koffi Mensah", ["Koffi Mensah"]),
        ("Koffi Mensah, Ama Kodjo", BOTH),
        ("Koffi Mensah\nAma Kodjo", BOTH),
        ("Koffi Mensah et Ama Kodjo", BOTH),
        ("Koffi Mensah and Ama Kodjo", BOTH),
        ("Koffi Mensah & Ama Kodjo", BOTH),
        ("Mensah, Koffi", ["Mensah, Koffi"]),
        ("Étienne Edet", ["Étienne Edet"]),
        ("Koffi", []),
    ],
)
def test_several_names_beside_each_other_are_several(typed: str, names: list[str]) -> None:
    """Two people are never one name on one ticket; a surname before its comma stays a name."""
    assert read_full_names(typed) == names


@pytest.mark.parametrize("typed", ["A421-G0E3", "cn8v-c00k", "CN8VC00K"])
def test_a_tickets_code_signs_nothing(typed: str) -> None:
    """Who is asked for a name and types the code of the ticket is asked again."""
    assert read_holder(typed) is None


@pytest.mark.parametrize("typed", ["Awa", "Groupe 2000", "Alexandr", "Jean-Luc", "Awa2"])
def test_names_that_look_a_little_like_codes_are_names(typed: str) -> None:
    """Eight letters are a name, and so is a word with a figure."""
    assert read_holder(typed) == typed
