"""How fast a sender sends: a bucket in the database, shared by every process that sends for it.

Milli-messages: a pace of 28 messages a second is 28 thousandths a millisecond.
"""

from storage.database import Tx

MILLI = 1_000


async def may_send(tx: Tx, sender: str, *, per_s: int, burst: int, now_ms: int) -> int:
    """Count how many messages a sender may send now; nothing is taken yet.

    The row is locked until the transaction ends, so that what is counted here and spent below
    belongs to one process.
    """
    row = await tx.row(
        "INSERT INTO paces (sender, left_milli, at_ms) VALUES (:sender, :most, :now_ms)"
        " ON CONFLICT (sender) DO UPDATE SET left_milli = CASE"
        "  WHEN :now_ms <= paces.at_ms THEN paces.left_milli"
        "  WHEN paces.left_milli + (:now_ms - paces.at_ms) * :per_s > :most THEN :most"
        "  ELSE paces.left_milli + (:now_ms - paces.at_ms) * :per_s END,"
        " at_ms = CASE WHEN :now_ms > paces.at_ms THEN :now_ms ELSE paces.at_ms END"
        " RETURNING left_milli, at_ms",
        sender=sender,
        most=burst * MILLI,
        per_s=per_s,
        now_ms=now_ms,
    )
    if row is None or row["at_ms"] > now_ms:
        return 0
    return int(row["left_milli"]) // MILLI


async def spend(tx: Tx, sender: str, messages: int) -> None:
    """Take messages that `may_send` allowed in this transaction."""
    await tx.run(
        "UPDATE paces SET left_milli = left_milli - :spent WHERE sender = :sender",
        sender=sender,
        spent=messages * MILLI,
    )


async def forget_rested(tx: Tx, *, before_ms: int, limit: int) -> int:
    """Drop the buckets that have been full since a time: the next message makes them anew."""
    return await tx.run(
        "DELETE FROM paces WHERE sender IN"
        " (SELECT sender FROM paces WHERE at_ms < :before_ms LIMIT :limit)",
        before_ms=before_ms,
        limit=limit,
    )


async def rest(tx: Tx, sender: str, until_ms: int) -> None:
    """Let a sender rest: the app said that it sends too fast."""
    await tx.run(
        "UPDATE paces SET left_milli = 0,"
        " at_ms = CASE WHEN at_ms < :until_ms THEN :until_ms ELSE at_ms END"
        " WHERE sender = :sender",
        sender=sender,
        until_ms=until_ms,
    )
