"""Numbered seats: what a plan says, and where a party is best seated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice.seating import (
    Place,
    Row,
    Zone,
    best,
    find,
    holes,
    may_choose,
    read_zone,
)


def seats(text: str) -> list[Place]:
    """Draw rows, front first: `o` is free, `x` is taken."""
    return [
        Place(rank * 100 + number, "ABCDEFG"[rank], number, rank)
        for rank, row in enumerate(text.split())
        for number, char in enumerate(row, start=1)
        if char == "o"
    ]


def names(places: tuple[Place, ...]) -> str:
    """Name seats as people do."""
    return " ".join(place.name for place in places)


def test_a_plan_is_a_line_a_zone() -> None:
    """The example of the help, rows of one seat and long names; slips are no zones."""
    wanted = Zone("Parterre", (Row("A", 1, 20), Row("B", 1, 22)))
    assert read_zone("Parterre A:1-20 B:1-22") == wanted
    assert wanted.count == 42
    assert read_zone("Loge VIP gauche 1:3") == Zone("Loge VIP gauche", (Row("1", 3, 3),))
    for slip in ("Parterre", "A:1-20", "Parterre A:20-1", "Parterre A:1-2 A:3-4", "P A:0-3", ""):
        assert read_zone(slip) is None


@pytest.mark.parametrize(
    ("room", "count", "wanted"),
    [
        ("ooooo ooooo", 1, "A3"),
        ("ooooo ooooo", 2, "A1 A2"),  # in the middle of five, two leave one alone on each side
        ("oooooo", 2, "A3 A4"),
        ("ooooo", 3, "A1 A2 A3"),
        ("xxoxx ooooo", 2, "B1 B2"),
        ("oooo", 4, "A1 A2 A3 A4"),
        ("ooo", 2, "A1 A2"),  # every choice leaves one: it is not refused for that
        ("oxo xox", 2, "A1 A3"),
        ("oo", 3, ""),
    ],
)
def test_the_best_seats(room: str, count: int, wanted: str) -> None:
    """Side by side, in front, in the middle, and nobody's neighbour left alone."""
    assert names(best(seats(room), count)) == wanted


def test_typed_seats() -> None:
    """Names and spans, in any case; what is taken or does not exist is none."""
    room = seats("ooooo xoooo")
    assert names(find(room, "b2 B3") or ()) == "B2 B3"
    assert names(find(room, "A1-A3") or ()) == "A1 A2 A3"
    assert names(find(room, "a2 et a3") or ()) == "A2 A3"
    for wrong in ("B1", "Z9", "bonjour", "A1 svp", ""):
        assert find(room, wrong) is None


def test_a_choice_that_leaves_one_alone_is_refused_while_another_exists() -> None:
    """A hole of one is kept from a typed choice too, unless nothing else is left."""
    room = seats("ooooo")
    chosen = find(room, "A3 A4")
    assert chosen is not None
    assert names(holes(room, chosen)) == "A5"
    assert not may_choose(room, chosen)
    tight = seats("ooo")
    chosen = find(tight, "A1 A2")
    assert chosen is not None
    assert may_choose(tight, chosen)


@given(st.lists(st.text("ox", min_size=1, max_size=12), min_size=1, max_size=5), st.integers(1, 8))
def test_the_best_are_free_enough_and_may_be_chosen(rows: list[str], count: int) -> None:
    """Whatever the room: so many different free seats, or none when there are not so many."""
    room = seats(" ".join(rows))
    chosen = best(room, count)
    assert len(chosen) == len({place.id for place in chosen})
    assert {place.id for place in chosen} <= {place.id for place in room}
    assert len(chosen) == (count if len(room) >= count else 0)
    if chosen:
        assert may_choose(room, chosen)
