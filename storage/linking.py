"""Linking: two chats that show they are one person's, and the way back."""

import hashlib
from dataclasses import dataclass

from storage import people, waiting
from storage.database import Row, Tx
from storage.ids import new_id
from storage.people import MOVED

_OWNED = {one.name: one for one in MOVED}

_MEMBERSHIP = "memberships.raised"
_POST = "staff.raised"
"""Where both had the same post and only the joined one's was in force: the kept one's is now."""


@dataclass(frozen=True, slots=True)
class CodeShown:
    """The chat that shows a code, and whose it is."""

    chat_id: int
    person_id: int
    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link in force, seen from one chat: the other chat, and where and whose it is."""

    id: int
    other_chat_id: int
    channel: str
    name: str


async def show_code(tx: Tx, chat_id: int, code: str, *, now_ms: int, expires_ms: int) -> bool:
    """Keep the code that a chat shows, in place of its last one.

    False if another chat shows the same now: then another is drawn.
    """
    await tx.run("DELETE FROM link_codes WHERE expires_ms <= :now_ms", now_ms=now_ms)
    await tx.run("DELETE FROM link_codes WHERE chat_id = :chat_id", chat_id=chat_id)
    row = await tx.row(
        "INSERT INTO link_codes (chat_id, code_hash, expires_ms)"
        " VALUES (:chat_id, :code_hash, :expires_ms)"
        " ON CONFLICT (code_hash) DO NOTHING RETURNING chat_id",
        chat_id=chat_id,
        code_hash=_hash(code),
        expires_ms=expires_ms,
    )
    return row is not None


async def shown_where(tx: Tx, code: str, now_ms: int) -> CodeShown | None:
    """Read which chat shows a code now, changing nothing."""
    row = await tx.row(
        "SELECT chats.id, chats.person_id, chats.channel, people.name FROM link_codes"
        " JOIN chats ON chats.id = link_codes.chat_id JOIN people ON people.id = chats.person_id"
        " WHERE code_hash = :code_hash AND used_ms IS NULL AND expires_ms > :now_ms",
        code_hash=_hash(code),
        now_ms=now_ms,
    )
    return CodeShown(row["id"], row["person_id"], row["channel"], row["name"]) if row else None


async def use_code(tx: Tx, code: str, now_ms: int) -> bool:
    """Use a code up: true once."""
    row = await tx.row(
        "UPDATE link_codes SET used_ms = :now_ms WHERE code_hash = :code_hash"
        " AND used_ms IS NULL AND expires_ms > :now_ms RETURNING chat_id",
        code_hash=_hash(code),
        now_ms=now_ms,
    )
    return row is not None


async def both_hold(tx: Tx, person_id: int, other_id: int) -> int | None:
    """Read an event of which both have unpaid seats: one person may have one such hold."""
    row = await tx.row(
        "SELECT mine.event_id FROM orders AS mine JOIN orders AS theirs"
        " ON theirs.event_id = mine.event_id AND theirs.status = 'held'"
        " AND theirs.buyer_id = :other_id"
        " WHERE mine.buyer_id = :person_id AND mine.status = 'held' LIMIT 1",
        person_id=person_id,
        other_id=other_id,
    )
    return row["event_id"] if row else None


async def join(
    tx: Tx, *, kept_id: int, joined_id: int, asked_chat_id: int, typed_chat_id: int, now_ms: int
) -> int:
    """Make one person of two: all that is `joined_id`'s becomes `kept_id`'s, and is written down.

    The chats of both must be locked, and their holds compared, in this transaction.
    """
    link_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO links (id, kept_id, joined_id, asked_chat_id, typed_chat_id, made_ms)"
        " VALUES (:id, :kept_id, :joined_id, :asked_chat_id, :typed_chat_id, :now_ms)",
        id=link_id,
        kept_id=kept_id,
        joined_id=joined_id,
        asked_chat_id=asked_chat_id,
        typed_chat_id=typed_chat_id,
        now_ms=now_ms,
    )
    await _leave_second_places(tx, kept_id, joined_id, now_ms)
    for owned in MOVED:
        for key in await people.move(tx, owned, from_id=joined_id, to_id=kept_id):
            await _note(tx, link_id, owned.name, key)
    await _raise_posts(tx, link_id, kept_id, joined_id)
    return link_id


async def part(tx: Tx, link_id: int, person_id: int, now_ms: int) -> list[int] | None:
    """Undo a link of this person: what came by it goes back, with what its chats bought since.

    Answers the two chats that made it, or None if it is not theirs, or undone already.
    """
    await people.lock_chats(tx, person_id)
    row = await tx.row(
        "UPDATE links SET undone_ms = :now_ms WHERE id = :id AND undone_ms IS NULL"
        " AND EXISTS (SELECT 1 FROM link_moves JOIN chats ON link_moves.key ="
        "  CAST(chats.id AS TEXT) WHERE link_moves.link_id = links.id"
        "  AND link_moves.what = 'chats.person_id' AND chats.person_id = :person_id)"
        " RETURNING joined_id, asked_chat_id, typed_chat_id, made_ms",
        id=link_id,
        person_id=person_id,
        now_ms=now_ms,
    )
    if row is None:
        return None
    joined_id = row["joined_id"]
    moves = await tx.rows(
        "SELECT what, key, was FROM link_moves WHERE link_id = :link_id ORDER BY what, key",
        link_id=link_id,
    )
    for moved in moves:
        owned = _OWNED.get(moved["what"])
        if owned is not None:
            await people.move_one(tx, owned, moved["key"], from_id=person_id, to_id=joined_id)
        else:
            await _lower_post(tx, moved["what"], moved["key"], moved["was"], person_id)
    await _give_bought_since(tx, person_id, joined_id, row["made_ms"])
    return [row["asked_chat_id"], row["typed_chat_id"]]


async def links_of(tx: Tx, person_id: int, chat_id: int) -> list[Link]:
    """Read a person's links in force, as one of their chats sees them, oldest first."""
    rows = await tx.rows(
        "SELECT links.id, other.id AS chat_id, other.channel, people.name FROM links"
        " JOIN people ON people.id = links.joined_id"
        " JOIN chats AS other ON other.id = CASE WHEN EXISTS (SELECT 1 FROM link_moves"
        "   WHERE link_moves.link_id = links.id AND link_moves.what = 'chats.person_id'"
        "   AND link_moves.key = CAST(CAST(:chat_id AS BIGINT) AS TEXT))"
        "  THEN links.asked_chat_id ELSE links.typed_chat_id END"
        " WHERE links.undone_ms IS NULL AND other.person_id = :person_id"
        " ORDER BY links.id",
        chat_id=chat_id,
        person_id=person_id,
    )
    return [Link(row["id"], row["chat_id"], row["channel"], row["name"]) for row in rows]


