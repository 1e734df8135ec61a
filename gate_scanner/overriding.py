"""What supervisors do over the rules: force, annul, block and free, each for a reason.

A question names what it was asked about: the passage to undo, or what was seen of the ticket before
it is forced. One question is worth one passage, whichever of its answers is given, and how often.
"""

from dataclasses import dataclass

from boxoffice.admission import Judgement, Passage
from boxoffice.verdicts import Verdict
from chat.messages import Chat, Choice, Moment, Say, Tap, Text, Then, Turn, words
from chat.understanding import REFUSALS, fold
from gate_scanner import reasons
from gate_scanner.judging import Answer
from gate_scanner.searching import found
from gate_scanner.standing import Stand, back, named, supervised
from gate_scanner.telling import tell_one
from gate_scanner.undoing import take_back
from storage import entries, passages, supervision
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.passages import Deed
from storage.scans import Story
from storage.supervision import FoundTicket, Seen

REASON = "reason"
"""The step of a chat in which the next words are the reason for an override."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about: what to do, with which ticket, and what was seen of it then."""

    verb: str
    ticket: FoundTicket
    seen: tuple[int | None, ...]
    """Entries and deeds before it is forced, the passage to undo, or since when the ticket is as
    it is; nothing in an old button."""


async def ask_reason(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Ask why, before anything is forced, undone or blocked: `force:ID`, `annul:ID`."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    asked = await _meant(tx, stand, heard.action)
    if asked is None:
        return Turn((Say(words("search.gone")),), back(chat))
    seen = await _seen(tx, asked)
    if seen is None:
        return Turn((Say(words("annul.none", ticket=named(asked.ticket))),), back(chat))
    about = f"{asked.verb}:{to_text(asked.ticket.id)}{seen}"
    choices = tuple(
        Choice(words(f"reason.{reason}"), f"because:{reason}:{about}")
        for reason in reasons.REASONS[asked.verb]
    )
    leave = Choice(words("reason.leave"), f"found:{to_text(asked.ticket.id)}")
    said = words("reason.ask", deed=words(asked.verb), ticket=named(asked.ticket))
    return Turn((Say(said, (*choices, leave)),), Then(REASON, dict(chat.memory) | {"about": about}))


async def _seen(tx: Tx, asked: Asked) -> str | None:
    """Write what a question is about behind its ticket; None if there is nothing to undo."""
    if asked.verb == "force":
        seen = await supervision.seen_of(tx, asked.ticket.id)
        return f":{to_text(seen.entries)}:{to_text(seen.deeds)}"
    if asked.verb == "annul":
        passage = await passages.passage_of_ticket(tx, asked.ticket.id)
        return f":{to_text(passage.id)}" if passage else None
    return f":{to_text(asked.ticket.status_ms)}"


async def because(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Take a reason from a button: `because:REASON:force:ID:ENTRIES:DEEDS`."""
    _, reason, action = heard.action.split(":", 2)
    return await _override(tx, chat, action, reason)


async def reason_typed(tx: Tx, chat: Chat, heard: Text) -> Turn:
    """Take a reason that was typed below its question.

    `non` is none; and what is written below something else was not meant as one: it is asked again.
    """
    about = str(chat.memory.get("about", ""))
    if fold(heard.text) in REFUSALS:
        return await found(tx, chat, Tap(about))
    if not any(isinstance(one, Choice) and one.action.endswith(about) for one in chat.offered):
        return await ask_reason(tx, chat, Tap(":".join(about.split(":")[:2])))
    reason = " ".join(heard.text.split())[: reasons.LENGTH_MAX]
    return await _override(tx, chat, about, reason)


async def _override(tx: Tx, chat: Chat, action: str, reason: str) -> Turn:
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    asked = await _meant(tx, stand, action)
    if asked is None:
        return Turn((Say(words("search.gone")),), back(chat))
    done = await _ACTS[asked.verb](tx, chat, stand, asked, reason)
    # A button that does not say what it was asked about is from before: the question is put anew.
    return done or await ask_reason(tx, chat, Tap(action))


async def _meant(tx: Tx, stand: Stand, action: str) -> Asked | None:
    """Read `verb:ID`, and behind it what was seen of the ticket when the question was put."""
    verb, *rest = action.split(":")
    ticket_id, *seen = (from_text(one) for one in rest or [""])
    ticket = await supervision.ticket_of(tx, stand.post.event_id, ticket_id or 0)
    return Asked(verb, ticket, tuple(seen)) if ticket and verb in _ACTS else None


async def _forced(tx: Tx, chat: Chat, stand: Stand, asked: Asked, reason: str) -> Turn | None:
    """Let in whom nobody would, once: where something was done since, that is told instead."""
    entries_seen, deeds_seen = (*asked.seen, None, None)[:2]
    if entries_seen is None or deeds_seen is None:
        return None
    hand, ticket = stand.hand(chat), asked.ticket
    if not await supervision.force(tx, hand, ticket.id, Seen(entries_seen, deeds_seen)):
        deed = await passages.deed_after(tx, ticket.id, deeds_seen)
        return _done_already(chat, ticket, deed, Verdict.FORCED) if deed else None
    await entries.count_crowd(tx, stand.post.event_id, 1)
    await reasons.journal(tx, hand, Verdict.FORCED, ticket.id, reason, moved=1)
    await reasons.tell_owner(tx, chat, stand, ticket, "forced", reason)
    story = Story(ticket.id, stand.post.event_id, ticket.kind, ticket.holder, ticket.zone)
    answer = Answer(Judgement(Verdict.FORCED, Passage.ENTRY, 1), ticket.id, story)
    return Turn((tell_one(answer, chat.now_ms),), back(chat))


async def _annulled(tx: Tx, chat: Chat, stand: Stand, asked: Asked, reason: str) -> Turn | None:
    """Undo the passage that was asked about, and never the one before it."""
    scan_id = asked.seen[0] if asked.seen else None
    if scan_id is None:
        return None
    passage = await passages.passage_with(tx, asked.ticket.id, scan_id)
    if passage is not None:
        return await take_back(tx, chat, stand, (passage,), reason)
    deed = await passages.undoing_of(tx, scan_id)
    return _done_already(chat, asked.ticket, deed, Verdict.ANNULLED) if deed else None


def _done_already(chat: Chat, ticket: FoundTicket, deed: Deed, wanted: Verdict) -> Turn:
    """Say what was done since the question: its answer was given, or the ticket was met again."""
    told = words(
        "override.done" if deed.verdict is wanted else "override.met",
        verdict=words(f"title.{deed.verdict}"),
        at=Moment(deed.at_ms, ticket.zone),
        ticket=named(ticket),
    )
    more = Choice(words("override.see"), f"found:{to_text(ticket.id)}")
    return Turn((Say(told, (more,)),), back(chat))


async def _blocked(tx: Tx, chat: Chat, stand: Stand, asked: Asked, reason: str) -> Turn | None:
    """Block a ticket, or make it valid again; the reason is kept for whoever meets it next."""
    hand, verb, ticket = stand.hand(chat), asked.verb, asked.ticket
    seen_ms = asked.seen[0] if asked.seen else None
    if seen_ms is None:
        return None
    if verb == "block":
        known = words(f"reason.{reason}") if reason in reasons.REASONS["block"] else None
        done = await supervision.hold_back(tx, hand, ticket.id, seen_ms, reason)
    else:
        known, done = None, await supervision.free(tx, hand, ticket.id, seen_ms)
    if not done and ticket.status_ms != seen_ms and ticket.status in {"blocked", "valid"}:
        at = Moment(ticket.status_ms, ticket.zone)
        told = words(f"override.{ticket.status}", ticket=named(ticket), at=at)
        return Turn((Say(told),), back(chat))
    if not done:
        return Turn((Say(words(f"{verb}.not", ticket=named(ticket))),), back(chat))
    await reasons.tell_owner(tx, chat, stand, ticket, f"door_{verb}", reason)
    told = words(f"{verb}.done", ticket=named(ticket), reason=known or reason)
    return Turn((Say(told),), back(chat))


_ACTS = {"force": _forced, "annul": _annulled, "block": _blocked, "free": _blocked}
"""What a reason is given for."""
