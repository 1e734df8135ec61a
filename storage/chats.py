"""Conversations and the people in them."""

from collections.abc import Sequence

from boxoffice.values import value
from storage.database import Row, Tx
from storage.ids import new_id

BURST_MS = 60_000
"""Turns of a conversation are counted by the minute."""

FORGOTTEN = "forgotten"
"""The channel of conversations whose person asked to be forgotten: nothing is sent there."""

CHATS_AT_MAX = 4
"""A number and an account, in an app or two."""


@value
class ChatRow:
    """A conversation as it is kept. `memory` and `offered` are JSON text."""

    id: int
    person_id: int
    channel: str
    talk: str
    ref: str
    language: str
    step: str
    memory: str
    offered: str
    is_new: bool = False
    offered_before: str = "[]"
    """The choices before those: what a word may still press."""
    offered_ms: int = 0
    """A number heard before this time may have been meant for the choices before."""
    unasked: bool = False
    """Whether the choices shown last came with a message that nobody here had asked for."""
    burst: int = 0
    """The turns of this minute, this one included."""


async def open_chat(
    tx: Tx, *, channel: str, talk: str, ref: str, language: str, name: str, now_ms: int
) -> ChatRow:
    """Take the conversation's lock by raising its turn; make it, and its person, if it is new.

    The same account on the same channel is the same person in both talks. A conversation that was
    only expected so far takes the language of its first word.
    """
    row = await tx.row(
        "UPDATE chats SET turn = turn + 1, heard_ms = :now_ms,"
        " burst = CASE WHEN :now_ms - burst_ms >= :burst_over_ms THEN 1 ELSE burst + 1 END,"
        " burst_ms = CASE WHEN :now_ms - burst_ms >= :burst_over_ms THEN :now_ms"
        "  ELSE burst_ms END,"
        " language = CASE WHEN turn = 0 THEN :language ELSE language END"
        " WHERE channel = :channel AND talk = :talk AND ref = :ref RETURNING *",
        channel=channel,
        talk=talk,
        ref=ref,
        language=language,
        now_ms=now_ms,
        burst_over_ms=BURST_MS,
    )
    if row is not None:
        return _chat(row)
    return await _make_chat(
        tx, turn=1, channel=channel, talk=talk, ref=ref, language=language, name=name, now_ms=now_ms
    )


async def burst_of(tx: Tx, *, channel: str, talk: str, ref: str, now_ms: int) -> int:
    """Count the turns that somebody had in this minute, before the next is taken."""
    row = await tx.row(
        "SELECT burst FROM chats WHERE channel = :channel AND talk = :talk AND ref = :ref"
        " AND :now_ms - burst_ms < :burst_over_ms",
        channel=channel,
        talk=talk,
        ref=ref,
        now_ms=now_ms,
        burst_over_ms=BURST_MS,
    )
    return int(row["burst"]) if row else 0


async def expect_chat(
    tx: Tx, *, channel: str, talk: str, ref: str, language: str, name: str, now_ms: int
) -> ChatRow:
    """Make a conversation in which nobody has spoken yet; `language` holds until somebody does."""
    return await _make_chat(
        tx, turn=0, channel=channel, talk=talk, ref=ref, language=language, name=name, now_ms=now_ms
    )


async def _make_chat(
    tx: Tx, *, turn: int, channel: str, talk: str, ref: str, language: str, name: str, now_ms: int
) -> ChatRow:
    other = await tx.row(
        "SELECT person_id FROM chats WHERE channel = :channel AND ref = :ref LIMIT 1",
        channel=channel,
        ref=ref,
    )
    person_id: int = other["person_id"] if other else await _new_person(tx, name, now_ms)
    row = await tx.row(
        "INSERT INTO chats (id, channel, talk, ref, person_id, language, step, memory, offered,"
        " turn, heard_ms, created_ms, burst, burst_ms)"
        " VALUES (:id, :channel, :talk, :ref, :person_id, :language, '', '{}', '[]',"
        " :turn, :now_ms, :now_ms, :turn, :now_ms)"
        " ON CONFLICT (channel, talk, ref) DO UPDATE SET turn = chats.turn + 1 RETURNING *",
        id=new_id(now_ms),
        channel=channel,
        talk=talk,
        ref=ref,
        person_id=person_id,
        language=language,
        turn=turn,
        now_ms=now_ms,
    )
    assert row is not None  # noqa: S101 (an upsert returns its row)
    return _chat(row, is_new=True)


async def save_chat(
    tx: Tx, chat_id: int, *, language: str, step: str, memory: str, offered: str, now_ms: int
) -> None:
    """Keep where a conversation stands after a turn, and which choices it shows."""
    await tx.run(
        "UPDATE chats SET language = :language, step = :step, memory = :memory,"
        " offered_before = CASE WHEN offered = :offered THEN offered_before ELSE offered END,"
        " offered_ms = CASE WHEN offered = :offered THEN offered_ms ELSE :now_ms END,"
        " unasked = 0, offered = :offered WHERE id = :id",
        id=chat_id,
        language=language,
        step=step,
        memory=memory,
        offered=offered,
        now_ms=now_ms,
    )


