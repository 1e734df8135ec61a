"""Tickets that change hands: offered by a one-use word, accepted once, and who held what before.

Several tickets of an order may be offered together: a row a ticket, the first of which leads. They
are accepted, withdrawn and ended together, all or none.
"""

import hashlib
from collections.abc import Sequence
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
    lead_id: int | None = None
    """The first of the tickets offered together; None where this is it, or it is alone."""

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
    ticket_ids: Sequence[int],
    claim: str,
    *,
    owner_id: int,
    chat_id: int,
    name: str,
    expires_ms: int,
    now_ms: int,
) -> int | None:
    """Offer tickets to whoever shows this word first; None if their owner may not give all now.

    Open offers of any of them end: their words are dead.
    """
    ids = sorted(set(ticket_ids))
    listed, facts = _listed(ids)
    await tx.run(
        "UPDATE transfers SET status = 'withdrawn', ended_ms = :now_ms"
        " WHERE status = 'offered' AND from_id = :owner_id AND COALESCE(lead_id, id) IN"
        "  (SELECT COALESCE(lead_id, id) FROM transfers"
        f"   WHERE ticket_id IN ({listed}) AND status = 'offered')",
        owner_id=owner_id,
        now_ms=now_ms,
        **facts,
    )
    if await _lock_givable(tx, ids, owner_id, now_ms) != len(ids):
        return None
    lead_id = new_id(now_ms)
    claim_hash = hash_claim(claim)
    for at, ticket_id in enumerate(ids):
        await tx.run(
            "INSERT INTO transfers (id, ticket_id, from_id, from_chat_id, from_name, claim_hash,"
            " status, offered_ms, expires_ms, lead_id) VALUES (:id, :ticket_id, :owner_id,"
            " :chat_id, :name, :claim_hash, 'offered', :now_ms, :expires_ms, :lead_id)",
            id=new_id(now_ms) if at else lead_id,
            ticket_id=ticket_id,
            owner_id=owner_id,
            chat_id=chat_id,
            name=name,
            # Nobody can type this: the word leads to the first alone.
            claim_hash=f"{claim_hash}+{at}" if at else claim_hash,
            now_ms=now_ms,
            expires_ms=expires_ms,
            lead_id=lead_id if at else None,
        )
    return lead_id


async def accept(
    tx: Tx, transfer_id: int, taker: Taker, *, keyring: Keyring, now_ms: int
) -> list[int]:
    """Move the tickets of an offer to their new owner: all or none; answers the new ones.

    The offer is claimed by one conditional statement, then the old codes die by another, in the
    same transaction; only then are there new ones. Whoever comes second finds no offer.
    """
    claimed = await tx.rows(
        "UPDATE transfers SET status = 'void', ended_ms = :now_ms WHERE (id = :id OR lead_id = :id)"
        " AND status = 'offered' AND expires_ms > :now_ms AND from_id <> :person_id"
        " RETURNING id, ticket_id, from_id",
        id=transfer_id,
        person_id=taker.person_id,
        now_ms=now_ms,
    )
    if not claimed:
        return []
    ids = sorted(row["ticket_id"] for row in claimed)
    owner_id = claimed[0]["from_id"]
    if await _lock_givable(tx, ids, owner_id, now_ms) != len(ids):
        return []  # the offer stays void: what it offered is not to be had any more
    listed, facts = _listed(ids)
    await tx.run(
        "UPDATE tickets SET status = 'revoked', status_ms = :now_ms, status_note = :note"
        f" WHERE id IN ({listed}) AND owner_id = :from_id AND {_MAY_BE_GIVEN}",
        from_id=owner_id,
        note=NOTE,
        now_ms=now_ms,
        **facts,
    )
    made = []
    for row in sorted(claimed, key=lambda one: one["ticket_id"]):
        successor_id = await succeed(
            tx,
            row["ticket_id"],
            owner_id=taker.person_id,
            holder=None,
            birth_date=taker.birth_date,
            keyring=keyring,
            now_ms=now_ms,
        )
        await _accepted(tx, row["id"], taker, successor_id)
        made.append(successor_id)
    return made


async def _accepted(tx: Tx, transfer_id: int, taker: Taker, successor_id: int) -> None:
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


