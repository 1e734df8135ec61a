"""What terminals get: scans through HTTP, the copy for the time without network, and its uploads.

The server runs in a process of its own, as at a door; the terminals are raw connections of this
one, kept open, each with its own cookie.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import signal
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from boxoffice.codes import Mode, code_hash, make_code
from boxoffice.tokens import new_token
from boxoffice.typed_codes import make_short_code
from gate_scanner.terminal.uploading import ENTRIES_MAX
from storage import terminals
from storage.opening import open_database
from tests.bench.gate import SEATS_AN_ORDER
from tests.browser.conftest import CHROMIUM
from tests.browser.gate_house import SlowClock
from tests.browser.opening import a_browser
from tests.gate_scanner.door import KEYRING, NOW_MS, Doors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from storage.database import Database, Tx

TERMINALS = 32
SCANS = 6_000
PACK_TICKETS = 50_000
OFFLINE_ENTRIES = 5_000
LOOKUPS = 300
RUNS = 3

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def terminal_figures() -> dict[str, float]:
    """Measure the scan, the pack and the upload."""
    rates, tails, empties = [], [], []
    for _ in range(RUNS):
        async with _door(SCANS) as door:
            rate, p99_ms = await _scans(door)
            rates.append(rate)
            tails.append(p99_ms)
        async with _server("tests.bench.empty_app") as port:
            rate, _ = await _scans(_Door(port, door.codes, door.cookies, 0))
            empties.append(rate)
    async with _door(OFFLINE_ENTRIES) as door:
        upload_s = await _upload(door)
    return {
        "empty_app_per_s": median(empties),
        "terminal_scan_per_s": median(rates),
        "terminal_scan_of_empty_pct": 100 * median(rates) / median(empties),
        "terminal_scan_p99_ms": median(tails),
        "offline_upload_5k_s": upload_s,
        **await _pack_figures(),
    }


@dataclass(slots=True)
class _Door:
    """A running server, its tickets, and the cookies of its terminals."""

    port: int
    codes: list[str]
    cookies: list[str]
    terminal_id: int


@asynccontextmanager
async def _door(tickets: int) -> AsyncIterator[_Door]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        database = await open_database(f"sqlite:///{path}")
        doors, codes = await _sold(database, tickets)
        cookies = [new_token() for _ in range(TERMINALS)]
        opened = [await database.write(_open, doors, cookie) for cookie in cookies]
        await database.close()
        asked = (str(path), "0", str(SlowClock().offset_ms))
        async with _server("tests.browser.gate_house", *asked) as port:
            yield _Door(port, codes, cookies, opened[0])


@asynccontextmanager
async def _server(module: str, *asked: str) -> AsyncIterator[int]:
    """Run a server in a process of its own; its port."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *asked, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    port = int((await server.stdout.readline()).split()[1])
    try:
        yield port
    finally:
        os.kill(server.pid, signal.SIGKILL)
        await server.wait()


async def _sold(database: Database, count: int) -> tuple[Doors, list[str]]:
    """Sell tickets, in transactions of a thousand."""
    doors = await Doors(database).build()
    codes = [make_code(KEYRING, Mode.LIVE, doors.tag) for _ in range(count)]
    for start in range(0, count, 1_000):
        await database.write(_write_tickets, doors, codes[start : start + 1_000])
    return doors, codes


async def _write_tickets(tx: Tx, doors: Doors, codes: list[str]) -> None:
    for place, code in enumerate(codes):
        if place % SEATS_AN_ORDER == 0:
            await doors.write_order(tx)
        await doors.write_ticket(tx, {"code": code, "short_code": make_short_code()})


async def _open(tx: Tx, doors: Doors, cookie: str) -> int:
    opened = await terminals.open_terminal(
        tx,
        cookie,
        staff_id=doors.staff_id,
        gate_id=doors.gate_id,
        language="fr",
        kept_ms=3_600_000,
        now_ms=NOW_MS,
    )
    assert opened is not None
    return opened


class _Connection(asyncio.Protocol):
    """A browser's connection, kept open; as lean as Python allows, for it shares the cores."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port = port
        self._head = (
            f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Cookie: guichet_gate={cookie}\r\nContent-Type: application/json\r\n"
        )
        self._come = b""
        self._answered: Callable[[bytes], None] = lambda _: None

    async def open(self) -> None:
        """Connect."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", self._port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Collect an answer, and hand its body on when it is whole."""
        self._come += data
        head, _, body = self._come.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if length is None or len(body) < int(length[1]):
            return
        assert head.startswith(b"HTTP/1.1 200"), self._come
        self._come = b""
        self._answered(body)

    def request(self, path: str, fields: object) -> bytes:
        """Write a request down."""
        body = json.dumps(fields).encode()
        head = f"POST /gate/{path}{self._head}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def send(self, request: bytes, answered: Callable[[bytes], None]) -> None:
        """Send a request; `answered` is called with the body of its answer."""
        self._answered = answered
        self._transport.write(request)

    async def post(self, path: str, fields: object) -> str:
        """Send one request and wait for its whole answer."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.send(self.request(path, fields), answer.set_result)
        return (await answer).decode()

    def close(self) -> None:
        """Disconnect."""
        self._transport.close()


