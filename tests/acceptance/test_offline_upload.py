"""A whole evening without network comes back, and the server is killed while it listens."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from boxoffice.codes import Mode, code_hash, make_code
from boxoffice.rules import DAY_MS, HOUR_MS
from boxoffice.typed_codes import make_short_code
from chat.clock import wall_clock
from gate_scanner.terminal.uploading import ENTRIES_MAX
from storage import terminals
from storage.database import Database, Row, Tx
from storage.opening import open_database
from tests.acceptance.processes import WAIT_MAX_S, free_port, running
from tests.acceptance.sale import live_settings, two_bots
from tests.gate_scanner.door import KEY, KEYRING, Doors
from tests.houses import house_file

ENTRIES = 5_000
COOKIE = "a terminal of this test"

Entry = dict[str, Any]


async def test_five_thousand_entries_are_counted_once_though_the_server_is_killed(
    tmp_path: Path,
) -> None:
    """SIGKILL while entries are written down: told again in order, each counts exactly once.

    The terminal does what its page does: fifty at a time, and the same fifty again until the server
    says that it has them. At the end everything is told once more, and nothing changes.
    """
    url, port = house_file(tmp_path / "guichet.db"), free_port()
    database = await open_database(url, beside=True)
    doors, entries = await _an_evening(database)
    batches = [entries[at : at + ENTRIES_MAX] for at in range(0, ENTRIES, ENTRIES_MAX)]
    half = len(batches) // 2
    async with two_bots() as double, _terminal(port) as terminal:
        settings = live_settings(tmp_path, double.url, url)
        settings |= {"PORT": str(port), "TICKET_KEYS": KEY}
        async with running("run", tmp_path, settings) as bot:
            await _open(terminal)
            for batch in batches[:half]:
                assert await _told(terminal, batch) == {"admitted"}
            # The next fifty are on their way, being written or written, and nobody hears of it.
            under_way = asyncio.ensure_future(_told(terminal, batches[half]))
            await asyncio.sleep(0.01)  # lets it be sent; any moment is as good
            await bot.kill()
            await asyncio.gather(under_way, return_exceptions=True)
        counted = len(await database.read(_counted))
        assert half * ENTRIES_MAX <= counted <= (half + 1) * ENTRIES_MAX
        async with running("run", tmp_path, settings):
            await _open(terminal)
            for batch in batches[half:]:
                assert await _told(terminal, batch) == {"admitted"}
            once = await _all(doors)
            for batch in batches:
                assert await _told(terminal, batch) == {"admitted"}
            assert await _all(doors) == once
    tickets = await database.read(_counted)
    assert sorted(row["code"] for row in tickets) == sorted(one["code"] for one in entries)
    assert {(row["entries"], row["inside"], row["scanned_gate_id"]) for row in tickets} == {
        (1, 1, doors.gate_id)
    }
    journal = await doors.rows("SELECT verdict, ticket_id FROM scans")
    assert len({row["ticket_id"] for row in journal}) == len(journal) == ENTRIES
    assert {row["verdict"] for row in journal} == {"admitted"}
    assert await doors.rows("SELECT inside FROM occupancy") == [{"inside": ENTRIES}]
    await database.close()


async def _an_evening(database: Database) -> tuple[Doors, list[Entry]]:
    """Sell tickets, open a terminal, and let in everybody while there is no network."""
    doors = await Doors(database).build()
    await database.write(doors.count_crowd, 2 * ENTRIES)
    codes = [make_code(KEYRING, Mode.LIVE, doors.tag) for _ in range(ENTRIES)]
    now_ms = wall_clock()

    async def sell(tx: Tx) -> int | None:
        for code in codes:
            await doors.write_ticket(tx, {"code": code, "short_code": make_short_code()})
        return await terminals.open_terminal(
            tx,
            COOKIE,
            staff_id=doors.staff_id,
            gate_id=doors.gate_id,
            language="fr",
            kept_ms=DAY_MS,
            now_ms=now_ms - 2 * HOUR_MS,
        )

    terminal_id = await database.write(sell)
    return doors, [
        {
            "id": str(UUID(int=(4 << 76) | (8 << 60) | number)),
            "terminal": str(terminal_id),
            "verdict": "offline_unverified",
            "at_ms": now_ms - HOUR_MS + number,
            "code": code,
            "hash": code_hash(code),
            "typed": False,
        }
        for number, code in enumerate(codes)
    ]


def _terminal(port: int) -> httpx.AsyncClient:
    """A browser with the terminal's cookie."""
    url = f"http://127.0.0.1:{port}"
    return httpx.AsyncClient(
        base_url=url,
        cookies={"guichet_gate": COOKIE},
        headers={"Origin": url},
        trust_env=False,
        timeout=WAIT_MAX_S,
        transport=httpx.AsyncHTTPTransport(retries=0),
    )


async def _open(terminal: httpx.AsyncClient) -> None:
    """Wait until the server answers, as a page that has lost it does."""
    async with asyncio.timeout(WAIT_MAX_S):
        while True:
            try:
                answer = await terminal.get("/gate/session")
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            assert answer.status_code == httpx.codes.OK, answer.text
            return


async def _told(terminal: httpx.AsyncClient, entries: list[Entry]) -> set[str]:
    """Tell entries; answers what became of them."""
    answer = await terminal.post("/gate/entries", json={"entries": entries})
    assert answer.status_code == httpx.codes.OK, answer.text
    outcomes = answer.json()["outcomes"]
    assert [one["id"] for one in outcomes] == [one["id"] for one in entries]
    return {one["outcome"] for one in outcomes}


async def _counted(tx: Tx) -> list[Row]:
    """Read the tickets that came in."""
    return await tx.rows(
        "SELECT code, entries, inside, scanned_gate_id FROM tickets WHERE scanned_at_ms IS NOT NULL"
    )


async def _all(doors: Doors) -> list[dict[str, Any]]:
    """Read everything that an upload may change."""
    return [
        row
        for table in ("tickets", "scans", "offline_entries", "occupancy", "outbox")
        for row in await doors.rows(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608 (names above)
    ]
