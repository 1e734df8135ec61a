"""What reminders cost: ten thousand holders of one event, queued by the chore, durable."""

import tempfile
import time
from datetime import timedelta

from bot.flows.tickets.reminding import Reminding
from boxoffice import rules
from boxoffice.codes import Keyring
from boxoffice.model import Seat
from storage import chats, events, orders, tickets
from storage.database import Tx
from storage.opening import open_database
from tests.transcripts.stage import START, TEST_KEY, SetClock
from tests.transcripts.world import make_event

HOLDERS = 10_000
A_TIME = 500
"""Holders made in one transaction, so that the file is not written ten thousand times."""


async def reminder_figures() -> dict[str, float]:
    """Sell a ticket each to ten thousand people, come to the eve, and time the chore."""
    with tempfile.TemporaryDirectory() as folder:
        database = await open_database(f"sqlite:///{folder}/bench.db")
        try:
            now_ms = SetClock()()
            starts = START + timedelta(days=3, hours=10)
            facts = (f"Standard 5000 x {HOLDERS}",)
            event_id = await database.write(make_event, "Mesure", starts, facts, now_ms)
            for first in range(0, HOLDERS, A_TIME):
                await database.write(_sell, event_id, range(first, first + A_TIME), now_ms)
            eve_ms = now_ms + 2 * rules.DAY_MS + rules.HOUR_MS
            began = time.perf_counter()
            queued = await Reminding(database).remind(eve_ms)
            took_s = time.perf_counter() - began
            assert queued == HOLDERS, f"{queued} reminders queued"
            assert await database.read(_waiting) == HOLDERS
            assert await Reminding(database).remind(eve_ms) == 0, "somebody was reminded twice"
        finally:
            await database.close()
    return {"reminders_10k_s": took_s}


async def _sell(tx: Tx, event_id: int, numbers: range, now_ms: int) -> None:
    """Sell a ticket each to so many people."""
    event = await events.event_by_id(tx, event_id)
    [kind] = await events.kinds_of(tx, event_id)
    assert event is not None
    for number in numbers:
        name = f"b{number}"
        buyer = await chats.open_chat(
            tx, channel="listed", talk="seller", ref=name, language="fr", name=name, now_ms=now_ms
        )
        seats = [Seat(1, kind.id, 5000, None)]
        new = orders.NewOrder(
            f"M{number}", event_id, buyer.person_id, buyer.id, seats, "XOF", now_ms + 60_000
        )
        order = await orders.hold(tx, new, now_ms)
        assert order is not None
        await orders.mark_paid(tx, order.id, now_ms)
        await tickets.issue(
            tx,
            order=order,
            event=event,
            kinds={kind.id: kind},
            seats=seats,
            keyring=Keyring.parse(TEST_KEY),
            now_ms=now_ms,
        )


async def _waiting(tx: Tx) -> int:
    row = await tx.row("SELECT COUNT(*) AS n FROM outbox WHERE state = 'new' AND priority = 30")
    return int(row["n"]) if row else 0
