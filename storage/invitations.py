"""One-use links: made here, opened without effect, used once by the button behind them."""

import hashlib
from dataclasses import dataclass

from storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an unused link offers, to whoever presses its button first."""

    token_hash: str
    purpose: str
    event_id: int | None
    gate_id: int | None
    role: str | None
    expires_ms: int
    from_ms: int | None = None
    until_ms: int | None = None
    """The hours it is for; none means all."""


async def invite(
    tx: Tx,
    token: str,
    *,
    purpose: str,
    expires_ms: int,
    now_ms: int,
    event_id: int | None = None,
    gate_id: int | None = None,
    role: str | None = None,
    invited_by: int | None = None,
    from_ms: int | None = None,
    until_ms: int | None = None,
) -> None:
    """Keep an invitation (`owner` or `staff`) under the hash of its token."""
    await tx.run(
        "INSERT INTO invitations (token_hash, purpose, event_id, gate_id, role, invited_by,"
        " created_ms, expires_ms, from_ms, until_ms) VALUES (:token_hash, :purpose, :event_id,"
        " :gate_id, :role, :invited_by, :now_ms, :expires_ms, :from_ms, :until_ms)",
        token_hash=_hash(token),
        purpose=purpose,
        event_id=event_id,
        gate_id=gate_id,
        role=role,
        invited_by=invited_by,
        from_ms=from_ms,
        until_ms=until_ms,
        now_ms=now_ms,
        expires_ms=expires_ms,
    )


async def look_at(tx: Tx, token: str, *, purpose: str, now_ms: int) -> Invitation | None:
    """Read an invitation that could still be used, changing nothing."""
    row = await tx.row(
        "SELECT * FROM invitations WHERE token_hash = :token_hash AND purpose = :purpose"
        " AND used_ms IS NULL AND expires_ms > :now_ms",
        token_hash=_hash(token),
        purpose=purpose,
        now_ms=now_ms,
    )
    return _invitation(row) if row else None


async def use(
    tx: Tx, token_hash: str, *, purpose: str, person_id: int, now_ms: int
) -> Invitation | None:
    """Use an invitation: the first who presses its button gets it, nobody after."""
    row = await tx.row(
        "UPDATE invitations SET used_ms = :now_ms, used_by = :person_id"
        " WHERE token_hash = :token_hash AND purpose = :purpose"
        " AND used_ms IS NULL AND expires_ms > :now_ms RETURNING *",
        token_hash=token_hash,
        purpose=purpose,
        person_id=person_id,
        now_ms=now_ms,
    )
    return _invitation(row) if row else None


async def open_of(tx: Tx, event_id: int, now_ms: int) -> list[Invitation]:
    """Read an event's invitations that could still be used, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM invitations WHERE event_id = :event_id AND used_ms IS NULL"
        " AND expires_ms > :now_ms ORDER BY created_ms, token_hash",
        event_id=event_id,
        now_ms=now_ms,
    )
    return [_invitation(row) for row in rows]


async def withdraw(tx: Tx, event_id: int, token_hash: str, now_ms: int) -> Invitation | None:
    """Let a link open nothing any more; None if it was used, over or withdrawn before."""
    row = await tx.row(
        "UPDATE invitations SET expires_ms = :now_ms WHERE token_hash = :token_hash"
        " AND event_id = :event_id AND used_ms IS NULL AND expires_ms > :now_ms RETURNING *",
        token_hash=token_hash,
        event_id=event_id,
        now_ms=now_ms,
    )
    return _invitation(row) if row else None


async def open_count(tx: Tx, event_id: int, now_ms: int) -> int:
    """Count an event's invitations that could still be used."""
    row = await tx.row(
        "SELECT COUNT(*) AS count FROM invitations WHERE event_id = :event_id"
        " AND used_ms IS NULL AND expires_ms > :now_ms",
        event_id=event_id,
        now_ms=now_ms,
    )
    return int(row["count"]) if row else 0


def _hash(token: str) -> str:
    """Hash a token to 32 characters: short enough for a button, too long to guess."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def _invitation(row: Row) -> Invitation:
    return Invitation(
        row["token_hash"],
        row["purpose"],
        row["event_id"],
        row["gate_id"],
        row["role"],
        row["expires_ms"],
        row["from_ms"],
        row["until_ms"],
    )
