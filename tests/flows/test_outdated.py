"""A ticket's picture that still waits to be sent when its code dies is not sent any more."""

import pytest

from storage.database import Database, Tx
from tests.storage.test_transfers import accept, offer
from tests.transcripts.stage import Stage, open_stage


async def waits_again(tx: Tx, now_ms: int) -> int:
    """Put the ticket's message back as if the network had been away; answers the ticket."""
    row = await tx.row(
        "UPDATE outbox SET state = 'new', done_ms = NULL, due_ms = :now_ms, attempts = 0"
        " WHERE about LIKE 'ticket:%' RETURNING"
        " (SELECT id FROM tickets WHERE status = 'valid') AS ticket_id",
        now_ms=now_ms,
    )
    assert row is not None
    await tx.run("UPDATE tickets SET delivery = 'queued'")
    return int(row["ticket_id"])


async def dies(tx: Tx, ticket_id: int, way: str) -> None:
    """Kill the ticket, in one of the ways."""
    if way == "given":
        transfer_id = await offer(tx, ticket_id, "awa")
        event = await tx.row("SELECT event_id FROM tickets WHERE id = :id", id=ticket_id)
        assert event is not None
        assert await accept(tx, event["event_id"], transfer_id or 0, "kofi") is not None
        return
    await tx.run("UPDATE tickets SET status = :way, status_ms = 1 WHERE id = :id",
                 id=ticket_id, way=way)  # fmt: skip


@pytest.mark.parametrize("way", ["given", "cancelled", "valid"])
async def test_a_dead_code_is_not_sent(database: Database, way: str) -> None:
    """Given away or cancelled while its picture waits: it is dropped; a living one goes out."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9")
        await stage.world("awa achète 1 pour jazz")
        before = len(await stage.seen("awa"))

        async def change(tx: Tx) -> None:
            ticket_id = await waits_again(tx, stage.clock())
            if way != "valid":
                await dies(tx, ticket_id, way)

        await database.write(change)
        await stage.settle()
        pictures = [one for one in (await stage.seen("awa"))[before:] if one.media is not None]
        assert len(pictures) == (1 if way == "valid" else 0)
        assert await _left(stage) == 0


async def _left(stage: Stage) -> int:
    async def waiting(tx: Tx) -> int:
        row = await tx.row("SELECT COUNT(*) AS n FROM outbox WHERE state = 'new'")
        assert row is not None
        return int(row["n"])

    return await stage.database.read(waiting)
