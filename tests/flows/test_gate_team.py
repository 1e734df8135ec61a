"""The people at the door, as their organiser reads them."""

from bot.flows.team.gate_team import _told_apart


def test_people_of_one_name_are_told_apart() -> None:
    """Whoever takes one of two out must know which; a name that stands alone stays as it is."""
    assert _told_apart(["Porte", "Kofi", "Porte"]) == ["Porte 1", "Kofi", "Porte 2"]
