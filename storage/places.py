"""Numbered seats: a plan, what is free of it, and taking seats for an order, all or none."""

from collections.abc import Sequence

from boxoffice.seating import Place, Row, Zone
from storage.database import Tx
from storage.ids import new_id


async def lay_out(tx: Tx, event_id: int, kind_id: int, zone: Zone, now_ms: int) -> bool:
    """Give a kind its seats and its quota with them; false once anything of it is taken."""
    row = await tx.row(
        "UPDATE kinds SET quota = :quota WHERE id = :id AND taken = 0 RETURNING id",
        id=kind_id,
        quota=zone.count,
    )
    if row is None:
        return False
    await lay(tx, event_id, kind_id, zone.rows, now_ms)
    return True


async def lay(tx: Tx, event_id: int, kind_id: int, rows: Sequence[Row], now_ms: int) -> None:
    """Put these rows of seats in the place of a kind's; none is free seating."""
    await tx.run("DELETE FROM places WHERE kind_id = :id", id=kind_id)
    for rank, line in enumerate(rows):
        for number in range(line.first, line.last + 1):
            await tx.run(
                "INSERT INTO places (id, event_id, kind_id, row_name, number, row_rank)"
                " VALUES (:id, :event_id, :kind_id, :row_name, :number, :row_rank)",
                id=new_id(now_ms),
                event_id=event_id,
                kind_id=kind_id,
                row_name=line.name,
                number=number,
                row_rank=rank,
            )


async def plan_of(tx: Tx, kind_id: int) -> str:
    """Read a kind's plan as it is typed, `A:1-20 B:1-22`; empty where seating is free."""
    rows = await tx.rows(
        "SELECT row_name, row_rank, MIN(number) AS first, MAX(number) AS last FROM places"
        " WHERE kind_id = :id GROUP BY row_name, row_rank ORDER BY row_rank",
        id=kind_id,
    )
    return " ".join(f"{row['row_name']}:{row['first']}-{row['last']}" for row in rows)


async def free_of(tx: Tx, kind_id: int, *, also_of: int | None = None) -> list[Place]:
    """Read a kind's free seats, front row first; those of one order too, to choose again."""
    rows = await tx.rows(
        "SELECT * FROM places WHERE kind_id = :id AND (order_id IS NULL"
        " OR order_id = CAST(:also_of AS BIGINT)) ORDER BY row_rank, row_name, number",
        id=kind_id,
        also_of=also_of,
    )
    return [Place(row["id"], row["row_name"], row["number"], row["row_rank"]) for row in rows]


async def named(tx: Tx, ids: Sequence[int]) -> list[str]:
    """Read how people say these seats, in the order given."""
    names = []
    for place_id in ids:
        row = await tx.row("SELECT * FROM places WHERE id = :id", id=place_id)
        if row is not None:
            names.append(Place(row["id"], row["row_name"], row["number"], row["row_rank"]).name)
    return names


async def take(tx: Tx, order_id: int) -> bool:
    """Take every numbered seat an order asks for, or none; an order without any has them all.

    One conditional update a seat, in the order of their ids.
    """
    rows = await tx.rows(
        "SELECT place_id FROM seats WHERE order_id = :id AND place_id IS NOT NULL"
        " ORDER BY place_id",
        id=order_id,
    )
    for row in rows:
        taken = await tx.row(
            "UPDATE places SET order_id = :order_id WHERE id = :id AND order_id IS NULL"
            " RETURNING id",
            id=row["place_id"],
            order_id=order_id,
        )
        if taken is None:
            await free(tx, order_id)
            return False
    return True


async def free(tx: Tx, order_id: int) -> None:
    """Free every numbered seat of an order."""
    await tx.run("UPDATE places SET order_id = NULL WHERE order_id = :id", id=order_id)


async def free_one(tx: Tx, order_id: int, number: int) -> None:
    """Free the numbered seat of one ticket of an order, by its rank, if it has one."""
    await tx.run(
        "UPDATE places SET order_id = NULL WHERE order_id = :order_id AND id ="
        " (SELECT place_id FROM seats WHERE seats.order_id = :order_id AND number = :number)",
        order_id=order_id,
        number=number,
    )
