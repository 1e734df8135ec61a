"""What comes back of a price, to the minor unit, and until when."""

from hypothesis import given
from hypothesis import strategies as st

from boxoffice.refund_terms import FULL_REFUND, NO_REFUND, RefundTerms
from boxoffice.rules import DAY_MS

terms = st.builds(RefundTerms, st.integers(0, 100), st.integers(0, 90 * DAY_MS))
prices = st.integers(0, 10**12)


@given(terms, prices)
def test_a_part_is_never_less_than_said_nor_a_unit_more(rule: RefundTerms, paid: int) -> None:
    """The buyer gets the percentage, rounded up to the unit; the organiser keeps the exact rest."""
    back = rule.back_minor(paid)
    assert 0 <= back <= paid
    assert paid * rule.percent <= back * 100 < paid * rule.percent + 100


@given(prices)
def test_all_and_nothing_are_exact(paid: int) -> None:
    """A full refund is the price, and none is nothing."""
    assert (FULL_REFUND.back_minor(paid), NO_REFUND.back_minor(paid)) == (paid, 0)


@given(terms, st.integers(0, 2**45), st.integers(0, 2**45))
def test_a_refund_ends_at_the_very_millisecond(rule: RefundTerms, starts: int, now: int) -> None:
    """Until the stated moment it is owed, from then on it is not."""
    allowed = rule.percent > 0 and now < starts - rule.before_ms
    assert rule.allow(starts, now) is allowed
