"""Compares our ledger with each provider's own list, once a day, and says where they differ.

Fees that the list tells are booked; everything else only reported: a difference is for a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bot.payments.protocol import Movement, Provider
from boxoffice.model import Payment
from boxoffice.money import Money
from boxoffice.rules import DAY_MS
from chat.messages import Say, words
from chat.saying import PRIORITY_DIALOGUE, queue_say
from storage import differences, ledger, loans, payments
from storage.database import Database, Tx
from storage.differences import BACK, Difference
from storage.ids import to_text

log = structlog.get_logger(__name__)

LOOK_BACK_MS = 3 * DAY_MS
"""How far each look goes back: what a provider books a day or two late is still compared."""

PAYMENTS_MAX = 5_000
"""Payments compared at once: a stadium's day; more is compared the next day."""


@dataclass(frozen=True, slots=True)
class Reconciling:
    """The daily comparison."""

    database: Database
    providers: Mapping[str, Provider]

    async def look(self, now_ms: int) -> None:
        """Compare every provider; one that does not answer is compared tomorrow."""
        for name, provider in self.providers.items():
            try:
                await self.compare(name, provider, now_ms)
            except Exception as error:  # noqa: BLE001 (whatever it was: tomorrow is another day)
                log.warning("not_reconciled", provider=name, why=repr(error))

    async def compare(self, name: str, provider: Provider, now_ms: int) -> list[Difference]:
        """Compare one provider's list with ours; answers with the differences found now."""
        since_ms = now_ms - LOOK_BACK_MS
        ours = await self.database.read(
            payments.paid_at, name, since_ms=since_ms, limit=PAYMENTS_MAX
        )
        known = [(one.id, one.provider_ref or "") for one in ours]
        lines = await provider.movements(since_ms, now_ms, known)
        if lines is None:
            return []
        for line in lines:
            if line.fee is not None and not line.is_refund:
                await self._book_fee(line, now_ms)
        back = await self.database.read(
            _paid, {line.payment_id for line in lines if line.is_refund}
        )
        found = [*differ(name, ours, lines), *differ_back(name, back, lines)]
        fresh = [one for one in found if await self.database.write(_keep, one, now_ms)]
        for one in fresh:
            log.error(
                "money_differs",
                provider=name,
                payment=one.payment_id,
                what=one.what,
                ours=one.ours_minor,
                theirs=one.theirs_minor,
                currency=one.currency,
            )
        return fresh

    async def _book_fee(self, line: Movement, now_ms: int) -> None:
        payment = await self.database.read(payments.payment_by_id, line.payment_id)
        fee = line.fee
        if payment is not None and payment.paid.amount_minor and fee is not None:
            await self.database.write(ledger.fee, payment.id, fee, now_ms)


async def _keep(tx: Tx, one: Difference, now_ms: int) -> bool:
    """Keep a difference and tell the box office's owners of it, once."""
    if not await differences.keep(tx, one, now_ms):
        return False
    say = Say(
        words(
            "accounts.difference_back" if one.is_back else "accounts.difference",
            provider=words(f"statement.provider_{one.provider.partition('.')[0]}"),
            payment=to_text(one.payment_id) if one.payment_id is not None else one.what,
            theirs=Money(one.theirs_minor, one.currency),
            ours=Money(one.ours_minor, one.currency),
        )
    )
    for chat_id in await loans.owner_chats(tx):
        await queue_say(tx, chat_id, say, PRIORITY_DIALOGUE, now_ms)
    return True


async def _paid(tx: Tx, payment_ids: set[int]) -> list[Payment]:
    """Read payments by their ids: what went back may have come in long ago."""
    found = [await payments.payment_by_id(tx, payment_id) for payment_id in sorted(payment_ids)]
    return [payment for payment in found if payment is not None]


def differ(name: str, ours: list[Payment], theirs: list[Movement]) -> list[Difference]:
    """Say where two lists differ: money that one has and the other not, or another amount."""
    known = {payment.id: payment for payment in ours}
    found: list[Difference] = []
    taken: dict[int, Money] = {}
    for line in theirs:
        if not line.is_refund:
            taken[line.payment_id] = line.amount
    for payment_id, amount in taken.items():
        payment = known.get(payment_id)
        ours_minor = payment.paid.amount_minor if payment else 0
        if payment is None or ours_minor != amount.amount_minor:
            what = "not_credited" if not ours_minor else "another_amount"
            found.append(
                Difference(
                    name,
                    payment_id if payment else None,
                    f"{what}:{payment_id}",
                    ours_minor,
                    amount.amount_minor,
                    amount.currency,
                )
            )
    found += [
        Difference(
            name,
            payment.id,
            f"not_in_their_list:{payment.id}",
            payment.paid.amount_minor,
            0,
            payment.paid.currency,
        )
        for payment in ours
        if payment.paid.amount_minor and payment.id not in taken
    ]
    return found


def differ_back(name: str, ours: list[Payment], theirs: list[Movement]) -> list[Difference]:
    """Say of which payments more went back, by their list, than ever was to go back by ours."""
    sent: dict[int, int] = {}
    for line in theirs:
        if line.is_refund:
            sent[line.payment_id] = sent.get(line.payment_id, 0) + line.amount.amount_minor
    return [
        Difference(
            name,
            payment.id,
            f"{BACK}:{payment.id}",
            payment.back_minor + payment.lost_minor,
            sent[payment.id],
            payment.paid.currency,
        )
        for payment in ours
        if sent[payment.id] > payment.back_minor + payment.lost_minor
    ]
