"""Tickets that change hands, as the database holds it: never two living codes for one ticket."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxoffice.codes import Mode
from boxoffice.model import Event, Kind, Seat, TicketStatus
from boxoffice.rules import DAY_MS
from boxoffice.typed_codes import make_claim
from boxoffice.verdicts import Verdict
from gate_scanner.judging import Gatekeeper
from storage import acceptances, chats, orders, staff, tickets, transfers
from storage.database import ConstraintBroken, Database, Tx
from storage.participants import participants_after
from storage.scans import Hand
from storage.transfers import Taker
from tests.storage.test_ticket_rules import KEYRING, NOW_MS, an_event, sell
from tests.storm.invariants import INVARIANTS, breaches

PEOPLE = ("awa", "kofi", "afi")
HELD = tuple(one for one in INVARIANTS if one.promise != "an order has its acceptance")
"""What holds where orders are made here without a buyer who reads."""

KEEPER = Gatekeeper(KEYRING, Mode.DEMO)


async def person(tx: Tx, name: str) -> tuple[int, int]:
    """Find or make somebody: their id, and their chat's."""
    chat = await chats.open_chat(
        tx, channel="listed", talk="seller", ref=name, language="fr", name=name, now_ms=NOW_MS
    )
    return chat.person_id, chat.id


async def offer(tx: Tx, ticket_id: int, who: str, *beside: int) -> int | None:
    """Have somebody offer a ticket, perhaps with others beside it."""
    person_id, chat_id = await person(tx, who)
    return await transfers.offer(
        tx,
        (ticket_id, *beside),
        make_claim(),
        owner_id=person_id,
        chat_id=chat_id,
        name=who,
        expires_ms=NOW_MS + DAY_MS,
        now_ms=NOW_MS,
    )


async def accept(tx: Tx, event_id: int, transfer_id: int, who: str) -> int | None:
    """Have somebody accept the offer of a ticket."""
    made = await accept_all(tx, event_id, transfer_id, who)
    return made[0] if made else None


async def accept_all(tx: Tx, event_id: int, transfer_id: int, who: str) -> list[int]:
    """Have somebody accept an offer; answers the new tickets."""
    person_id, chat_id = await person(tx, who)
    await acceptances.keep_text(
        tx, digest="d", event_id=event_id, version=1, language="fr", body="", now_ms=NOW_MS
    )
    taker = Taker(
        person_id=person_id, chat_id=chat_id, name=who, birth_date=None, digest="d", age_min=21
    )
    return await transfers.accept(tx, transfer_id, taker, keyring=KEYRING, now_ms=NOW_MS)


async def sold(database: Database, count: int = 1) -> tuple[Event, Kind, list[int]]:
    """Sell tickets to awa."""
    event, [kind] = await an_event(database, "Standard 0 x 9")
    seats = [Seat(rank + 1, kind.id, 0, None) for rank in range(count)]
    return event, kind, await database.write(sell, event, kind, seats, "awa")


async def steward(tx: Tx, event_id: int) -> Hand:
    """Somebody who scans at the first gate."""
    person_id, _ = await person(tx, "porte")
    await staff.engage(
        tx, event_id=event_id, person_id=person_id, role="steward", name="Porte", now_ms=NOW_MS
    )
    post = await tx.row("SELECT id FROM staff WHERE event_id = :event_id", event_id=event_id)
    assert post is not None
    [gate] = await staff.gates_of(tx, event_id)
    return Hand(
        person_id=person_id,
        staff_id=post["id"],
        gate_id=gate.id,
        channel="listed",
        received_ms=NOW_MS,
        now_ms=NOW_MS,
    )


async def living(tx: Tx) -> dict[tuple[int, int], list[str]]:
    """The living codes of every seat."""
    found: dict[tuple[int, int], list[str]] = {}
    for row in await tx.rows("SELECT * FROM tickets WHERE status IN ('valid', 'blocked')"):
        found.setdefault((row["order_id"], row["number"]), []).append(row["code"])
    return found


async def test_of_fifty_who_accept_at_once_one_has_the_ticket(database: Database) -> None:
    """Whoever is second finds the offer gone; there is one living code, the winner's."""
    event, _, [ticket_id] = await sold(database)
    transfer_id = await database.write(offer, ticket_id, "awa")
    assert transfer_id is not None
    taken = await asyncio.gather(
        *(database.write(accept, event.id, transfer_id, f"p{at}") for at in range(50))
    )
    [successor_id] = [one for one in taken if one is not None]
    [codes] = (await database.read(living)).values()
    full = await database.read(tickets.ticket_by_id, successor_id)
    assert full is not None
    assert codes == [full.ticket.code]
    assert await database.read(breaches, HELD) == []