async def _note(tx: Tx, link_id: int, what: str, key: str, was: str | None = None) -> None:
    await tx.run(
        "INSERT INTO link_moves (link_id, what, key, was) VALUES (:link_id, :what, :key, :was)",
        link_id=link_id,
        what=what,
        key=key,
        was=was,
    )


async def _leave_second_places(tx: Tx, kept_id: int, joined_id: int, now_ms: int) -> None:
    """Leave a waiting list in which both stand: one person has one place, the kept one's."""
    twice = await tx.rows(
        "SELECT theirs.id FROM waiting AS theirs JOIN waiting AS mine"
        " ON mine.kind_id = theirs.kind_id AND mine.person_id = :kept_id"
        " AND mine.payment_id IS NULL AND mine.status IN ('waiting', 'offered')"
        " WHERE theirs.person_id = :joined_id AND theirs.payment_id IS NULL"
        " AND theirs.status IN ('waiting', 'offered')",
        kept_id=kept_id,
        joined_id=joined_id,
    )
    for row in twice:
        await waiting.leave(tx, row["id"], now_ms)


async def _raise_posts(tx: Tx, link_id: int, kept_id: int, joined_id: int) -> None:
    """Where both have a row of a post, and only the joined one's is in force, the kept one's is."""
    raised = await tx.rows(
        "SELECT mine.organiser_id, mine.role, mine.revoked_ms, theirs.role AS better"
        " FROM memberships AS mine JOIN memberships AS theirs"
        " ON theirs.organiser_id = mine.organiser_id AND theirs.person_id = :joined_id"
        " WHERE mine.person_id = :kept_id AND theirs.revoked_ms IS NULL"
        " AND (mine.revoked_ms IS NOT NULL OR (mine.role = 'manager' AND theirs.role = 'owner'))",
        kept_id=kept_id,
        joined_id=joined_id,
    )
    for row in raised:
        await _note(tx, link_id, _MEMBERSHIP, str(row["organiser_id"]), _was(row))
        await _set_membership(tx, row["organiser_id"], kept_id, row["better"], None)
    posts = await tx.rows(
        "SELECT mine.id, mine.role, mine.revoked_ms, theirs.role AS better"
        " FROM staff AS mine JOIN staff AS theirs"
        " ON theirs.event_id = mine.event_id AND theirs.person_id = :joined_id"
        " WHERE mine.person_id = :kept_id AND theirs.revoked_ms IS NULL"
        " AND mine.revoked_ms IS NOT NULL",
        kept_id=kept_id,
        joined_id=joined_id,
    )
    for row in posts:
        await _note(tx, link_id, _POST, str(row["id"]), _was(row))
        await _set_post(tx, row["id"], kept_id, row["better"], None)


