"""What the world does with money: refunds that somebody asks for, and banks that take it back.

! rembourse                         the newest order, all of it; `! rembourse billet 2` one ticket
! rembourse jazz                    every order of an event; upkeep does it (`! attend 1 minute`)
! contestation                      the payer's bank takes the newest payment back, all of it;
                                    `! contestation 3000` so much of it; `! contestation gagnée`,
                                    `! contestation perdue` ends it, `... gagnée 3000` that one
! prestataire rembourse 5000        somebody sends money back at the provider's own desk
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.payments.protocol import ChargedBack, DisputeEnded, Notice, ReturnedElsewhere
from boxoffice.money import Money
from boxoffice.tokens import new_token
from chat.facts import Paid, RefundWanted
from storage import orders, payments, refunds, sellers

if TYPE_CHECKING:
    from boxoffice.model import Payment
    from storage.database import Tx
    from tests.transcripts.stage import Stage


_ENDINGS = {"gagnée": True, "perdue": False}


async def refund(stage: Stage, rest: str) -> None:
    """Ask for a refund, as the shell does and an organiser may."""
    if rest in stage.events:
        await stage.database.write(refunds.ask_for_event, stage.events[rest], None, stage.clock())
        return
    payment = await _newest_paid(stage)
    order = await stage.database.read(orders.order_by_id, payment.order_id)
    assert order is not None
    found = re.fullmatch(r"billet (\d+)", rest)
    wanted = RefundWanted(order.id, "order", int(found[1]) if found else None)
    await stage.guichet.engine.tell(order.chat_id, wanted, f"test-refund:{order.id}:{rest}")


async def paid_in_their_chat(stage: Stage, payment: Payment, amount: Money, who: str) -> None:
    """Have the payer's own app tell of the money, as Telegram does of an invoice."""
    fact = Paid(payment.id, amount.amount_minor, amount.currency)
    chat_id = await stage.chat_of(who)
    await stage.guichet.engine.tell(chat_id, fact, f"test-paid:{payment.id}:{who}")


async def charge_back(stage: Stage, rest: str) -> None:
    """Have a bank take money back, all that came in or so much: `3000`."""
    payment = await _newest_paid(stage)
    ending, _, part = rest.partition(" ") if rest[:1].isalpha() else ("", "", rest)
    amount = Money(int(part), payment.amount.currency) if part else payment.amount
    ref = f"du_{payment.id}{part}"
    news = DisputeEnded(ref, amount, _ENDINGS[ending]) if ending else ChargedBack(ref, amount)
    notice = Notice(f"dispute:{payment.id}:{rest}", payment.id, news)
    await stage.guichet.payment_work.credit(notice)


async def at_the_desk(stage: Stage, rest: str) -> None:
    """Have somebody send money back at the provider's desk: `rembourse 5000`."""
    payment = await _newest_paid(stage)
    amount = Money(int(rest.rpartition(" ")[2]), payment.amount.currency)
    news = ReturnedElsewhere(f"desk_{amount.amount_minor}", amount)
    notice = Notice(f"desk:{payment.id}:{amount.amount_minor}", payment.id, news)
    await stage.guichet.payment_work.credit(notice)


async def make_seller(tx: Tx, event_id: int, person_id: int, quota: int, now_ms: int) -> None:
    """Let somebody sell for cash, as a used link does."""
    token = new_token()
    await sellers.invite(
        tx,
        token,
        event_id=event_id,
        kind="door",
        quota=quota,
        invited_by=person_id,
        expires_ms=now_ms + 1,
        now_ms=now_ms,
    )
    assert await sellers.join(tx, sellers.hash_token(token), person_id, now_ms)


async def _newest_paid(stage: Stage) -> Payment:
    payment = await stage.database.read(_paid_last)
    assert payment is not None, "nothing was ever paid"
    return payment


async def _paid_last(tx: Tx) -> Payment | None:
    row = await tx.row("SELECT id FROM payments WHERE paid_ms IS NOT NULL ORDER BY id DESC LIMIT 1")
    return await payments.payment_by_id(tx, row["id"]) if row else None
