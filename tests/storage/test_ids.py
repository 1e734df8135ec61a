"""Ids rise, never repeat in a process, and survive being a text."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.ids import EPOCH_MS, TEXT_LENGTH_MAX, from_text, new_id, to_text

ids = st.integers(0, 2**63 - 1)
clocks = st.integers(0, EPOCH_MS + 2**40)


@given(st.lists(clocks, min_size=2, max_size=50))
def test_ids_rise_whatever_the_clock_does(times: list[int]) -> None:
    """Each id is above the one before and fits a BIGINT, even when the clock goes back."""
    made = [new_id(now_ms) for now_ms in times]
    assert made == sorted(set(made))
    assert all(0 < number < 2**63 for number in made)


def test_threads_never_share_an_id() -> None:
    """The loop's thread and the writer's may ask at once."""
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(new_id, [EPOCH_MS + 5] * 20_000))
    assert len(set(made)) == len(made)


@given(ids)
def test_a_text_is_the_id_again(number: int) -> None:
    """What was written is read back, in either case, in at most 13 letters and digits."""
    text = to_text(number)
    assert text.isalnum()
    assert len(text) <= TEXT_LENGTH_MAX
    assert from_text(text) == from_text(text.lower()) == number


@given(st.text(max_size=20))
def test_any_text_is_an_id_or_none(text: str) -> None:
    """Whatever a link carries, the answer is an id that fits or ``None``, never an error."""
    number = from_text(text)
    assert number is None or 0 <= number < 2**63


@pytest.mark.parametrize("text", ["", " ", "U", "A-B", "Z" * 13, "0" * 14, "é", "١", "A\n"])
def test_what_is_wrong_is_none(text: str) -> None:
    """Empty, too long, too large and foreign letters are not ids."""
    assert from_text(text) is None


def test_letters_easily_mistaken_are_understood() -> None:
    """O is read as 0, I and L as 1."""
    assert from_text("1O0") == from_text("IoO") == from_text("l00") == 1024


@pytest.mark.parametrize("number", [-1, 2**63])
def test_what_is_no_id_has_no_text(number: int) -> None:
    """Only 63 bits are an id."""
    with pytest.raises(ValueError, match="not an id"):
        to_text(number)


def test_a_clock_after_2094_is_refused() -> None:
    """An id that would not fit is refused instead of wrapping round."""
    with pytest.raises(ValueError, match="2094"):
        new_id(EPOCH_MS + 2**41)
