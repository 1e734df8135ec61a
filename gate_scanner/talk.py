"""The scanner's talk: photos and typed codes in, one answer a message out.

Staff stand in the dark with one hand free: every message is judged at once, nothing is confirmed,
and whatever else is said is answered with what to do next.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from boxoffice.codes import Code, Keyring, Mode, is_printed, read_code
from boxoffice.scan_facts import IdCheck
from boxoffice.typed_codes import ShortCode, read_short_code
from boxoffice.verdicts import Verdict
from chat.messages import (
    Chat,
    Choice,
    Codes,
    Contact,
    JoinedGroup,
    Location,
    Photo,
    Say,
    Start,
    Tap,
    Tell,
    Text,
    Turn,
    Unsupported,
    words,
)
from chat.talk import Talk
from chat.texts import Texts
from chat.understanding import language_words
from gate_scanner import around, overriding, searching, supervising, tally, team, undoing
from gate_scanner.judging import Answer, Gatekeeper
from gate_scanner.live import LIVE_TEXTS
from gate_scanner.tally import NOTHING, Tally
from gate_scanner.team import SCANNING, Place
from gate_scanner.telling import tell_alarm, tell_many, tell_one
from gate_scanner.terminal.offering import TerminalSteps
from storage import staff, supervision
from storage.database import Tx
from storage.ids import from_text, new_id, to_text
from storage.scans import Hand, Paper, Story, Together

TEXTS = Path(__file__).parent / "texts"

CODES_MAX = 20
"""Codes judged in one message: two families' albums; a turn stays short, and the rest is told."""

BURST_MAX = 180
"""Messages of one person that are answered in a minute: three a second, more than two hands can
photograph and send; an album is one. Whoever sends more is not answered, and nobody else waits."""

TYPED_LENGTH_MAX = 40
"""A code of 29 characters typed with spaces; a longer line is a sentence."""

_PRINTED_SHAPE = re.compile(r"[0-9A-Za-z]{4}-[0-9A-Za-z]{4}|[0-9A-Z]{8}")
"""A short code as it is printed, or in capitals: an attempt though it has no digit at all."""

_BESIDE = re.compile(r"[\s,;]+")
"""What stands between codes of one line."""

TYPED_LENGTH_MIN = 6
"""Fewer characters are a word, a number or a greeting."""


_LIGHT_WORDS = """everygate found gate gates help home language live menu post search team
terminal"""
LIGHT = frozenset(_LIGHT_WORDS.split())
"""What shows or leads, and may be pressed by a part of its label: see chat/understanding.py."""


@cache
def scanner_texts() -> Texts:
    """Read the scanner's words, once a process: its files do not change under it."""
    return Texts(TEXTS, LIVE_TEXTS)


