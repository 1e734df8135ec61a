"""What a provider says of its pages: paid, by whom and how much, refused, or closed.

! payé                              the newest page is paid; `! payé page 1`, `! payé 4000`,
                                    `! payé par kofi`: in kofi's own chat; `! payé depuis 97 00 11
                                    22`: from this wallet
! refusé, ! page fermée             the provider says no
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.payments.protocol import MoneyIn, NoMoney, Notice, Outcome
from boxoffice.money import Money
from storage import payments
from tests.transcripts.money_world import paid_in_their_chat

if TYPE_CHECKING:
    from boxoffice.model import Payment
    from storage.database import Tx
    from tests.transcripts.stage import Stage


async def pay(stage: Stage, rest: str) -> None:
    """Have the provider say that a page was paid."""
    rest, _, phone = rest.partition("depuis ")
    rest, _, payer = rest.partition("par ")
    found = re.fullmatch(r"(\d*) ?(?:page (\d+) ?)?", rest)
    assert found is not None, rest
    payment = await _payment(stage, int(found[2] or 0))
    amount = Money(int(found[1]), payment.amount.currency) if found[1] else payment.amount
    # The provider's books say so too: it will be asked to send money back.
    await stage.database.write(book, payment)
    if payer:
        await paid_in_their_chat(stage, payment, amount, payer)
        return
    digits = "".join(char for char in phone if char.isdecimal())
    await _tell(stage, payment, MoneyIn(amount, digits), rest)


async def decline(stage: Stage, _: str) -> None:
    """Have the provider say that the payer was refused."""
    payment = await _payment(stage, 0)
    await stage.sandbox.press(str(payment.url).rpartition("/")[2], "decline")
    await _tell(stage, payment, NoMoney(page_closed=False), "")


async def close_page(stage: Stage, _: str) -> None:
    """Have the provider say that the page was closed unpaid."""
    await _tell(stage, await _payment(stage, 0), NoMoney(page_closed=True), "")


async def _tell(stage: Stage, payment: Payment, outcome: Outcome, more: str) -> None:
    """Tell what the provider's notice says; said twice, it is the same notice."""
    notice = Notice(f"{payment.id}:{type(outcome).__name__}:{more}", payment.id, outcome)
    await stage.guichet.payment_work.credit(notice)


async def _payment(stage: Stage, page: int) -> Payment:
    """The page opened last, or the `page`th of all."""
    if not page:
        payment = await stage.database.read(newest_payment)
    else:
        payment = await stage.database.read(_payment_at, page)
    assert payment is not None, "nothing was ever to be paid"
    return payment


# ---- In the database -----------------------------------------------------------------------------


async def newest_payment(tx: Tx) -> Payment | None:
    """Read the payment begun last."""
    row = await tx.row("SELECT id FROM payments ORDER BY id DESC LIMIT 1")
    return await payments.payment_by_id(tx, row["id"]) if row else None


async def _payment_at(tx: Tx, place: int) -> Payment | None:
    rows = await tx.rows("SELECT id FROM payments ORDER BY id LIMIT 1 OFFSET :skip", skip=place - 1)
    return await payments.payment_by_id(tx, rows[0]["id"]) if rows else None


async def book(tx: Tx, payment: Payment) -> None:
    """Let the sandbox have the money, whatever its page said before; sent back, it stays so."""
    await tx.run(
        "UPDATE sandbox_payments SET status = 'paid'"
        " WHERE idempotency_key = :ref AND status <> 'refunded'",
        ref=str(payment.id),
    )
