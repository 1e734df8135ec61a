"""Money: an integer of minor units and an ISO 4217 currency, never a float.

How many decimals a currency has comes from CLDR (through Babel), so that a franc, which has none,
can never be taken for a hundred of something: 5 000 F CFA is `Money(5000, "XOF")`, and 12,50 € is
`Money(1250, "EUR")`.
"""

import re
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache

from babel.numbers import (
    format_currency,
    get_currency_precision,
    get_currency_symbol,
    is_currency,
)

from boxoffice.errors import CurrencyError
from boxoffice.values import value

AMOUNT_MINOR_MAX = 10**12
"""Ten milliard euros, or a thousand milliard francs: more is a slip of the keyboard."""

AMOUNT_TEXT_LENGTH_MAX = 40
"""The longest price that people write, with its currency in letters, has about thirty."""

_NO_BREAK_SPACE = "\u00a0"
_MINUS = "\u2212"


@value
class Money:
    """An amount in minor units of a currency: centimes of a euro, but whole francs."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"an amount is a whole number of minor units: {self.amount_minor!r}")
        currency_exponent(self.currency)

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency; another one raises `CurrencyError`."""
        if self.currency != other.currency:
            raise CurrencyError(f"{self.currency} and {other.currency} cannot be added.")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        """Multiply by a number of tickets."""
        return Money(self.amount_minor * times, self.currency)

    @property
    def major(self) -> Decimal:
        """The amount in whole units, exactly: `Decimal("12.50")`."""
        return Decimal(self.amount_minor).scaleb(-currency_exponent(self.currency))

    def format(self, locale: str) -> str:
        """Write the amount as the locale does, with spaces that never break: `5 000 F CFA`."""
        return _formatted(self, locale)


@lru_cache(maxsize=1024)
def _formatted(money: Money, locale: str) -> str:
    """Write an amount once: thousands of buyers read of the same price."""
    text = format_currency(money.major, money.currency, locale=locale)
    # CLDR writes most minuses as the keyboard's hyphen, at which a line may break.
    text = text.replace("-", _MINUS)
    # CLDR parts a currency of letters from its number (currencySpacing); Babel does not.
    return re.sub(r"(?<=[A-Za-z])(?=\d)", _NO_BREAK_SPACE, text)


class WhyRefused(Enum):
    """Why a typed amount cannot be taken."""

    NOT_AN_AMOUNT = "not_an_amount"
    OTHER_CURRENCY = "other_currency"
    TOO_MANY_DECIMALS = "too_many_decimals"
    AMBIGUOUS = "ambiguous"
    TOO_LARGE = "too_large"


@value
class AmountRefused:
    """A typed amount that was not understood for sure; the person is asked again."""

    why: WhyRefused


@cache
def currency_exponent(currency: str) -> int:
    """Return how many decimals a currency has (CLDR); an unknown one raises `CurrencyError`."""
    if not is_currency(currency):
        raise CurrencyError(f"{currency!r} is not a currency code of ISO 4217.")
    return get_currency_precision(currency)


def parse_money(text: str, currency: str) -> Money | AmountRefused:
    """Read an amount as people type it: "5 000", "5000 F", "5.000 FCFA", "12,50", "12.50 €".

    What could be read in two ways is refused: "5.000 €" may be five euros or five thousand.
    """
    if len(text) > AMOUNT_TEXT_LENGTH_MAX:
        return AmountRefused(WhyRefused.NOT_AN_AMOUNT)
    found = _AMOUNT.fullmatch(text.casefold().strip())
    if found is None:
        return AmountRefused(WhyRefused.NOT_AN_AMOUNT)
    marks = {_letters(found["before"]), _letters(found["after"])} - {""}
    if not marks <= _marks(currency):
        return AmountRefused(WhyRefused.OTHER_CURRENCY)
    number = _minor_units(found["number"], currency_exponent(currency))
    if isinstance(number, WhyRefused):
        return AmountRefused(number)
    if number > AMOUNT_MINOR_MAX:
        return AmountRefused(WhyRefused.TOO_LARGE)
    return Money(number, currency)


_AMOUNT = re.compile(
    r"(?P<before>[^\d+\-\u2212]*)(?P<number>[0-9](?:[0-9\s.,'’]*[0-9])?)(?P<after>[^\d]*)"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:([\s.,'’])[0-9]{3})(?:\1[0-9]{3})*")
_GROUP_DIGITS = 3

# What people write beside CLDR's symbols and the ISO code. "F" alone means the currency of the
# event: nobody sells in two sorts of francs at one door.
_EVERYDAY_MARKS = {
    "XOF": ("f", "fcfa", "cfa", "fr", "frs", "franc", "francs", "francscfa"),
    "XAF": ("f", "fcfa", "cfa", "fr", "frs", "franc", "francs", "francscfa"),
    "GNF": ("f", "fg", "fr", "frs", "franc", "francs", "francsguinéens"),
    "CDF": ("f", "fc", "fr", "frs", "franc", "francs", "francscongolais"),
    "EUR": ("euro", "euros"),
    "USD": ("$", "dollar", "dollars"),
}


def _letters(mark: str) -> str:
    """Reduce a currency as typed to what it is compared by."""
    return re.sub(r"[\s.]", "", mark.casefold())


@cache
def _marks(currency: str) -> frozenset[str]:
    symbols = {get_currency_symbol(currency, locale) for locale in ("fr", "en")}
    return frozenset(map(_letters, {currency, *symbols, *_EVERYDAY_MARKS.get(currency, ())}))


def _minor_units(number: str, exponent: int) -> int | WhyRefused:
    """Read digits and separators; whatever has two readings is refused."""
    if number.isdigit():
        return int(number + "0" * exponent)
    whole, decimals = number, ""
    last = max(number.rfind("."), number.rfind(","))
    fits_groups = _GROUPED.fullmatch(number) is not None
    if last >= 0 and number.count(number[last]) == 1:
        if not fits_groups:
            whole, decimals = number[:last], number[last + 1 :]
        elif exponent:
            return WhyRefused.AMBIGUOUS
    if not (whole.isdigit() or _GROUPED.fullmatch(whole)) or (decimals and not decimals.isdigit()):
        return WhyRefused.NOT_AN_AMOUNT
    if len(decimals) > exponent:
        return WhyRefused.TOO_MANY_DECIMALS
    return int(re.sub(r"\D", "", whole) + decimals.ljust(exponent, "0"))
