"""Who paid, as the provider that took the money knows them: asked for when they must be reached."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Payer:
    """How a provider can reach whoever paid; showing it never shows where."""

    email: str = ""
    phone: str = ""
    """Digits alone, with the country's, as WhatsApp and mobile money write it."""

    def __repr__(self) -> str:
        return f"Payer(email={bool(self.email)}, phone={bool(self.phone)})"


@runtime_checkable
class KnowsPayer(Protocol):
    """A provider that can say who paid."""

    async def payer(self, payment_id: int, provider_ref: str) -> Payer:
        """Ask who paid; empty where the provider does not know.

        Raises:
            PaymentRefused: it knows no such payment.
            Any other exception: unknown, try again.
        """
        ...
