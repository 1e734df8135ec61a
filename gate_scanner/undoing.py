"""Undoing passages: what one's own last answer let in at once, another only when it was named.

Whoever types the word twice, or presses an old button, meant one answer: a second one is other
people's, and is asked about first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boxoffice.scan_facts import Entry
from boxoffice.typed_codes import CODE_END_LENGTH
from boxoffice.verdicts import Verdict
from chat.messages import NOTHING, Chat, Choice, Moment, Say, Tap, Turn, Words, words
from gate_scanner import reasons, team
from gate_scanner.standing import Stand, back, named, stand_of
from storage import entries, passages, supervision
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.passages import Passage, TakenBack
from storage.scans import Hand
from storage.supervision import FoundTicket


async def undo_last(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Undo all that this person's last answer let in, within fifteen minutes; `undo:SCAN` this one.

    Where they undid one since their last scan, the one before is asked about and left as it is; so
    is one made on a terminal, which a colleague may hold.
    """
    stand = await stand_of(tx, chat)
    if stand is None:
        return await team.home(tx, chat, None)
    _, _, named_text = heard.action.partition(":")
    if named_text:
        return await _undo_this(tx, chat, stand, from_text(named_text) or 0)
    answer = await passages.last_answer(tx, stand.post.staff_id, chat.now_ms)
    if answer is None:
        return Turn((Say(words("annul.nothing")),), back(chat))
    if not answer.is_latest:
        return await _ask(tx, stand, answer.passages, "annul.another")
    if answer.passages[0].on_terminal:
        return await _ask(tx, stand, answer.passages, "annul.on_terminal")
    return await take_back(tx, chat, stand, answer.passages, reasons.OWN_SCAN)


async def _undo_this(tx: Tx, chat: Chat, stand: Stand, scan_id: int) -> Turn:
    """Undo the answer that the button names, unless it is undone: a later one is another."""
    named_ones = await passages.answer_with(tx, stand.post.staff_id, scan_id, chat.now_ms)
    if not named_ones:
        return Turn((Say(words("annul.gone")),), back(chat))
    return await take_back(tx, chat, stand, named_ones, reasons.OWN_SCAN)


async def refused_too_late(tx: Tx, hand: Hand, ticket_id: int) -> Say | None:
    """Offer to undo the passage of a paper that is refused only after it was seen."""
    if hand.staff_id is None:
        return None
    passage = await passages.own_passage(tx, hand.staff_id, ticket_id, hand.now_ms)
    return Say(words("annul.refused"), (_these((passage,)),)) if passage else None


async def _ask(tx: Tx, stand: Stand, meant: Sequence[Passage], key: str) -> Turn:
    lines = [
        _named(ticket, passage)
        for passage in meant
        if (ticket := await supervision.ticket_of(tx, stand.post.event_id, passage.ticket_id))
    ]
    asked = words(key, passage=words("lines", lines=tuple(lines)))
    return Turn((Say(asked, (_these(meant),)),))


def _these(meant: Sequence[Passage]) -> Choice:
    return Choice(words("annul.this", n=len(meant)), f"undo:{to_text(meant[0].id)}")


# ---- Taking back ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Undone:
    ticket: FoundTicket
    taken: TakenBack

    @property
    def passage(self) -> Passage:
        return self.taken.passage

    @property
    def is_party(self) -> bool:
        return self.taken.entry is Entry.PARTY and self.taken.party_size > 1


async def take_back(
    tx: Tx, chat: Chat, stand: Stand, meant: Sequence[Passage], reason: str
) -> Turn:
    """Undo passages, and say which: whose tickets are free again, and how many are still in."""
    hand = stand.hand(chat)
    undone: list[_Undone] = []
    for passage in meant:
        ticket = await supervision.ticket_of(tx, stand.post.event_id, passage.ticket_id)
        taken = await passages.take_back(tx, hand, passage) if ticket else None
        if ticket is None or taken is None:
            continue
        undone.append(_Undone(ticket, taken))
        await entries.count_crowd(tx, stand.post.event_id, -passage.moved)
        await reasons.journal(
            tx,
            hand,
            Verdict.ANNULLED,
            ticket.id,
            reason,
            moved=-passage.moved,
            undoes=passage.id,
        )
        await reasons.tell_owner(tx, chat, stand, ticket, "annulled", reason)
    if not undone:
        return Turn((Say(words("annul.nothing")),), back(chat))
    lines = (
        words(f"headline.{Verdict.ANNULLED.light}", verdict=words("title.annulled")),
        *(line for one in undone for line in _told(one)),
        *await _total(tx, undone),
        _what_now(undone),
    )
    return Turn((Say(words("lines", lines=lines)),), back(chat))


def _told(undone: _Undone) -> Iterator[Words]:
    """Name what was undone, and how many of a party were in, and are now."""
    yield _named(undone.ticket, undone.passage)
    taken = undone.taken
    if undone.is_party and undone.passage.persons:
        yield words(
            "annul.party",
            before=taken.entries + undone.passage.persons,
            after=taken.entries,
            size=taken.party_size,
        )


async def _total(tx: Tx, undone: Sequence[_Undone]) -> tuple[Words, ...]:
    """Say of several tickets how many persons it was; of one order, how many of it are in now."""
    if len(undone) == 1:
        return ()
    persons = sum(one.passage.persons for one in undone)
    references = {one.ticket.reference for one in undone}
    if len(references) > 1:
        return (words("annul.total", n=persons),)
    after = await passages.entries_of_order(tx, undone[0].ticket.id)
    return (words("annul.order", reference=references.pop(), before=after + persons, after=after),)


def _what_now(undone: Sequence[_Undone]) -> Words:
    """Say what the tickets are good for again."""
    taken = undone[-1].taken
    if taken.passage.moved < 0:
        return words("annul.inside", n=len(undone))
    if len(undone) > 1:
        return words("annul.free")
    if undone[-1].is_party:
        return words("annul.left", n=taken.party_size - taken.entries)
    opens_once = taken.entry in {Entry.ONCE, Entry.PARTY}
    return words("annul.first_stays" if opens_once and taken.entries else "do.annulled")


def _named(ticket: FoundTicket, passage: Passage) -> Words:
    """Name one passage: the ticket, the end of its short code, when, where, and how many."""
    told = words(
        "passage.out" if passage.moved < 0 else "passage",
        ticket=named(ticket),
        end=ticket.short_code[-CODE_END_LENGTH:],
        at=Moment(passage.at_ms, ticket.zone),
        where=_place(passage),
    )
    if passage.persons > 1:
        return words("passage.persons", passage=told, n=passage.persons)
    return told


def _place(passage: Passage) -> Words:
    """Say at which gate, and that a terminal let in where one did."""
    if not passage.gate:
        return NOTHING
    return words("passage.terminal" if passage.on_terminal else "passage.gate", gate=passage.gate)
