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


@pytest.mark.parametrize("owner", ["awa", "kofi"])
async def test_what_was_dropped_is_sent_when_it_lives_again(database: Database, owner: str) -> None:
    """A bank takes the money while the picture waits, and gives it back: whose it is gets it."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9")
        await stage.world("awa achète 1 pour jazz")
        await stage.hear("kofi", "bonjour")
        ticket_id = await database.write(waits_again, stage.clock())
        if owner == "kofi":
            await database.write(_belongs_to, ticket_id, await stage.chat_of("kofi"))
        before = {name: len(await stage.seen(name)) for name in ("awa", "kofi")}
        await database.write(dies, ticket_id, "charged_back")
        await stage.settle()
        await database.write(_lives)
        for _ in range(2):
            await stage.world("contestation")
            await stage.world("contestation gagnée")
        pictures = {
            name: [one for one in (await stage.seen(name))[count:] if one.media is not None]
            for name, count in before.items()
        }
        assert {name: len(found) for name, found in pictures.items()} == {
            "awa": int(owner == "awa"),
            "kofi": int(owner == "kofi"),
        }


async def _belongs_to(tx: Tx, ticket_id: int, chat_id: int) -> None:
    await tx.run(
        "UPDATE tickets SET owner_id = (SELECT person_id FROM chats WHERE id = :chat_id)"
        " WHERE id = :id",
        id=ticket_id,
        chat_id=chat_id,
    )


async def _lives(tx: Tx) -> None:
    await tx.run("UPDATE tickets SET status = 'valid'")


async def _left(stage: Stage) -> int:
    async def waiting(tx: Tx) -> int:
        row = await tx.row("SELECT COUNT(*) AS n FROM outbox WHERE state = 'new'")
        assert row is not None
        return int(row["n"])

    return await stage.database.read(waiting)
