"""A terminal's scan: judged by the one judge, answered once, and the same for ever.

The page names each request. Its answer is kept in the very transaction that let the ticket in, so
that a request repeated after a lost answer gets the same light and nobody enters twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from boxoffice.admission import Judgement, Passage
from boxoffice.codes import code_hash
from boxoffice.values import value
from boxoffice.verdicts import Use, Verdict
from chat.messages import Say, Words, words
from chat.saying import PRIORITY_GATE, queue_say
from chat.texts import Texts
from gate_scanner.judging import Answer, Gatekeeper
from gate_scanner.telling import parts, tell_alarm
from storage import staff, supervision, terminals
from storage.database import Tx
from storage.ids import from_text, new_id, to_text
from storage.scans import Hand, Paper, Together
from storage.terminals import Terminal

CHANNEL = "terminal"
"""What the journal calls the channel of a terminal's scans."""

REST_MAX = 50
"""Tickets of one order let in together: as many as one may be for."""

NOT_OF_A_BIGINT = 65
"""Bits of a request's name that a number above zero in the database has no room for."""


@value
class Scan:
    """One request of a terminal: a text that a camera or a hand-held scanner read, or typed."""

    request_id: str
    raw: str
    typed: bool = False
    lost: tuple[str, ...] = ()
    """Names under which an answer that never came back may have let this ticket in."""
    photo: str | None = None
    """The photo it was read in: what one photo let in is taken back together."""


@value
class PaperSeen:
    """What staff said of the paper of a ticket's holder."""

    request_id: str
    ticket: str
    paper: Paper


@value
class Unread:
    """A photo in which no code was found, and why."""

    request_id: str
    fault: str


@value
class Companions:
    """More persons of a party whose first is in."""

    request_id: str
    ticket: str
    together: Together


@value
class RestOfOrder:
    """The other tickets of an order of which one came in."""

    request_id: str
    ticket: str


Request = Scan | PaperSeen | Unread | Companions | RestOfOrder


@value
class Judged:
    """The answer as JSON text, and whether somebody must be told something now."""

    answer: str
    queued: bool = False


