"""The tax that a price includes: taken out of what is kept, rounded to the minor unit."""

from boxoffice.money import Money

BASIS_POINTS = 10_000
"""A rate is a whole number of hundredths of a percent: 18 % is 1 800, 5,5 % is 550."""


def included_tax(amount: Money, rate_bp: int) -> Money:
    """Say how much of an amount is tax, the price including it: half a unit rounds up.

    >>> included_tax(Money(11_800, "XOF"), 1_800).amount_minor
    1800
    """
    whole = BASIS_POINTS + rate_bp
    part = (2 * amount.amount_minor * rate_bp + whole) // (2 * whole)
    return Money(part, amount.currency)