def scanner_talk(keyring: Keyring, mode: Mode, terminal_url: str | None = None) -> Talk:
    """Build the scanner's talk for this installation's keys, mode and address of the terminal."""
    terminal = TerminalSteps(terminal_url)
    steps = ScannerSteps(Gatekeeper(keyring, mode))
    return Talk(
        name="scanner",
        hears_albums=True,
        burst_max=BURST_MAX,
        too_fast="too_fast.gate",
        light=LIGHT,
        texts=scanner_texts(),
        actions={
            "join": team.join,
            "home": team.home,
            "post": team.choose_post,
            "gate": team.choose_gate,
            "gates": team.change_gate,
            "leave": team.leave,
            "terminal": terminal.offer,
            "rest": steps.admit_rest,
            "party": steps.admit_party,
            "undo": undoing.undo_last,
            "search": searching.search_how,
            "found": searching.found,
            "again": searching.again,
            "askmoney": searching.ask_money,
            "block": overriding.ask_reason,
            "free": overriding.ask_reason,
            "force": overriding.ask_reason,
            "annul": overriding.ask_reason,
            "because": overriding.because,
            "contest": supervising.ask_holder,
            "everygate": supervising.gates,
            "setgate": supervising.set_gate,
            "team": supervising.members,
            "dismiss": supervising.dismiss,
            "live": supervising.live,
            "unlisted": supervising.set_unlisted,
            "seen": steps.paper_seen,
            "refuse": steps.paper_refused,
            "menu": around.menu,
            "help": around.tell_help,
            "language": around.change_language,
        },
        steps={
            SCANNING: steps.typed,
            overriding.REASON: steps.reason,
            searching.SOUGHT: searching.sought_typed,
        },
        heard={
            Start: team.start,
            Codes: steps.scanned,
            Photo: steps.not_fetched,
            Text: steps.typed,
            Unsupported: around.unsupported,
            Contact: around.unsupported,
            Location: around.unsupported,
            JoinedGroup: around.joined_group,
        },
        lost=around.lost,
        sorry="sorry.gate",
        commands={
            "menu": "menu",
            "annuler": "menu",
            "cancel": "menu",
            "aide": "help",
            "help": "help",
            "porte": "gates",
            "gate": "gates",
            "changer de porte": "gates",
            "change gate": "gates",
            "terminal": "terminal",
            "defaire": "undo",
            "undo": "undo",
            "portes": "everygate",
            "gates": "everygate",
            "equipe": "team",
            "team": "team",
            "les portes": "everygate",
            "l equipe": "team",
            "direct": "live",
            "en direct": "live",
            "live": "live",
            "hors ligne": "unlisted",
            "offline": "unlisted",
            "quitter": "leave",
            "leave": "leave",
            "stop": "leave",
            **language_words("language"),
        },
        is_code=is_printed,
        openings={
            "chercher": searching.search,
            "search": searching.search,
            "heures": supervising.hours_named,
            "hours": supervising.hours_named,
            "renvoyer": supervising.dismiss_named,
            "dismiss": supervising.dismiss_named,
        },
    )


