"""One person on several apps: a code shown in one chat and typed in the other joins the two.

The code is shown in the asking chat alone and says what it does. Typing it joins nothing yet: who
types it is told whose account it is and presses a button. Either side undoes it with a tap, and
both are told each time.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import menu_choices
from bot.flows.choosing.unpaid import hold_choices
from bot.flows.openings import first_word
from boxoffice.rules import HOUR_MS, MINUTE_MS
from chat.messages import Chat, Choice, Say, Span, Tap, Tell, Text, Then, Turn, Words, words
from chat.talk import Step
from storage import attempts, chats, events, linking, orders, people
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.linking import CodeShown

CODE_DIGITS = 8
"""Eight digits: typed on any phone, and with five tries an hour nobody meets one by chance."""

CODE_MS = 10 * MINUTE_MS
"""Long enough to take the other phone out of a bag."""

TRIES_MAX = 5
TRIES_MS = HOUR_MS
"""Codes that one person may type in an hour, wrong ones and right ones."""

APPS = frozenset({"telegram", "whatsapp", "web"})
"""The apps with a name of their own in sentences."""

_STEP = "linking"


@dataclass(frozen=True, slots=True)
class Linking:
    """Joining two chats, and parting them."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"link": self.begin, "linkto": self.join, "unlink": self.part}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while a code may be typed."""
        return {_STEP: self.hear}

    def number_steps(self) -> frozenset[str]:
        """Where typed digits are an answer."""
        return frozenset({_STEP})

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere."""
        return dict.fromkeys(
            ("relier", "lier", "relier mes comptes", "delier", "link", "unlink"), "link"
        )

    def openings(self) -> Mapping[str, Step]:
        """What is typed with the code behind it: `relier 4821 0937`."""
        return {"relier": self.hear_opening, "lier": self.hear_opening, "link": self.hear_opening}

    async def begin(self, tx: Tx, chat: Chat, tap: Tap | Text) -> Turn:
        """Show a code, and take one that is shown elsewhere; `link:no` gives it up."""
        if tap == Tap("link:no"):
            return Turn((Say(words("linking.left"), menu_choices()),), Then())
        code = await _new_code(tx, chat)
        linked = await linking.links_of(tx, chat.person_id, chat.id)
        partings = tuple(
            Choice(
                words("linking.part_label", app=app_words(one.channel)),
                f"unlink:{to_text(one.id)}",
            )
            for one in linked
        )
        key = "linking.code_more" if linked else "linking.code"
        said = words(key, code=in_fours(code), left=Span(CODE_MS))
        return Turn((Say(said, (*partings, _leave())),), Then(_STEP))

    async def hear_opening(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `relier 4821 0937`; without a code it is asked for."""
        _, rest = first_word(text.text)
        if not any(char.isdigit() for char in rest):
            return await self.begin(tx, chat, text)
        return await self.hear(tx, chat, Text(rest))

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed code: say whose account it is, and ask."""
        code = digits_of(text.text)
        if len(code) != CODE_DIGITS:
            return Turn((Say(words("linking.no_code"), (_leave(),)),))
        found = await _look(tx, chat, code)
        if isinstance(found, Turn):
            return found
        asked = words("linking.sure", who=_who(found.channel, found.name))
        yes = Choice(words("linking.yes"), f"linkto:{code}")
        no = Choice(words("linking.no"), "link:no")
        return Turn((Say(asked, (yes, no)),), Then(_STEP))

    async def join(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Join the two, once: `linkto:CODE`."""
        code = digits_of(tap.action.partition(":")[2])
        found = await _look(tx, chat, code)
        if isinstance(found, Turn):
            return found
        # From here on no other turn of either person is under way.
        await people.lock_chats(tx, chat.person_id, found.person_id)
        held_id = await linking.both_hold(tx, chat.person_id, found.person_id)
        if held_id is not None:
            return await _two_holds(tx, chat, held_id)
        if not await linking.use_code(tx, code, chat.now_ms):
            return _wrong()
        link_id = await linking.join(
            tx,
            kept_id=found.person_id,
            joined_id=chat.person_id,
            asked_chat_id=found.chat_id,
            typed_chat_id=chat.id,
            now_ms=chat.now_ms,
        )
        await attempts.forget(tx, _tries(chat.person_id))
        mine = await chats.person_name(tx, chat.person_id)
        there = _linked(_who(chat.channel, mine), chat.channel, link_id)
        here = _linked(_who(found.channel, found.name), found.channel, link_id)
        return Turn((here,), Then(), tell=(Tell(found.chat_id, there),))

    async def part(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Undo a link of this person: `unlink:LINK`."""
        link_id = from_text(tap.action.partition(":")[2])
        parted = (
            await linking.part(tx, link_id, chat.person_id, chat.now_ms)
            if link_id is not None
            else None
        )
        if parted is None:
            return Turn((Say(words("linking.not_linked"), menu_choices()),), Then())
        said = Say(words("linking.parted"), menu_choices())
        others = tuple(Tell(chat_id, said) for chat_id in parted if chat_id != chat.id)
        return Turn((said,), Then(), tell=others)


def digits_of(text: str) -> str:
    """Take the digits out of `4821 0937` or `48-21-09-37`, in any script's digits."""
    return "".join(str(int(char)) for char in text if char.isdecimal())


def in_fours(code: str) -> str:
    """Set a code as people read it: `4821 0937`."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def app_words(channel: str) -> Words:
    """Name an app in a sentence."""
    return words(f"linking.app_{channel}" if channel in APPS else "linking.app_other")


async def _new_code(tx: Tx, chat: Chat) -> str:
    """Draw a code that no other chat shows now."""
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        if await linking.show_code(
            tx, chat.id, code, now_ms=chat.now_ms, expires_ms=chat.now_ms + CODE_MS
        ):
            return code


async def _look(tx: Tx, chat: Chat, code: str) -> CodeShown | Turn:
    """Count a try, then find where a code is shown; the same answer to every wrong one."""
    left = await attempts.take(
        tx, _tries(chat.person_id), most=TRIES_MAX, window_ms=TRIES_MS, now_ms=chat.now_ms
    )
    if left is None:
        return Turn((Say(words("linking.too_many"), menu_choices()),), Then())
    found = await linking.shown_where(tx, code, chat.now_ms)
    if found is None:
        return _wrong()
    if found.person_id == chat.person_id:
        key = "linking.own_code" if found.chat_id == chat.id else "linking.already"
        return Turn((Say(words(key), (_leave(),)),), Then(_STEP))
    return found


def _wrong() -> Turn:
    return Turn((Say(words("linking.wrong"), (_leave(),)),), Then(_STEP))


async def _two_holds(tx: Tx, chat: Chat, event_id: int) -> Turn:
    """Say that unpaid seats of one event wait on both sides: one of them is paid or let go first.

    Nobody's seats are let go unasked, and one person has one hold of an event.
    """
    event = await events.event_by_id(tx, event_id)
    order = await orders.active_hold(tx, event_id, chat.person_id)
    said = words("linking.two_holds", title=event.title if event else "")
    return Turn((Say(said, hold_choices(order) if order else ()),), Then())


def _linked(who: Words, channel: str, link_id: int) -> Say:
    undo = Choice(words("linking.part_label", app=app_words(channel)), f"unlink:{to_text(link_id)}")
    return Say(words("linking.linked", who=who), (Choice(words("menu.tickets"), "tickets"), undo))


def _who(channel: str, name: str) -> Words:
    if not name:
        return words("linking.who_nameless", app=app_words(channel))
    return words("linking.who", name=name, app=app_words(channel))


def _leave() -> Choice:
    return Choice(words("linking.cancel"), "link:no")


def _tries(person_id: int) -> str:
    return f"link:{person_id}"
