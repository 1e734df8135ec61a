"""An organiser's team: who is in it, one-use links into it, and out of it again."""

from dataclasses import dataclass

from storage.claims import hash_token
from storage.database import Row, Tx

LINKS_OPEN_MAX = 10
"""Unused links into one team: each is a key to everything it sells."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a team."""

    person_id: int
    name: str
    role: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class TeamLink:
    """What an unused link offers to whoever presses its button first."""

    token_hash: str
    organiser_id: int
    organiser: str
    role: str
    expires_ms: int


async def members(tx: Tx, organiser_id: int) -> list[Member]:
    """Read a team, owners first, then by name."""
    rows = await tx.rows(
        "SELECT memberships.person_id, memberships.role, memberships.since_ms, people.name"
        " FROM memberships"
        " JOIN people ON people.id = memberships.person_id"
        " WHERE organiser_id = :organiser_id AND revoked_ms IS NULL"
        " ORDER BY memberships.role DESC, memberships.since_ms, memberships.person_id",
        organiser_id=organiser_id,
    )
    return [Member(row["person_id"], row["name"], row["role"], row["since_ms"]) for row in rows]


async def invite(
    tx: Tx, token: str, *, organiser_id: int, role: str, by: int, expires_ms: int, now_ms: int
) -> bool:
    """Keep a link that makes whoever uses it first part of the team; false if too many wait."""
    row = await tx.row(
        "INSERT INTO team_links (token_hash, organiser_id, role, invited_by, created_ms,"
        " expires_ms) SELECT CAST(:token_hash AS TEXT), CAST(:organiser_id AS BIGINT),"
        " CAST(:role AS TEXT), CAST(:by AS BIGINT), CAST(:now_ms AS BIGINT),"
        " CAST(:expires_ms AS BIGINT) WHERE (SELECT COUNT(*) FROM team_links"
        "  WHERE organiser_id = :organiser_id AND used_ms IS NULL AND expires_ms > :now_ms)"
        " < :most RETURNING token_hash",
        token_hash=hash_token(token),
        organiser_id=organiser_id,
        role=role,
        by=by,
        now_ms=now_ms,
        expires_ms=expires_ms,
        most=LINKS_OPEN_MAX,
    )
    return row is not None


async def look_at(tx: Tx, token: str, now_ms: int) -> TeamLink | None:
    """Read a link that could still be used, changing nothing."""
    row = await tx.row(
        "SELECT team_links.*, organisers.name FROM team_links"
        " JOIN organisers ON organisers.id = team_links.organiser_id"
        " WHERE token_hash = :token_hash AND used_ms IS NULL AND expires_ms > :now_ms",
        token_hash=hash_token(token),
        now_ms=now_ms,
    )
    return _link(row) if row else None


async def open_of(tx: Tx, organiser_id: int, now_ms: int) -> list[TeamLink]:
    """Read the links into a team that could still be used, oldest first."""
    rows = await tx.rows(
        "SELECT team_links.*, organisers.name FROM team_links"
        " JOIN organisers ON organisers.id = team_links.organiser_id"
        " WHERE organiser_id = :organiser_id AND used_ms IS NULL AND expires_ms > :now_ms"
        " ORDER BY team_links.created_ms, token_hash",
        organiser_id=organiser_id,
        now_ms=now_ms,
    )
    return [_link(row) for row in rows]


async def withdraw(tx: Tx, organiser_id: int, token_hash: str, now_ms: int) -> TeamLink | None:
    """Let a link open nothing any more; None if it was used, over or withdrawn before."""
    row = await tx.row(
        "UPDATE team_links SET expires_ms = :now_ms WHERE token_hash = :token_hash"
        " AND organiser_id = :organiser_id AND used_ms IS NULL AND expires_ms > :now_ms"
        " RETURNING *, '' AS name",
        token_hash=token_hash,
        organiser_id=organiser_id,
        now_ms=now_ms,
    )
    return _link(row) if row else None


async def join(tx: Tx, token_hash: str, person_id: int, now_ms: int) -> TeamLink | None:
    """Use a link: the first who presses its button is in the team, nobody after."""
    row = await tx.row(
        "UPDATE team_links SET used_ms = :now_ms, used_by = :person_id"
        " WHERE token_hash = :token_hash AND used_ms IS NULL AND expires_ms > :now_ms RETURNING *,"
        " (SELECT name FROM organisers WHERE organisers.id = team_links.organiser_id) AS name",
        token_hash=token_hash,
        person_id=person_id,
        now_ms=now_ms,
    )
    if row is None:
        return None
    # An owner who opens a manager's link stays owner.
    await tx.run(
        "INSERT INTO memberships (organiser_id, person_id, role, since_ms)"
        " VALUES (:organiser_id, :person_id, :role, :now_ms)"
        " ON CONFLICT (organiser_id, person_id) DO UPDATE SET revoked_ms = NULL,"
        " role = CASE WHEN memberships.revoked_ms IS NULL AND memberships.role = 'owner'"
        "  THEN 'owner' ELSE excluded.role END",
        organiser_id=row["organiser_id"],
        person_id=person_id,
        role=row["role"],
        now_ms=now_ms,
    )
    return _link(row)


async def remove(tx: Tx, organiser_id: int, person_id: int, now_ms: int) -> bool:
    """Take somebody out of a team, from their next message on; never its last owner."""
    row = await tx.row(
        "UPDATE memberships SET revoked_ms = :now_ms WHERE organiser_id = :organiser_id"
        " AND person_id = :person_id AND revoked_ms IS NULL AND (role <> 'owner' OR EXISTS"
        "  (SELECT 1 FROM memberships AS other WHERE other.organiser_id = :organiser_id"
        "   AND other.role = 'owner' AND other.revoked_ms IS NULL"
        "   AND other.person_id <> :person_id)) RETURNING person_id",
        organiser_id=organiser_id,
        person_id=person_id,
        now_ms=now_ms,
    )
    return row is not None


def _link(row: Row) -> TeamLink:
    return TeamLink(
        row["token_hash"], row["organiser_id"], row["name"], row["role"], row["expires_ms"]
    )
