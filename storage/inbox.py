"""What came in: kept before it is acknowledged, worked once."""

from collections.abc import Sequence

from boxoffice.values import value
from storage.database import Row, Tx
from storage.ids import first_id, new_id


@value
class InboxRow:
    """A message that waits for its turn; `form` is `raw` (the channel's) or `heard` (ours)."""

    id: int
    channel: str
    talk: str
    ref: str
    form: str
    payload: str
    attempts: int
    received_ms: int


def arrived(channel: str, talk: str, ref: str, payload: str, now_ms: int) -> InboxRow:
    """Make the row of a channel's raw payload, with its id, before it is kept."""
    return InboxRow(new_id(now_ms), channel, talk, ref, "raw", payload, 0, now_ms)


async def put(tx: Tx, row: InboxRow, message_id: str) -> bool:
    """Keep a message for its turn; false if this message id is already there."""
    return await _insert(tx, row, message_id, state="new")


async def put_done(tx: Tx, row: InboxRow, message_id: str) -> bool:
    """Keep a message whose turn is taken in this very transaction.

    False if this message id is already there, or if another message of its chat waits before it.
    """
    return await _insert(tx, row, message_id, state="done")


async def _insert(tx: Tx, row: InboxRow, message_id: str, *, state: str) -> bool:
    kept = await tx.run(
        "INSERT INTO inbox (id, channel, talk, ref, message_id, form, payload, state, attempts,"
        " received_ms, done_ms) SELECT CAST(:id AS BIGINT), CAST(:channel AS TEXT),"
        " CAST(:talk AS TEXT), CAST(:ref AS TEXT), CAST(:message_id AS TEXT), CAST(:form AS TEXT),"
        " CAST(:payload AS TEXT), CAST(:state AS TEXT), CAST(:attempts AS INTEGER),"
        " CAST(:received_ms AS BIGINT), CAST(:done_ms AS BIGINT)"
        " WHERE :state = 'new' OR NOT EXISTS (SELECT 1 FROM inbox AS earlier"
        "  WHERE earlier.channel = :channel AND earlier.talk = :talk AND earlier.ref = :ref"
        "  AND earlier.state = 'new')"
        " ON CONFLICT (channel, talk, message_id) DO NOTHING",
        id=row.id,
        channel=row.channel,
        talk=row.talk,
        ref=row.ref,
        message_id=message_id,
        form=row.form,
        payload=row.payload,
        state=state,
        attempts=row.attempts,
        received_ms=row.received_ms,
        done_ms=None if state == "new" else row.received_ms,
    )
    return kept == 1


async def put_fact(
    tx: Tx, *, chat_id: int, message_id: str, payload: str, now_ms: int, attempts: int = 0
) -> InboxRow | None:
    """Keep something the world tells a chat, or answer None if it is known already.

    `message_id` names the fact (`notice:sandbox:42`), so that it counts once however often it is
    told. `attempts` are those its turn has behind it.
    """
    return await _insert_fact(tx, chat_id, message_id, payload, now_ms, attempts=attempts)


async def put_fact_done(
    tx: Tx, *, chat_id: int, message_id: str, payload: str, now_ms: int
) -> InboxRow | None:
    """Keep a fact whose turn is taken in this very transaction.

    None if it is known already, or if a message of its chat waits before it.
    """
    return await _insert_fact(tx, chat_id, message_id, payload, now_ms, done_ms=now_ms)


async def _insert_fact(
    tx: Tx,
    chat_id: int,
    message_id: str,
    payload: str,
    now_ms: int,
    *,
    attempts: int = 0,
    done_ms: int | None = None,
) -> InboxRow | None:
    row_id = new_id(now_ms)
    row = await tx.row(
        "INSERT INTO inbox (id, channel, talk, ref, message_id, form, payload, state, attempts,"
        " received_ms, done_ms) SELECT CAST(:id AS BIGINT), channel, talk, ref,"
        " CAST(:message_id AS TEXT), 'heard', CAST(:payload AS TEXT), CAST(:state AS TEXT),"
        " CAST(:attempts AS INTEGER), CAST(:now_ms AS BIGINT), CAST(:done_ms AS BIGINT)"
        " FROM chats WHERE chats.id = :chat_id AND (:state = 'new' OR NOT EXISTS"
        "  (SELECT 1 FROM inbox AS earlier WHERE earlier.channel = chats.channel"
        "   AND earlier.talk = chats.talk AND earlier.ref = chats.ref AND earlier.state = 'new'))"
        " ON CONFLICT (channel, talk, message_id) DO NOTHING RETURNING channel, talk, ref",
        id=row_id,
        chat_id=chat_id,
        message_id=message_id,
        payload=payload,
        state="new" if done_ms is None else "done",
        attempts=attempts,
        now_ms=now_ms,
        done_ms=done_ms,
    )
    if row is None:
        return None
    return InboxRow(
        row_id, row["channel"], row["talk"], row["ref"], "heard", payload, attempts, now_ms
    )


async def claim(tx: Tx, inbox_id: int, now_ms: int) -> bool:
    """Mark a message done, if it is not yet: the turn in this transaction is its only one.

    False too while an earlier message of the same chat waits (`waiting_before` finds it).
    """
    claimed = await tx.run(
        "UPDATE inbox SET state = 'done', done_ms = :now_ms"
        " WHERE id = :id AND state = 'new' AND NOT EXISTS (SELECT 1 FROM inbox AS earlier"
        "  WHERE earlier.channel = inbox.channel AND earlier.talk = inbox.talk"
        "  AND earlier.ref = inbox.ref AND earlier.state = 'new' AND earlier.id < inbox.id)",
        id=inbox_id,
        now_ms=now_ms,
    )
    return claimed == 1


