"""Who sells an event's tickets for cash, each with a quota, made so by a one-use link."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from storage.database import Row, Tx
from storage.ids import new_id

SellerKind = Literal["door", "reseller"]


@dataclass(frozen=True, slots=True)
class Seller:
    """Somebody who may sell so many tickets of an event."""

    id: int
    event_id: int
    person_id: int
    kind: SellerKind
    quota: int
    sold: int
    name: str

    @property
    def left(self) -> int:
        """How many they may still sell."""
        return self.quota - self.sold


@dataclass(frozen=True, slots=True)
class SellerLink:
    """What an unused link offers."""

    token_hash: str
    event_id: int
    kind: SellerKind
    quota: int
    expires_ms: int


async def invite(
    tx: Tx,
    token: str,
    *,
    event_id: int,
    kind: SellerKind,
    quota: int,
    invited_by: int,
    expires_ms: int,
    now_ms: int,
) -> None:
    """Keep a link that makes whoever uses it first a seller."""
    await tx.run(
        "INSERT INTO seller_links (token_hash, event_id, kind, quota, invited_by, made_ms,"
        " expires_ms) VALUES (:token_hash, :event_id, :kind, :quota, :invited_by, :now_ms,"
        " :expires_ms)",
        token_hash=hash_token(token),
        event_id=event_id,
        kind=kind,
        quota=quota,
        invited_by=invited_by,
        now_ms=now_ms,
        expires_ms=expires_ms,
    )


async def look_at(tx: Tx, token: str, now_ms: int) -> SellerLink | None:
    """Read a link that could still be used, changing nothing."""
    row = await tx.row(
        "SELECT * FROM seller_links WHERE token_hash = :token_hash AND used_ms IS NULL"
        " AND expires_ms > :now_ms",
        token_hash=hash_token(token),
        now_ms=now_ms,
    )
    return _link(row) if row else None


async def join(tx: Tx, token_hash: str, person_id: int, now_ms: int) -> SellerLink | None:
    """Use a link: the first who does is a seller from now on; again after a revocation too."""
    row = await tx.row(
        "UPDATE seller_links SET used_ms = :now_ms, used_by = :person_id"
        " WHERE token_hash = :token_hash AND used_ms IS NULL AND expires_ms > :now_ms RETURNING *",
        token_hash=token_hash,
        person_id=person_id,
        now_ms=now_ms,
    )
    if row is None:
        return None
    # Who sells already gets as many more.
    await tx.run(
        "INSERT INTO sellers (id, event_id, person_id, kind, quota, sold, joined_ms)"
        " VALUES (:id, :event_id, :person_id, :kind, :quota, 0, :now_ms)"
        " ON CONFLICT (event_id, person_id) DO UPDATE SET kind = :kind, revoked_ms = NULL,"
        " quota = :quota + CASE WHEN sellers.revoked_ms IS NULL THEN sellers.quota"
        "  ELSE sellers.sold END",
        id=new_id(now_ms),
        event_id=row["event_id"],
        person_id=person_id,
        kind=row["kind"],
        quota=row["quota"],
        now_ms=now_ms,
    )
    return _link(row)


async def open_of(tx: Tx, event_id: int, now_ms: int) -> list[SellerLink]:
    """Read an event's links that could still be used, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM seller_links WHERE event_id = :event_id AND used_ms IS NULL"
        " AND expires_ms > :now_ms ORDER BY made_ms, token_hash",
        event_id=event_id,
        now_ms=now_ms,
    )
    return [_link(row) for row in rows]


async def withdraw(tx: Tx, event_id: int, token_hash: str, now_ms: int) -> SellerLink | None:
    """Let a link open nothing any more; None if it was used, over or withdrawn before."""
    row = await tx.row(
        "UPDATE seller_links SET expires_ms = :now_ms WHERE token_hash = :token_hash"
        " AND event_id = :event_id AND used_ms IS NULL AND expires_ms > :now_ms RETURNING *",
        token_hash=token_hash,
        event_id=event_id,
        now_ms=now_ms,
    )
    return _link(row) if row else None


async def open_links(tx: Tx, event_id: int, now_ms: int) -> int:
    """Count an event's links that could still be used."""
    row = await tx.row(
        "SELECT COUNT(*) AS count FROM seller_links WHERE event_id = :event_id"
        " AND used_ms IS NULL AND expires_ms > :now_ms",
        event_id=event_id,
        now_ms=now_ms,
    )
    return int(row["count"]) if row else 0


