"""Undoing one's own passage: the last one at once, another only when it was named and said yes to.

Whoever types the word twice, or presses an old button, meant one passage: a second one is another
person's, and is asked about first.
"""

from chat.messages import Chat, Choice, Say, Tap, Turn, words
from gate_scanner import team
from gate_scanner.standing import Stand, back, passage_of, stand_of
from gate_scanner.supervising import annul
from storage import supervision
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.scans import Hand
from storage.supervision import FoundTicket, OwnPassage

OWN_SCAN = "own scan"
"""The reason kept in the journal, where nobody has to give one."""


async def undo_last(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Undo the last passage that this person made, within fifteen minutes; `undo:ID:AT` this one.

    Where they undid one since their last scan, the one before is asked about and left as it is.
    """
    stand = await stand_of(tx, chat)
    if stand is None:
        return await team.home(tx, chat, None)
    _, _, named = heard.action.partition(":")
    if named:
        return await _undo_this(tx, chat, stand, named)
    passage = await supervision.last_passage(tx, stand.post.staff_id, chat.now_ms)
    ticket = await _ticket(tx, stand, passage)
    if passage is None or ticket is None:
        return Turn((Say(words("annul.nothing")),), back(chat))
    if not passage.is_latest:
        return _ask(ticket, passage)
    return await annul(tx, chat, stand, ticket, OWN_SCAN, passage.at_ms)


async def _undo_this(tx: Tx, chat: Chat, stand: Stand, named: str) -> Turn:
    """Undo the passage that the button names, unless it is undone: a later one is another."""
    ticket_text, _, at_text = named.partition(":")
    ticket_id, at_ms = from_text(ticket_text) or 0, from_text(at_text)
    passage = await supervision.last_passage(tx, stand.post.staff_id, chat.now_ms, ticket_id)
    ticket = await _ticket(tx, stand, passage)
    if passage is None or ticket is None or passage.at_ms != at_ms:
        return Turn((Say(words("annul.gone")),), back(chat))
    return await annul(tx, chat, stand, ticket, OWN_SCAN, passage.at_ms)


async def _ticket(tx: Tx, stand: Stand, passage: OwnPassage | None) -> FoundTicket | None:
    if passage is None:
        return None
    return await supervision.ticket_of(tx, stand.post.event_id, passage.ticket_id)


def _ask(ticket: FoundTicket, passage: OwnPassage) -> Turn:
    asked = words("annul.another", passage=passage_of(ticket, passage.at_ms))
    return Turn((Say(asked, (_this(passage),)),))


def _this(passage: OwnPassage) -> Choice:
    about = f"{to_text(passage.ticket_id)}:{to_text(passage.at_ms)}"
    return Choice(words("annul.this"), f"undo:{about}")


async def refused_too_late(tx: Tx, hand: Hand, ticket_id: int) -> Say | None:
    """Offer to undo the passage of a paper that is refused only after it was seen."""
    if hand.staff_id is None:
        return None
    passage = await supervision.last_passage(tx, hand.staff_id, hand.now_ms, ticket_id)
    return Say(words("annul.refused"), (_this(passage),)) if passage else None
