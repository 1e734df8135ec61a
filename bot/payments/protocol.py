"""What Guichet asks of anyone who takes money for it: one Protocol, a file a provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from boxoffice.money import Money


class NoticeRefused(Exception):
    """A notice not rightly signed, or not one at all: nothing happens, the sender gets 400."""


class PaymentRefused(Exception):
    """The provider will never accept this request: its reason, without secrets, is the message."""


@dataclass(frozen=True, slots=True)
class PaymentAsk:
    """What a provider needs to open a payment page. `payment_id` is our idempotency key."""

    payment_id: int
    amount: Money
    description: str
    language: str
    return_url: str
    page_until_ms: int
    """When the seats' hold ends: the page should close by then, where the provider can do that."""


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """An open payment page: where the buyer goes, and the provider's own name for it."""

    url: str
    provider_ref: str


@dataclass(frozen=True, slots=True)
class Pending:
    """Nothing final yet."""


@dataclass(frozen=True, slots=True)
class MoneyIn:
    """The money came in: as much as the provider says, not as much as was asked."""

    amount: Money


@dataclass(frozen=True, slots=True)
class NoMoney:
    """This attempt failed; `page_closed` tells an expired page from a refusal."""

    page_closed: bool


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """The money went back to the payer."""

    amount: Money


Outcome = Pending | MoneyIn | NoMoney | MoneyBack


@dataclass(frozen=True, slots=True)
class Notice:
    """What a provider's signed notice says; the same `notice_id` is the same notice."""

    notice_id: str
    payment_id: int
    outcome: Outcome


class Provider(Protocol):
    """One way of paying. Calls may be repeated after a crash: our payment id makes that harmless.

    Any exception other than `PaymentRefused` means "unknown, try again".
    """

    name: str

    async def start(self, ask: PaymentAsk) -> PaymentPage:
        """Open a payment page, or answer with the one already open for this payment id."""
        ...

    def read_notice(self, headers: Mapping[str, str], raw: bytes) -> Notice:
        """Check a notice's signature on its raw bytes and read it. Raises NoticeRefused."""
        ...

    async def find(self, payment_id: int, provider_ref: str) -> Outcome:
        """Ask the provider how a payment stands."""
        ...

    async def refund(self, payment_id: int, provider_ref: str, amount: Money) -> Outcome:
        """Send money back, once however often it is asked: MoneyBack, or Pending."""
        ...
