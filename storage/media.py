"""Bytes that a conversation needs later: a poster, an uploaded photo."""

from storage.database import Tx
from storage.ids import new_id


async def keep(
    tx: Tx, *, mime: str, body: bytes, now_ms: int, expires_ms: int | None = None
) -> int:
    """Keep a file, for ever or until a time."""
    media_id = new_id(now_ms)
    await tx.run(
        "INSERT INTO media (id, mime, body, created_ms, expires_ms)"
        " VALUES (:id, :mime, :body, :now_ms, :expires_ms)",
        id=media_id,
        mime=mime,
        body=body,
        now_ms=now_ms,
        expires_ms=expires_ms,
    )
    return media_id


async def media_by_id(tx: Tx, media_id: int) -> tuple[str, bytes] | None:
    """Read a file: its type and its bytes."""
    row = await tx.row("SELECT mime, body FROM media WHERE id = :id", id=media_id)
    return (row["mime"], row["body"]) if row else None


async def forget_expired(tx: Tx, *, now_ms: int, limit: int) -> int:
    """Drop files whose time is over."""
    return await tx.run(
        "DELETE FROM media WHERE id IN"
        " (SELECT id FROM media WHERE expires_ms IS NOT NULL AND expires_ms < :now_ms"
        " LIMIT :limit)",
        now_ms=now_ms,
        limit=limit,
    )
