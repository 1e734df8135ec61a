"""How far long work has come, and the one message of a chat that shows it."""

from dataclasses import dataclass

from storage.database import Row, Tx
from storage.ids import new_id, to_text

OPEN_MAX = 200
"""Works looked at in one go: an installation has a handful at a time."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One long work in one chat; `what` names it (`cast:ID`, `guests:EVENT:FORM`, ...)."""

    id: int
    what: str
    chat_id: int
    said: str
    done: int
    total: int
    stopped_ms: int | None
    finished_ms: int | None
    ended_ms: int | None


async def begin(tx: Tx, what: str, chat_id: int, now_ms: int, *, total: int = 0) -> int | None:
    """Keep that a chat shows how far a work has come; None if it does already."""
    row = await tx.row(
        "INSERT INTO progress (id, what, chat_id, said, begun_ms, total)"
        " VALUES (:id, :what, :chat_id, '', :now_ms, :total)"
        " ON CONFLICT (what, chat_id) DO NOTHING RETURNING id",
        id=new_id(now_ms),
        what=what,
        chat_id=chat_id,
        now_ms=now_ms,
        total=total,
    )
    return None if row is None else int(row["id"])


async def open_ones(tx: Tx) -> list[Progress]:
    """Read the works whose last word is not said yet, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM progress WHERE ended_ms IS NULL ORDER BY id LIMIT :limit", limit=OPEN_MAX
    )
    return [_progress(row) for row in rows]


async def by_id(tx: Tx, progress_id: int) -> Progress | None:
    """Read one."""
    row = await tx.row("SELECT * FROM progress WHERE id = :id", id=progress_id)
    return _progress(row) if row else None


async def of_work(tx: Tx, what: str, chat_id: int) -> Progress | None:
    """Read what a chat shows of a work."""
    row = await tx.row(
        "SELECT * FROM progress WHERE what = :what AND chat_id = :chat_id",
        what=what,
        chat_id=chat_id,
    )
    return _progress(row) if row else None


async def is_shown(tx: Tx, what: str) -> bool:
    """Say whether any chat shows a work."""
    row = await tx.row("SELECT 1 AS yes FROM progress WHERE what = :what LIMIT 1", what=what)
    return row is not None


async def step(tx: Tx, progress_id: int, done: int) -> bool:
    """Keep how far a work has come; false once it was stopped."""
    row = await tx.row(
        "UPDATE progress SET done = :done WHERE id = :id AND stopped_ms IS NULL RETURNING id",
        id=progress_id,
        done=done,
    )
    return row is not None


async def finish(tx: Tx, progress_id: int, now_ms: int) -> None:
    """Keep that a work is done."""
    await tx.run(
        "UPDATE progress SET finished_ms = :now_ms, done = total"
        " WHERE id = :id AND finished_ms IS NULL AND stopped_ms IS NULL",
        id=progress_id,
        now_ms=now_ms,
    )


async def stop(tx: Tx, progress_id: int, now_ms: int) -> bool:
    """Stop a work: what waits to be sent of it is withdrawn; false if it was over."""
    row = await tx.row(
        "UPDATE progress SET stopped_ms = :now_ms"
        " WHERE id = :id AND stopped_ms IS NULL AND finished_ms IS NULL RETURNING id",
        id=progress_id,
        now_ms=now_ms,
    )
    if row is None:
        return False
    await tx.run(
        "DELETE FROM outbox WHERE about = :about AND state = 'new' AND lease_until_ms <= :now_ms",
        about=about(progress_id),
        now_ms=now_ms,
    )
    return True


async def say(tx: Tx, progress_id: int, said: str) -> bool:
    """Keep what is said next of a work; false if that was said last."""
    row = await tx.row(
        "UPDATE progress SET said = :said WHERE id = :id AND said <> :said RETURNING id",
        id=progress_id,
        said=said,
    )
    return row is not None


async def end(tx: Tx, progress_id: int, now_ms: int) -> bool:
    """Keep that the last word is said, once."""
    row = await tx.row(
        "UPDATE progress SET ended_ms = :now_ms WHERE id = :id AND ended_ms IS NULL RETURNING id",
        id=progress_id,
        now_ms=now_ms,
    )
    return row is not None


async def message_of(tx: Tx, progress_id: int) -> str | None:
    """Read how an app calls the message that shows a work; None before it is sent."""
    row = await tx.row("SELECT message FROM progress WHERE id = :id", id=progress_id)
    return row["message"] if row else None


async def keep_message(tx: Tx, progress_id: int, message: str) -> None:
    """Keep how an app calls that message."""
    await tx.run(
        "UPDATE progress SET message = :message WHERE id = :id", id=progress_id, message=message
    )


def about(progress_id: int) -> str:
    """What the file that a work makes is about in the outbox."""
    return f"work:{to_text(progress_id)}"


def _progress(row: Row) -> Progress:
    return Progress(
        row["id"],
        row["what"],
        row["chat_id"],
        row["said"],
        row["done"],
        row["total"],
        row["stopped_ms"],
        row["finished_ms"],
        row["ended_ms"],
    )
