"""What came in without network, told afterwards: in order, each once, nothing lost.

Whoever was let in is in: an upload never refuses a fact, it only says what the fact was. The first
admission by time keeps the ticket; the other becomes `conflict`, and the supervisors are told at
once with both gates and both times.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import structlog

from boxoffice import codes
from boxoffice.codes import Code, Keyring, Mode
from boxoffice.rules import day_window, event_day
from boxoffice.scan_facts import Entry as Rule
from boxoffice.verdicts import Verdict
from chat.messages import Moment, Say, Words, words
from gate_scanner.telling import tell_alarm
from gate_scanner.terminal.scanning import CHANNEL, tell_supervisors
from storage import entries, scans, terminals
from storage.database import Tx
from storage.entries import EnteredTicket, Passage
from storage.scans import Hand
from storage.terminals import Terminal

log = structlog.get_logger(__name__)

ENTRIES_MAX = 50
"""Entries of one transaction: the writer is held for a few milliseconds, others scan meanwhile."""

_PASSED = frozenset({Verdict.ADMITTED, Verdict.OFFLINE_UNVERIFIED, Verdict.FORCED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One judgement made on a terminal without network.

    `code` is the whole code of who came in; of who did not, only the hash is sent.
    """

    id: str
    terminal_id: int
    verdict: Verdict
    at_ms: int
    code: str | None
    raw_hash: str
    typed: bool
    gate_id: int | None = None
    """The gate where it happened; where the terminal stands now, if it does not say."""
    asked_as: str | None = None
    """The request that let several of a party in together, of whom this is one; its own `id` else.

    It may have reached us before the network went, and its answer been lost: then all are counted.
    """
    lost: tuple[str, ...] = ()
    """Names under which another lost answer may have let this ticket in at this terminal."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry."""

    id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Uploader:
    """Takes entries in."""

    keyring: Keyring
    mode: Mode

    async def take_in(
        self, tx: Tx, token_hash: str, uploaded: Sequence[Entry], now_ms: int
    ) -> tuple[list[Outcome], bool] | None:
        """Take entries in, in order; answers their outcomes and whether somebody must be told.

        None when the terminal is closed. A place that was taken back still uploads: what happened
        before is true.
        """
        terminal = await terminals.terminal_by_token(tx, token_hash, now_ms)
        if terminal is None:
            return None
        outcomes: list[Outcome] = []
        queued = False
        for entry in uploaded:
            outcome, told = await self._take_one(tx, terminal, entry, now_ms)
            outcomes.append(Outcome(entry.id, outcome))
            queued |= told
        return outcomes, queued

    async def _take_one(
        self, tx: Tx, terminal: Terminal, entry: Entry, now_ms: int
    ) -> tuple[str, bool]:
        stood = terminal
        if entry.terminal_id != terminal.id:
            left = await terminals.terminal_of_event(tx, entry.terminal_id, terminal.event_id)
            if left is None:
                return "other_event", False  # stays on the device, for the terminal of that event
            stood = left
        at_ms = min(max(entry.at_ms, stood.opened_ms), now_ms)
        gate_id = entry.gate_id or stood.gate_id
        way = await entries.gate_of(tx, gate_id, stood.event_id)
        if way is None:
            gate_id, way = stood.gate_id, "in"
        known = await entries.claim_entry(
            tx, entry.id, terminal_id=stood.id, at_ms=at_ms, now_ms=now_ms
        )
        if known is not None:
            return known, False
        hand = Hand(
            person_id=stood.person_id,
            staff_id=stood.staff_id,
            gate_id=gate_id,
            channel=CHANNEL,
            received_ms=at_ms,
            now_ms=now_ms,
        )
        if entry.verdict in _PASSED:
            return await self._passed(tx, stood, hand, entry, way)
        await _journal(tx, hand, entry, entry.verdict, None)
        await entries.settle_entry(tx, entry.id, "noted", None)
        told = False
        if entry.verdict is Verdict.FORGED:
            at = await entries.passage_of(tx, hand)
            told = await tell_supervisors(tx, stood.event_id, tell_alarm(at.gate), now_ms)
        return "noted", told

    async def _passed(
        self, tx: Tx, stood: Terminal, hand: Hand, entry: Entry, way: str
    ) -> tuple[str, bool]:
        """Settle a passage that was made: somebody is in, or out."""
        if await _was_let_in(tx, stood, entry):
            await entries.settle_entry(tx, entry.id, "admitted", None)
            return "admitted", False
        ticket, wrong = await self._ticket(tx, stood, hand, entry)
        if ticket is None or wrong is not None:
            return await _let_in_wrongly(tx, stood, hand, entry, ticket, wrong or Verdict.UNKNOWN)
        if way == "out":
            return await _left(tx, stood, hand, entry, ticket)
        if await _take(tx, ticket, hand):
            await _journal(tx, hand, entry, Verdict.ADMITTED, ticket.id, moved=1)
            await entries.settle_entry(tx, entry.id, "admitted", ticket.id)
            await entries.count_crowd(tx, stood.event_id, 1)
            return "admitted", False
        other = await entries.admission(tx, ticket.id)
        if other is None:
            verdict = Verdict(ticket.status)
            return await _let_in_wrongly(tx, stood, hand, entry, ticket, verdict)
        return await _conflict(tx, stood, hand, entry, ticket, other)

    async def _ticket(
        self, tx: Tx, stood: Terminal, hand: Hand, entry: Entry
    ) -> tuple[EnteredTicket | None, Verdict | None]:
        """Find the ticket of a code, and what is wrong with its admission."""
        code = codes.read_code(entry.code or "")
        if not isinstance(code, Code):
            return None, Verdict.NOT_A_TICKET
        if code.mode is not self.mode:
            return None, Verdict.TEST_TICKET
        if not codes.authentic(self.keyring, code):
            return None, Verdict.FORGED
        revoked_ms = await entries.staff_revoked_ms(tx, stood.staff_id)
        ticket = await entries.entered_ticket(tx, code.text)
        if revoked_ms is not None and hand.received_ms >= revoked_ms:
            return ticket, Verdict.STAFF_NOT_ALLOWED
        if ticket is not None and ticket.event_id != stood.event_id:
            return ticket, Verdict.WRONG_EVENT
        return ticket, None


