"""The people at the door, as their organiser reads them."""

from bot.flows.team.same_names import numbered


def test_people_of_one_name_arenumbered() -> None:
    """Whoever takes one of two out must know which; a name that stands alone stays as it is."""
    assert numbered(["Porte", "Kofi", "Porte"]) == ["Porte 1", "Kofi", "Porte 2"]
