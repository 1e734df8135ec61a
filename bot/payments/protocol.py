"""What Guichet asks of anyone who takes money for it: one Protocol, a file a provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    """When the page should close, where the provider can do that: the same for every repeat."""
    reference: str = ""
    """The order's reference, as people read it out."""
    zone: str = ""
    """Where the event takes place: mobile money belongs to a country."""


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
    payer_phone: str = field(default="", compare=False, repr=False)
    """The wallet that paid, digits alone, where the provider says it."""


@dataclass(frozen=True, slots=True)
class NoMoney:
    """This attempt failed; `page_closed` tells an expired page from a refusal."""

    page_closed: bool


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """The money went back to the payer."""

    amount: Money


Outcome = Pending | MoneyIn | NoMoney | MoneyBack
"""How a payment stands."""


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """Money to send back. The refund's id and the attempt are our idempotency key."""

    refund_id: int
    attempt: int
    payment_id: int
    provider_ref: str
    amount: Money

    @property
    def key(self) -> str:
        """Another attempt after a failure is another request, with a key of its own."""
        return f"{self.refund_id}-{self.attempt}"


@dataclass(frozen=True, slots=True)
class RefundPending:
    """The provider has taken the refund and is not done with it."""

    provider_ref: str = ""


@dataclass(frozen=True, slots=True)
class RefundDone:
    """The money went back."""

    provider_ref: str = ""


@dataclass(frozen=True, slots=True)
class RefundFailed:
    """This refund will not happen: the provider's reason, without secrets."""

    why: str


RefundOutcome = RefundPending | RefundDone | RefundFailed
"""How a refund stands."""


@dataclass(frozen=True, slots=True)
class RefundNews:
    """The provider tells of a refund we asked for."""

    refund_id: int
    attempt: int
    outcome: RefundOutcome


@dataclass(frozen=True, slots=True)
class ReturnedElsewhere:
    """Somebody sent money back at the provider's own desk, not through us."""

    provider_ref: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ChargedBack:
    """The payer's bank took the money back: `dispute_ref` is the provider's name for it."""

    dispute_ref: str
    amount: Money


@dataclass(frozen=True, slots=True)
class DisputeEnded:
    """A dispute is over: won, what the bank took came back; lost, it is gone for good."""

    dispute_ref: str
    amount: Money
    is_won: bool


News = Outcome | RefundNews | ReturnedElsewhere | ChargedBack | DisputeEnded


@dataclass(frozen=True, slots=True)
class Notice:
    """What a provider's signed notice says; the same `notice_id` is the same notice."""

    notice_id: str
    payment_id: int | None
    """None where the provider only has names of its own for the payment: see `names`."""
    outcome: News
    provider_ref: str = ""
    """The provider's name of the payment, where it is known only once the money came."""
    names: tuple[str, ...] = ()
    """What the provider calls a payment that it does not know to be ours."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a provider's own list: `amount` came in (or, `is_refund`, went back)."""

    payment_id: int
    provider_ref: str
    amount: Money
    fee: Money | None
    at_ms: int
    is_refund: bool


class Provider(Protocol):
    """One way of paying. Calls may be repeated after a crash: our ids make that harmless.

    Any exception other than `PaymentRefused` means "unknown, try again".
    """

    @property
    def name(self) -> str:
        """What payments call it, and its notices' address: `stripe`, `stripe.ORGANISER`."""
        ...

    @property
    def hold_min_ms(self) -> int:
        """How long seats must be held from the start of a payment: as long as a page lives."""
        ...

    def serves(self, currency: str) -> bool:
        """Say whether it takes money in this currency."""
        ...

    async def start(self, ask: PaymentAsk) -> PaymentPage:
        """Open a payment page, or answer with the one already open for this payment id."""
        ...

    async def read_notice(self, headers: Mapping[str, str], raw: bytes) -> Notice | None:
        """Check a notice on its raw bytes and read it; None for one that is not about us.

        A provider whose notices prove nothing is asked instead, so that what is answered is true.

        Raises:
            NoticeRefused: the signature is wrong, or it is no notice.
        """
        ...

    async def find(self, payment_id: int, provider_ref: str) -> Outcome:
        """Ask the provider how a payment stands."""
        ...

    async def refund(self, ask: RefundAsk) -> RefundOutcome:
        """Send money back, once however often it is asked."""
        ...

    async def find_refund(self, ask: RefundAsk, refund_ref: str) -> RefundOutcome:
        """Ask the provider how a refund stands that it had accepted."""
        ...

    async def movements(
        self, since_ms: int, until_ms: int, known: Sequence[tuple[int, str]]
    ) -> list[Movement] | None:
        """Read the provider's own list of a time, or None where it has none.

        `known` are the payments we know of, with the provider's names: one without a list is asked
        about each.
        """
        ...
