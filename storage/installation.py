"""What this installation is: its mode for ever, and the keys that ever signed a ticket here."""

from collections.abc import Sequence

from storage.database import Tx


async def settle_mode(tx: Tx, mode: str) -> str:
    """Keep the mode of a new installation, and answer with the mode it has."""
    await tx.run(
        "INSERT INTO installation (name, value) VALUES ('mode', :mode)"
        " ON CONFLICT (name) DO NOTHING",
        mode=mode,
    )
    row = await tx.row("SELECT value FROM installation WHERE name = 'mode'")
    return str(row["value"]) if row else mode


async def settle_id(tx: Tx, made: str) -> str:
    """Keep the id of a new installation, and answer with the one it has.

    It stands in what providers keep for us, so that another installation's payments on the same
    account are told from ours.
    """
    await tx.run(
        "INSERT INTO installation (name, value) VALUES ('id', :made) ON CONFLICT (name) DO NOTHING",
        made=made,
    )
    row = await tx.row("SELECT value FROM installation WHERE name = 'id'")
    return str(row["value"]) if row else made


async def settle_keys(tx: Tx, fingerprints: Sequence[str], now_ms: int) -> list[str]:
    """Keep the fingerprints of the keys given; answer with those known but not given any more."""
    for fingerprint in fingerprints:
        await tx.run(
            "INSERT INTO key_fingerprints (fingerprint, first_seen_ms)"
            " VALUES (:fingerprint, :now_ms) ON CONFLICT (fingerprint) DO NOTHING",
            fingerprint=fingerprint,
            now_ms=now_ms,
        )
    rows = await tx.rows("SELECT fingerprint FROM key_fingerprints ORDER BY first_seen_ms")
    return [row["fingerprint"] for row in rows if row["fingerprint"] not in fingerprints]


async def is_alive(tx: Tx) -> bool:
    """Read one row, to know that the database answers."""
    return await tx.row("SELECT 1 AS alive") is not None
