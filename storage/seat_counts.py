"""How many seats of a kind are taken: taken and given back by one conditional statement each.

Seats that somebody waits for are not the public's: who waits, and for how many, is part of the
condition, so that nobody comes between a seat given back and its offer.
"""

from storage.database import Tx

WAITED_FOR = (
    "EXISTS (SELECT 1 FROM waiting JOIN kinds AS theirs ON theirs.id = waiting.kind_id"
    "  LEFT JOIN shared_quotas AS pot ON pot.id = theirs.shared_id"
    "  WHERE waiting.status = 'waiting' AND waiting.event_id = kinds.event_id"
    "  AND (theirs.id = kinds.id OR theirs.shared_id = kinds.shared_id)"
    "  AND waiting.quantity <= theirs.quota - theirs.taken"
    "  AND (pot.id IS NULL OR waiting.quantity <= pot.quota - pot.taken))"
)
"""Whether what is left of a kind is enough for somebody on the waiting list."""


async def take(tx: Tx, kind_id: int, count: int, *, past_line: bool = False) -> bool:
    """Take seats of a kind, and of what it shares with other kinds: both or none.

    `past_line` is for seats that are somebody's turn, or were theirs a moment ago.
    """
    in_turn = "" if past_line else f" AND NOT {WAITED_FOR}"
    row = await tx.row(
        "UPDATE kinds SET taken = taken + :count"
        f" WHERE id = :id AND taken + :count <= quota{in_turn} RETURNING shared_id",
        id=kind_id,
        count=count,
    )
    if row is None:
        return False
    if row["shared_id"] is None:
        return True
    shared = await tx.row(
        "UPDATE shared_quotas SET taken = taken + :count"
        " WHERE id = :id AND taken + :count <= quota RETURNING taken",
        id=row["shared_id"],
        count=count,
    )
    if shared is None:
        await tx.run(
            "UPDATE kinds SET taken = taken - :count WHERE id = :id", id=kind_id, count=count
        )
    return shared is not None


async def give_back(tx: Tx, kind_id: int, count: int) -> None:
    """Give seats of a kind back, and of what it shares."""
    row = await tx.row(
        "UPDATE kinds SET taken = taken - :count WHERE id = :id AND taken >= :count"
        " RETURNING shared_id",
        id=kind_id,
        count=count,
    )
    if row is not None and row["shared_id"] is not None:
        await tx.run(
            "UPDATE shared_quotas SET taken = taken - :count WHERE id = :id AND taken >= :count",
            id=row["shared_id"],
            count=count,
        )
