"""Tickets that change hands: offered by a one-use word, accepted once, and who held what before."""

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from boxoffice.codes import Keyring
from storage.database import Row, Tx
from storage.ids import new_id
from storage.successors import succeed

NOTE = "transferred"
"""Why the old ticket of a transfer is revoked."""

CHAIN_MAX = 50
"""Hands that a ticket went through, as far as one answer tells."""


class TransferStatus(StrEnum):
    """Where an offer stands; only an offered one can still be accepted."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"
    """The ticket had been used, refunded or blocked by the time somebody accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """An offer of a ticket, and what became of it."""

    id: int
    ticket_id: int
    from_id: int
    from_chat_id: int
    from_name: str
    claim_hash: str
    status: TransferStatus
    offered_ms: int
    expires_ms: int
    ended_ms: int | None
    to_id: int | None
    to_chat_id: int | None
    to_name: str | None
    successor_id: int | None

    def is_open(self, now_ms: int) -> bool:
        """Say whether it can still be accepted."""
        return self.status is TransferStatus.OFFERED and now_ms < self.expires_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Who accepts an offer, what they read and declared."""

    person_id: int
    chat_id: int
    name: str
    birth_date: date | None
    digest: str
    age_min: int


# A living ticket that may change hands: never used, its money undisputed, its event to come. It is
# the same condition at the offer and at the instant of the transfer.
_MAY_BE_GIVEN = (
    "tickets.status = 'valid' AND tickets.naming = 'transferable'"
    " AND tickets.scanned_at_ms IS NULL AND tickets.entries = 0"
    " AND EXISTS (SELECT 1 FROM events WHERE events.id = tickets.event_id"
    "  AND (events.status = 'postponed'"
    "   OR events.status <> 'cancelled' AND tickets.valid_until_ms > :now_ms))"
    " AND NOT EXISTS (SELECT 1 FROM reviews WHERE reviews.order_id = tickets.order_id"
    "  AND reviews.status = 'open')"
)


def hash_claim(claim: str) -> str:
    """Hash a word to 32 characters: short enough for a button, too long to guess."""
    return hashlib.sha256(claim.encode()).hexdigest()[:32]


async def offer(
    tx: Tx,
    ticket_id: int,
    claim: str,
    *,
    owner_id: int,
    chat_id: int,
    name: str,
    expires_ms: int,
    now_ms: int,
) -> int | None:
    """Offer a ticket to whoever shows this word first; None if its owner may not give it now.

    An offer of the same ticket that was open ends: its word is dead.
    """
    await tx.run(
        "UPDATE transfers SET status = 'withdrawn', ended_ms = :now_ms"
        " WHERE ticket_id = :ticket_id AND from_id = :owner_id AND status = 'offered'",
        ticket_id=ticket_id,
        owner_id=owner_id,
        now_ms=now_ms,
    )
    transfer_id = new_id(now_ms)
    row = await tx.row(
        "INSERT INTO transfers (id, ticket_id, from_id, from_chat_id, from_name, claim_hash,"
        " status, offered_ms, expires_ms)"
        " SELECT CAST(:id AS BIGINT), tickets.id, tickets.owner_id, CAST(:chat_id AS BIGINT),"
        "  CAST(:name AS TEXT), CAST(:claim_hash AS TEXT), 'offered', CAST(:now_ms AS BIGINT),"
        "  CAST(:expires_ms AS BIGINT) FROM tickets WHERE tickets.id = :ticket_id"
        f" AND tickets.owner_id = :owner_id AND {_MAY_BE_GIVEN} RETURNING id",
        id=transfer_id,
        ticket_id=ticket_id,
        owner_id=owner_id,
        chat_id=chat_id,
        name=name,
        claim_hash=hash_claim(claim),
        now_ms=now_ms,
        expires_ms=expires_ms,
    )
    return transfer_id if row else None


async def accept(
    tx: Tx, transfer_id: int, taker: Taker, *, keyring: Keyring, now_ms: int
) -> int | None:
    """Move a ticket to its new owner; answers the new ticket, None if it cannot be theirs now.

    The offer is claimed by one conditional statement, then the old code dies by another, in the
    same transaction; only then is there a new one. Whoever comes second finds no offer.
    """
    claimed = await tx.row(
        "UPDATE transfers SET status = 'void', ended_ms = :now_ms WHERE id = :id"
        " AND status = 'offered' AND expires_ms > :now_ms AND from_id <> :person_id"
        " RETURNING ticket_id, from_id",
        id=transfer_id,
        person_id=taker.person_id,
        now_ms=now_ms,
    )
    if claimed is None:
        return None
    killed = await tx.row(
        "UPDATE tickets SET status = 'revoked', status_ms = :now_ms, status_note = :note"
        f" WHERE id = :id AND owner_id = :from_id AND {_MAY_BE_GIVEN} RETURNING id",
        id=claimed["ticket_id"],
        from_id=claimed["from_id"],
        note=NOTE,
        now_ms=now_ms,
    )
    if killed is None:
        return None  # the offer stays void: what it offered is not to be had any more
    successor_id = await succeed(
        tx,
        claimed["ticket_id"],
        owner_id=taker.person_id,
        holder=None,
        birth_date=taker.birth_date,
        keyring=keyring,
        now_ms=now_ms,
    )
    await tx.run(
        "UPDATE transfers SET status = 'accepted', to_id = :to_id, to_chat_id = :to_chat_id,"
        " to_name = :to_name, successor_id = :successor_id, digest = :digest, age_min = :age_min"
        " WHERE id = :id",
        id=transfer_id,
        to_id=taker.person_id,
        to_chat_id=taker.chat_id,
        to_name=taker.name,
        successor_id=successor_id,
        digest=taker.digest,
        age_min=taker.age_min,
    )
    return successor_id


async def withdraw(tx: Tx, transfer_id: int, owner_id: int, now_ms: int) -> Transfer | None:
    """Take an offer back, as long as nobody accepted it; answers it once."""
    row = await tx.row(
        "UPDATE transfers SET status = 'withdrawn', ended_ms = :now_ms"
        " WHERE id = :id AND from_id = :owner_id AND status = 'offered' RETURNING *",
        id=transfer_id,
        owner_id=owner_id,
        now_ms=now_ms,
    )
    return _transfer(row) if row else None


async def expire(tx: Tx, transfer_id: int, now_ms: int) -> Transfer | None:
    """End an offer whose time is over; answers it once."""
    row = await tx.row(
        "UPDATE transfers SET status = 'expired', ended_ms = :now_ms"
        " WHERE id = :id AND status = 'offered' AND expires_ms <= :now_ms RETURNING *",
        id=transfer_id,
        now_ms=now_ms,
    )
    return _transfer(row) if row else None


async def overdue(tx: Tx, *, now_ms: int, limit: int) -> list[Transfer]:
    """Read the offers whose time is over."""
    rows = await tx.rows(
        "SELECT * FROM transfers WHERE status = 'offered' AND expires_ms <= :now_ms"
        " ORDER BY expires_ms LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )
    return [_transfer(row) for row in rows]


async def transfer_by_id(tx: Tx, transfer_id: int) -> Transfer | None:
    """Read one transfer."""
    row = await tx.row("SELECT * FROM transfers WHERE id = :id", id=transfer_id)
    return _transfer(row) if row else None


async def transfer_by_claim(tx: Tx, claim_hash: str) -> Transfer | None:
    """Read the transfer of a word, whatever became of it."""
    row = await tx.row("SELECT * FROM transfers WHERE claim_hash = :hash", hash=claim_hash)
    return _transfer(row) if row else None


async def open_offer_of(tx: Tx, ticket_id: int, now_ms: int) -> Transfer | None:
    """Read the offer of a ticket that can still be accepted."""
    row = await tx.row(
        "SELECT * FROM transfers WHERE ticket_id = :ticket_id AND status = 'offered'"
        " AND expires_ms > :now_ms",
        ticket_id=ticket_id,
        now_ms=now_ms,
    )
    return _transfer(row) if row else None


async def given_by(tx: Tx, ticket_id: int) -> Transfer | None:
    """Read how a dead ticket was given away, if it was."""
    row = await tx.row(
        "SELECT * FROM transfers WHERE ticket_id = :ticket_id AND status = 'accepted'",
        ticket_id=ticket_id,
    )
    return _transfer(row) if row else None


async def received_as(tx: Tx, ticket_id: int) -> Transfer | None:
    """Read the transfer by which a ticket came to be, if it was not bought."""
    row = await tx.row(
        "SELECT * FROM transfers WHERE successor_id = :ticket_id", ticket_id=ticket_id
    )
    return _transfer(row) if row else None


async def chain_of(tx: Tx, order_id: int, number: int) -> list[Transfer]:
    """Read the chain of custody of a seat: every hand it went through, oldest first."""
    rows = await tx.rows(
        "SELECT transfers.* FROM transfers JOIN tickets ON tickets.id = transfers.ticket_id"
        " WHERE tickets.order_id = :order_id AND tickets.number = :number"
        " AND transfers.status = 'accepted' ORDER BY transfers.ended_ms, transfers.id"
        " LIMIT :limit",
        order_id=order_id,
        number=number,
        limit=CHAIN_MAX,
    )
    return [_transfer(row) for row in rows]


def _transfer(row: Row) -> Transfer:
    return Transfer(
        id=row["id"],
        ticket_id=row["ticket_id"],
        from_id=row["from_id"],
        from_chat_id=row["from_chat_id"],
        from_name=row["from_name"],
        claim_hash=row["claim_hash"],
        status=TransferStatus(row["status"]),
        offered_ms=row["offered_ms"],
        expires_ms=row["expires_ms"],
        ended_ms=row["ended_ms"],
        to_id=row["to_id"],
        to_chat_id=row["to_chat_id"],
        to_name=row["to_name"],
        successor_id=row["successor_id"],
    )
