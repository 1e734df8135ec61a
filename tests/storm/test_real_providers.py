"""A process dies between every two steps of a payment and of its refund, at each provider.

The transcripts' storms pay in the sandbox; here the providers' own code stands between us and the
vendors' doubles: their ids and keys make a repeat harmless, their notices come again until taken.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from typing_extensions import TypeIs

from bot.payments.pawapay import PawaPay
from bot.payments.stripe import Stripe
from bot.payments.telegram import TelegramPayments
from bot.telegram_till import TelegramTill
from chat.facts import Paid
from tests.doubles.notices import Notices, Told, Trouble
from tests.doubles.pawapay import PawaPayDouble
from tests.doubles.stripe import StripeDouble
from tests.doubles.troubles import Cut, Refuse, Slow
from tests.storm.cases import KillCase, kill_cases
from tests.storm.databases import fresh_database
from tests.storm.playing import Elsewhere, Play
from tests.storm.test_storm import base_seed
from tests.storm.weather import Calm, Deed, KillAt
from tests.transcripts.pay_world import newest_payment
from tests.transcripts.script import BUYER, Says, Script, World
from tests.transcripts.stage import SetClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bot.payments.protocol import Provider
    from boxoffice.model import Payment
    from boxoffice.money import Money
    from storage.database import Database, Tx
    from tests.storm.weather import Weather
    from tests.transcripts.stage import Stage

KILLS = 3
"""Deaths a provider in one run, rotating with the commit: `EVERY` dies at each crossing."""

EVERY = False

PRICE = 5_000
WALLET = "22951345789"

STORY = (
    World(1, f"événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard {PRICE} x 2"),
    Says(2, BUYER, "/start e_jazz"),
    Says(3, BUYER, "1 standard"),
    Says(4, BUYER, "j'accepte"),
    World(5, "payé"),
    # Whose notice was lost is found by asking.
    World(6, "attend 2 minutes"),
    World(6, "rembourse"),
    World(7, "attend 2 minutes"),
    World(8, "attend 2 minutes"),
)


@dataclass(slots=True)
class Vendor:
    """What happens at a provider's own place; notices come again until they were taken."""

    provider: Provider
    double: StripeDouble | PawaPayDouble
    desk: Provider | None = None
    """Who tells of refunds, where it is another."""
    untold: list[Told] = field(default_factory=list)

    @property
    def notices(self) -> Notices:
        """What the provider tells."""
        return self.double.books.notices if _is_stripe(self.double) else self.double.notices

    async def happen(self, stage: Stage, words: str) -> None:
        """Pay here, leave the rest to the world, and tell what is to be told."""
        if words == "payé":
            payment = await stage.database.read(newest_payment)
            assert payment is not None
            await self.pay(stage, payment)
        else:
            await stage.world(words)
        self.untold += self.notices.arrived()
        while self.untold:
            notice = await (self.desk or self.provider).read_notice(*self.untold[0])
            if notice is not None:
                await stage.guichet.payment_work.credit(notice)
            self.untold.pop(0)
        await stage.settle()

    async def pay(self, stage: Stage, payment: Payment) -> None:
        """Pay on the page, once."""
        del stage
        ref = str(payment.provider_ref)
        if _is_stripe(self.double):
            if self.double.books.sessions[ref]["status"] == "open":
                self.double.books.pay(ref)
        elif ref.partition("@")[0] not in self.double.deposits:
            self.double.confirm(str(payment.url), WALLET)

    def paid_and_back(self) -> list[tuple[int, int]]:
        """List what the vendor's books say of each charge: taken, and sent back, in francs."""
        if _is_stripe(self.double):
            charges = self.double.books.charges.values()
            return [(one["amount"], one["amount_refunded"]) for one in charges]
        double = self.double
        return [
            (int(float(one["amount"])), int(float(double.returned_of(deposit_id))))
            for deposit_id, one in double.deposits.items()
        ]


class InChat(TelegramPayments):
    """Telegram's invoices, on a channel that is not called so."""

    name = "invoice"


class Links:
    """What makes invoices: each call a link."""

    async def invoice_link(
        self, *, title: str, description: str, payload: str, provider_token: str, amount: Money
    ) -> str:
        """Make a link."""
        del title, description, provider_token, amount
        return f"https://t.me/$test-{payload.partition(':')[2]}"


