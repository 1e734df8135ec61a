"""How Stripe counts money: its own decimals, which are not always the currency's.

Facts of docs.stripe.com/currencies: francs CFA are counted whole; dinars in thousandths; Ugandan
shillings and Icelandic krónur in hundredths although they have none. An amount that Stripe cannot
hold exactly is refused, never rounded.
"""

from bot.payments.protocol import PaymentRefused
from boxoffice.money import Money, currency_exponent

WHOLE = frozenset(
    """BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF""".split()  # noqa: SIM905 (a table)
)
THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})

_HUNDREDTHS = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF
    CHF CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF
    IDR ILS INR ISK JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK
    MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD SAR SBD SCR SEK SGD SHP
    SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS WST XCD YER ZAR ZMW
"""
SERVED = WHOLE | frozenset(_HUNDREDTHS.split())
"""The currencies Stripe presents prices in; a few more exist for some countries' accounts."""


def is_served(currency: str) -> bool:
    """Say whether Stripe presents prices in this currency."""
    return currency in SERVED


def to_stripe(amount: Money) -> int:
    """Write an amount in Stripe's units.

    Raises:
        PaymentRefused: it is not above zero, or Stripe's units cannot hold it exactly.
    """
    if amount.amount_minor <= 0:
        raise PaymentRefused("There is nothing to pay.")
    counted = amount.major.scaleb(_exponent(amount.currency))
    if counted != int(counted) or (amount.currency in THOUSANDTHS and int(counted) % 10):
        raise PaymentRefused(f"Stripe cannot count this amount in {amount.currency}.")
    return int(counted)


def from_stripe(counted: int, currency: str) -> Money:
    """Read an amount in Stripe's units.

    Raises:
        ValueError: it is less than one unit of the currency.
    """
    code = currency.upper()
    shift = currency_exponent(code) - _exponent(code)
    minor, rest = (counted * 10**shift, 0) if shift >= 0 else divmod(counted, 10**-shift)
    if rest:
        raise ValueError(f"{counted} is no whole amount in {code}.")
    return Money(minor, code)


def _exponent(currency: str) -> int:
    return 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2
