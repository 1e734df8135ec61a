"""One judge for every path: a raw text becomes exactly one answer and one row of the journal.

Shape first, then authenticity: a forged code is answered without looking at any ticket. Then one
conditional statement lets the ticket in, or a read explains, by the precedence of
`boxoffice/admission.py`, why it was not.
"""

from dataclasses import replace

from boxoffice import codes
from boxoffice.admission import Judgement, Passage, judge
from boxoffice.codes import Code, Keyring, Mode
from boxoffice.scan_facts import Entry, IdCheck, Reading, ScanFacts
from boxoffice.spelling import NotACode
from boxoffice.typed_codes import ShortCode, is_slip, read_short_code
from boxoffice.values import value
from boxoffice.verdicts import Verdict
from storage import scans, typing_failures
from storage.database import Tx
from storage.scan_facts import Door, door, facts_without_ticket, known_by, look
from storage.scans import (
    NO_PAPER,
    NOTHING_KNOWN,
    ByCode,
    ById,
    ByShortCode,
    Hand,
    Paper,
    Sought,
    Story,
    Together,
)

TRIES_MAX = 3
"""The first try knows nothing of the ticket; between a read and the second another process may have
changed it: then both run again."""

# After these, a story would tell something that the person must not or need not know.
_UNTOLD = frozenset({Verdict.STAFF_NOT_ALLOWED, Verdict.GATE_CLOSED, Verdict.ERROR})


@value
class Answer:
    """What the gate answers to one code."""

    judgement: Judgement
    ticket_id: int | None = None
    story: Story | None = None
    """What may be told of the ticket."""
    door: Door | None = None
    """Who asked and where, if it had to be read: not on the green path."""
    mistyped: bool = False
    """A typed text with nearly the shape of a code: a slip of the hand."""
    paused_until_ms: int | None = None
    """Until when this person may type no code, after too many wrong ones."""
    persons: int = 1
    """How many come in with this answer."""
    alarm: bool = False
    """A forgery shown at this event for the first time."""

    @property
    def verdict(self) -> Verdict:
        """The verdict alone."""
        return self.judgement.verdict

    @property
    def moved(self) -> int:
        """By how much it changes the number inside."""
        if self.verdict is not Verdict.ADMITTED:
            return 0
        return -1 if self.judgement.passage is Passage.EXIT else self.persons


