"""Who leads: what one process alone may do (poll a bot) is held by a lease in the database."""

from storage.database import Tx


async def take_lead(tx: Tx, *, name: str, holder: str, now_ms: int, until_ms: int) -> bool:
    """Take a lead that nobody has, or keep one's own, until a time; false while another has it."""
    row = await tx.row(
        "INSERT INTO leads (name, holder, until_ms) VALUES (:name, :holder, :until_ms)"
        " ON CONFLICT (name) DO UPDATE SET holder = :holder, until_ms = :until_ms"
        " WHERE leads.holder = :holder OR leads.until_ms <= :now_ms RETURNING name",
        name=name,
        holder=holder,
        now_ms=now_ms,
        until_ms=until_ms,
    )
    return row is not None


async def leave_lead(tx: Tx, *, name: str, holder: str) -> None:
    """Give one's own lead up at once: another process need not wait for its end."""
    await tx.run(
        "UPDATE leads SET until_ms = 0 WHERE name = :name AND holder = :holder",
        name=name,
        holder=holder,
    )