@value
class TerminalJudge:
    """Answers what terminals ask."""

    gatekeeper: Gatekeeper
    texts: Texts

    async def judge(self, tx: Tx, token_hash: str, request: Request, now_ms: int) -> Judged | None:
        """Judge one request, or repeat its answer; None when the terminal is closed.

        Raises:
            ConstraintBroken: the same request is being answered elsewhere; ask again.
        """
        found = await terminals.terminal_asking(tx, token_hash, request.request_id, now_ms)
        if found is None:
            return None
        terminal, known = found
        if known is None and isinstance(request, Scan) and request.lost:
            known = await terminals.answer_again(tx, terminal.id, request.lost, request.request_id)
        if known is not None:
            return Judged(known)
        hand = hand_of(terminal, now_ms)
        if isinstance(request, RestOfOrder):
            return await self._judge_rest(tx, terminal, hand, request, now_ms)
        match request:
            case Scan(_, raw, typed, photo=photo):
                if photo is not None:
                    hand = replace(hand, answer_id=UUID(photo).int >> NOT_OF_A_BIGINT)
                judge = self.gatekeeper.judge_typed if typed else self.gatekeeper.judge_scanned
                answer = await judge(tx, hand, raw)
            case PaperSeen(_, ticket, paper):
                answer = await self.gatekeeper.judge_paper(tx, hand, from_text(ticket) or 0, paper)
            case Unread(_, why):
                answer = await self.gatekeeper.judge_unreadable(tx, hand, why)
            case Companions(_, ticket, together):
                ticket_id = from_text(ticket) or 0
                known_answer = await self.gatekeeper.judge_party(tx, hand, ticket_id, together)
                answer = known_answer or Answer(Judgement(Verdict.REPLAY))
        fault = request.fault if isinstance(request, Unread) else None
        said = self.told(answer, terminal.language, now_ms, fault=fault)
        said |= await self._rest(tx, terminal, answer)
        told = await _kept(tx, terminal, request.request_id, answer.verdict, said, now_ms)
        return Judged(told, queued=await _alarm(tx, terminal, answer, now_ms))

    async def _judge_rest(
        self, tx: Tx, terminal: Terminal, hand: Hand, request: RestOfOrder, now_ms: int
    ) -> Judged:
        """Judge each other ticket of an order: an answer for each, with the digest of its code.

        Who came in is kept under a name of their own too: when this answer is lost, the ticket that
        is scanned next, with or without network, brings that name and is answered the same.
        """
        shown_id = from_text(request.ticket) or 0
        rest = await supervision.rest_of_order(tx, terminal.event_id, shown_id, REST_MAX)
        answers: list[dict[str, Any]] = []
        hand = replace(hand, answer_id=new_id(now_ms))
        for ticket_id, code in rest.items():
            answer = await self.gatekeeper.judge_ticket(tx, hand, ticket_id)
            said = self.told(answer, terminal.language, now_ms)
            answers.append(said | {"digest": code_hash(code)})
            if said["passes"]:
                share = share_name(request.request_id, code_hash(code))
                kept = orjson.dumps(said).decode()
                await terminals.keep_share(tx, terminal.id, share, said["verdict"], kept, now_ms)
        if not answers:
            nobody = self.told(Answer(Judgement(Verdict.REPLAY)), terminal.language, now_ms)
            answers = [nobody | {"do": self.texts.render(words("rest.none"), terminal.language)}]
        verdict = Verdict(answers[0]["verdict"])
        body = {"answers": answers}
        return Judged(await _kept(tx, terminal, request.request_id, verdict, body, now_ms))

    async def _rest(self, tx: Tx, terminal: Terminal, answer: Answer) -> dict[str, Any]:
        """Offer to let in the rest of an order of which one came in."""
        judged = answer.judgement
        let_in = answer.verdict is Verdict.ADMITTED and judged.passage is not Passage.EXIT
        if not let_in or answer.ticket_id is None or judged.number < judged.party_size:
            return {}
        rest = await supervision.rest_of_order(tx, terminal.event_id, answer.ticket_id, REST_MAX)
        if not rest:
            return {}
        label = self.texts.render(words("rest", n=len(rest)), terminal.language)
        digests = [code_hash(code) for code in rest.values()]
        return {"rest": {"ticket": to_text(answer.ticket_id), "label": label, "digests": digests}}

    def told(
        self, answer: Answer, language: str, now_ms: int, *, fault: str | None = None
    ) -> dict[str, Any]:
        """Say an answer as the page shows it."""
        said = parts(answer, now_ms, fault=fault)
        verdict = answer.verdict
        told: dict[str, Any] = {
            "verdict": verdict.value,
            "light": verdict.light.value,
            "passes": verdict.use in {Use.YES, Use.PROVISIONAL},
            "moves": _moves(answer),
            "title": self.texts.render(said.title, language),
            "who": self._lines(said.who, language),
            "lines": self._lines(said.happened, language),
            "do": self.texts.render(said.what_to_do, language),
            "at_ms": now_ms,
        }
        if verdict is Verdict.ID_CHECK_REQUIRED and answer.ticket_id is not None:
            told |= {"ticket": to_text(answer.ticket_id), "asked_ms": now_ms}
        judged = answer.judgement
        if verdict is Verdict.ADMITTED and answer.ticket_id and judged.number < judged.party_size:
            told |= {"ticket": to_text(answer.ticket_id), "more": self._more(judged, language)}
        return told

    def _more(self, judged: Judgement, language: str) -> list[dict[str, Any]]:
        """Offer to let in one more of a party, or all that remain."""
        left = judged.party_size - judged.number
        return [
            {
                "label": self.texts.render(words("party.more", n=persons), language),
                "persons": persons,
                "after": judged.number,
            }
            for persons in sorted({1, left})
        ]

    def _lines(self, said: Sequence[Words], language: str) -> list[str]:
        return [self.texts.render(one, language) for one in said]


def share_name(request_id: str, digest: str) -> str:
    """Name one ticket's share of a request for several, as `shareName` of the page does."""
    return str(UUID(sha256(f"{request_id} {digest}".encode()).hexdigest()[:32]))


def _moves(answer: Answer) -> int:
    """Say by how much each person of an answer changes the number inside."""
    if answer.verdict is not Verdict.ADMITTED:
        return 0
    return -1 if answer.judgement.passage is Passage.EXIT else 1


async def _kept(
    tx: Tx,
    terminal: Terminal,
    request_id: str,
    verdict: Verdict,
    said: dict[str, Any],
    now_ms: int,
) -> str:
    """Keep what a request is answered, for when it is repeated; answers it as JSON text."""
    told = orjson.dumps(said).decode()
    await terminals.keep_answer(
        tx, terminal.id, request_id, verdict=verdict.value, answer=told, now_ms=now_ms
    )
    return told


def hand_of(terminal: Terminal, now_ms: int) -> Hand:
    """Return who scans at a terminal."""
    return Hand(
        person_id=terminal.person_id,
        staff_id=terminal.staff_id,
        gate_id=terminal.gate_id,
        channel=CHANNEL,
        received_ms=now_ms,
        now_ms=now_ms,
    )


async def _alarm(tx: Tx, terminal: Terminal, answer: Answer, now_ms: int) -> bool:
    """Tell the supervisors of a forgery never shown before."""
    if not answer.alarm or answer.door is None:
        return False
    return await tell_supervisors(tx, terminal.event_id, tell_alarm(answer.door.gate_name), now_ms)


async def tell_supervisors(tx: Tx, event_id: int, say: Say, now_ms: int) -> bool:
    """Queue a message to every supervisor of an event; false if there is none."""
    chats = await staff.supervisor_chats(tx, event_id)
    for chat_id in chats:
        await queue_say(tx, chat_id, say, PRIORITY_GATE, now_ms)
    return bool(chats)