async def show_choices(tx: Tx, chat_id: int, offers: str, *, unasked: bool, until_ms: int) -> None:
    """Let typed numbers mean what a message shows that goes out now.

    Until `until_ms` a number may have been meant for what was shown before. Of several messages
    that nobody asked for, what was shown before the first of them stays known.
    """
    await tx.run(
        "UPDATE chats SET offered_before = CASE WHEN unasked = 1 AND :unasked = 1"
        "  THEN offered_before ELSE offered END,"
        " offered = :offers, unasked = :unasked, offered_ms = :until_ms"
        " WHERE id = :id AND offered <> :offers",
        id=chat_id,
        offers=offers,
        unasked=int(unasked),
        until_ms=until_ms,
    )


async def speak(tx: Tx, *, channel: str, refs: Sequence[str], language: str) -> None:
    """Have these conversations go on in a language."""
    for ref in refs:
        await tx.run(
            "UPDATE chats SET language = :language WHERE channel = :channel AND ref = :ref",
            language=language,
            channel=channel,
            ref=ref,
        )


async def note(tx: Tx, chat_id: int, now_ms: int, every_ms: int) -> bool:
    """Keep that a chat is told of a wait; false if it was told less than `every_ms` ago."""
    row = await tx.row(
        "UPDATE chats SET noted_ms = :now_ms WHERE id = :id AND noted_ms <= :before_ms"
        " RETURNING id",
        id=chat_id,
        now_ms=now_ms,
        before_ms=now_ms - every_ms,
    )
    return row is not None


async def chat_by_id(tx: Tx, chat_id: int) -> ChatRow | None:
    """Read one conversation."""
    row = await tx.row("SELECT * FROM chats WHERE id = :id", id=chat_id)
    return _chat(row) if row else None


async def chat_by_ref(tx: Tx, channel: str, talk: str, ref: str) -> ChatRow | None:
    """Read one conversation by the channel's own key, without taking its lock."""
    row = await tx.row(
        "SELECT * FROM chats WHERE channel = :channel AND talk = :talk AND ref = :ref",
        channel=channel,
        talk=talk,
        ref=ref,
    )
    return _chat(row) if row else None


async def chats_of_person(tx: Tx, person_id: int, talk: str) -> list[ChatRow]:
    """Read a person's conversations in one talk, the one heard last first."""
    rows = await tx.rows(
        "SELECT * FROM chats WHERE person_id = :person_id AND talk = :talk"
        " AND channel <> 'forgotten' ORDER BY heard_ms DESC",
        person_id=person_id,
        talk=talk,
    )
    return [_chat(row) for row in rows]


async def chats_at(tx: Tx, *, phone: str, channel: str, ref: str) -> list[ChatRow]:
    """Find the seller's chats of a number, or of an account on a channel: one a person.

    An app that knows people by their number has it at the end of its key, behind its own prefix.
    """
    rows = await tx.rows(
        "SELECT * FROM chats WHERE talk = 'seller' AND turn > 0"
        " AND ((channel = :channel AND ref = :ref AND :ref <> '')"
        "  OR (ref IN (:phone, 'whatsapp:' || :phone) AND :phone <> ''))"
        " ORDER BY heard_ms DESC LIMIT :limit",
        channel=channel,
        ref=ref,
        phone=phone,
        limit=CHATS_AT_MAX,
    )
    found = {row["person_id"]: row for row in reversed(rows)}
    return [_chat(row) for row in found.values()]


async def name_person(tx: Tx, person_id: int, name: str) -> None:
    """Keep what a person calls themselves, when the channel first says it."""
    await tx.run(
        "UPDATE people SET name = :name WHERE id = :id AND name = ''", id=person_id, name=name
    )


async def person_name(tx: Tx, person_id: int) -> str:
    """Read what a person calls themselves; empty if nobody said."""
    row = await tx.row("SELECT name FROM people WHERE id = :id", id=person_id)
    return str(row["name"]) if row else ""


async def _new_person(tx: Tx, name: str, now_ms: int) -> int:
    person_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO people (id, name, created_ms) VALUES (:id, :name, :now_ms)",
        id=person_id,
        name=name,
        now_ms=now_ms,
    )
    return person_id


def _chat(row: Row, *, is_new: bool = False) -> ChatRow:
    return ChatRow(
        id=row["id"],
        person_id=row["person_id"],
        channel=row["channel"],
        talk=row["talk"],
        ref=row["ref"],
        language=row["language"],
        step=row["step"],
        memory=row["memory"],
        offered=row["offered"],
        is_new=is_new,
        offered_before=row["offered_before"],
        offered_ms=row["offered_ms"],
        unasked=bool(row["unasked"]),
        burst=row["burst"],
    )
