"""Cash as a provider of its own: taken by whoever sells, and handed back by hand.

Nothing is started or asked here: a sale over the counter records the money as it is taken
(`storage/cash.py`). A refund is accepted at once, and done when somebody says they handed it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.payments.protocol import (
    Movement,
    Notice,
    NoticeRefused,
    Outcome,
    PaymentPage,
    PaymentRefused,
    Pending,
    RefundPending,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.payments.protocol import PaymentAsk, RefundAsk, RefundOutcome


class Cash:
    """A Provider without a page: no buyer is offered it in a chat."""

    name = "cash"
    hold_min_ms = 0

    def serves(self, currency: str) -> bool:
        """Offer no page in any currency; every one is taken by hand."""
        del currency
        return False

    async def start(self, ask: PaymentAsk) -> PaymentPage:
        """Refuse: cash is taken, not asked for.

        Raises:
            PaymentRefused: always.
        """
        del ask
        raise PaymentRefused("Cash has no page.")

    async def read_notice(self, headers: Mapping[str, str], raw: bytes) -> Notice | None:
        """Refuse: nobody notifies of cash.

        Raises:
            NoticeRefused: always.
        """
        del headers, raw
        raise NoticeRefused("Cash sends no notices.")

    async def find(self, payment_id: int, provider_ref: str) -> Outcome:
        """Know nothing more: what was taken was recorded then."""
        del payment_id, provider_ref
        return Pending()

    async def refund(self, ask: RefundAsk) -> RefundOutcome:
        """Take the refund on: a person will hand the money back, and say so."""
        del ask
        return RefundPending()

    async def find_refund(self, ask: RefundAsk, refund_ref: str) -> RefundOutcome:
        """Wait for the person."""
        del ask, refund_ref
        return RefundPending()

    async def movements(
        self, since_ms: int, until_ms: int, known: Sequence[tuple[int, str]]
    ) -> list[Movement] | None:
        """Keep no list: tills are counted instead."""
        del since_ms, until_ms, known
        return None
