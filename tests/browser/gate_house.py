"""A door with its terminal on a real port: an event, a gate, a team, and tickets to show."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.web.guard import Guarded
from bot.web.serving import listen, serving
from bot.web.site import site
from bot.web.terminal import TerminalParts, terminal_routes
from boxoffice.codes import Mode
from boxoffice.tokens import new_token
from chat.clock import wall_clock
from chat.texts import Texts
from gate_scanner.talk import TEXTS
from gate_scanner.terminal.pack import PackSigner
from gate_scanner.terminal.scanning import TerminalJudge
from gate_scanner.terminal.uploading import Uploader
from storage import terminal_links
from storage.opening import open_database
from tests.gate_scanner.door import GATEKEEPER, KEYRING, NOW_MS, Doors
from tests.houses import house_file
from tests.transcripts.stage import InThisProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SCANNER_TOKEN = "123456:test-token-of-the-scanner"


@dataclass(slots=True)
class SlowClock:
    """A clock that starts in the night of the event and runs at the pace of the wall's."""

    offset_ms: int = field(default_factory=lambda: NOW_MS - wall_clock())

    def __call__(self) -> int:
        """Answer the time."""
        return wall_clock() + self.offset_ms


@dataclass(slots=True)
class GateHouse:
    """A running server, and the door behind it."""

    url: str
    doors: Doors
    clock: SlowClock
    news: list[int]

    async def link(
        self, *, staff_id: int | None = None, gate_id: int | None = None, language: str = "fr"
    ) -> str:
        """Make a one-use link, as the scanner's talk does."""
        token = new_token()
        now_ms = self.clock()
        await self.doors.database.write(
            terminal_links.make,
            token,
            staff_id=staff_id or self.doors.staff_id,
            gate_id=gate_id or self.doors.gate_id,
            language=language,
            expires_ms=now_ms + 60_000,
            now_ms=now_ms,
        )
        return f"{self.url}/gate#t={token}"


@asynccontextmanager
async def gate_house(
    path: Path,
    *,
    port: int = 0,
    doors: Doors | None = None,
    host: str = "127.0.0.1",
    clock: SlowClock | None = None,
) -> AsyncIterator[GateHouse]:
    """Open the house on a port of this machine; with `doors` of before, after a restart."""
    database = await open_database(house_file(path))
    if doors is None:
        doors = await Doors(database).build()
    doors.database = database
    listener = listen("127.0.0.1", port)
    name = f"{host}:{listener.getsockname()[1]}"
    clock = clock or SlowClock()
    news: list[int] = []
    parts = TerminalParts(
        database=database,
        gatekeeper=GATEKEEPER,
        judge=TerminalJudge(GATEKEEPER, Texts(TEXTS)),
        uploader=Uploader(KEYRING, Mode.LIVE),
        signer=PackSigner(KEYRING),
        workers=InThisProcess(),
        clock=clock,
        queued=lambda: news.append(clock()),
        bot_token=SCANNER_TOKEN,
    )
    app = Guarded(site(terminal_routes(parts)), hosts={name}, under="/gate")
    try:
        async with serving(app, listener, before_stop=lambda: None):
            yield GateHouse(f"http://{name}", doors, clock, news)
    finally:
        await database.close()


async def _serve(path: Path, port: int, clock: SlowClock) -> None:
    """Serve a door that exists, until the process is killed."""
    doors = Doors(None)  # type: ignore[arg-type] # gate_house opens its database
    async with gate_house(path, port=port, doors=doors, clock=clock) as house:
        sys.stdout.write(f"open {house.url.rpartition(':')[2]}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2]), SlowClock(int(sys.argv[3]))))
