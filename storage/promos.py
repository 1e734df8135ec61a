"""Promo codes: what they take off, and how often they may be used, decided by counter rows.

A code is taken in the transaction that holds its seats and given back in the one that lets them go.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from boxoffice.model import Kind
from boxoffice.money import Money
from storage import events
from storage.database import Row, Tx
from storage.ids import new_id

TICKETS_MAX = 1_000_000
"""A code without a limit: more than a stadium has seats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPromo:
    """What an organiser says of a code to be."""

    event_id: int
    code: str
    percent: int = 0
    amount_minor: int = 0
    kind_id: int | None = None
    tickets_max: int = TICKETS_MAX
    per_buyer_max: int = TICKETS_MAX
    from_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promo:
    """A code as it stands."""

    id: int
    event_id: int
    code: str
    percent: int
    amount_minor: int
    kind_id: int | None
    tickets_max: int
    per_buyer_max: int
    from_ms: int | None
    until_ms: int | None
    taken: int

    def fits(self, kind: Kind) -> bool:
        """Say whether the code is for this kind."""
        return self.kind_id is None or self.kind_id == kind.id

    def price(self, price: Money) -> Money:
        """Take off what the code takes off one ticket: never below nothing, rounded down."""
        off = price.amount_minor * self.percent // 100 + self.amount_minor
        return Money(max(0, price.amount_minor - off), price.currency)


async def make(tx: Tx, new: NewPromo, person_id: int, now_ms: int) -> int | None:
    """Make a code; None if the event has one of that name already."""
    promo_id = new_id(now_ms)
    row = await tx.row(
        "INSERT INTO promos (id, event_id, code, percent, amount_minor, kind_id, tickets_max,"
        " per_buyer_max, from_ms, until_ms, taken, made_by, made_ms) VALUES (:id, :event_id,"
        " :code, :percent, :amount_minor, :kind_id, :tickets_max, :per_buyer_max, :from_ms,"
        " :until_ms, 0, :person_id, :now_ms)"
        " ON CONFLICT (event_id, code) WHERE revoked_ms IS NULL DO NOTHING RETURNING id",
        id=promo_id,
        event_id=new.event_id,
        code=new.code,
        percent=new.percent,
        amount_minor=new.amount_minor,
        kind_id=new.kind_id,
        tickets_max=new.tickets_max,
        per_buyer_max=new.per_buyer_max,
        from_ms=new.from_ms,
        until_ms=new.until_ms,
        person_id=person_id,
        now_ms=now_ms,
    )
    return promo_id if row else None


async def revoke(tx: Tx, event_id: int, code: str, now_ms: int) -> bool:
    """Let a code buy nothing more; what was bought with it stays. True once."""
    row = await tx.row(
        "UPDATE promos SET revoked_ms = :now_ms"
        " WHERE event_id = :event_id AND code = :code AND revoked_ms IS NULL RETURNING id",
        event_id=event_id,
        code=code,
        now_ms=now_ms,
    )
    return row is not None


async def revive(tx: Tx, event_id: int, code: str) -> bool:
    """Let a revoked code count again; false if it counts, or another one took its name since."""
    row = await tx.row(
        "UPDATE promos SET revoked_ms = NULL WHERE revoked_ms IS NOT NULL AND id ="
        " (SELECT MAX(id) FROM promos AS one WHERE one.event_id = :event_id AND one.code = :code)"
        " RETURNING id",
        event_id=event_id,
        code=code,
    )
    return row is not None


async def hide(tx: Tx, kind_id: int, hidden: int) -> None:
    """Show a kind to who has its code alone (1), or to everybody (0)."""
    await tx.run("UPDATE kinds SET hidden = :hidden WHERE id = :id", id=kind_id, hidden=hidden)


