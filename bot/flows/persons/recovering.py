"""A lost phone loses nothing: an order is recovered in another conversation.

By a code sent to where the payment provider can reach who paid, else by the organiser's yes. What
is said before that is the same whether the order exists or not. Once it changes hands its old codes
are dead, and the old conversation is told, with a button that stops it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import menu_choices
from bot.flows.house import House
from bot.flows.openings import first_word
from bot.flows.organising.alarms import tell_organiser
from bot.flows.persons.linking import digits_of
from bot.flows.reading import id_at
from bot.flows.tickets.issuing import ticket_message
from boxoffice.model import Event, Order, OrderStatus
from boxoffice.one_time import DIGITS, is_one_time_code
from boxoffice.rules import DAY_MS, HOUR_MS
from chat.facts import RecoveryUnsent
from chat.messages import (
    Chat,
    Choice,
    Job,
    Say,
    Tap,
    Tell,
    Text,
    Then,
    Turn,
    Value,
    words,
)
from chat.talk import Step
from storage import attempts, chats, events, orders, organisers, recoveries, tickets
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.recoveries import Recovery

SEND = "recovery.send"
"""The kind of the far work that sends a code: `bot/recovering.py`."""

REFERENCE = re.compile(r"[0-9A-Z]{7}")

CODE_MS = HOUR_MS
"""How long a sent code may be typed: an e-mail may take its time."""

CODES_MAX = 5
"""Codes typed at one request; more is guessing."""

PERSON_MAX, ORDER_MAX = 5, 3
"""Requests a day of one person, and about one order: whoever owns it is not to be pestered."""

_REFERENCE_STEP = "recovering.reference"
_CODE_STEP = "recovering.code"


def occasion(recovery_id: int) -> str:
    """Name what a sent code is for."""
    return f"recovery:{recovery_id}"


@dataclass(frozen=True, slots=True)
class Recovering:
    """Getting tickets back, and stopping whoever should not."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"recover": self.begin, "recovery": self.decide}

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by what was asked."""
        return {_REFERENCE_STEP: self.hear_reference, _CODE_STEP: self.hear_code}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset(self.steps())

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere."""
        said = (
            *("recuperer", "recuperer mes billets", "recover", "recover my tickets"),
            *("j ai perdu mon telephone", "telephone perdu", "j ai perdu mes billets"),
            *("lost phone", "i lost my phone"),
        )
        return dict.fromkeys(said, "recover")

    def openings(self) -> Mapping[str, Step]:
        """What is typed with the reference behind it: `récupérer K7M2P9X`."""
        return {"recuperer": self.hear_opening, "recover": self.hear_opening}

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return {RecoveryUnsent: self.unsent}

    # ---- Who lost a phone --------------------------------------------------------------------

    async def begin(self, _tx: Tx, _chat: Chat, heard: Tap | Text) -> Turn:
        """Ask for the order's reference; `recover:no` gives it up."""
        if heard == Tap("recover:no"):
            return Turn((Say(words("recovering.left"), menu_choices()),), Then())
        return Turn((Say(words("recovering.ask"), (_leave(),)),), Then(_REFERENCE_STEP))

    async def hear_opening(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `récupérer K7M2P9X`; other words behind it are no reference yet."""
        _, rest = first_word(text.text)
        if not _reference_in(rest):
            return await self.begin(tx, chat, text)
        return await self.hear_reference(tx, chat, Text(rest))

    async def hear_reference(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Begin a recovery; the answer is the same whether there is anything to recover or not."""
        reference = _reference_in(text.text)
        if not reference:
            return Turn((Say(words("recovering.no_reference"), (_leave(),)),))
        if not await self._may_try(tx, chat, f"recover:{chat.person_id}", PERSON_MAX):
            return Turn((Say(words("recovering.too_many"), menu_choices()),), Then())
        order = await orders.order_by_reference(tx, reference)
        if order is not None and order.buyer_id == chat.person_id:
            mine = Choice(words("menu.tickets"), "tickets")
            return Turn((Say(words("recovering.own"), (mine,)),), Then())
        is_there = order is not None and await self._may_recover(tx, chat, order)
        recovery_id = await recoveries.begin(
            tx,
            chat_id=chat.id,
            order_id=order.id if order is not None and is_there else None,
            expires_ms=chat.now_ms + CODE_MS,
            now_ms=chat.now_ms,
        )
        jobs = (Job(SEND, {"recovery": recovery_id}),) if is_there else ()
        nothing = Choice(words("recovering.nothing_came"), f"recovery:ask:{to_text(recovery_id)}")
        then = Then(_CODE_STEP, {"recovery": to_text(recovery_id)})
        return Turn((Say(words("recovering.sent"), (nothing, _leave())),), then, jobs=jobs)

    async def hear_code(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the code that was sent; a right one hands the order over."""
        typed = digits_of(text.text)
        recovery_id = from_text(str(chat.memory.get("recovery", ""))) or 0
        nothing = Choice(words("recovering.nothing_came"), f"recovery:ask:{to_text(recovery_id)}")
        if len(typed) != DIGITS:
            return Turn((Say(words("recovering.no_code"), (nothing, _leave())),))
        tried = await recoveries.try_code(
            tx, recovery_id, chat.id, most=CODES_MAX, now_ms=chat.now_ms
        )
        right = is_one_time_code(self.house.keyring, occasion(recovery_id), typed)
        is_good = tried is not None and tried.order_id is not None and right
        left = CODES_MAX - tried.tries if tried is not None else 0
        if tried is None or not (is_good or left):
            again = Choice(words("recovering.again"), "recover")
            return Turn((Say(words("recovering.over"), (again, *menu_choices())),), Then())
        if not is_good:
            return Turn((Say(words("recovering.wrong", n=left), (nothing, _leave())),))
        return await self._hand_over(tx, chat, tried)

    async def unsent(self, tx: Tx, _chat: Chat, fact: RecoveryUnsent) -> Turn:
        """Ask the organiser: nobody can be reached where the order was paid, or nothing arrived."""
        return Turn(tell=await _ask_organiser(tx, fact.recovery_id))

    # ---- The buttons -------------------------------------------------------------------------

    async def decide(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take a button about a request: `recovery:WHAT:ID`; who may press it depends on what."""
        what = tap.action.split(":")[1] if ":" in tap.action else ""
        recovery_id = id_at(tap.action, 2)
        recovery = (
            await recoveries.recovery_by_id(tx, recovery_id) if recovery_id is not None else None
        )
        if recovery is None:
            return _old_button()
        match what:
            case "ask" if recovery.chat_id == chat.id:
                tells = await _ask_organiser(tx, recovery.id)
                return Turn((Say(words("recovering.passed_on"), (_leave(),)),), tell=tells)
            case "stop":
                return await self._stop(tx, chat, recovery)
            case "yes" | "no" | "back" | "keep":
                return await self._organiser_decides(tx, chat, recovery, what)
            case _:
                return _old_button()

    async def _organiser_decides(self, tx: Tx, chat: Chat, recovery: Recovery, what: str) -> Turn:
        found = await _about(tx, recovery)
        if found is None or not await organisers.runs_event(tx, chat.person_id, found[1].id):
            return Turn((Say(words("organising.reserved")),))
        order = found[0]
        match what:
            case "yes" if recovery.status == "asked":
                turn = await self._hand_over(tx, chat, recovery)
                done = Say(words("recovering.accepted", reference=order.reference))
                return Turn((done, *turn.say), turn.then, turn.tell) if turn.tell else turn
            case "no" if await recoveries.refuse(tx, recovery.id, chat.now_ms):
                told = Say(words("recovering.refused_you", reference=order.reference))
                done = Say(words("recovering.refused", reference=order.reference))
                return Turn((done,), tell=(Tell(recovery.chat_id, told),))
            case "keep" if await recoveries.keep(tx, recovery.id, chat.now_ms):
                told = Say(words("recovering.kept", reference=order.reference))
                every = _tells(told, order.chat_id, recovery.old_chat_id)
                return Turn((told,), tell=tuple(one for one in every if one.chat_id != chat.id))
            case "back" if recovery.status == "contested":
                return await self._give_back(tx, chat, recovery, order)
            case _:
                return Turn((Say(words("recovering.decided", reference=order.reference)),))

    async def _hand_over(self, tx: Tx, chat: Chat, recovery: Recovery) -> Turn:
        """Move the order to the asking chat: new codes there, the old ones dead, both told."""
        found = await _about(tx, recovery)
        made = await recoveries.hand_over(
            tx, recovery, keyring=self.house.keyring, now_ms=chat.now_ms
        )
        if found is None or made is None:
            return _old_button()
        order, event = found
        here = Say(words("recovering.done", reference=order.reference, title=event.title))
        says = (here, *await _ticket_says(tx, made))
        stop = Choice(words("recovering.not_me"), f"recovery:stop:{to_text(recovery.id)}")
        asker = await _name(tx, await _person_of(tx, recovery.chat_id))
        gone = words("recovering.gone", reference=order.reference, title=event.title, asker=asker)
        told = Tell(order.chat_id, Say(gone, (stop,)))
        if recovery.chat_id == chat.id:
            return Turn(says, Then(), tell=(told,))
        return Turn(tell=(*(Tell(recovery.chat_id, say) for say in says), told))

    async def _stop(self, tx: Tx, chat: Chat, recovery: Recovery) -> Turn:
        """Take « ce n’est pas moi » from where the order was: blocked until it is decided."""
        stopped = await recoveries.contest(tx, recovery.id, chat.person_id, chat.now_ms)
        found = await _about(tx, recovery)
        if stopped is None or found is None:
            return _old_button()
        order, event = found
        facts: dict[str, Value] = {
            "reference": order.reference,
            "title": event.title,
            "old": await _name(tx, chat.person_id),
            "new": await _name(tx, order.buyer_id),
        }
        back = Choice(words("recovering.give_back"), f"recovery:back:{to_text(recovery.id)}")
        keep = Choice(words("recovering.let_keep"), f"recovery:keep:{to_text(recovery.id)}")
        alert = Say(words("recovering.contested", **facts), (back, keep))
        blocked = Say(words("recovering.blocked", reference=order.reference))
        tells = (Tell(order.chat_id, blocked), *await tell_organiser(tx, event, alert))
        return Turn((Say(words("recovering.stopped", reference=order.reference)),), tell=tells)

    async def _give_back(self, tx: Tx, chat: Chat, recovery: Recovery, order: Order) -> Turn:
        made = await recoveries.give_back(
            tx, recovery.id, keyring=self.house.keyring, now_ms=chat.now_ms
        )
        if made is None or recovery.old_chat_id is None:
            return _old_button()
        says = (
            Say(words("recovering.back", reference=order.reference)),
            *await _ticket_says(tx, made),
        )
        lost = Say(words("recovering.taken_back", reference=order.reference))
        done = Say(words("recovering.given_back", reference=order.reference))
        tells = tuple(Tell(recovery.old_chat_id, say) for say in says)
        return Turn((done,), tell=(*tells, Tell(order.chat_id, lost)))

    # ---- Limits ------------------------------------------------------------------------------

    async def _may_recover(self, tx: Tx, chat: Chat, order: Order) -> bool:
        """Say whether an order has tickets to come, and was not asked for too often today."""
        event = await events.event_by_id(tx, order.event_id)
        if order.status is not OrderStatus.PAID or event is None or event.ends_ms <= chat.now_ms:
            return False
        return await self._may_try(tx, chat, f"recover-order:{order.id}", ORDER_MAX)

    async def _may_try(self, tx: Tx, chat: Chat, key: str, most: int) -> bool:
        left = await attempts.take(tx, key, most=most, window_ms=DAY_MS, now_ms=chat.now_ms)
        return left is not None


async def _ask_organiser(tx: Tx, recovery_id: int) -> tuple[Tell, ...]:
    asked = await recoveries.ask_organiser(tx, recovery_id)
    found = await _about(tx, asked) if asked else None
    if asked is None or found is None:
        return ()
    order, event = found
    facts: dict[str, Value] = {
        "reference": order.reference,
        "n": order.quantity,
        "title": event.title,
        "buyer": await _name(tx, order.buyer_id),
        "asker": await _name(tx, await _person_of(tx, asked.chat_id)),
    }
    yes = Choice(words("recovering.accept"), f"recovery:yes:{to_text(asked.id)}")
    no = Choice(words("recovering.refuse"), f"recovery:no:{to_text(asked.id)}")
    return await tell_organiser(tx, event, Say(words("recovering.asked", **facts), (yes, no)))


def _reference_in(text: str) -> str:
    """Take an order's reference out of `k7m 2p9x`, or nothing."""
    plain = re.sub(r"[\s.-]", "", text).upper()
    return plain if REFERENCE.fullmatch(plain) else ""


async def _about(tx: Tx, recovery: Recovery) -> tuple[Order, Event] | None:
    order = await orders.order_by_id(tx, recovery.order_id) if recovery.order_id else None
    event = await events.event_by_id(tx, order.event_id) if order else None
    return (order, event) if order and event else None


async def _ticket_says(tx: Tx, ticket_ids: list[int]) -> tuple[Say, ...]:
    found = [await tickets.ticket_by_id(tx, ticket_id) for ticket_id in ticket_ids]
    return tuple(ticket_message(one) for one in found if one is not None)


async def _person_of(tx: Tx, chat_id: int) -> int:
    chat = await chats.chat_by_id(tx, chat_id)
    return chat.person_id if chat else 0


async def _name(tx: Tx, person_id: int) -> str:
    return await chats.person_name(tx, person_id) or "?"


def _tells(say: Say, *chat_ids: int | None) -> list[Tell]:
    return [Tell(chat_id, say) for chat_id in chat_ids if chat_id is not None]


def _old_button() -> Turn:
    return Turn((Say(words("menu.old_button"), menu_choices()),))


def _leave() -> Choice:
    return Choice(words("linking.cancel"), "recover:no")