async def _lock_givable(tx: Tx, ids: Sequence[int], owner_id: int, now_ms: int) -> int:
    """Count which of these tickets their owner may give now, and let nobody change that meanwhile.

    A statement that changes nothing takes the rows: what a gate does at this instant comes before
    it, and is seen, or after.
    """
    listed, facts = _listed(ids)
    return await tx.run(
        "UPDATE tickets SET status_ms = status_ms"
        f" WHERE id IN ({listed}) AND owner_id = :owner_id AND {_MAY_BE_GIVEN}",
        owner_id=owner_id,
        now_ms=now_ms,
        **facts,
    )


def _listed(ids: Sequence[int]) -> tuple[str, dict[str, int]]:
    """Write ids as parameters of a statement."""
    facts = {f"ticket{at}": one for at, one in enumerate(ids)}
    return ", ".join(f":{name}" for name in facts), facts


async def withdraw(tx: Tx, transfer_id: int, owner_id: int, now_ms: int) -> Transfer | None:
    """Take an offer back, as long as nobody accepted it; answers it once."""
    rows = await tx.rows(
        "UPDATE transfers SET status = 'withdrawn', ended_ms = :now_ms"
        " WHERE (id = :id OR lead_id = :id) AND from_id = :owner_id AND status = 'offered'"
        " RETURNING *",
        id=transfer_id,
        owner_id=owner_id,
        now_ms=now_ms,
    )
    return _lead(rows)


async def expire(tx: Tx, transfer_id: int, now_ms: int) -> Transfer | None:
    """End an offer whose time is over; answers it once."""
    rows = await tx.rows(
        "UPDATE transfers SET status = 'expired', ended_ms = :now_ms"
        " WHERE (id = :id OR lead_id = :id) AND status = 'offered' AND expires_ms <= :now_ms"
        " RETURNING *",
        id=transfer_id,
        now_ms=now_ms,
    )
    return _lead(rows)


async def void(tx: Tx, ticket_id: int, now_ms: int) -> bool:
    """End the open offer of a ticket that died, with all that was offered beside it; true once."""
    ended = await tx.run(
        "UPDATE transfers SET status = 'void', ended_ms = :now_ms WHERE status = 'offered'"
        " AND COALESCE(lead_id, id) = (SELECT COALESCE(lead_id, id) FROM transfers"
        "  WHERE ticket_id = :ticket_id AND status = 'offered')",
        ticket_id=ticket_id,
        now_ms=now_ms,
    )
    return ended > 0


async def overdue(tx: Tx, *, now_ms: int, limit: int) -> list[Transfer]:
    """Read the offers whose time is over."""
    rows = await tx.rows(
        "SELECT * FROM transfers WHERE status = 'offered' AND expires_ms <= :now_ms"
        " AND lead_id IS NULL"
        " ORDER BY expires_ms LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )
    return [_transfer(row) for row in rows]


async def transfer_by_id(tx: Tx, transfer_id: int) -> Transfer | None:
    """Read one transfer."""
    row = await tx.row("SELECT * FROM transfers WHERE id = :id", id=transfer_id)
    return _transfer(row) if row else None


async def together(tx: Tx, transfer: Transfer) -> list[Transfer]:
    """Read a transfer with those of the tickets that were given with it, by their rank."""
    rows = await tx.rows(
        "SELECT transfers.* FROM transfers JOIN tickets ON tickets.id = transfers.ticket_id"
        " WHERE transfers.id = :lead_id OR transfers.lead_id = :lead_id ORDER BY tickets.number",
        lead_id=transfer.lead_id or transfer.id,
    )
    return [_transfer(row) for row in rows]


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


async def open_offers_of(tx: Tx, person_id: int, now_ms: int) -> dict[int, Transfer]:
    """Read what somebody offers and nobody has answered yet, by its ticket."""
    rows = await tx.rows(
        "SELECT * FROM transfers WHERE from_id = :person_id AND status = 'offered'"
        " AND expires_ms > :now_ms",
        person_id=person_id,
        now_ms=now_ms,
    )
    return {row["ticket_id"]: _transfer(row) for row in rows}


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


def _lead(rows: Sequence[Row]) -> Transfer | None:
    """The one of these that leads."""
    return next((_transfer(row) for row in rows if row["lead_id"] is None), None)


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
        lead_id=row["lead_id"],
    )