@dataclass(slots=True)
class AtTelegram(Vendor):
    """The question before the money, the money at Stripe, and the message that tells of it."""

    charge: str = ""

    async def happen(self, stage: Stage, words: str) -> None:
        """Sell in euros: Telegram has no francs CFA."""
        if words.startswith("événement"):
            try:
                await stage.world(words)
            finally:  # whatever dies: the event is there
                await stage.database.write(_in_euros)
        else:
            await Vendor.happen(self, stage, words)

    async def pay(self, stage: Stage, payment: Payment) -> None:
        """Press pay: asked first, taken once, told again until the update was confirmed."""
        till = TelegramTill(stage.guichet.database, stage.guichet.house.texts, stage.clock)
        if not self.charge:
            assert await till.may_pay(f"payment:{payment.id}", payment.amount, "fr") is None
            assert _is_stripe(self.double)
            self.charge = self.double.books.pay_elsewhere(PRICE, "eur")
        chat_id = await stage.chat_of(BUYER)
        paid = Paid(payment.id, PRICE, "EUR", self.charge)
        await stage.guichet.engine.tell(chat_id, paid, "u1")


async def _in_euros(tx: Tx) -> None:
    await tx.run("UPDATE events SET currency = 'EUR'")


def _is_stripe(double: StripeDouble | PawaPayDouble) -> TypeIs[StripeDouble]:
    return isinstance(double, StripeDouble)


@contextlib.asynccontextmanager
async def _vendor(name: str, clock: SetClock) -> AsyncIterator[Vendor]:
    if name != "pawapay":
        async with StripeDouble.running() as stripe:
            stripe.books.clock = clock
            provider = Stripe(
                secret_key=stripe.key,
                webhook_secret=stripe.secret,
                installation="here",
                api_url=stripe.url,
            )
            if name == "stripe":
                yield Vendor(provider, stripe)
            else:
                telegram = InChat(Links(), provider_token="test", desk=provider, clock=clock)
                yield AtTelegram(telegram, stripe, provider)
            await provider.close()
        return
    async with PawaPayDouble.running() as pawapay:
        other = PawaPay(token=pawapay.token, installation="here", api_url=pawapay.url, clock=clock)
        yield Vendor(other, pawapay)
        await other.close()


async def _play(
    name: str,
    weather: Weather,
    database: Database,
    order: Callable[[Vendor], None] = lambda _: None,
) -> Play:
    """Buy, pay and be refunded; the vendor's books agree with ours, to the franc."""
    clock = SetClock()
    async with _vendor(name, clock) as vendor:
        order(vendor)
        script = Script(name, STORY)
        elsewhere = Elsewhere(vendor.provider, vendor.happen)
        play = Play(script, database, weather, None, clock=clock, elsewhere=elsewhere)
        await play.run()
        assert vendor.paid_and_back() == [(PRICE, PRICE)], "paid once, and back once"
        assert vendor.double.faults == []
    payment = await database.read(newest_payment)
    assert payment is not None
    assert (payment.status, payment.paid.amount_minor) == ("refunded", PRICE)
    assert payment.returned_minor == PRICE
    return play


@pytest.mark.parametrize("name", ["stripe", "pawapay", "telegram"])
async def test_a_death_between_any_two_steps_pays_once_and_refunds_once(
    name: str, sqlite_template: Path
) -> None:
    """Whatever step was the last of a process, the next one goes on from there."""
    async with fresh_database(sqlite_template) as database:
        calm = Calm()
        await _play(name, calm, database)
    every = kill_cases(calm.crossings)
    count = len(every) if EVERY else KILLS
    for at in range(count):
        case = every[(base_seed() + at * len(every) // count) % len(every)]
        async with fresh_database(sqlite_template) as database:
            play = await _play(name, _death(case), database)
            assert play.deaths == 1


def _death(case: KillCase) -> KillAt:
    return KillAt(case.index, Deed.DIE_AFTER if case.after else Deed.DIE_BEFORE)


CALLS = {
    "stripe": ("POST /v1/checkout/sessions", "POST /v1/refunds"),
    "pawapay": ("POST /v2/paymentpage", "POST /v2/refunds"),
}


@pytest.mark.parametrize("name", ["stripe", "pawapay"])
@pytest.mark.parametrize("trouble", ["lose", "repeat", "late"])
async def test_whatever_becomes_of_notices_pays_once_and_refunds_once(
    name: str, trouble: Trouble, sqlite_template: Path
) -> None:
    """Lost, told twice, or behind the refund's: one result. Its calls fail, break off, are slow."""

    def order(vendor: Vendor) -> None:
        vendor.notices.order(trouble, trouble)
        for call in CALLS[name]:
            vendor.double.troubles.order(call, Refuse(500), Cut(), Slow(0.01))

    async with fresh_database(sqlite_template) as database:
        await _play(name, Calm(), database, order)
