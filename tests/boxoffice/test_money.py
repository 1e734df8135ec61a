"""Money is exact, readable, and never a hundred times wrong."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice.errors import CurrencyError
from boxoffice.money import (
    AMOUNT_MINOR_MAX,
    AmountRefused,
    Money,
    WhyRefused,
    currency_exponent,
    parse_money,
)

WITHOUT_DECIMALS = ("XOF", "XAF", "GNF")
amounts = st.integers(0, AMOUNT_MINOR_MAX)


@given(amounts, st.sampled_from(WITHOUT_DECIMALS), st.sampled_from(["fr", "en"]))
def test_a_franc_is_never_a_hundred_of_anything(francs: int, currency: str, locale: str) -> None:
    """A franc is one minor unit, is written with its own digits, and reads back as itself."""
    assert currency_exponent(currency) == 0
    money = Money(francs, currency)
    assert money.major == francs
    written = money.format(locale)
    assert "".join(filter(str.isdigit, written)) == str(francs)
    assert parse_money(written, currency) == money
    assert parse_money(str(francs), currency) == money


@given(amounts, st.sampled_from(["EUR", "USD", "NGN", "GHS", "MAD"]), st.sampled_from(["fr", "en"]))
def test_what_is_written_with_cents_reads_back(cents: int, currency: str, locale: str) -> None:
    """Formatting and parsing agree to the cent, in both languages."""
    money = Money(cents, currency)
    assert money.major == Decimal(cents) / 100
    assert parse_money(money.format(locale), currency) == money


@given(st.text(alphabet="0123456789 .,'-+fFcCaA€$\u00a0\u202f\n²٣", max_size=45))
def test_a_typed_amount_never_crashes_and_never_grows(text: str) -> None:
    """Whatever is typed is refused, or has no more than the digits that were typed."""
    money = parse_money(text, "XOF")
    if isinstance(money, Money):
        assert str(money.amount_minor) == ("".join(filter(str.isdigit, text)).lstrip("0") or "0")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("5000", "XOF", 5000),
        ("5 000", "XOF", 5000),
        ("5\u202f000\u00a0F\u202fCFA", "XOF", 5000),
        ("5000 F", "XOF", 5000),
        ("5000F", "XOF", 5000),
        ("5.000 FCFA", "XOF", 5000),
        ("5,000 F CFA", "XAF", 5000),
        ("1.500.000 GNF", "GNF", 1500000),
        ("1 500 000 fg", "GNF", 1500000),
        ("XOF 5000", "XOF", 5000),
        ("  0 ", "XOF", 0),
        ("2 francs", "XOF", 2),
        ("12,50", "EUR", 1250),
        ("12.50 €", "EUR", 1250),
        ("€12.50", "EUR", 1250),
        ("12", "EUR", 1200),
        ("12,5", "EUR", 1250),
        ("1 234,56 €", "EUR", 123456),
        ("1.234,56", "EUR", 123456),
        ("1,234.56 euros", "EUR", 123456),
        ("1'234.56", "EUR", 123456),
        ("1.234.567", "EUR", 123456700),
        ("1 234", "EUR", 123400),
        ("12,5", "TND", 12500),
    ],
)
def test_people_write_prices_in_many_ways(text: str, currency: str, minor: int) -> None:
    """Groups by space, dot, comma or apostrophe; the currency in front, behind or unsaid."""
    assert parse_money(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "why"),
    [
        ("", "XOF", WhyRefused.NOT_AN_AMOUNT),
        ("beaucoup", "XOF", WhyRefused.NOT_AN_AMOUNT),
        ("-500", "XOF", WhyRefused.NOT_AN_AMOUNT),
        ("5 00", "XOF", WhyRefused.NOT_AN_AMOUNT),
        ("50 000 5", "XOF", WhyRefused.NOT_AN_AMOUNT),
        ("5.000,000", "EUR", WhyRefused.TOO_MANY_DECIMALS),
        ("1.2.3", "EUR", WhyRefused.NOT_AN_AMOUNT),
        ("9" * 41, "XOF", WhyRefused.NOT_AN_AMOUNT),
        ("50,00", "XOF", WhyRefused.TOO_MANY_DECIMALS),
        ("5000.00", "XOF", WhyRefused.TOO_MANY_DECIMALS),
        ("12,505 1", "EUR", WhyRefused.NOT_AN_AMOUNT),
        ("12,5055", "EUR", WhyRefused.TOO_MANY_DECIMALS),
        ("5.000 €", "EUR", WhyRefused.AMBIGUOUS),
        ("5,000", "EUR", WhyRefused.AMBIGUOUS),
        ("12,500", "TND", WhyRefused.AMBIGUOUS),
        ("50 €", "XOF", WhyRefused.OTHER_CURRENCY),
        ("50 FCFA", "EUR", WhyRefused.OTHER_CURRENCY),
        ("5 mille", "XOF", WhyRefused.OTHER_CURRENCY),
        (str(AMOUNT_MINOR_MAX + 1), "XOF", WhyRefused.TOO_LARGE),
    ],
)
def test_a_doubtful_price_is_refused_with_its_reason(
    text: str, currency: str, why: WhyRefused
) -> None:
    """A price that could be read in two ways is asked again, never guessed."""
    assert parse_money(text, currency) == AmountRefused(why)


@pytest.mark.parametrize(
    ("money", "locale", "written"),
    [
        (Money(5000, "XOF"), "fr", "5\u202f000\u00a0F\u202fCFA"),
        (Money(5000, "XOF"), "en", "F\u202fCFA\u00a05,000"),
        (Money(5000, "XAF"), "fr", "5\u202f000\u00a0FCFA"),
        (Money(1500000, "GNF"), "fr", "1\u202f500\u202f000\u00a0GNF"),
        (Money(1250, "EUR"), "fr", "12,50\u00a0€"),
        (Money(1250, "EUR"), "en", "€12.50"),
        (Money(-5000, "XOF"), "fr", "\u22125\u202f000\u00a0F\u202fCFA"),
        (Money(-1250, "EUR"), "en", "\u2212€12.50"),
    ],
)
def test_prices_are_written_as_the_locale_does(money: Money, locale: str, written: str) -> None:
    """The spaces are no-break ones, so a phone never parts a price from its currency."""
    assert money.format(locale) == written


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.integers(0, 1000))
def test_sums_and_products_are_exact(left: int, right: int, times: int) -> None:
    """Adding and multiplying are those of integers."""
    assert Money(left, "XOF") + Money(right, "XOF") == Money(left + right, "XOF")
    assert Money(left, "EUR") * times == Money(left * times, "EUR")


def test_currencies_do_not_mix() -> None:
    """A sum of two currencies is an error of the program, told at once."""
    with pytest.raises(CurrencyError, match="XOF and EUR"):
        Money(1, "XOF") + Money(1, "EUR")


@pytest.mark.parametrize("currency", ["", "xof", "ZZZ", "F CFA"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    """A currency nobody knows has no decimals to be right about."""
    with pytest.raises(CurrencyError, match="ISO 4217"):
        Money(1, currency)


@pytest.mark.parametrize("amount", [1.5, True, "5", Decimal(5)])
def test_an_amount_is_an_integer(amount: object) -> None:
    """No float and no boolean ever becomes money."""
    with pytest.raises(TypeError, match="whole number"):
        Money(amount, "XOF")  # type: ignore[arg-type] # the promise is about wrong types