async def _lower_post(tx: Tx, what: str, key: str, was: str, person_id: int) -> None:
    role, _, revoked = was.partition(":")
    revoked_ms = int(revoked) if revoked else None
    if what == _MEMBERSHIP:
        await _set_membership(tx, int(key), person_id, role, revoked_ms)
    else:
        await _set_post(tx, int(key), person_id, role, revoked_ms)


async def _set_membership(
    tx: Tx, organiser_id: int, person_id: int, role: str, revoked_ms: int | None
) -> None:
    await tx.run(
        "UPDATE memberships SET role = :role, revoked_ms = :revoked_ms"
        " WHERE organiser_id = :organiser_id AND person_id = :person_id",
        organiser_id=organiser_id,
        person_id=person_id,
        role=role,
        revoked_ms=revoked_ms,
    )


async def _set_post(
    tx: Tx, staff_id: int, person_id: int, role: str, revoked_ms: int | None
) -> None:
    await tx.run(
        "UPDATE staff SET role = :role, revoked_ms = :revoked_ms"
        " WHERE id = :id AND person_id = :person_id",
        id=staff_id,
        person_id=person_id,
        role=role,
        revoked_ms=revoked_ms,
    )


def _was(row: Row) -> str:
    return f"{row['role']}:{row['revoked_ms'] or ''}"


async def _give_bought_since(tx: Tx, person_id: int, joined_id: int, since_ms: int) -> None:
    """Let orders, and tickets that were received, follow the chat they came to."""
    facts = {"person_id": person_id, "joined_id": joined_id, "since_ms": since_ms}
    await tx.run(
        "UPDATE orders SET buyer_id = :joined_id WHERE buyer_id = :person_id"
        " AND held_ms >= :since_ms"
        " AND chat_id IN (SELECT id FROM chats WHERE person_id = :joined_id)",
        **facts,
    )
    await tx.run(
        "UPDATE acceptances SET person_id = :joined_id WHERE person_id = :person_id"
        " AND accepted_ms >= :since_ms"
        " AND order_id IN (SELECT id FROM orders WHERE buyer_id = :joined_id)",
        **facts,
    )
    # An order from before may have been paid, or a name corrected, since.
    await tx.run(
        "UPDATE tickets SET owner_id = :joined_id WHERE owner_id = :person_id"
        " AND created_ms >= :since_ms"
        " AND order_id IN (SELECT id FROM orders WHERE buyer_id = :joined_id)"
        " AND NOT EXISTS (SELECT 1 FROM transfers WHERE transfers.successor_id = tickets.id)",
        **facts,
    )
    # What somebody gave away goes with the chat in which it was accepted.
    await tx.run(
        "UPDATE transfers SET to_id = :joined_id WHERE to_id = :person_id"
        " AND ended_ms >= :since_ms"
        " AND to_chat_id IN (SELECT id FROM chats WHERE person_id = :joined_id)",
        **facts,
    )
    await tx.run(
        "UPDATE tickets SET owner_id = :joined_id WHERE owner_id = :person_id"
        " AND created_ms >= :since_ms"
        " AND id IN (SELECT successor_id FROM transfers WHERE to_id = :joined_id)",
        **facts,
    )
    await tx.run(
        "UPDATE transfers SET from_id = :joined_id WHERE from_id = :person_id"
        " AND ticket_id IN (SELECT id FROM tickets WHERE owner_id = :joined_id)",
        person_id=person_id,
        joined_id=joined_id,
    )


def _hash(code: str) -> str:
    return hashlib.sha256(f"link {code}".encode()).hexdigest()[:32]
