"""Terminals: pages at the door, and what each request of theirs was answered."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date

from boxoffice.values import value
from storage.database import Row, Tx
from storage.ids import new_id
from storage.live import PERSONS_INSIDE

PACK_KEY_BYTES = 32
"""AES-256, made for one terminal and given to it alone."""

COUNTED_GATES_MAX = 32
"""Gates counted one by one; a stadium's side has fewer."""


@value
class Terminal:
    """An opened page at the door, and where it stands."""

    id: int
    staff_id: int
    person_id: int
    event_id: int
    gate_id: int
    language: str
    pack_key: bytes
    opened_ms: int
    expires_ms: int


@value
class TerminalStory:
    """What a terminal tells the person who holds it; times are _ms since 1970 UTC."""

    event_title: str
    event_tag: str
    event_status: str
    zone: str
    starts_ms: int
    ends_ms: int
    age_min: int
    mode: str
    role: str
    staff_name: str
    bound_gate_id: int | None
    from_ms: int | None
    until_ms: int | None
    revoked_ms: int | None


@value
class Counts:
    """How many came in: all, by this gate, and how many tickets may still come."""

    inside: int
    sold: int
    here: int


def hashed(token: str) -> str:
    """Hash a token as it is kept."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


# ---- Terminals -----------------------------------------------------------------------------------


async def open_terminal(
    tx: Tx,
    token: str,
    *,
    staff_id: int,
    gate_id: int,
    language: str,
    kept_ms: int,
    now_ms: int,
) -> int | None:
    """Open a terminal for a place in a team until `kept_ms` after the event's end.

    None if the place was taken back, or the gate is another event's or not theirs.
    """
    place = await tx.row(
        "SELECT s.person_id, s.event_id, e.ends_ms FROM staff AS s"
        " JOIN events AS e ON e.id = s.event_id"
        " JOIN gates AS g ON g.event_id = s.event_id AND g.id = :gate_id"
        " WHERE s.id = :staff_id AND s.revoked_ms IS NULL"
        " AND (s.bound_gate_id IS NULL OR s.bound_gate_id = g.id)",
        staff_id=staff_id,
        gate_id=gate_id,
    )
    if place is None:
        return None
    terminal_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO terminals (id, token_hash, staff_id, person_id, event_id, gate_id, language,"
        " pack_key, opened_ms, expires_ms) VALUES (:id, :token_hash, :staff_id, :person_id,"
        " :event_id, :gate_id, :language, :pack_key, :now_ms, :expires_ms)",
        id=terminal_id,
        token_hash=hashed(token),
        staff_id=staff_id,
        person_id=place["person_id"],
        event_id=place["event_id"],
        gate_id=gate_id,
        language=language,
        pack_key=secrets.token_bytes(PACK_KEY_BYTES),
        now_ms=now_ms,
        expires_ms=max(place["ends_ms"], now_ms) + kept_ms,
    )
    return terminal_id


async def terminal_by_token(tx: Tx, token_hash: str, now_ms: int) -> Terminal | None:
    """Read the terminal of a cookie, if it is open."""
    row = await tx.row(
        "SELECT * FROM terminals WHERE token_hash = :token_hash AND closed_ms IS NULL"
        " AND expires_ms > :now_ms",
        token_hash=token_hash,
        now_ms=now_ms,
    )
    return _terminal(row) if row else None


async def terminal_asking(
    tx: Tx, token_hash: str, request_id: str, now_ms: int
) -> tuple[Terminal, str | None] | None:
    """Read the open terminal of a cookie, and what it was answered if this request was judged."""
    row = await tx.row(
        "SELECT terminals.*, (SELECT kept.answer FROM terminal_answers AS kept"
        "  WHERE kept.terminal_id = terminals.id AND kept.request_id = :request_id) AS answer"
        " FROM terminals WHERE token_hash = :token_hash AND closed_ms IS NULL"
        " AND expires_ms > :now_ms",
        token_hash=token_hash,
        request_id=request_id,
        now_ms=now_ms,
    )
    return None if row is None else (_terminal(row), row["answer"])


async def terminal_of_event(tx: Tx, terminal_id: int, event_id: int) -> Terminal | None:
    """Read any terminal, even closed, that stood at this event: it may have left entries behind."""
    row = await tx.row(
        "SELECT * FROM terminals WHERE id = :id AND event_id = :event_id",
        id=terminal_id,
        event_id=event_id,
    )
    return _terminal(row) if row else None


async def terminal_story(tx: Tx, terminal: Terminal) -> TerminalStory | None:
    """Read what a terminal tells its holder."""
    row = await tx.row(
        "SELECT e.title, e.tag, e.status, e.zone, e.starts_ms, e.ends_ms, e.age_min, e.mode,"
        " s.role, s.name, s.bound_gate_id, s.from_ms, s.until_ms, s.revoked_ms"
        " FROM staff AS s JOIN events AS e ON e.id = s.event_id WHERE s.id = :staff_id",
        staff_id=terminal.staff_id,
    )
    if row is None:
        return None
    return TerminalStory(
        event_title=row["title"],
        event_tag=row["tag"],
        event_status=row["status"],
        zone=row["zone"],
        starts_ms=row["starts_ms"],
        ends_ms=row["ends_ms"],
        age_min=row["age_min"],
        mode=row["mode"],
        role=row["role"],
        staff_name=row["name"],
        bound_gate_id=row["bound_gate_id"],
        from_ms=row["from_ms"],
        until_ms=row["until_ms"],
        revoked_ms=row["revoked_ms"],
    )


async def move_terminal(tx: Tx, terminal: Terminal, gate_id: int) -> bool:
    """Stand at another gate of the same event, if this person may; false changes nothing."""
    row = await tx.row(
        "UPDATE terminals SET gate_id = :gate_id WHERE id = :id AND closed_ms IS NULL"
        " AND EXISTS (SELECT 1 FROM gates AS g JOIN staff AS s ON s.event_id = g.event_id"
        "  WHERE g.id = :gate_id AND s.id = :staff_id"
        "  AND (s.bound_gate_id IS NULL OR s.bound_gate_id = g.id)) RETURNING id",
        id=terminal.id,
        staff_id=terminal.staff_id,
        gate_id=gate_id,
    )
    return row is not None


async def close_terminal(tx: Tx, terminal_id: int, now_ms: int) -> None:
    """Close a terminal: its cookie is worth nothing from now on."""
    await tx.run(
        "UPDATE terminals SET closed_ms = :now_ms WHERE id = :id AND closed_ms IS NULL",
        id=terminal_id,
        now_ms=now_ms,
    )


# ---- Answers -------------------------------------------------------------------------------------


async def verdict_of(tx: Tx, terminal_id: int, request_id: str) -> str | None:
    """Read the verdict that a request got before."""
    row = await tx.row(
        "SELECT verdict FROM terminal_answers"
        " WHERE terminal_id = :terminal_id AND request_id = :request_id",
        terminal_id=terminal_id,
        request_id=request_id,
    )
    return None if row is None else str(row["verdict"])


async def answer_again(
    tx: Tx, terminal_id: int, lost: Sequence[str], request_id: str
) -> str | None:
    """Give an admission of which this terminal never heard to the request that asks again.

    It is that request's answer from now on, and no other's: whoever was let in is let in once.
    """
    for name in lost:
        row = await tx.row(
            "UPDATE terminal_answers SET request_id = :request_id"
            " WHERE terminal_id = :terminal_id AND request_id = :name AND verdict = 'admitted'"
            " RETURNING answer",
            terminal_id=terminal_id,
            name=name,
            request_id=request_id,
        )
        if row is not None:
            return str(row["answer"])
    return None


_KEEP = (
    "INSERT INTO terminal_answers (terminal_id, request_id, verdict, answer, made_ms)"
    " VALUES (:terminal_id, :request_id, :verdict, :answer, :now_ms)"
)


async def keep_answer(
    tx: Tx, terminal_id: int, request_id: str, *, verdict: str, answer: str, now_ms: int
) -> None:
    """Keep what a request is answered.

    Raises:
        ConstraintBroken: the same request was answered meanwhile; its transaction is undone.
    """
    await tx.run(
        _KEEP,
        terminal_id=terminal_id,
        request_id=request_id,
        verdict=verdict,
        answer=answer,
        now_ms=now_ms,
    )


async def keep_share(
    tx: Tx, terminal_id: int, name: str, verdict: str, answer: str, now_ms: int
) -> None:
    """Keep one ticket's share of an answer, unless this name was answered before."""
    await tx.run(
        f"{_KEEP} ON CONFLICT (terminal_id, request_id) DO NOTHING",
        terminal_id=terminal_id,
        request_id=name,
        verdict=verdict,
        answer=answer,
        now_ms=now_ms,
    )