async def promos_of(tx: Tx, event_id: int) -> list[Promo]:
    """Read the living codes of an event, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM promos WHERE event_id = :event_id AND revoked_ms IS NULL ORDER BY id",
        event_id=event_id,
    )
    return [_promo(row) for row in rows]


async def find(tx: Tx, event_id: int, code: str) -> Promo | None:
    """Read a living code by its name."""
    row = await tx.row(
        "SELECT * FROM promos WHERE event_id = :event_id AND code = :code AND revoked_ms IS NULL",
        event_id=event_id,
        code=code,
    )
    return _promo(row) if row else None


async def claim(tx: Tx, promo: Promo, person_id: int, now_ms: int) -> None:
    """Keep that somebody typed a code: it counts for what they buy at this event."""
    await tx.run(
        "INSERT INTO promo_claims (event_id, person_id, promo_id, claimed_ms)"
        " VALUES (:event_id, :person_id, :promo_id, :now_ms)"
        " ON CONFLICT (event_id, person_id) DO UPDATE SET promo_id = excluded.promo_id,"
        " claimed_ms = excluded.claimed_ms",
        event_id=promo.event_id,
        person_id=person_id,
        promo_id=promo.id,
        now_ms=now_ms,
    )


async def claimed(tx: Tx, event_id: int, person_id: int, now_ms: int) -> Promo | None:
    """Read the code that counts for somebody at an event now: living, in its time, not used up."""
    row = await tx.row(
        "SELECT promos.* FROM promo_claims JOIN promos ON promos.id = promo_claims.promo_id"
        " WHERE promo_claims.event_id = :event_id AND promo_claims.person_id = :person_id"
        " AND promos.revoked_ms IS NULL"
        " AND COALESCE(promos.from_ms, :now_ms) <= :now_ms"
        " AND (promos.until_ms IS NULL OR promos.until_ms > :now_ms)"
        " AND (promos.taken < promos.tickets_max OR EXISTS (SELECT 1 FROM orders"
        "  WHERE orders.promo_id = promos.id AND orders.buyer_id = :person_id"
        "  AND orders.status = 'held'))",
        event_id=event_id,
        person_id=person_id,
        now_ms=now_ms,
    )
    return _promo(row) if row else None


async def left_for(tx: Tx, promo_id: int, person_id: int) -> int:
    """Count the tickets a code still gives this buyer."""
    row = await tx.row(
        "SELECT tickets_max - taken AS everybody, per_buyer_max - COALESCE((SELECT taken"
        "  FROM promo_buyers WHERE promo_id = promos.id AND person_id = :person_id), 0) AS mine"
        " FROM promos WHERE id = :id AND revoked_ms IS NULL",
        id=promo_id,
        person_id=person_id,
    )
    return max(0, min(row["everybody"], row["mine"])) if row else 0


async def drop_claim(tx: Tx, event_id: int, person_id: int) -> None:
    """Let a buyer go on without their code."""
    await tx.run(
        "DELETE FROM promo_claims WHERE event_id = :event_id AND person_id = :person_id",
        event_id=event_id,
        person_id=person_id,
    )


async def kinds_for(tx: Tx, event_id: int, person_id: int, now_ms: int) -> list[Kind]:
    """Read an event's kinds as one buyer sees them: at their code's prices, without hidden ones."""
    promo = await claimed(tx, event_id, person_id, now_ms)
    kinds = await events.kinds_of(tx, event_id)
    return [
        with_promo(kind, promo)
        for kind in kinds
        if not kind.is_hidden or (promo is not None and promo.kind_id == kind.id)
    ]


async def kind_for(tx: Tx, kind_id: int, person_id: int, now_ms: int) -> Kind | None:
    """Read one kind as one buyer sees it; a hidden one does not exist for who has not its code."""
    kind = await events.kind_by_id(tx, kind_id)
    if kind is None:
        return None
    promo = await claimed(tx, kind.event_id, person_id, now_ms)
    if kind.is_hidden and (promo is None or promo.kind_id != kind.id):
        return None
    return with_promo(kind, promo)


def with_promo(kind: Kind, promo: Promo | None) -> Kind:
    """Give a kind the price a code makes of it, and the code's name."""
    if promo is None or not promo.fits(kind):
        return kind
    price = promo.price(kind.price)
    return replace(kind, price=price, list_price=kind.price, promo_id=promo.id, promo=promo.code)


async def drop(tx: Tx, event_id: int, *, of_kinds: bool) -> None:
    """Forget the codes of a draft nobody ordered: all of them, or those for one kind alone."""
    which = (
        "SELECT id FROM promos WHERE event_id = :event_id"
        " AND (:of_kinds = 0 OR kind_id IS NOT NULL)"
    )
    for table in ("promo_claims", "promo_buyers"):
        await tx.run(
            f"DELETE FROM {table} WHERE promo_id IN ({which})",
            event_id=event_id,
            of_kinds=int(of_kinds),
        )
    await tx.run(
        f"DELETE FROM promos WHERE id IN ({which})", event_id=event_id, of_kinds=int(of_kinds)
    )


async def drop_of_kind(tx: Tx, kind_id: int) -> None:
    """Forget the codes of a kind nobody ordered, which goes itself."""
    for table in ("promo_claims", "promo_buyers"):
        await tx.run(
            f"DELETE FROM {table} WHERE promo_id IN (SELECT id FROM promos WHERE kind_id = :id)",
            id=kind_id,
        )
    await tx.run("DELETE FROM promos WHERE kind_id = :id", id=kind_id)


_KEPT = (
    "id",
    "event_id",
    "code",
    "percent",
    "amount_minor",
    "tickets_max",
    "per_buyer_max",
    "from_ms",
    "until_ms",
    "made_ms",
    "revoked_ms",
)
"""What a code is made again from: its columns that name no person."""


