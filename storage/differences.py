"""What a provider's own list and ours did not say alike: each kept once, for a person."""

from dataclasses import dataclass

from storage.database import Tx

BACK = "not_booked_back"
"""How a difference is named that is about money that went back."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; `what` names it, with the payment it is about."""

    provider: str
    payment_id: int | None
    what: str
    ours_minor: int
    theirs_minor: int
    currency: str

    @property
    def is_back(self) -> bool:
        """Whether it is about money that went back, not about money that came in."""
        return self.what.startswith(f"{BACK}:")


async def keep(tx: Tx, one: Difference, now_ms: int) -> bool:
    """Keep a difference; true the first time."""
    row = await tx.row(
        "INSERT INTO differences (key, provider, payment_id, what, ours_minor, theirs_minor,"
        " currency, found_ms) VALUES (:key, :provider, :payment_id, :what, :ours_minor,"
        " :theirs_minor, :currency, :now_ms) ON CONFLICT (key) DO NOTHING RETURNING key",
        key=f"{one.provider}:{one.what}:{one.ours_minor}:{one.theirs_minor}",
        provider=one.provider,
        payment_id=one.payment_id,
        what=one.what,
        ours_minor=one.ours_minor,
        theirs_minor=one.theirs_minor,
        currency=one.currency,
        now_ms=now_ms,
    )
    return row is not None
