"""A database that is away is waited for; a fault of our own is told once, in nobody's way."""

import re
from collections.abc import Mapping
from typing import cast

import pytest

from bot.payments.protocol import MoneyIn, Notice
from bot.watch.faults import PARKED_MS, TIMES_MIN, Faults
from boxoffice.money import Money
from chat.delivery import FAULT_ATTEMPTS_MAX, RETRY_MAX_MS, Work
from storage.database import Busy, Database, StatementFailed, Tx
from tests.storm.invariants import breaches
from tests.transcripts.pay_world import newest_payment
from tests.transcripts.stage import open_stage

EVENT = "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9"


async def _wrong(tx: Tx) -> None:
    await tx.run("UPDATE no_such_table SET one = 1")


async def test_one_piece_at_fault_is_parked_and_told_once(database: Database) -> None:
    """Of three pieces the second can never be done: the others are, each time; a person knows."""
    async with open_stage(database) as stage:
        await stage.world("organisateur olga")
        clock, done = stage.clock, list[int]()
        faults = Faults(database, clock)

        async def work(piece: int) -> None:
            if piece == 2:
                await database.write(_wrong)
            done.append(piece)

        tried = TIMES_MIN + 3
        for _ in range(tried):
            await faults.each("refund", [1, 2, 3], int, work)
            clock.now_ms += 1_000
        await stage.settle()
        assert done == [1, 3] * tried
        told = [one.text for one in await stage.seen("olga") if "refund:2" in one.text]
        assert len(told) == 1, "told once"
        assert "un remboursement attend" in told[0]
        with pytest.raises(StatementFailed):
            await work(2)
        # After an hour it is tried again: whoever mended the program need not say so.
        clock.now_ms += PARKED_MS
        await faults.each("refund", [2], int, lambda piece: _keep(done, piece))
        assert done[-1] == 2


async def _keep(done: list[int], piece: int) -> None:
    done.append(piece)


async def test_a_database_that_is_away_is_no_fault(database: Database) -> None:
    """Nobody is told, nothing is parked: upkeep comes back to it."""
    async with open_stage(database) as stage:
        await stage.world("organisateur olga")
        faults = Faults(database, stage.clock)

        async def away(_: int) -> None:
            raise Busy("others write")

        async def silent(_: int) -> None:
            raise ConnectionError("no answer")

        for _ in range(TIMES_MIN):
            with pytest.raises(Busy):
                await faults.each("refund", [1], int, away)
            await faults.each("refund", [1], int, silent)
        assert await database.read(_count) == 0


async def _count(tx: Tx) -> int:
    row = await tx.row("SELECT COUNT(*) AS n FROM faults")
    return int(row["n"]) if row else -1


async def _rename(tx: Tx, old: str, new: str) -> None:
    await tx.run(f"ALTER TABLE {old} RENAME TO {new}")


async def test_refunds_that_cannot_be_worked_stop_nothing_else(database: Database) -> None:
    """Every statement about refunds is refused: sales go on, and the owners hear of it, once."""
    async with open_stage(database) as stage:
        await stage.world("organisateur olga")
        await stage.world(EVENT)
        await stage.world("kofi achète 1 Standard pour jazz")
        payment = await database.read(newest_payment)
        assert payment is not None
        again = Money(payment.amount.amount_minor + 500, payment.amount.currency)
        await database.write(_rename, "refunds", "refunds_gone")
        # Another attempt of kofi's is paid too much: what is to go back cannot be written down.
        for text in ("/start e_jazz", "1 standard", "j'accepte"):
            await stage.hear("kofi", text)
        payment = await database.read(newest_payment)
        assert payment is not None
        await stage.guichet.payment_work.credit(Notice("more", payment.id, MoneyIn(again)))
        for _ in range(FAULT_ATTEMPTS_MAX):
            await stage.settle()
            stage.clock.now_ms += RETRY_MAX_MS
        said = [one.text for one in await stage.seen("kofi")]
        assert re.search(r"M\d{6}", said[-1]), said[-1]
        told = [one.text for one in await stage.seen("olga") if "un message reçu" in one.text]
        assert len(told) == 1
        # The same chat goes on, and so does every other.
        await stage.hear("kofi", "menu")
        assert len(await stage.seen("kofi")) > len(said)
        await stage.world("afi achète 1 Standard pour jazz")


async def test_far_work_at_fault_is_given_up_soon_and_told(database: Database) -> None:
    """A refund's work meets a statement that is refused: three tries, then both sides know."""
    async with open_stage(database) as stage:
        await stage.world("organisateur olga")
        await stage.world(EVENT)
        await stage.world("kofi achète 1 Standard pour jazz")
        works = cast("dict[str, Work]", stage.guichet.delivery._works)
        tries = 0

        async def broken(_: Mapping[str, int | str]) -> None:
            nonlocal tries
            tries += 1
            await database.write(_wrong)

        works["payment.refund"] = broken
        await stage.world("rembourse")
        for _ in range(FAULT_ATTEMPTS_MAX + 3):
            await stage.settle()
            stage.clock.now_ms += RETRY_MAX_MS
            await stage.guichet.engine.take_up()
        await stage.settle()
        assert tries == FAULT_ATTEMPTS_MAX
        told = [
            one.text for one in await stage.seen("olga") if "Remboursez cette personne" in one.text
        ]
        assert len(told) == 1
        assert "n’a pas pu se faire" in (await stage.seen("kofi"))[-1].text
        await stage.world("afi achète 1 Standard pour jazz")
        assert await database.read(breaches) == []
