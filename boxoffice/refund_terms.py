"""What a buyer who gives tickets back is paid, and until when: the event's terms, as accepted."""

from boxoffice.values import value

PERCENT_FULL = 100


@value
class RefundTerms:
    """A part of the price, until so long before the event begins; nought is no refund at all."""

    percent: int = 0
    before_ms: int = 0

    def until_ms(self, starts_ms: int) -> int:
        """Return from when on nothing comes back any more, given when the event begins."""
        return starts_ms - self.before_ms

    def allow(self, starts_ms: int, now_ms: int) -> bool:
        """Say whether something comes back to who gives a paid ticket back now."""
        return self.percent > 0 and now_ms < self.until_ms(starts_ms)

    def back_minor(self, paid_minor: int) -> int:
        """Return what comes back of a price, to the minor unit; what is left of one is rounded up.

        So whoever may have a part back gets one, and the buyer never loses by the rounding.
        """
        return -(-paid_minor * self.percent // PERCENT_FULL)


NO_REFUND = RefundTerms()
FULL_REFUND = RefundTerms(PERCENT_FULL)
