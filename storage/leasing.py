"""Who sends what, and when: rows of the outbox are leased by one process for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from storage import pacing
from storage.database import Row, Tx
from storage.outbox import FAR, ORDINARY, OutboxRow, Pace, outbox_of


@dataclass(frozen=True, slots=True)
class Leased:
    """What one process may send now, in order; and whether more waits for a sender's pace."""

    rows: list[OutboxRow]
    is_held_back: bool = False


async def lease(
    tx: Tx,
    *,
    holder: str,
    now_ms: int,
    until_ms: int,
    limit: int,
    paces: Mapping[str, Pace],
    unpaced: Sequence[str] = (FAR,),
) -> Leased:
    """Lease what is due for a process: the first unsent row of each lane, by priority, then age.

    Each paced sender gives as many as its pace allows, whoever else leases for it; the rest is
    limited by `limit` alone: the senders named in `unpaced`, and those that nobody knows any more.
    """
    terms = _Terms(holder, now_ms, until_ms)
    found = await _lease(tx, unpaced, sorted((*unpaced, *paces)), terms, limit)
    is_held_back = False
    for sender, pace in paces.items():
        room = limit - len(found)
        if room < 1 or not await _waits(tx, sender):
            continue
        allowed = await pacing.may_send(
            tx, sender, per_s=pace.per_s, burst=pace.burst, now_ms=now_ms
        )
        mine = await _lease(tx, (sender,), (), terms, min(allowed, room))
        await pacing.spend(tx, sender, len(mine))
        is_held_back = is_held_back or len(mine) == allowed
        found += mine
    rows = [outbox_of(row) for row in sorted(found, key=lambda row: (row["priority"], row["id"]))]
    return Leased(rows, is_held_back)


@dataclass(frozen=True, slots=True)
class _Terms:
    """Who leases, from when, until when."""

    holder: str
    now_ms: int
    until_ms: int


async def _waits(tx: Tx, sender: str) -> bool:
    """Whether a sender has anything to send at all: most of the time it has not."""
    row = await tx.row(
        "SELECT 1 AS one FROM outbox WHERE state = 'new' AND sender = :sender LIMIT 1",
        sender=sender,
    )
    return row is not None


async def _lease(
    tx: Tx, senders: Sequence[str], known: Sequence[str], terms: _Terms, limit: int
) -> list[Row]:
    """Lease some rows of these senders, and of any that is not among the `known`, if those are.

    The condition stands again in the outer WHERE, so that two workers never lease the same row.
    """
    if limit < 1:
        return []
    return await tx.rows(
        _lease_text(len(senders), len(known)),
        holder=terms.holder,
        now_ms=terms.now_ms,
        until_ms=terms.until_ms,
        limit=limit,
        **{f"s{number}": sender for number, sender in enumerate(senders)},
        **{f"k{number}": sender for number, sender in enumerate(known)},
    )


@cache
def _lease_text(senders: int, known: int) -> str:
    """The statement that leases for so many senders beside so many known ones."""
    arms = [
        _arm(f"sender = :s{number}", which, order)
        for number in range(senders)
        for which, order in _WAYS
    ]
    arms += [_arm(between, "TRUE", "priority, id") for between in _gaps(known)]
    return (
        "UPDATE outbox SET lease_until_ms = :until_ms, leased_by = :holder,"
        " attempts = attempts + 1 WHERE id IN ("
        f" SELECT id FROM ({' UNION ALL '.join(arms)}) AS due ORDER BY priority, id LIMIT :limit)"
        " AND state = 'new' AND lease_until_ms <= :now_ms"
        " RETURNING id, (SELECT channel FROM chats WHERE chats.id = outbox.chat_id) AS channel,"
        " (SELECT talk FROM chats WHERE chats.id = outbox.chat_id) AS talk,"
        " (SELECT ref FROM chats WHERE chats.id = outbox.chat_id) AS ref,"
        " (SELECT language FROM chats WHERE chats.id = outbox.chat_id) AS language,"
        " chat_id, kind, payload, about, attempts, queued_ms, priority, offers, unasked"
    )


_WAYS = (
    (f"priority <= {ORDINARY}", "priority, id"),
    (f"priority > {ORDINARY}", "due_ms, id"),
)
"""Dialogue and what goes before it, by priority; what goes after it, thousands perhaps, by the time
it is due. Each way ends at the limit by an index of its own, however many wait."""


def _arm(whose: str, which: str, order: str) -> str:
    return (
        "SELECT * FROM (SELECT id, priority FROM outbox AS first"
        f" WHERE state = 'new' AND {whose} AND {which} AND due_ms <= :now_ms"
        " AND lease_until_ms <= :now_ms AND NOT EXISTS (SELECT 1 FROM outbox AS earlier"
        "  WHERE earlier.lane = first.lane AND earlier.state = 'new' AND earlier.id < first.id)"
        f" ORDER BY {order} LIMIT :limit) AS arm"
    )


def _gaps(known: int) -> list[str]:
    """The senders before, between and after the known ones, in their order: normally, none."""
    if not known:
        return []
    bounds = [f":k{number}" for number in range(known)]
    lower = ["", *(f"sender > {bound}" for bound in bounds)]
    upper = [*(f"sender < {bound}" for bound in bounds), ""]
    return [" AND ".join(filter(None, between)) for between in zip(lower, upper, strict=True)]


async def release(tx: Tx, row_ids: list[int]) -> None:
    """Give leases back at a graceful stop, uncounted: the next process takes them at once."""
    for row_id in row_ids:
        await tx.run(
            "UPDATE outbox SET lease_until_ms = 0, attempts = attempts - 1"
            " WHERE id = :id AND state = 'new'",
            id=row_id,
        )


async def end_leases(tx: Tx) -> int:
    """Give every lease back, when whoever held them is known to be dead; answers how many."""
    return await tx.run(
        "UPDATE outbox SET lease_until_ms = 0 WHERE state = 'new' AND lease_until_ms > 0"
    )


async def end_leases_of(tx: Tx, holder: str) -> int:
    """Give back what a process of this name held that has ended; answers how many."""
    return await tx.run(
        "UPDATE outbox SET lease_until_ms = 0"
        " WHERE state = 'new' AND lease_until_ms > 0 AND leased_by = :holder",
        holder=holder,
    )


async def next_due_ms(tx: Tx) -> int | None:
    """Read when the next row can be leased, or None if nothing waits.

    A row behind another of its lane waits for that one, however long ago it was queued itself.
    """
    row = await tx.row(
        "SELECT MIN(CASE WHEN lease_until_ms > due_ms THEN lease_until_ms ELSE due_ms END) AS due"
        " FROM outbox AS first WHERE state = 'new' AND NOT EXISTS (SELECT 1 FROM outbox AS earlier"
        "  WHERE earlier.lane = first.lane AND earlier.state = 'new' AND earlier.id < first.id)"
    )
    return None if row is None else row["due"]
