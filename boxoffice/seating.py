"""Numbered seats: the plan an organiser types, and which seats a party is best given.

Pure: a line of text and the free seats in, seats out.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PLACES_MAX = 5_000
"""Seats of one zone: a large theatre; more is a slip of the finger (`A:1-20000`)."""

ROW_NAME_MAX = 4
"""A row is called A, AA or 12, not by a sentence."""

NUMBER_MAX = 999

LINE_CHARS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a plan as it was typed: its name, its first and its last seat."""

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Zone:
    """A line of a plan: the kind it is sold under, and its rows from the front."""

    name: str
    rows: tuple[Row, ...]

    @property
    def count(self) -> int:
        """Seats of the zone."""
        return sum(row.last - row.first + 1 for row in self.rows)


@dataclass(frozen=True, slots=True)
class Place:
    """A free or taken seat; `row_rank` is 0 for the front row."""

    id: int
    row_name: str
    number: int
    row_rank: int

    @property
    def name(self) -> str:
        """What people say: `A12`."""
        return place_name(self.row_name, self.number)


def place_name(row_name: str, number: int) -> str:
    """Say a seat: `A12`; rows that are numbers keep a dash, `3-12`."""
    return f"{row_name}-{number}" if row_name.isdigit() else f"{row_name}{number}"


_ROW = re.compile(
    rf"([A-Z0-9]{{1,{ROW_NAME_MAX}}})\s*:\s*(\d{{1,3}})(?:\s*[-–à]\s*(\d{{1,3}}))?", re.IGNORECASE
)


def read_zone(line: str) -> Zone | None:
    """Read `Parterre A:1-20 B:1-22`; None if it is not a zone, or a row stands there twice."""
    found = re.fullmatch(
        rf"\s*(?P<name>\S.*?)\s+(?P<rows>{_ROW.pattern}(?:[\s,;]+{_ROW.pattern})*)\s*",
        line[:LINE_CHARS_MAX],
        re.IGNORECASE,
    )
    if found is None:
        return None
    rows = tuple(
        Row(name.upper(), int(first), int(last or first))
        for name, first, last in _ROW.findall(found["rows"])
    )
    names = {row.name for row in rows}
    if len(names) != len(rows) or any(not 1 <= row.first <= row.last for row in rows):
        return None
    zone = Zone(found["name"].strip(" :-–"), rows)
    return zone if zone.name and zone.count <= PLACES_MAX else None


def best(free: Iterable[Place], count: int) -> tuple[Place, ...]:
    """Give the best `count` seats side by side, or the fewest rows when no row has so many.

    Front rows first, in a row the middle first, and never so that one seat alone stays free beside
    the party while another choice exists. Empty when there are not enough.
    """
    runs = _runs(free)
    if count < 1 or sum(len(run) for run in runs) < count:
        return ()
    rows = _row_spans(runs)
    windows = [
        (leaves_hole(run, at, count), run[0].row_rank, _off_middle(run, at, count, rows), at, run)
        for run in runs
        for at in range(len(run) - count + 1)
    ]
    if windows:
        _, _, _, at, run = min(windows, key=lambda window: window[:4])
        return tuple(run[at : at + count])
    # No row has so many side by side: the longest run, then the best for the rest of the party.
    longest = max(runs, key=lambda run: (len(run), -run[0].row_rank))
    others = [place for run in runs if run is not longest for place in run]
    return (*longest, *best(others, count - len(longest)))


def leaves_hole(run: Sequence[Place], at: int, count: int) -> bool:
    """Tell whether taking `count` seats of a free run from `at` on leaves a single one beside."""
    return at == 1 or len(run) - at - count == 1


def holes(free: Iterable[Place], chosen: Sequence[Place]) -> tuple[Place, ...]:
    """Give the free seats that a choice would leave alone and that had a free neighbour before."""
    taken = {place.id for place in chosen}
    before = _runs(free)
    alone = [
        run[0]
        for run in _runs(p for run in before for p in run if p.id not in taken)
        if len(run) == 1
    ]
    were_alone = {run[0].id for run in before if len(run) == 1}
    return tuple(place for place in alone if place.id not in were_alone)


def may_choose(free: Sequence[Place], chosen: Sequence[Place]) -> bool:
    """Tell whether typed seats may be taken: they leave no hole, or no choice of as many would."""
    if not holes(free, chosen):
        return True
    return bool(holes(free, best(free, len(chosen))))


def find(free: Iterable[Place], text: str) -> tuple[Place, ...] | None:
    """Read typed seats, `B5 B6` or `b5-b7`; None if one of them is not free or not a seat."""
    known = {(place.row_name, place.number): place for place in free}
    found: dict[int, Place] = {}
    wanted = text.upper()[:LINE_CHARS_MAX]
    spans = re.findall(r"([A-Z]{1,4}|\d{1,3}-)\s*(\d{1,3})(?:\s*[-–À]\s*\1?\s*(\d{1,3}))?", wanted)
    rest = re.sub(r"([A-Z]{1,4}|\d{1,3}-)\s*(\d{1,3})(?:\s*[-–À]\s*\1?\s*(\d{1,3}))?", "", wanted)
    if not spans or re.sub(r"\bET\b|\bAND\b|[\s,;+&]", "", rest):
        return None
    for row, first, last in spans:
        for number in range(int(first), int(last or first) + 1):
            place = known.get((row.rstrip("-"), number))
            if place is None:
                return None
            found[place.id] = place
    return tuple(found.values()) or None


def _runs(free: Iterable[Place]) -> list[list[Place]]:
    """Part free seats into those that stand side by side."""
    runs: list[list[Place]] = []
    for place in sorted(free, key=lambda place: (place.row_rank, place.row_name, place.number)):
        last = runs[-1][-1] if runs else None
        beside = last is not None and (last.row_name, last.number + 1) == (
            place.row_name,
            place.number,
        )
        if beside:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _row_spans(runs: Sequence[Sequence[Place]]) -> dict[str, tuple[int, int]]:
    """Give the first and last free seat of each row: its middle is where people want to sit."""
    spans: dict[str, tuple[int, int]] = {}
    for run in runs:
        first, last = spans.get(run[0].row_name, (run[0].number, run[-1].number))
        spans[run[0].row_name] = (min(first, run[0].number), max(last, run[-1].number))
    return spans


def _off_middle(run: Sequence[Place], at: int, count: int, rows: dict[str, tuple[int, int]]) -> int:
    """Measure twice how far from the middle of its row a window of seats stands."""
    first, last = rows[run[0].row_name]
    return abs(run[at].number + run[at + count - 1].number - first - last)