@value
class Gatekeeper:
    """The judge with what it needs besides the scan: the keys, and whether this is a demo."""

    keyring: Keyring
    mode: Mode

    async def judge_scanned(self, tx: Tx, hand: Hand, raw: str) -> Answer:
        """Judge a text that a camera read."""
        return await self._judge_code(tx, hand, codes.read_code(raw), raw, typed=False)

    async def judge_typed(self, tx: Tx, hand: Hand, raw: str) -> Answer:
        """Judge a text that a hand typed: a whole code, or a short one of the staff's own event."""
        code = codes.read_code(raw)
        if isinstance(code, Code):
            return await self._judge_code(tx, hand, code, raw, typed=True)
        short = read_short_code(raw)
        if isinstance(short, ShortCode):
            return await self._judge_short(tx, hand, short.text)
        answer = await self._without_ticket(tx, hand, Reading.NOT_OURS)
        answer = replace(answer, mistyped=is_slip(raw))
        return await self._journalled(tx, hand, answer, raw, typed=True)

    async def judge_paper(self, tx: Tx, hand: Hand, ticket_id: int, paper: Paper) -> Answer:
        """Judge a nominative ticket again, once staff looked at the holder's identity paper."""
        answer = await self._admit_or_explain(tx, hand, ById(ticket_id), paper)
        raw = f"ticket {ticket_id}"
        return await self._journalled(tx, hand, answer, raw, typed=False, note=paper.id_check)

    async def judge_ticket(self, tx: Tx, hand: Hand, ticket_id: int) -> Answer:
        """Judge a ticket that was found by its order, not by a code."""
        answer = await self._admit_or_explain(tx, hand, ById(ticket_id), NO_PAPER)
        raw = f"ticket {ticket_id}"
        return await self._journalled(tx, hand, answer, raw, typed=False, note="rest of order")

    async def judge_party(
        self, tx: Tx, hand: Hand, ticket_id: int, together: Together
    ) -> Answer | None:
        """Let several more persons of a party in; None when another number is in by now.

        Who let the first in at this gate saw the paper of the person named: it holds for them all.
        """
        sought = ById(ticket_id)
        at = await door(tx, hand)
        facts, before = await look(tx, at, hand, sought, mode=self.mode)
        paper = Paper(IdCheck.SEEN, facts.same_hand_ms)
        facts = replace(facts, id_check=paper.id_check, id_asked_ms=paper.asked_ms)
        story = await scans.admit(
            tx,
            hand,
            sought,
            mode=self.mode,
            paper=paper,
            known=known_by(facts),
            together=together,
        )
        if story is not None:
            answer = Answer(_admitted(story), story.ticket_id, story, persons=together.persons)
        else:
            judgement = judge(facts)
            if judgement.verdict in {Verdict.ADMITTED, Verdict.REPLAY, Verdict.PARTY_EXHAUSTED}:
                return None
            told = _tellable(facts, judgement, before)
            answer = Answer(judgement, ticket_id if told else None, told, at)
        note = f"party of {together.persons}"
        return await self._journalled(
            tx, hand, answer, f"ticket {ticket_id}", typed=False, note=note
        )

    async def judge_unreadable(self, tx: Tx, hand: Hand, fault: str) -> Answer:
        """Judge a photo in which no code was found, for this reason."""
        answer = await self._without_ticket(tx, hand, Reading.UNREADABLE)
        return await self._journalled(tx, hand, answer, fault, typed=False, note=fault)

    async def _judge_code(
        self, tx: Tx, hand: Hand, code: Code | NotACode, raw: str, *, typed: bool
    ) -> Answer:
        text = raw
        match code:
            case NotACode():
                answer = await self._without_ticket(tx, hand, Reading.NOT_OURS)
            case Code(text) if code.mode is not self.mode:
                answer = await self._without_ticket(tx, hand, Reading.OTHER_MODE)
            case Code(text) if not codes.authentic(self.keyring, code):
                answer = await self._forged(tx, hand, text)
            case Code(text):
                answer = await self._admit_or_explain(tx, hand, ByCode(text), NO_PAPER)
        return await self._journalled(tx, hand, answer, text, typed=typed)

    async def _judge_short(self, tx: Tx, hand: Hand, short: str) -> Answer:
        """Judge a typed code, unless this person typed too many that name no ticket."""
        paused_ms = await typing_failures.paused_until_ms(tx, hand.person_id, hand.now_ms)
        if paused_ms is not None:
            answer = Answer(Judgement(Verdict.STAFF_NOT_ALLOWED), paused_until_ms=paused_ms)
            return await self._journalled(tx, hand, answer, short, typed=True, note="typing paused")
        answer = await self._admit_or_explain(tx, hand, ByShortCode(short), NO_PAPER)
        if answer.verdict is Verdict.UNKNOWN:
            await typing_failures.count(tx, hand.person_id, hand.now_ms)
        elif answer.ticket_id is not None:
            await typing_failures.forgive(tx, hand.person_id)
        return await self._journalled(tx, hand, answer, short, typed=True)

    async def _admit_or_explain(self, tx: Tx, hand: Hand, sought: Sought, paper: Paper) -> Answer:
        """Let in by the one statement, or say why not; our own doubt never admits."""
        known = NOTHING_KNOWN
        for _ in range(TRIES_MAX):
            story = await scans.admit(tx, hand, sought, mode=self.mode, paper=paper, known=known)
            if story is not None:
                return Answer(_admitted(story), story.ticket_id, story)
            at = await door(tx, hand)
            facts, story = await look(tx, at, hand, sought, mode=self.mode, paper=paper)
            judgement = judge(facts)
            if judgement.verdict is not Verdict.ADMITTED:
                ticket_id = story.ticket_id if story else None
                return Answer(judgement, ticket_id, _tellable(facts, judgement, story), at)
            known = known_by(facts)
        return Answer(Judgement(Verdict.ERROR))

    async def _forged(self, tx: Tx, hand: Hand, text: str) -> Answer:
        answer = await self._without_ticket(tx, hand, Reading.FORGED)
        if answer.verdict is not Verdict.FORGED or answer.door is None:
            return answer
        event_id = answer.door.event_id
        known = event_id is not None and await scans.was_forged(tx, event_id, codes.code_hash(text))
        return replace(answer, alarm=not known)

    async def _without_ticket(self, tx: Tx, hand: Hand, reading: Reading) -> Answer:
        at = await door(tx, hand)
        return Answer(judge(facts_without_ticket(at, hand, reading)), door=at)

    async def _journalled(
        self, tx: Tx, hand: Hand, answer: Answer, raw: str, *, typed: bool, note: str | None = None
    ) -> Answer:
        await scans.journal(
            tx,
            hand,
            answer.verdict,
            raw_hash=codes.code_hash(raw),
            typed=typed,
            ticket_id=answer.ticket_id,
            note=note,
            moved=answer.moved,
        )
        return answer


def _admitted(story: Story) -> Judgement:
    """Say what a passage was: in, in again, out, or the so-manieth of a party."""
    passage = Passage.EXIT if story.is_out else Passage.ENTRY
    if story.entry == Entry.REENTRY and not story.is_out and story.entries > 1:
        passage = Passage.REENTRY
    return Judgement(Verdict.ADMITTED, passage, story.entries, story.party_size)


def _tellable(facts: ScanFacts, judgement: Judgement, story: Story | None) -> Story | None:
    """Return what may be told: nothing of another event's ticket, unless they work there too."""
    if story is None or judgement.verdict in _UNTOLD:
        return None
    return story if facts.event_is_ours or story.event_title is not None else None
