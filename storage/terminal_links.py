"""One-use links that open a terminal: made for one person of a gate, looked at, used."""

from boxoffice.values import value
from storage.database import Tx
from storage.terminals import hashed


@value
class TerminalLink:
    """What an unused link opens."""

    token_hash: str
    staff_id: int
    gate_id: int
    event_title: str
    gate_name: str
    language: str


async def make(
    tx: Tx,
    token: str,
    *,
    staff_id: int,
    gate_id: int,
    language: str,
    expires_ms: int,
    now_ms: int,
) -> None:
    """Keep a one-use link under the hash of its token."""
    await tx.run(
        "INSERT INTO terminal_links (token_hash, staff_id, gate_id, language, created_ms,"
        " expires_ms) VALUES (:token_hash, :staff_id, :gate_id, :language, :now_ms, :expires_ms)",
        token_hash=hashed(token),
        staff_id=staff_id,
        gate_id=gate_id,
        language=language,
        now_ms=now_ms,
        expires_ms=expires_ms,
    )


async def look_at(tx: Tx, token: str, now_ms: int) -> TerminalLink | None:
    """Read a link that could still be used, changing nothing: previews must not burn it."""
    row = await tx.row(
        "SELECT l.token_hash, l.staff_id, l.gate_id, l.language, e.title, g.name"
        " FROM terminal_links AS l JOIN staff AS s ON s.id = l.staff_id"
        " JOIN events AS e ON e.id = s.event_id JOIN gates AS g ON g.id = l.gate_id"
        " WHERE l.token_hash = :token_hash AND l.used_ms IS NULL AND l.expires_ms > :now_ms"
        " AND s.revoked_ms IS NULL",
        token_hash=hashed(token),
        now_ms=now_ms,
    )
    if row is None:
        return None
    return TerminalLink(
        row["token_hash"],
        row["staff_id"],
        row["gate_id"],
        row["title"],
        row["name"],
        row["language"],
    )


async def use(tx: Tx, token: str, now_ms: int) -> tuple[int, int, str] | None:
    """Use a link once; answers its staff id, gate id and language, None if it is gone."""
    row = await tx.row(
        "UPDATE terminal_links SET used_ms = :now_ms WHERE token_hash = :token_hash"
        " AND used_ms IS NULL AND expires_ms > :now_ms"
        " AND EXISTS (SELECT 1 FROM staff WHERE staff.id = staff_id AND staff.revoked_ms IS NULL)"
        " RETURNING staff_id, gate_id, language",
        token_hash=hashed(token),
        now_ms=now_ms,
    )
    return None if row is None else (row["staff_id"], row["gate_id"], row["language"])