async def of_kind(tx: Tx, kind_id: int) -> list[dict[str, Any]]:
    """Read the codes for one kind alone, as `put_back` makes them again."""
    rows = await tx.rows("SELECT * FROM promos WHERE kind_id = :id ORDER BY id", id=kind_id)
    return [{column: row[column] for column in _KEPT} for row in rows]


async def put_back(tx: Tx, kind_id: int, code: Mapping[str, Any], change_id: int) -> None:
    """Make a code again that went with its kind, as made by who asked for that change.

    Another code that took its name since stays alone.
    """
    columns = ", ".join(_KEPT)
    await tx.run(
        f"INSERT INTO promos ({columns}, kind_id, taken, made_by)"
        f" SELECT {', '.join(f':{column}' for column in _KEPT)}, :kind_id, 0, asked_by"
        " FROM event_changes WHERE event_changes.id = :change_id ON CONFLICT DO NOTHING",
        kind_id=kind_id,
        change_id=change_id,
        **code,
    )


# ---- Counting ------------------------------------------------------------------------------------


async def take(tx: Tx, promo_id: int, person_id: int, count: int, now_ms: int) -> bool:
    """Use a code for so many tickets, within all its limits; false if one of them is reached."""
    row = await tx.row(
        "UPDATE promos SET taken = taken + :count WHERE id = :id AND taken + :count <= tickets_max"
        " AND revoked_ms IS NULL AND COALESCE(from_ms, :now_ms) <= :now_ms"
        " AND (until_ms IS NULL OR until_ms > :now_ms) RETURNING per_buyer_max",
        id=promo_id,
        count=count,
        now_ms=now_ms,
    )
    if row is None:
        return False
    mine = await tx.row(
        "INSERT INTO promo_buyers (promo_id, person_id, taken)"
        " SELECT CAST(:id AS BIGINT), CAST(:person_id AS BIGINT), CAST(:count AS BIGINT)"
        " WHERE :count <= :most"
        " ON CONFLICT (promo_id, person_id) DO UPDATE SET taken = promo_buyers.taken + :count"
        " WHERE promo_buyers.taken + :count <= :most RETURNING taken",
        id=promo_id,
        person_id=person_id,
        count=count,
        most=row["per_buyer_max"],
    )
    if mine is None:
        await tx.run(
            "UPDATE promos SET taken = taken - :count WHERE id = :id", id=promo_id, count=count
        )
    return mine is not None


async def take_again(tx: Tx, order_id: int, now_ms: int) -> bool:
    """Use the code of an order again whose seats come back; true also if it has none."""
    row = await _of_order(tx, order_id)
    if row is None:
        return True
    return await take(tx, row["promo_id"], row["promo_by"], row["count"], now_ms)


async def restore(tx: Tx, order_id: int) -> None:
    """Count an order's code again that was given back in this very transaction."""
    row = await _of_order(tx, order_id)
    if row is not None:
        await _count(tx, row["promo_id"], row["promo_by"], row["count"])


async def give_back(tx: Tx, order_id: int, count: int | None = None) -> None:
    """Let others use what an order, or so many of its seats, used of a code."""
    row = await _of_order(tx, order_id)
    if row is not None:
        await _count(tx, row["promo_id"], row["promo_by"], -(count or row["count"]))


async def forget(tx: Tx, order_id: int) -> None:
    """Sell an order without its code: its seats are of another kind now."""
    await tx.run(
        "UPDATE orders SET promo_id = NULL, promo_code = '', promo_by = NULL WHERE id = :id",
        id=order_id,
    )


async def _count(tx: Tx, promo_id: int, person_id: int, count: int) -> None:
    await tx.run(
        "UPDATE promos SET taken = taken + :count WHERE id = :id", id=promo_id, count=count
    )
    await tx.run(
        "UPDATE promo_buyers SET taken = taken + :count"
        " WHERE promo_id = :id AND person_id = :person_id",
        id=promo_id,
        person_id=person_id,
        count=count,
    )


async def _of_order(tx: Tx, order_id: int) -> Row | None:
    return await tx.row(
        "SELECT promo_id, promo_by, (SELECT COUNT(*) FROM seats"
        "  WHERE seats.order_id = orders.id AND seats.returned_ms IS NULL) AS count"
        " FROM orders WHERE id = :id AND promo_id IS NOT NULL",
        id=order_id,
    )


def _promo(row: Row) -> Promo:
    return Promo(
        id=row["id"],
        event_id=row["event_id"],
        code=row["code"],
        percent=row["percent"],
        amount_minor=row["amount_minor"],
        kind_id=row["kind_id"],
        tickets_max=row["tickets_max"],
        per_buyer_max=row["per_buyer_max"],
        from_ms=row["from_ms"],
        until_ms=row["until_ms"],
        taken=row["taken"],
    )