async def test_a_scan_and_an_acceptance_at_once_have_one_winner(database: Database) -> None:
    """Either the old code opened the gate and nothing moves, or it moved and is refused there."""
    event, _, ids = await sold(database, 6)
    hand = await database.write(steward, event.id)
    for ticket_id in ids:
        transfer_id = await database.write(offer, ticket_id, "awa")
        full = await database.read(tickets.ticket_by_id, ticket_id)
        assert full is not None
        assert transfer_id is not None
        answer, successor_id = await asyncio.gather(
            database.write(KEEPER.judge_scanned, hand, full.ticket.code),
            database.write(accept, event.id, transfer_id, "kofi"),
        )
        admitted = answer.verdict is Verdict.ADMITTED
        assert admitted is (successor_id is None)
        assert admitted or answer.verdict is Verdict.REVOKED
    assert await database.read(breaches, HELD) == []


async def test_the_database_refuses_a_second_offer_and_a_second_taker(database: Database) -> None:
    """Whatever the code does: one open offer a ticket, one accepted transfer, one living ticket."""
    event, _, [ticket_id] = await sold(database)
    first = await database.write(offer, ticket_id, "awa")
    assert first is not None

    async def copy(tx: Tx) -> None:
        await tx.run(
            "INSERT INTO transfers (id, ticket_id, from_id, from_chat_id, from_name, claim_hash,"
            " status, offered_ms, expires_ms) SELECT id + 1, ticket_id, from_id, from_chat_id,"
            " from_name, 'other', 'offered', offered_ms, expires_ms FROM transfers"
        )

    with pytest.raises(ConstraintBroken):
        await database.write(copy)
    assert await database.write(accept, event.id, first, "kofi") is not None

    async def revive(tx: Tx) -> None:
        await tx.run("UPDATE tickets SET status = 'valid' WHERE id = :id", id=ticket_id)

    with pytest.raises(ConstraintBroken):
        await database.write(revive)


@pytest.mark.parametrize("state", ["used", "blocked", "refunded", "reviewed", "cancelled", "named"])
async def test_what_may_not_be_given_is_neither_offered_nor_accepted(
    database: Database, state: str
) -> None:
    """Used, blocked, refunded, under review, cancelled, nominative: refused at both moments."""
    event, _, [ticket_id] = await sold(database)
    open_offer = await database.write(offer, ticket_id, "awa")
    assert open_offer is not None
    full = await database.read(tickets.ticket_by_id, ticket_id)
    assert full is not None

    async def change(tx: Tx) -> None:
        match state:
            case "used":
                await KEEPER.judge_scanned(tx, await steward(tx, event.id), full.ticket.code)
            case "blocked":
                await tickets.block(tx, full.order.id, "review", NOW_MS)
            case "refunded":
                await tickets.end(tx, full.order.id, TicketStatus.REFUNDED, NOW_MS)
            case "reviewed":
                await tx.run(
                    "INSERT INTO payments (id, order_id, provider, status, amount_minor, currency,"
                    " started_ms) VALUES (:id, :order_id, 'x', 'open', 1, 'XOF', 1)",
                    id=1,
                    order_id=full.order.id,
                )
                await tx.run(
                    "INSERT INTO reviews (payment_id, order_id, why, status, until_ms, opened_ms)"
                    " VALUES (1, :order_id, 'underpaid', 'open', 2, 1)",
                    order_id=full.order.id,
                )
            case "cancelled":
                await tx.run("UPDATE events SET status = 'cancelled'")
            case _:
                await tx.run("UPDATE tickets SET naming = 'nominative'")

    await database.write(change)
    assert await database.write(accept, event.id, open_offer, "kofi") is None
    assert await database.write(offer, ticket_id, "awa") is None
    gone = await database.read(transfers.transfer_by_id, open_offer)
    assert gone is not None
    assert gone.status is transfers.TransferStatus.VOID


async def test_the_limit_counts_what_a_person_holds(database: Database) -> None:
    """What was given away counts for the new owner, and no longer for the old one."""
    event, kind, ids = await sold(database, 3)
    transfer_id = await database.write(offer, ids[0], "awa")
    assert transfer_id is not None
    await database.write(accept, event.id, transfer_id, "kofi")
    await database.write(sell, event, kind, [Seat(1, kind.id, 0, None)], "kofi")
    counts = {}
    for who in ("awa", "kofi"):
        person_id, _ = await database.write(person, who)
        counts[who] = await database.read(orders.held_count, event.id, person_id)
    assert counts == {"awa": 2, "kofi": 2}


async def test_the_chain_of_custody_is_kept(database: Database) -> None:
    """Awa to Kofi to Afi: both hands are known, in their order, with their names."""
    event, _, [ticket_id] = await sold(database)
    full = await database.read(tickets.ticket_by_id, ticket_id)
    assert full is not None
    for giver, taker in (("awa", "kofi"), ("kofi", "afi")):
        transfer_id = await database.write(offer, ticket_id, giver)
        assert transfer_id is not None
        taken_id = await database.write(accept, event.id, transfer_id, taker)
        assert taken_id is not None
        ticket_id = taken_id
    chain = await database.read(transfers.chain_of, full.order.id, 1)
    assert [(one.from_name, one.to_name) for one in chain] == [("awa", "kofi"), ("kofi", "afi")]


