"""Is it genuine? Anyone may ask before buying a ticket from somebody: never an admission.

Only the whole code says anything, as a text or as a photo of its QR: the short one is for the
gate's staff. The answer names no person, no order, no time and no gate, and leaves no trace in the
gate's journal. Five answers a day: nobody finds a living code by asking.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import menu_choices, picked_from
from bot.flows.event_words import kind_when
from bot.flows.house import House
from bot.flows.openings import first_word
from boxoffice import rules
from boxoffice.codes import Code, authentic, read_code
from boxoffice.model import EventStatus, Naming, TicketStatus
from boxoffice.typed_codes import ShortCode, read_short_code
from chat.messages import Chat, Choice, Codes, Photo, Say, Tap, Text, Turn, Words, words
from chat.talk import Step
from storage import attempts, tickets
from storage.database import Tx
from storage.tickets import FullTicket

ANSWERS_MAX = 5
"""A person who buys second-hand asks about a few tickets a day; a machine would ask about all."""

PHOTOS_MAX = 20
"""Photos read a day and person, the blurred ones included: reading them is work."""

WINDOW_MS = rules.DAY_MS


@dataclass(frozen=True, slots=True)
class Genuine:
    """The question, and its few answers."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"genuine": self.explain}

    def heard(self) -> Mapping[type, Step]:
        """What is done about what was read in a photo."""
        return {Codes: self.look}

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        said = (
            "verifier",
            "verifier un billet",
            "verifier billet",
            "authentique",
            "vrai ou faux",
            "check",
            "check a ticket",
            "genuine",
        )
        return dict.fromkeys(said, "genuine")

    def openings(self) -> Mapping[str, Step]:
        """What is typed with its code: `vérifier G73K...`."""
        return {"verifier": self.typed, "check": self.typed}

    async def explain(self, _tx: Tx, _chat: Chat, _tap: Tap) -> Turn:
        """Say what to send, and what will never be told."""
        return picked_from(Say(words("genuine.explain", n=ANSWERS_MAX), menu_choices()))

    async def typed(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed code."""
        turn = await self.of_text(tx, chat, first_word(text.text)[1])
        return turn or await self.explain(tx, chat, Tap("genuine"))

    async def of_text(self, tx: Tx, chat: Chat, text: str) -> Turn | None:
        """Answer to a text that is a code, whole or short; None if it is none."""
        code = read_code(text)
        if isinstance(code, Code):
            return await self._answer(tx, chat, code)
        if isinstance(read_short_code(text), ShortCode):
            return _said("genuine.short")
        return None

    async def look(self, tx: Tx, chat: Chat, codes: Codes) -> Turn:
        """Answer to what was read in a photo."""
        key = photos_key(chat.person_id)
        await attempts.take(tx, key, most=PHOTOS_MAX, window_ms=WINDOW_MS, now_ms=chat.now_ms)
        if len(codes.found) > 1:
            return _said("genuine.one_at_a_time")
        if codes.found:
            code = read_code(codes.found[0])
            if isinstance(code, Code):
                return await self._answer(tx, chat, code)
        if codes.fault == "too_large":
            return _said("menu.too_large")
        if codes.fault == "not_an_image":
            return _said("genuine.not_an_image")
        return _said("genuine.not_a_ticket" if codes.others else "genuine.unreadable")

    async def too_many_photos(self, _tx: Tx, _chat: Chat, _photo: Photo) -> Turn:
        """Say that no more photos are read today."""
        return _said("genuine.enough")

    async def _answer(self, tx: Tx, chat: Chat, code: Code) -> Turn:
        left = await attempts.take(
            tx,
            f"genuine:{chat.person_id}",
            most=ANSWERS_MAX,
            window_ms=WINDOW_MS,
            now_ms=chat.now_ms,
        )
        if left is None:
            return _said("genuine.enough")
        answer = await self._judged(tx, chat, code)
        more = words("genuine.left", n=left) if left else words("genuine.none_left")
        said = words("asking.lines", lines=(answer, more))
        return Turn((Say(said, menu_choices()),))

    async def _judged(self, tx: Tx, chat: Chat, code: Code) -> Words:
        """Say what a code is: made here, living, used, and how it is taken over safely."""
        if code.mode is not self.house.mode:
            return words("genuine.other_mode")
        if not authentic(self.house.keyring, code):
            return words("genuine.forged")
        full = await tickets.ticket_by_code(tx, code.text)
        if full is None:
            return words("genuine.forged")
        if full.ticket.status is TicketStatus.REVOKED:
            return words("genuine.replaced", title=full.event.title)
        if full.ticket.status is TicketStatus.BLOCKED:
            return words("genuine.blocked", title=full.event.title)
        if full.ticket.status is not TicketStatus.VALID:
            return words("genuine.dead", title=full.event.title)
        return words(
            "genuine.yes_used" if full.ticket.scanned_at_ms else "genuine.yes",
            title=full.event.title,
            when=kind_when(full.event, full.kind),
            kind=full.kind.name
            if full.ticket.place is None
            else f"{full.kind.name} · {full.ticket.place}",
            advice=_advice(full, chat.now_ms),
        )


def photos_key(person_id: int) -> str:
    """The name under which a person's photos are counted."""
    return f"genuine-photos:{person_id}"


def _advice(full: FullTicket, now_ms: int) -> Words:
    """Say how such a ticket is taken over, or why it should not be bought."""
    if full.event.status is EventStatus.CANCELLED:
        return words("genuine.event_cancelled")
    if now_ms >= full.kind.valid_until_ms:
        return words("genuine.over")
    if full.event.naming is Naming.NOMINATIVE:
        return words("genuine.nominative")
    if full.ticket.scanned_at_ms:
        return words("genuine.do_not_buy")
    return words("genuine.transferable")


def _said(key: str) -> Turn:
    again = Choice(words("genuine.how"), "genuine")
    return Turn((Say(Words(key), (again, *menu_choices())),))