async def _scans(door: _Door) -> tuple[float, float]:
    """Every terminal scans as fast as it is answered; scans a second, 99th percentile in ms.

    What is sent was written down before the clock runs: the terminals share the server's cores.
    """
    connections = [_Connection(door.port, cookie) for cookie in door.cookies]
    await asyncio.gather(*(one.open() for one in connections))
    shares = [door.codes[place :: len(connections)] for place in range(len(connections))]
    terminals = [
        _Scanning(one, [one.request("scan", {"id": str(uuid4()), "raw": code}) for code in share])
        for one, share in zip(connections, shares, strict=True)
    ]
    gc.collect()
    gc.disable()  # a pause of this process would be counted as the server's
    began = time.perf_counter()
    for terminal in terminals:
        terminal.next()
    await asyncio.gather(*(one.done for one in terminals))
    spent = time.perf_counter() - began
    gc.enable()
    for connection in connections:
        connection.close()
    took_ms = [took for one in terminals for took in one.took_ms]
    return len(door.codes) / spent, quantiles(took_ms, n=100)[98]


class _Scanning:
    """A terminal whose steward shows one ticket after the other."""

    def __init__(self, connection: _Connection, requests: list[bytes]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.took_ms: list[float] = []
        self._connection = connection
        self._requests = iter(requests)

    def next(self) -> None:
        """Scan the next ticket."""
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            return
        self._began = time.perf_counter()
        self._connection.send(request, self._lit)

    def _lit(self, answer: bytes) -> None:
        self.took_ms.append((time.perf_counter() - self._began) * 1000)
        assert b'"admitted"' in answer, answer
        self.next()


async def _upload(door: _Door) -> float:
    """One terminal comes back to the network with a whole evening, and sends it in order."""
    entries = [
        {
            "id": str(uuid4()),
            "terminal": str(door.terminal_id),
            "verdict": "offline_unverified",
            "at_ms": NOW_MS + number,
            "code": code,
            "hash": code_hash(code),
            "typed": False,
        }
        for number, code in enumerate(door.codes)
    ]
    connection = _Connection(door.port, door.cookies[0])
    await connection.open()
    began = time.perf_counter()
    for start in range(0, len(entries), ENTRIES_MAX):
        answer = await connection.post("entries", {"entries": entries[start : start + ENTRIES_MAX]})
        assert answer.count('"admitted"') == ENTRIES_MAX, answer
    spent = time.perf_counter() - began
    connection.close()
    return spent


async def _pack_figures() -> dict[str, float]:
    """The sealed copy of fifty thousand tickets: its size, opened and searched in a browser."""
    if not CHROMIUM.exists():
        return {}
    async with _door(PACK_TICKETS) as door, a_browser(CHROMIUM) as browser:
        url = f"http://127.0.0.1:{door.port}/gate"
        context = await browser.new_context()
        await context.add_cookies([{"name": "guichet_gate", "value": door.cookies[0], "url": url}])
        page = await context.new_page()
        await page.goto(url)
        await page.locator("body.ready").wait_for()
        found = await page.evaluate(IN_THE_BROWSER, door.codes[:LOOKUPS])
    assert found["admitted"] == LOOKUPS, found
    return {
        "pack_50k_bytes": found["bytes"],
        "pack_open_ms": found["open"],
        "pack_lookup_ms": quantiles(found["took"], n=100)[98],
    }


IN_THE_BROWSER = """async (codes) => {
  const { factsOf, importSealKey, importSigner, openPack } = await import("/gate/pack.js");
  const { judge } = await import("/gate/judge.js");
  const session = await (await fetch("/gate/session")).json();
  const seal = await importSealKey(new Uint8Array(session.pack_key));
  const signer = await importSigner(new Uint8Array(session.signer));
  const sealed = await (await fetch("/gate/pack")).arrayBuffer();
  const began = performance.now();
  const pack = await openPack(sealed, seal, signer);
  const open = performance.now() - began;
  const took = [];
  let admitted = 0;
  for (const code of codes) {
    const asked = performance.now();
    const { facts } = await factsOf(pack, code, { gateId: session.gate, now: session.now_ms });
    admitted += judge(facts).verdict === "offline_unverified";
    took.push(performance.now() - asked);
  }
  return { bytes: sealed.byteLength, open, took, admitted };
}"""
