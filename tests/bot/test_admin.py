"""The command line about organisers: every word stands under `admin`, and does what chat does."""

import asyncio
from pathlib import Path

import pytest

from bot.__main__ import main
from chat import codec
from storage import chats, organisers, platform
from storage.database import Tx
from storage.ids import to_text
from storage.opening import open_database
from tests.flows.talking import NOW_MS


async def _asked(tx: Tx) -> str:
    chat = await chats.open_chat(
        tx,
        channel="test",
        talk="seller",
        ref="femi",
        language="fr",
        name="Femi",
        now_ms=NOW_MS,
    )
    organiser_id = await organisers.make_organiser(
        tx, name="Salle Rex", owner_id=chat.person_id, now_ms=NOW_MS
    )
    assert await platform.set_status(tx, organiser_id, "asked")
    return to_text(organiser_id)


async def test_an_operator_approves_limits_and_asks_after_health(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`admin organisers`, `organiser ID approve`, `organiser ID limit 50`, `health`: all noted."""
    url = f"sqlite:///{tmp_path}/guichet.db"
    database = await open_database(url)
    organiser = await database.write(_asked)
    await database.close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)

    async def said(*words: str) -> str:
        # A command runs its own loop: in a thread, as a shell does in a process.
        assert await asyncio.to_thread(main, ["admin", *words]) == 0
        return capsys.readouterr().out

    assert "asked" in await said("organisers")
    assert "Salle Rex is approved." in await said("organiser", organiser, "approve")
    assert "50 seats an event" in await said("organiser", organiser, "limit", "50")
    assert "approved" in await said("organisers")
    assert "Nothing waits to be sent" in await said("health")
    database = await open_database(url)
    noted = await database.read(_noted)
    await database.close()
    assert noted == [(None, "journal.organiser_approved"), (None, "platform.seats_max")]


async def _noted(tx: Tx) -> list[tuple[int | None, str]]:
    rows = await tx.rows("SELECT person_id, said FROM journal ORDER BY id")
    return [(row["person_id"], codec.from_json(row["said"]).key) for row in rows]