async def seller_of(tx: Tx, event_id: int, person_id: int) -> Seller | None:
    """Read somebody as a seller of an event, if they may sell now."""
    row = await tx.row(
        f"{_SELLER} WHERE event_id = :event_id AND person_id = :person_id AND revoked_ms IS NULL",
        event_id=event_id,
        person_id=person_id,
    )
    return _seller(row) if row else None


async def seller_by_id(tx: Tx, seller_id: int) -> Seller | None:
    """Read one seller who was not revoked."""
    row = await tx.row(f"{_SELLER} WHERE sellers.id = :id AND revoked_ms IS NULL", id=seller_id)
    return _seller(row) if row else None


async def sellers_of(tx: Tx, event_id: int) -> list[Seller]:
    """Read an event's sellers, in the order in which they came."""
    rows = await tx.rows(
        f"{_SELLER} WHERE event_id = :event_id AND revoked_ms IS NULL ORDER BY joined_ms,"
        " sellers.id",
        event_id=event_id,
    )
    return [_seller(row) for row in rows]


async def events_sold_by(tx: Tx, person_id: int, now_ms: int, limit: int) -> list[int]:
    """Read the events somebody may sell for: as a seller, or because they run them."""
    rows = await tx.rows(
        "SELECT events.id FROM events WHERE ends_ms > :now_ms AND status = 'published' AND ("
        " id IN (SELECT event_id FROM sellers WHERE person_id = :person_id AND revoked_ms IS NULL)"
        " OR organiser_id IN (SELECT organiser_id FROM memberships WHERE person_id = :person_id"
        "  AND role IN ('owner', 'manager') AND revoked_ms IS NULL))"
        " ORDER BY starts_ms, id LIMIT :limit",
        person_id=person_id,
        now_ms=now_ms,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def take_quota(tx: Tx, seller_id: int, count: int) -> bool:
    """Count tickets as sold by a seller; false if they may not sell so many more."""
    row = await tx.row(
        "UPDATE sellers SET sold = sold + :count WHERE id = :id AND revoked_ms IS NULL"
        " AND sold + :count <= quota RETURNING id",
        id=seller_id,
        count=count,
    )
    return row is not None


async def give_back(tx: Tx, order_id: int, count: int) -> None:
    """Let whoever sold an order sell as many again: tickets of it were taken back or refunded."""
    await tx.run(
        "UPDATE sellers SET sold = sold - :count WHERE sold >= :count AND EXISTS (SELECT 1"
        "  FROM orders WHERE orders.id = :order_id AND orders.source = 'counter'"
        "  AND orders.event_id = sellers.event_id AND orders.sold_by = sellers.person_id)",
        count=count,
        order_id=order_id,
    )


async def set_quota(tx: Tx, seller_id: int, quota: int) -> bool:
    """Let a seller sell so many in all; never fewer than were sold."""
    row = await tx.row(
        "UPDATE sellers SET quota = :quota WHERE id = :id AND sold <= :quota"
        " AND revoked_ms IS NULL RETURNING id",
        id=seller_id,
        quota=quota,
    )
    return row is not None


async def revoke(tx: Tx, seller_id: int, now_ms: int) -> bool:
    """Take somebody off the sellers; what they sold stays counted. True once."""
    row = await tx.row(
        "UPDATE sellers SET revoked_ms = :now_ms WHERE id = :id AND revoked_ms IS NULL"
        " RETURNING id",
        id=seller_id,
        now_ms=now_ms,
    )
    return row is not None


def hash_token(token: str) -> str:
    """Hash a token to 32 characters: short enough for a button, too long to guess."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


_SELLER = "SELECT sellers.*, people.name FROM sellers JOIN people ON people.id = sellers.person_id"


def _seller(row: Row) -> Seller:
    return Seller(
        row["id"],
        row["event_id"],
        row["person_id"],
        row["kind"],
        row["quota"],
        row["sold"],
        row["name"],
    )


def _link(row: Row) -> SellerLink:
    return SellerLink(
        row["token_hash"], row["event_id"], row["kind"], row["quota"], row["expires_ms"]
    )


async def seller_refs(tx: Tx, channel: str, now_ms: int) -> list[str]:
    """Read the seller's chats, on one channel, of who sells for an event that is not over."""
    rows = await tx.rows(
        "SELECT DISTINCT chats.ref FROM sellers JOIN events ON events.id = sellers.event_id"
        " JOIN chats ON chats.person_id = sellers.person_id"
        " WHERE sellers.revoked_ms IS NULL AND events.ends_ms > :now_ms"
        " AND chats.channel = :channel AND chats.talk = 'seller'",
        channel=channel,
        now_ms=now_ms,
    )
    return [row["ref"] for row in rows]
