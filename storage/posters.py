"""The picture on an event's page. A picture without an event is kept for a day, then forgotten."""

from boxoffice.rules import DAY_MS
from storage.database import Tx

REPLACED_KEPT_MS = DAY_MS
"""Pages that were queued with the poster before are still sent with it."""


async def organises(tx: Tx, channel: str, ref: str) -> bool:
    """Say whether whoever writes in this seller's chat runs events."""
    row = await tx.row(
        "SELECT 1 AS found FROM chats JOIN memberships ON memberships.person_id = chats.person_id"
        " WHERE chats.channel = :channel AND chats.talk = 'seller' AND chats.ref = :ref"
        " AND memberships.revoked_ms IS NULL LIMIT 1",
        channel=channel,
        ref=ref,
    )
    return row is not None


async def set_poster(tx: Tx, event_id: int, media_id: int, now_ms: int) -> bool:
    """Show a kept picture on an event's page; false if the picture is not there any more."""
    kept = await tx.run(
        "UPDATE media SET expires_ms = NULL WHERE id = :id"
        " AND (expires_ms IS NULL OR expires_ms > :now_ms)",
        id=media_id,
        now_ms=now_ms,
    )
    if not kept:
        return False
    await _let_go(tx, event_id, now_ms, but=media_id)
    await tx.run(
        "UPDATE events SET poster_id = :media_id WHERE id = :id", id=event_id, media_id=media_id
    )
    return True


async def drop_poster(tx: Tx, event_id: int, now_ms: int) -> bool:
    """Show no picture any more; false if there was none."""
    await _let_go(tx, event_id, now_ms, but=0)
    return (
        await tx.run(
            "UPDATE events SET poster_id = NULL WHERE id = :id AND poster_id IS NOT NULL",
            id=event_id,
        )
        == 1
    )


async def _let_go(tx: Tx, event_id: int, now_ms: int, *, but: int) -> None:
    """Let the poster there is expire, unless it is the one to stay, or another event's too."""
    await tx.run(
        "UPDATE media SET expires_ms = :expires_ms WHERE id <> :but"
        " AND id = (SELECT poster_id FROM events WHERE id = :id) AND NOT EXISTS"
        " (SELECT 1 FROM events AS other WHERE other.poster_id = media.id AND other.id <> :id)",
        id=event_id,
        but=but,
        expires_ms=now_ms + REPLACED_KEPT_MS,
    )
