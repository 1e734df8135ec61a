"""How a terminal is opened: by a one-use link, or from the scanner bot as a Telegram Mini App."""

import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from boxoffice.rules import HOUR_MS, MINUTE_MS
from storage import chats, staff, terminal_links, terminals
from storage.database import Tx
from storage.staff import Gate, Post

LINK_MS = 15 * MINUTE_MS
"""How long a link waits to be opened on the other device: both are at the same door."""

KEPT_MS = 12 * HOUR_MS
"""How long after the event's end a terminal stays open: what it kept offline must still arrive."""

INIT_DATA_MS = HOUR_MS
"""How old Telegram's word may be: it is made when the app is opened."""

CLOCK_SKEW_MS = 5 * MINUTE_MS
"""How far in the future it may lie: our clock or theirs may be a little wrong."""

INIT_DATA_LENGTH_MAX = 4096
"""Telegram's own is about five hundred characters."""


@dataclass(frozen=True, slots=True)
class Place:
    """A gate where a person may stand."""

    staff_id: int
    gate_id: int
    label: str


def telegram_user(init_data: str, bot_token: str, now_ms: int) -> str | None:
    """Verify a Mini App's `initData` and return its user id; None when it is not Telegram's word.

    The check is HMAC-SHA256 over all fields but `hash`, sorted, under a key made of the bot's
    token (core.telegram.org/bots/webapps, "Validating data received via the Mini App").
    """
    if len(init_data) > INIT_DATA_LENGTH_MAX:
        return None
    try:
        pairs = parse_qsl(init_data, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        return None
    given = fields.pop("hash", "")
    check = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    secret = hmac.digest(b"WebAppData", bot_token.encode(), "sha256")
    expected = hmac.digest(secret, check.encode(errors="surrogatepass"), "sha256").hex()
    if not hmac.compare_digest(expected.encode(), given.encode(errors="surrogatepass")):
        return None
    return _fresh_user(fields, now_ms)


def _fresh_user(fields: dict[str, str], now_ms: int) -> str | None:
    """Read who opened the app, if it was opened lately."""
    auth_date = fields.get("auth_date", "")
    if not (auth_date.isascii() and auth_date.isdigit() and len(auth_date) <= len(str(10**12))):
        return None
    age_ms = now_ms - int(auth_date) * 1000
    if not -CLOCK_SKEW_MS <= age_ms <= INIT_DATA_MS:
        return None
    try:
        user: Any = json.loads(fields.get("user", ""))
    except ValueError:
        return None
    user_id = user.get("id") if isinstance(user, dict) else None
    return str(user_id) if isinstance(user_id, int) and not isinstance(user_id, bool) else None


async def places_of(tx: Tx, person_id: int, now_ms: int) -> list[Place]:
    """Read every gate where a person may stand, event by event."""
    places: list[Place] = []
    for post in await staff.posts_of(tx, person_id, now_ms):
        places += [
            Place(post.staff_id, gate.id, f"{post.title} · {gate.name}")
            for gate in await gates_for(tx, post)
        ]
    return places


async def gates_for(tx: Tx, post: Post) -> list[Gate]:
    """Read the gates of an event where its staff may stand."""
    gates = await staff.gates_of(tx, post.event_id)
    if post.bound_gate_id is None:
        return gates
    return [gate for gate in gates if gate.id == post.bound_gate_id]


async def open_by_link(tx: Tx, token: str, cookie: str, now_ms: int) -> bool:
    """Use a link and open its terminal under a new cookie; false when the link is gone."""
    used = await terminal_links.use(tx, token, now_ms)
    if used is None:
        return False
    staff_id, gate_id, language = used
    opened = await terminals.open_terminal(
        tx,
        cookie,
        staff_id=staff_id,
        gate_id=gate_id,
        language=language,
        kept_ms=KEPT_MS,
        now_ms=now_ms,
    )
    return opened is not None


async def open_in_telegram(
    tx: Tx, user_id: str, choice: tuple[int, int] | None, cookie: str, now_ms: int
) -> list[Place] | None:
    """Open a terminal for a Telegram account.

    None once it is open; else the places to choose from, and none of them for a stranger.
    """
    row = await chats.chat_by_ref(tx, "telegram", "scanner", user_id)
    if row is None:
        return []
    places = await places_of(tx, row.person_id, now_ms)
    chosen = choice or _remembered(row.memory)
    found = [one for one in places if (one.staff_id, one.gate_id) == chosen]
    if not found and len(places) == 1:
        found = places
    if not found:
        return places
    opened = await terminals.open_terminal(
        tx,
        cookie,
        staff_id=found[0].staff_id,
        gate_id=found[0].gate_id,
        language=row.language,
        kept_ms=KEPT_MS,
        now_ms=now_ms,
    )
    return None if opened is not None else []


def _remembered(memory: str) -> tuple[int, int] | None:
    """Read where the chat says that its person stands."""
    kept = json.loads(memory)
    staff_id, gate_id = kept.get("staff"), kept.get("gate")
    if isinstance(staff_id, int) and isinstance(gate_id, int):
        return staff_id, gate_id
    return None