async def test_tickets_given_together_go_all_or_none(database: Database) -> None:
    """One is used at the gate: nothing moves, the offer is void whole; the rest can be given."""
    event, _, ids = await sold(database, 3)
    hand = await database.write(steward, event.id)
    transfer_id = await database.write(offer, ids[0], "awa", *ids[1:])
    assert transfer_id is not None
    full = await database.read(tickets.ticket_by_id, ids[1])
    assert full is not None
    await database.write(KEEPER.judge_scanned, hand, full.ticket.code)
    assert await database.write(accept_all, event.id, transfer_id, "kofi") == []
    lead = await database.read(transfers.transfer_by_id, transfer_id)
    assert lead is not None
    parts = await database.read(transfers.together, lead)
    assert [one.status for one in parts] == [transfers.TransferStatus.VOID] * 3
    again = await database.write(offer, ids[0], "awa", ids[2])
    assert again is not None
    made = await database.write(accept_all, event.id, again, "kofi")
    assert len(made) == 2
    assert await database.read(breaches, HELD) == []


async def test_an_offer_of_one_ends_the_offer_it_was_part_of(database: Database) -> None:
    """Two words never offer the same ticket: the older offer is withdrawn with all it offered."""
    event, _, ids = await sold(database, 3)
    of_all = await database.write(offer, ids[0], "awa", *ids[1:])
    of_one = await database.write(offer, ids[2], "awa")
    assert of_all is not None
    assert of_one is not None
    assert await database.write(accept_all, event.id, of_all, "kofi") == []
    assert len(await database.write(accept_all, event.id, of_one, "kofi")) == 1
    assert await database.read(breaches, HELD) == []


ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["offer", "offer_both", "accept", "withdraw", "scan", "block", "unblock", "refund"]
        ),
        st.sampled_from(PEOPLE),
        st.integers(0, 1),
    ),
    max_size=14,
)
"""Who does what about which of two seats: also what they may not do."""


@given(acts=ACTS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_a_seat_never_has_two_living_codes(
    database: Database, acts: list[tuple[str, str, int]]
) -> None:
    """Whatever three people, a gate and a refund do in any order, a code that died stays dead."""
    event, _, ids = await sold(database, 2)
    hand = await database.write(steward, event.id)
    dead: set[str] = set()
    seen: set[str] = set()
    newest = list(ids)
    offers: dict[int, int] = {}
    for act, who, seat in acts:
        beside = newest[1 - seat] if act == "offer_both" else None
        taken = await database.write(
            _act, act, who, (newest[seat], beside), offers.get(seat), hand, event.id
        )
        match act:
            case "offer" | "offer_both" if taken:
                offers[seat] = taken[0]
                if beside is not None:
                    offers[1 - seat] = taken[0]
            case "accept":
                for ticket_id in taken:
                    full = await database.read(tickets.ticket_by_id, ticket_id)
                    assert full is not None
                    newest[full.ticket.number - 1] = ticket_id
        codes = await database.read(living)
        assert all(len(found) == 1 for found in codes.values())
        alive = {code for found in codes.values() for code in found}
        assert not alive & dead
        seen |= alive
        dead = seen - alive
    assert await database.read(breaches, HELD) == []


async def _act(  # noqa: PLR0917 (one act, and all that it may be about)
    tx: Tx,
    act: str,
    who: str,
    about: tuple[int, int | None],
    transfer_id: int | None,
    hand: Hand,
    event_id: int,
) -> list[int]:
    ticket_id, beside = about
    full = await tickets.ticket_by_id(tx, ticket_id)
    assert full is not None
    match act:
        case "offer" | "offer_both":
            made = await offer(tx, ticket_id, who, *((beside,) if beside else ()))
            return [made] if made else []
        case "accept":
            return await accept_all(tx, event_id, transfer_id or 0, who)
        case "withdraw":
            person_id, _ = await person(tx, who)
            await transfers.withdraw(tx, transfer_id or 0, person_id, NOW_MS)
        case "scan":
            later = replace(hand, now_ms=NOW_MS + 1)
            await KEEPER.judge_scanned(tx, later, full.ticket.code)
        case "block":
            await tickets.block(tx, full.order.id, "review", NOW_MS)
        case "unblock":
            await tickets.unblock(tx, full.order.id, "review", NOW_MS)
        case _ if full.ticket.status in {TicketStatus.VALID, TicketStatus.BLOCKED}:
            await tickets.end(tx, full.order.id, TicketStatus.REFUNDED, NOW_MS, ticket_id=ticket_id)
            await orders.return_seat(tx, full.order.id, full.ticket.number, NOW_MS)
    return []


async def test_a_list_of_participants_names_who_took_a_ticket_over(database: Database) -> None:
    """The last taker is its holder; who bought it is still its buyer, and nobody held the other."""
    event, _, [first, _] = await sold(database, 2)
    for giver, taker in (("awa", "kofi"), ("kofi", "afi")):
        transfer_id = await database.write(offer, first, giver)
        assert transfer_id is not None
        taken = await database.write(accept, event.id, transfer_id, taker)
        assert taken is not None
        first = taken
    listed = await database.read(participants_after, event.id, 0)
    assert [(one.rank, one.holder, one.buyer) for one in listed] == [
        (2, "", "awa"),
        (1, "afi", "awa"),
    ]
