"""A message that no turn could take: somebody hears of it, once."""

import pytest

from chat.engine import TURN_ATTEMPTS_MAX
from chat.saying import give_up
from storage import inbox
from storage.database import Database, Tx
from storage.inbox import InboxRow
from tests.transcripts.stage import SetClock

START_MS = SetClock()()
LATER_MS = START_MS + 60_000


async def _kept(tx: Tx) -> InboxRow:
    row = inbox.arrived("listed", "seller", "awa", "{}", START_MS)
    assert await inbox.put(tx, row, "m1")
    return row


async def _said(tx: Tx) -> int:
    """Count the sorries that wait to be sent."""
    row = await tx.row("SELECT COUNT(*) AS n FROM outbox WHERE payload LIKE '%\"sorry%'")
    assert row is not None
    return int(row["n"])


async def _wait_again(tx: Tx) -> None:
    await tx.run("UPDATE inbox SET state = 'new', done_ms = NULL")


@pytest.mark.parametrize("counted", [0, TURN_ATTEMPTS_MAX, TURN_ATTEMPTS_MAX + 5])
async def test_sorry_is_said_once_however_many_turns_were_counted(
    database: Database, counted: int
) -> None:
    """A death between the count and the sorry loses no sorry; given up again, none is repeated."""
    row = await database.write(_kept)
    for _ in range(counted):
        await database.write(inbox.count_attempt, row.id)
    await database.write(give_up, row, START_MS)
    assert await database.read(_said) == 1
    await database.write(give_up, row, START_MS)
    await database.write(_wait_again)
    await database.write(give_up, row, LATER_MS)
    assert await database.read(_said) == 1
