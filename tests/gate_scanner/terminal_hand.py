"""A terminal in a test's hand: opened, scanned at, uploading what came in without network."""

import json
from typing import Any
from uuid import uuid4

from boxoffice.codes import Mode, code_hash
from boxoffice.rules import MINUTE_MS
from boxoffice.tokens import new_token
from boxoffice.verdicts import Verdict
from chat.texts import Texts
from gate_scanner.talk import TEXTS
from gate_scanner.terminal.entering import KEPT_MS
from gate_scanner.terminal.scanning import Judged, Scan, TerminalJudge
from gate_scanner.terminal.uploading import Entry, Uploader
from storage import terminals
from storage.database import ConstraintBroken
from storage.terminals import Terminal, hashed
from tests.gate_scanner.door import GATEKEEPER, KEYRING, NOW_MS, Doors

JUDGE = TerminalJudge(GATEKEEPER, Texts(TEXTS))
UPLOADER = Uploader(KEYRING, Mode.LIVE)


async def opened(doors: Doors, *, gate_id: int | None = None, staff_id: int | None = None) -> str:
    """Open a terminal; answers its cookie."""
    cookie = new_token()
    terminal_id = await doors.database.write(
        terminals.open_terminal,
        cookie,
        staff_id=staff_id or doors.staff_id,
        gate_id=gate_id or doors.gate_id,
        language="fr",
        kept_ms=KEPT_MS,
        now_ms=NOW_MS - MINUTE_MS,
    )
    assert terminal_id is not None
    return cookie


async def terminal_of(doors: Doors, cookie: str) -> Terminal:
    """Read the terminal of a cookie."""
    found = await doors.database.read(terminals.terminal_by_token, hashed(cookie), NOW_MS)
    assert found is not None
    return found


async def scan(
    doors: Doors,
    cookie: str,
    raw: str,
    request_id: str = "",
    now_ms: int = NOW_MS,
    lost: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Scan at a terminal, as its route does."""
    request = Scan(request_id or str(uuid4()), raw, lost=lost)
    for _ in range(3):
        try:
            judged: Judged | None = await doors.database.write(
                JUDGE.judge, hashed(cookie), request, now_ms
            )
        except ConstraintBroken:
            continue
        assert judged is not None
        answer: dict[str, Any] = json.loads(judged.answer)
        return answer
    raise AssertionError("never answered")


async def upload(doors: Doors, cookie: str, *entries: Entry) -> list[str]:
    """Upload entries; answers their outcomes."""
    taken = await doors.database.write(UPLOADER.take_in, hashed(cookie), entries, NOW_MS)
    assert taken is not None
    return [one.outcome for one in taken[0]]


def entry(
    terminal: Terminal, code: str | None, at_ms: int, *, name: str = "", **changes: object
) -> Entry:
    """An entry let in without network."""
    fields = {
        "id": name or str(uuid4()),
        "terminal_id": terminal.id,
        "verdict": Verdict.OFFLINE_UNVERIFIED,
        "at_ms": at_ms,
        "code": code,
        "raw_hash": code_hash(code or "shown"),
        "typed": False,
    }
    return Entry(**fields | changes)  # type: ignore[arg-type] # fields of a test


async def journal(doors: Doors) -> list[str]:
    """Read every verdict, in the order of judging."""
    return [row["verdict"] for row in await doors.rows("SELECT verdict FROM scans ORDER BY id")]