async def waiting_before(tx: Tx, inbox_id: int) -> InboxRow | None:
    """Read the oldest message that this one waits behind; None if it waits for nothing, or is done.

    A process that ended, or another that shares the database, may have left it.
    """
    row = await tx.row(
        "SELECT earlier.* FROM inbox AS mine JOIN inbox AS earlier"
        " ON earlier.channel = mine.channel AND earlier.talk = mine.talk"
        " AND earlier.ref = mine.ref AND earlier.state = 'new' AND earlier.id < mine.id"
        " WHERE mine.id = :id AND mine.state = 'new' ORDER BY earlier.id LIMIT 1",
        id=inbox_id,
    )
    return _inbox(row) if row else None


async def behind(tx: Tx, inbox_id: int, *, limit: int) -> list[InboxRow]:
    """Read what waits in the same chat after a message, in its order."""
    rows = await tx.rows(
        "SELECT later.* FROM inbox AS mine JOIN inbox AS later"
        " ON later.channel = mine.channel AND later.talk = mine.talk AND later.ref = mine.ref"
        " AND later.state = 'new' AND later.id > mine.id"
        " WHERE mine.id = :id ORDER BY later.id LIMIT :limit",
        id=inbox_id,
        limit=limit,
    )
    return [_inbox(row) for row in rows]


async def before(tx: Tx, inbox_id: int) -> InboxRow | None:
    """Read what came last in the same chat before a message."""
    row = await tx.row(
        "SELECT earlier.* FROM inbox AS mine JOIN inbox AS earlier"
        " ON earlier.channel = mine.channel AND earlier.talk = mine.talk AND earlier.ref = mine.ref"
        " AND earlier.id < mine.id WHERE mine.id = :id ORDER BY earlier.id DESC LIMIT 1",
        id=inbox_id,
    )
    return _inbox(row) if row else None


async def count_attempt(tx: Tx, inbox_id: int) -> int:
    """Count a turn that raised; answers how many did."""
    row = await tx.row(
        "UPDATE inbox SET attempts = attempts + 1 WHERE id = :id RETURNING attempts", id=inbox_id
    )
    return int(row["attempts"]) if row else 0


async def fail(tx: Tx, inbox_id: int, now_ms: int) -> bool:
    """Give a message up; false if it waits no more."""
    row = await tx.row(
        "UPDATE inbox SET state = 'failed', done_ms = :now_ms"
        " WHERE id = :id AND state = 'new' RETURNING id",
        id=inbox_id,
        now_ms=now_ms,
    )
    return row is not None


async def owe_sorry(tx: Tx, inbox_id: int, now_ms: int) -> bool:
    """Note that a message's sorry is said; true the first time, however often it is given up."""
    said = await tx.run(
        "UPDATE inbox SET sorry_ms = :now_ms WHERE id = :id AND sorry_ms IS NULL",
        id=inbox_id,
        now_ms=now_ms,
    )
    return said == 1


async def try_facts_again(
    tx: Tx, *, failed_before_ms: int, failed_since_ms: int, limit: int
) -> list[int]:
    """Let what the world told of and no turn could take wait for a turn again; answers its ids.

    A person says again what was not understood; nobody says again that money came in.
    """
    rows = await tx.rows(
        "UPDATE inbox SET state = 'new', done_ms = NULL WHERE id IN (SELECT id FROM inbox"
        "  WHERE state = 'failed' AND form = 'heard' AND payload IS NOT NULL"
        "  AND done_ms < :failed_before_ms AND done_ms >= :failed_since_ms"
        "  ORDER BY done_ms LIMIT :limit)"
        " AND state = 'failed' RETURNING id",
        failed_before_ms=failed_before_ms,
        failed_since_ms=failed_since_ms,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def waiting(tx: Tx, *, before_ms: int, limit: int) -> list[InboxRow]:
    """Read what was kept before a time and not worked yet, oldest first."""
    # By time, not by id alone: what waits is sorted then, what was worked not walked through.
    rows = await tx.rows(
        "SELECT * FROM inbox WHERE state = 'new' AND received_ms <= :before_ms"
        " ORDER BY received_ms, id LIMIT :limit",
        before_ms=before_ms,
        limit=limit,
    )
    return [_inbox(row) for row in rows]


async def drop_payloads(tx: Tx, inbox_ids: Sequence[int]) -> None:
    """Drop what these messages said, at once; their ids stay to recognise repeats."""
    for inbox_id in inbox_ids:
        await tx.run("UPDATE inbox SET payload = NULL WHERE id = :id", id=inbox_id)


async def forget_payloads(tx: Tx, *, done_before_ms: int, limit: int) -> int:
    """Drop the payloads of messages done before a time; their ids stay to recognise repeats."""
    return await tx.run(
        # Nothing is done before it is kept: only ids of that time are looked at.
        "UPDATE inbox SET payload = NULL WHERE id IN (SELECT id FROM inbox WHERE id < :before_id"
        " AND payload IS NOT NULL AND state <> 'new' AND done_ms < :done_before_ms LIMIT :limit)",
        before_id=first_id(done_before_ms),
        done_before_ms=done_before_ms,
        limit=limit,
    )


def _inbox(row: Row) -> InboxRow:
    return InboxRow(
        row["id"],
        row["channel"],
        row["talk"],
        row["ref"],
        row["form"],
        row["payload"],
        row["attempts"],
        row["received_ms"],
    )