async def counts(tx: Tx, event_id: int, gate_id: int, today: date) -> Counts:
    """Count who is inside: the whole event, and by this gate; people, not tickets."""
    row = await tx.row(
        f"SELECT COALESCE(SUM(t.party_size), 0) AS sold,"
        f" COALESCE(SUM({PERSONS_INSIDE}), 0) AS inside,"
        f" COALESCE(SUM(CASE WHEN t.scanned_gate_id = :gate_id THEN {PERSONS_INSIDE} ELSE 0 END),"
        "  0) AS here"
        " FROM tickets AS t WHERE t.event_id = :event_id AND t.status IN ('valid', 'blocked')",
        event_id=event_id,
        gate_id=gate_id,
        today=today.isoformat(),
    )
    assert row is not None  # noqa: S101 (a count always answers)
    return Counts(int(row["inside"]), int(row["sold"]), int(row["here"]))


async def offline_unlisted(tx: Tx, event_id: int) -> str:
    """Read what happens offline to a right ticket that the copy does not list."""
    row = await tx.row(
        "SELECT offline_unlisted FROM gate_rules WHERE event_id = :event_id", event_id=event_id
    )
    return "refuse" if row is None else str(row["offline_unlisted"])


async def set_offline_unlisted(tx: Tx, event_id: int, rule: str) -> None:
    """Decide it: `refuse` or `admit`."""
    await tx.run(
        "INSERT INTO gate_rules (event_id, offline_unlisted) VALUES (:event_id, :rule)"
        " ON CONFLICT (event_id) DO UPDATE SET offline_unlisted = excluded.offline_unlisted",
        event_id=event_id,
        rule=rule,
    )


def _terminal(row: Row) -> Terminal:
    return Terminal(
        id=row["id"],
        staff_id=row["staff_id"],
        person_id=row["person_id"],
        event_id=row["event_id"],
        gate_id=row["gate_id"],
        language=row["language"],
        pack_key=bytes(row["pack_key"]),
        opened_ms=row["opened_ms"],
        expires_ms=row["expires_ms"],
    )
