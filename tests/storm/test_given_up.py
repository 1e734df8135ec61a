"""What can never be done is told to somebody: no row of the outbox fails in silence."""

from bot.payments.protocol import MoneyIn, Notice
from chat.delivery import ATTEMPTS_MAX, RETRY_MAX_MS
from storage import payments
from storage.database import Database
from tests.storm.invariants import breaches
from tests.transcripts.pay_world import newest_payment
from tests.transcripts.stage import open_stage


async def test_money_that_cannot_go_back_is_told_to_the_organiser(database: Database) -> None:
    """The provider never sends it: after every retry the organiser hears of it, once."""
    async with open_stage(database) as stage:
        await stage.world("organisateur awa")
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 1")
        for text in ("/start e_jazz", "1 standard", "j'accepte"):
            await stage.hear("kofi", text)
        payment = await database.read(newest_payment)
        assert payment is not None
        await stage.world("attend 31 minutes")
        await stage.world("afi achète 1 pour jazz")
        # The notice comes late, and the sandbox's books know of no money to send back.
        notice = Notice("late", payment.id, MoneyIn(payment.amount))
        await stage.guichet.payment_work.credit(notice)
        await stage.settle()
        await stage.hear("kofi", "[Être remboursé]")
        for _ in range(ATTEMPTS_MAX):
            await stage.settle()
            stage.clock.now_ms += RETRY_MAX_MS
        await stage.settle()
        again = await database.read(payments.payment_by_id, payment.id)
        assert again is not None
        assert again.status == "refunding"
        told = [one.text for one in await stage.seen("awa") if "échoue" in one.text]
        assert len(told) <= 1
        # The fact waits in the inbox for upkeep, as everything that delivery leaves there.
        await stage.world("attend 3 secondes")
        told = [one.text for one in await stage.seen("awa") if "échoue" in one.text]
        assert len(told) == 1
        assert "5\u202f000" in told[0]
        assert await database.read(breaches) == []