@dataclass(frozen=True, slots=True)
class ScannerSteps:
    """The steps that judge."""

    gatekeeper: Gatekeeper

    async def scanned(self, tx: Tx, chat: Chat, heard: Codes) -> Turn:
        """Judge what was read in a photo or an album."""
        place = team.place_of(chat) or await team.place_for(tx, chat, heard.found)
        if place is None and await staff.posts_of(tx, chat.person_id, chat.now_ms):
            return await _choose_first(tx, chat)
        hand = _hand(chat, place)
        # A poster's or a payment's QR beside a ticket is not worth a word; alone, it is the answer.
        found = heard.found or heard.others[:1]
        if not found:
            fault = heard.fault or "none"
            answer = await self.gatekeeper.judge_unreadable(tx, hand, fault)
            return _turn(chat, place, tell_one(answer, chat.now_ms, fault=fault))
        so_far = tally.before(chat, heard)
        hand = replace(hand, answer_id=so_far.answer_id)
        answers = [await self.gatekeeper.judge_scanned(tx, hand, raw) for raw in found[:CODES_MAX]]
        left_over = len(found) - len(answers)
        without = heard.without if heard.found else 0
        turn = await _told(
            tx, chat, place, answers, left_over=left_over, without=without, before=so_far
        )
        return replace(turn, then=tally.kept(chat, heard, so_far.plus(answers), turn.then))

    async def typed(self, tx: Tx, chat: Chat, heard: Text) -> Turn:
        """Judge typed codes, of a line or several; other words get the choices again."""
        if heard.text.strip().startswith(team.STAFF_LINK):
            return await team.start(tx, chat, Start(heard.text.strip()))
        lines = [line.strip() for line in heard.text.splitlines() if line.strip()]
        codes = [code for line in lines for code in codes_of(line)]
        if not codes:
            return await around.lost(tx, chat, heard)
        place = team.place_of(chat) or await team.place_for(tx, chat, codes)
        if place is None and await staff.posts_of(tx, chat.person_id, chat.now_ms):
            return await _choose_first(tx, chat)
        hand = replace(_hand(chat, place), answer_id=new_id(chat.now_ms))
        answers = [await self.gatekeeper.judge_typed(tx, hand, raw) for raw in codes[:CODES_MAX]]
        return await _told(tx, chat, place, answers, left_over=len(codes) - len(answers))

    async def admit_rest(self, tx: Tx, chat: Chat, heard: Tap) -> Turn:
        """Admit the other tickets of an order, once one of them came in: one reply, one total."""
        place = team.place_of(chat) or await team.place_for(tx, chat, ())
        post = await staff.post_by_id(tx, place.staff_id, chat.person_id) if place else None
        if place is None or post is None:
            return await _choose_first(tx, chat)
        shown_id = from_text(heard.action.partition(":")[2]) or 0
        rest = await supervision.rest_of_order(tx, post.event_id, shown_id, CODES_MAX)
        if not rest:
            return Turn(say=(Say(words("rest.none")),))
        hand = replace(_hand(chat, place), answer_id=new_id(chat.now_ms))
        answers = [await self.gatekeeper.judge_ticket(tx, hand, one) for one in rest]
        return _turn(chat, place, tell_many(answers, chat.now_ms))

    async def admit_party(self, tx: Tx, chat: Chat, heard: Tap) -> Turn:
        """Admit more persons of one ticket together: `party:ID:PERSONS:AFTER`."""
        _, _, rest = heard.action.partition(":")
        ticket_text, _, counts = rest.partition(":")
        persons, _, after = counts.partition(":")
        ticket_id = from_text(ticket_text)
        place = team.place_of(chat) or await team.place_for(tx, chat, ())
        if ticket_id is None or not (persons.isdecimal() and after.isdecimal()) or place is None:
            return await around.lost(tx, chat, heard)
        answer = await self.gatekeeper.judge_party(
            tx, _hand(chat, place), ticket_id, Together(int(persons), int(after))
        )
        if answer is None:
            return Turn(say=(Say(words("party.moved")),))
        return await _told(tx, chat, place, [answer])

    async def reason(self, tx: Tx, chat: Chat, heard: Text) -> Turn:
        """Take a typed reason; a code typed meanwhile is judged: the queue does not wait."""
        if is_attempt(heard.text.strip()):
            return await self.typed(tx, chat, heard)
        return await overriding.reason_typed(tx, chat, heard)

    async def paper_seen(self, tx: Tx, chat: Chat, heard: Tap) -> Turn:
        """Let the holder in: the one statement is made now, and may still say no."""
        return await self._paper(tx, chat, heard, IdCheck.SEEN)

    async def paper_refused(self, tx: Tx, chat: Chat, heard: Tap) -> Turn:
        """Journal that the paper is another person's; nothing is used."""
        return await self._paper(tx, chat, heard, IdCheck.REFUSED)

    async def not_fetched(self, tx: Tx, chat: Chat, _heard: Photo) -> Turn:
        """Answer a photo that never became codes: it has to be sent again."""
        return await self.scanned(tx, chat, Codes(fault="not_fetched"))

    async def _paper(self, tx: Tx, chat: Chat, heard: Tap, id_check: IdCheck) -> Turn:
        _, _, ids = heard.action.partition(":")
        ticket_text, _, asked_text = ids.partition(":")
        ticket_id, asked_ms = from_text(ticket_text), from_text(asked_text)
        if ticket_id is None or asked_ms is None:
            return await around.lost(tx, chat, heard)
        place = team.place_of(chat) or await team.place_for(tx, chat, ())
        hand = _hand(chat, place)
        answer = await self.gatekeeper.judge_paper(tx, hand, ticket_id, Paper(id_check, asked_ms))
        turn = await _told(tx, chat, place, [answer])
        if id_check is not IdCheck.REFUSED:
            return turn
        undo = await undoing.refused_too_late(tx, hand, ticket_id)
        return replace(turn, say=(*turn.say, undo)) if undo else turn


def is_code(line: str) -> bool:
    """Tell whether a typed line has the shape of a code, and of nothing else that is typed."""
    if isinstance(read_code(line), Code) or isinstance(read_short_code(line), ShortCode):
        return True
    return _PRINTED_SHAPE.fullmatch(line.strip()) is not None


def codes_of(line: str) -> list[str]:
    """Part a typed line into the codes it is meant as: one, or several beside each other."""
    beside = _BESIDE.split(line)
    if len(beside) > 1 and not is_code(line) and all(is_code(one) for one in beside):
        return beside
    return [line] if is_attempt(line) else []