async def _was_let_in(tx: Tx, stood: Terminal, entry: Entry) -> bool:
    """Tell whether the scan had reached us, or a photo or an order with it, its answer lost."""
    before = await terminals.verdict_of(tx, stood.id, entry.asked_as or entry.id)
    if before == Verdict.ADMITTED.value:
        return True
    # Its own name may hold a refusal: the entry is uploaded once, so it is told under another.
    told = f"told {entry.id}"
    return await terminals.answer_again(tx, stood.id, entry.lost, told) is not None


async def _take(tx: Tx, ticket: EnteredTicket, hand: Hand) -> bool:
    """Mark an entry by the ticket's own rule."""
    if ticket.entry == Rule.ONCE:
        return await entries.take_free(tx, ticket.id, hand)
    zone = ZoneInfo(ticket.zone)
    day = event_day(hand.received_ms, zone)
    from_ms, until_ms = day_window(day, zone)
    return await entries.take_again(
        tx, ticket.id, hand, day=day, from_ms=from_ms, until_ms=until_ms
    )


async def _left(
    tx: Tx, stood: Terminal, hand: Hand, entry: Entry, ticket: EnteredTicket
) -> tuple[str, bool]:
    """Somebody went out: noted as it was, whether or not they were known to be inside."""
    known = await entries.take_out(tx, ticket.id, hand)
    verdict = Verdict.ADMITTED if known else Verdict.NOT_INSIDE
    await _journal(tx, hand, entry, verdict, ticket.id, moved=-1 if known else 0)
    await entries.settle_entry(tx, entry.id, verdict.value, ticket.id)
    if known:
        await entries.count_crowd(tx, stood.event_id, -1)
    return verdict.value, False


async def _conflict(
    tx: Tx, stood: Terminal, hand: Hand, entry: Entry, ticket: EnteredTicket, other: Passage
) -> tuple[str, bool]:
    """Two admissions of one ticket: the first by time keeps it, and the supervisors are told."""
    ours = await entries.passage_of(tx, hand)
    if ticket.entry == Rule.ONCE and await entries.take_earlier(tx, ticket.id, hand):
        outcome, first, second = "admitted", ours, other
        await _journal(tx, hand, entry, Verdict.ADMITTED, ticket.id, moved=1)
        later = replace(
            hand, staff_id=other.staff_id, gate_id=other.gate_id, received_ms=other.at_ms
        )
        await _journal(tx, later, entry, Verdict.CONFLICT, ticket.id, moved=-1)
    else:
        outcome, first, second = "conflict", other, ours
        await _journal(tx, hand, entry, Verdict.CONFLICT, ticket.id)
    await entries.settle_entry(tx, entry.id, outcome, ticket.id)
    log.warning("conflict", ticket=ticket.id, first_gate=first.gate_id, second_gate=second.gate_id)
    say = Say(
        words(
            "alarm.conflict",
            ticket=_named(ticket),
            first=Moment(first.at_ms, ticket.zone),
            first_gate=first.gate,
            first_staff=first.staff,
            second=Moment(second.at_ms, ticket.zone),
            second_gate=second.gate,
            second_staff=second.staff,
        )
    )
    return outcome, await tell_supervisors(tx, stood.event_id, say, hand.now_ms)


async def _let_in_wrongly(
    tx: Tx,
    stood: Terminal,
    hand: Hand,
    entry: Entry,
    ticket: EnteredTicket | None,
    verdict: Verdict,
) -> tuple[str, bool]:
    """Somebody is in who would have been refused: it is written down, and told at once."""
    ticket_id = ticket.id if ticket else None
    await _journal(tx, hand, entry, verdict, ticket_id, note="let in without network")
    await entries.settle_entry(tx, entry.id, verdict.value, ticket_id)
    log.warning("let_in_wrongly", verdict=verdict.value, ticket=ticket_id, gate=hand.gate_id)
    at = await entries.passage_of(tx, hand)
    say = Say(
        words(
            "alarm.let_in",
            verdict=words(f"title.{verdict}"),
            ticket=_named(ticket) if ticket else words("alarm.no_ticket"),
            at=Moment(at.at_ms, ticket.zone if ticket else "UTC"),
            gate=at.gate,
            staff=at.staff,
        )
    )
    told = await tell_supervisors(tx, stood.event_id, say, hand.now_ms)
    return verdict.value, told


async def _journal(
    tx: Tx,
    hand: Hand,
    entry: Entry,
    verdict: Verdict,
    ticket_id: int | None,
    *,
    note: str = "without network",
    moved: int = 0,
) -> None:
    await scans.journal(
        tx,
        hand,
        verdict,
        raw_hash=entry.raw_hash,
        typed=entry.typed,
        ticket_id=ticket_id,
        note=note,
        moved=moved,
    )


def _named(ticket: EnteredTicket) -> Words:
    if ticket.holder:
        return words("kind.holder", kind=ticket.kind, holder=ticket.holder)
    return words("kind", kind=ticket.kind)