def is_attempt(line: str) -> bool:
    """Tell whether a typed line is meant as a code: a code, or one with a slip in it."""
    if is_code(line):
        return True
    bare = "".join(char for char in line if char.isalnum())
    if not TYPED_LENGTH_MIN <= len(bare) <= TYPED_LENGTH_MAX:
        return False
    return bare.isascii() and any(char.isdigit() for char in bare) and "/" not in line


async def _told(
    tx: Tx,
    chat: Chat,
    place: Place | None,
    answers: Sequence[Answer],
    *,
    left_over: int = 0,
    without: int = 0,
    before: Tally = NOTHING,
) -> Turn:
    """Say the answers in one message, and raise the alarm for a new forgery.

    `left_over` codes were too many, `without` photos of an album hold no ticket.
    """
    if len(answers) == 1 and not without and not before.codes:
        more = await _more(tx, chat, place, answers[0])
        say = tell_one(answers[0], chat.now_ms, more=more)
    else:
        say = tell_many(answers, chat.now_ms, left_over=left_over, without=without, before=before)
    return _turn(chat, place, say, tell=await _alarms(tx, chat, answers))


async def _more(tx: Tx, chat: Chat, place: Place | None, answer: Answer) -> tuple[Choice, ...]:
    """Offer the rest of the order after an admission, and a supervisor's means after a refusal."""
    if place is None or answer.ticket_id is None or answer.story is None:
        return ()
    about = to_text(answer.ticket_id)
    if answer.verdict is Verdict.ADMITTED:
        return await _companions(tx, answer, answer.story, about)
    post = await staff.post_by_id(tx, place.staff_id, chat.person_id)
    if post is None or post.role != "supervisor" or answer.verdict is Verdict.ID_CHECK_REQUIRED:
        return ()
    more = (Choice(words("supervisor.more"), f"found:{about}"),)
    if answer.verdict is Verdict.ALREADY_USED:
        return (Choice(words("contest"), f"contest:{about}"), *more)
    return more


async def _companions(tx: Tx, answer: Answer, story: Story, about: str) -> tuple[Choice, ...]:
    """Offer one more of a party or all that remain of it, else the rest of the order.

    Who was let in was let in by this gate's staff, to their event: neither is read again.
    """
    number, size = answer.judgement.number, answer.judgement.party_size
    if number >= size:
        rest = await supervision.rest_of_order(tx, story.event_id, story.ticket_id, CODES_MAX)
        return (Choice(words("rest", n=len(rest)), f"rest:{about}"),) if rest else ()
    left = size - number
    counts = (1, left) if left > 1 else (1,)
    return tuple(
        Choice(words("party.more", n=count), f"party:{about}:{count}:{number}") for count in counts
    )


def _turn(chat: Chat, place: Place | None, say: Say, tell: tuple[Tell, ...] = ()) -> Turn:
    """Answer, and remember a place that was found though never chosen."""
    found = place is not None and team.place_of(chat) is None
    return Turn(say=(say,), tell=tell, then=place.then() if found and place else None)


async def _choose_first(tx: Tx, chat: Chat) -> Turn:
    turn = await team.home(tx, chat, None)
    return Turn(say=(Say(words("choose.first")), *turn.say), then=turn.then)


async def _alarms(tx: Tx, chat: Chat, answers: Sequence[Answer]) -> tuple[Tell, ...]:
    alarms = [one for one in answers if one.alarm and one.verdict is Verdict.FORGED]
    if not alarms or alarms[0].door is None or alarms[0].door.event_id is None:
        return ()
    say = tell_alarm(alarms[0].door.gate_name)
    supervisors = await staff.supervisor_chats(tx, alarms[0].door.event_id)
    return tuple(Tell(chat_id, say) for chat_id in supervisors if chat_id != chat.id)


def _hand(chat: Chat, place: Place | None) -> Hand:
    return Hand(
        person_id=chat.person_id,
        staff_id=place.staff_id if place else None,
        gate_id=place.gate_id if place else None,
        channel=chat.channel,
        received_ms=chat.received_ms,
        now_ms=chat.now_ms,
    )
