"""A lost phone loses nothing: an order is recovered in another conversation.

By a code sent to where the payment provider can reach who paid, else by the organiser's yes. What
somebody received from another person is theirs, not the buyer's: its code goes to a contact they
left, and the buyer is never asked. What is said before that is the same whether there is anything
to recover or not. Once it changes hands its old codes are dead, and the old conversation is told,
with a button that stops it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.flows.approved import NEWS
from bot.flows.choices import menu_choices
from bot.flows.house import House
from bot.flows.openings import first_word
from bot.flows.organising.alarms import tell_organiser
from bot.flows.persons.deciding import about, ask_organiser, may_decide, name_of, person_of
from bot.flows.persons.linking import digits_of
from bot.flows.reading import id_at
from bot.flows.team.noting import note
from bot.flows.tickets.issuing import ticket_message
from boxoffice.model import Order, OrderStatus
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
from chat.understanding import fold
from storage import attempts, events, orders, organisers, recoveries, tickets
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.recoveries import Recovery

SEND = "recovery.send"
"""The kind of the far work that sends a code: `bot/far_work/recovering.py`."""

REFERENCE = re.compile(r"[0-9A-Z]{7}")

CODE_MS = HOUR_MS
"""How long a sent code may be typed: an e-mail may take its time."""

CODES_MAX = 5
"""Codes typed at one request; more is guessing."""

PERSON_MAX, ORDER_MAX = 5, 3
"""Requests a day of one person, and about one order: whoever owns it is not to be pestered."""

_REFERENCE_STEP = "recovering.reference"
_GIVEN_STEP = "recovering.given"
_NAME_STEP = "recovering.name"
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
        return {
            _REFERENCE_STEP: self.hear_reference,
            _GIVEN_STEP: self.hear_given_reference,
            _NAME_STEP: self.hear_name,
            _CODE_STEP: self.hear_code,
        }

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
        """Ask for the order's reference; `recover:no` gives it up, `recover:given` was no buyer."""
        if heard == Tap("recover:no"):
            return Turn((Say(words("recovering.left"), menu_choices()),), Then())
        if heard == Tap("recover:given"):
            return Turn((Say(words("recovering.ask_given"), (_leave(),)),), Then(_GIVEN_STEP))
        return Turn((Say(words("recovering.ask"), (_given(), _leave())),), Then(_REFERENCE_STEP))

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
            return _own()
        may = order is not None and await self._may_recover(tx, chat, order)
        return await self._begun(tx, chat, order.id if order and may else None, None)

    async def hear_given_reference(self, _tx: Tx, _chat: Chat, text: Text) -> Turn:
        """Take the reference of an order of which a ticket was given away; ask who received it."""
        reference = _reference_in(text.text)
        if not reference:
            return Turn((Say(words("recovering.no_reference"), (_leave(),)),))
        then = Then(_NAME_STEP, {"reference": reference})
        return Turn((Say(words("recovering.ask_name"), (_leave(),)),), then)

    async def hear_name(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the name in the agreement; the answer does not say whether it stands there."""
        if not await self._may_try(tx, chat, f"recover:{chat.person_id}", PERSON_MAX):
            return Turn((Say(words("recovering.too_many"), menu_choices()),), Then())
        order = await orders.order_by_reference(tx, str(chat.memory.get("reference", "")))
        holder_id = await _holder_named(tx, order, text.text) if order else None
        if holder_id == chat.person_id:
            return _own()
        if order is None or holder_id is None:
            return await self._begun(tx, chat, None, None)
        may = await self._may_recover(tx, chat, order, holder_id)
        return await self._begun(tx, chat, order.id if may else None, holder_id if may else None)

    async def _begun(self, tx: Tx, chat: Chat, order_id: int | None, holder_id: int | None) -> Turn:
        """Keep a request and have its code sent, if it is about anything; it sounds the same."""
        is_given = chat.step == _NAME_STEP
        recovery_id = await recoveries.begin(
            tx,
            chat_id=chat.id,
            order_id=order_id,
            holder_id=holder_id,
            expires_ms=chat.now_ms + CODE_MS,
            now_ms=chat.now_ms,
        )
        jobs = (Job(SEND, {"recovery": recovery_id}),) if order_id is not None else ()
        nothing = Choice(words("recovering.nothing_came"), f"recovery:ask:{to_text(recovery_id)}")
        then = Then(_CODE_STEP, {"recovery": to_text(recovery_id)})
        if is_given:
            say = Say(words("recovering.sent_given"), (nothing, _leave()))
        else:
            say = Say(words("recovering.sent"), (nothing, _given(), _leave()))
        return Turn((say,), then, jobs=jobs)

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
        return Turn(tell=await ask_organiser(tx, fact.recovery_id))

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
                tells = await ask_organiser(tx, recovery.id)
                return Turn((Say(words("recovering.passed_on"), (_leave(),)),), tell=tells)
            case "stop":
                return await self._stop(tx, chat, recovery)
            case "yes" | "no" | "back" | "keep":
                return await self._organiser_decides(tx, chat, recovery, what)
            case _:
                return _old_button()

    async def _organiser_decides(self, tx: Tx, chat: Chat, recovery: Recovery, what: str) -> Turn:
        found = await about(tx, recovery)
        if found is None or not await organisers.runs_event(tx, chat.person_id, found[1].id):
            return Turn((Say(words("organising.reserved")),))
        if not await may_decide(tx, recovery, found[1], chat.person_id):
            return Turn((Say(words("recovering.not_giver"), menu_choices()),))
        order = found[0]
        named = _named(recovery, order)
        match what:
            case "yes" if recovery.status == "asked":
                turn = await self._hand_over(tx, chat, recovery)
                if turn.tell:
                    await note(tx, chat, found[1], "recovery_yes", reference=order.reference)
                done = Say(words("recovering.accepted", reference=named))
                return Turn((done, *turn.say), turn.then, turn.tell) if turn.tell else turn
            case "no" if await recoveries.refuse(tx, recovery.id, chat.now_ms):
                await note(tx, chat, found[1], "recovery_no", reference=order.reference)
                told = Say(words("recovering.refused_you", reference=order.reference))
                done = Say(words("recovering.refused", reference=named))
                return Turn((done,), tell=_told(told, recovery.chat_id))
            case "keep" if await recoveries.keep(tx, recovery.id, chat.now_ms):
                await note(tx, chat, found[1], "recovery_keep", reference=order.reference)
                told = Say(words("recovering.kept", reference=named))
                every = _told(told, recovery.chat_id, recovery.old_chat_id)
                return Turn((told,), tell=tuple(one for one in every if one.chat_id != chat.id))
            case "back" if recovery.status == "contested":
                turn = await self._give_back(tx, chat, recovery, named)
                if turn.tell:
                    await note(tx, chat, found[1], "recovery_back", reference=order.reference)
                return turn
            case _:
                return Turn((Say(words("recovering.decided", reference=named)),))

    async def _hand_over(self, tx: Tx, chat: Chat, recovery: Recovery) -> Turn:
        """Move the order to the asking chat: new codes there, the old ones dead, both told."""
        found = await about(tx, recovery)
        made = await recoveries.hand_over(
            tx, recovery, keyring=self.house.keyring, now_ms=chat.now_ms
        )
        now = await recoveries.recovery_by_id(tx, recovery.id)
        if found is None or made is None or now is None:
            return _old_button()
        order, event = found
        named = _named(recovery, order)
        here = Say(words("recovering.done", reference=named, title=event.title))
        says = (here, *await _ticket_says(tx, chat, made))
        stop = Choice(words("recovering.not_me"), f"recovery:stop:{to_text(recovery.id)}")
        asker = await name_of(tx, await person_of(tx, recovery.chat_id))
        gone = words("recovering.gone", reference=named, title=event.title, asker=asker)
        told = _told(Say(gone, (stop,)), now.old_chat_id)
        if recovery.chat_id == chat.id:
            return Turn(says, Then(), tell=told)
        return Turn(tell=(*(one for say in says for one in _told(say, recovery.chat_id)), *told))

    async def _stop(self, tx: Tx, chat: Chat, recovery: Recovery) -> Turn:
        """Take « ce n’est pas moi » from where the order was: blocked until it is decided."""
        stopped = await recoveries.contest(tx, recovery.id, chat.person_id, chat.now_ms)
        found = await about(tx, recovery)
        if stopped is None or found is None:
            return _old_button()
        order, event = found
        named = _named(recovery, order)
        facts: dict[str, Value] = {
            "reference": named,
            "title": event.title,
            "old": await name_of(tx, chat.person_id),
            "new": await name_of(tx, await person_of(tx, recovery.chat_id)),
        }
        back = Choice(words("recovering.give_back"), f"recovery:back:{to_text(recovery.id)}")
        keep = Choice(words("recovering.let_keep"), f"recovery:keep:{to_text(recovery.id)}")
        alert = Say(words("recovering.contested", **facts), (back, keep), template=NEWS)
        blocked = Say(words("recovering.blocked", reference=named))
        tells = (*_told(blocked, recovery.chat_id), *await tell_organiser(tx, event, alert))
        return Turn((Say(words("recovering.stopped", reference=named)),), tell=tells)

    async def _give_back(self, tx: Tx, chat: Chat, recovery: Recovery, named: Value) -> Turn:
        made = await recoveries.give_back(
            tx, recovery.id, keyring=self.house.keyring, now_ms=chat.now_ms
        )
        if made is None or recovery.old_chat_id is None:
            return _old_button()
        says = (
            Say(words("recovering.back", reference=named)),
            *await _ticket_says(tx, chat, made),
        )
        lost = Say(words("recovering.taken_back", reference=named))
        done = Say(words("recovering.given_back", reference=named))
        tells = tuple(one for say in says for one in _told(say, recovery.old_chat_id))
        return Turn((done,), tell=(*tells, *_told(lost, recovery.chat_id)))

    # ---- Limits ------------------------------------------------------------------------------

    async def _may_recover(
        self, tx: Tx, chat: Chat, order: Order, holder_id: int | None = None
    ) -> bool:
        """Say whether an order has tickets to come, and was not asked for too often today."""
        event = await events.event_by_id(tx, order.event_id)
        if order.status is not OrderStatus.PAID or event is None or event.ends_ms <= chat.now_ms:
            return False
        part = f":{holder_id}" if holder_id is not None else ""
        return await self._may_try(tx, chat, f"recover-order:{order.id}{part}", ORDER_MAX)

    async def _may_try(self, tx: Tx, chat: Chat, key: str, most: int) -> bool:
        left = await attempts.take(tx, key, most=most, window_ms=DAY_MS, now_ms=chat.now_ms)
        return left is not None


def _reference_in(text: str) -> str:
    """Take an order's reference out of `k7m 2p9x`, or nothing."""
    plain = re.sub(r"[\s.-]", "", text).upper()
    return plain if REFERENCE.fullmatch(plain) else ""


async def _holder_named(tx: Tx, order: Order, typed: str) -> int | None:
    """Find who received tickets of an order under this name; None if it is nobody, or two."""
    wanted = fold(typed)
    found = {
        one.owner_id
        for one in await recoveries.received_of(tx, order.id)
        if one.name and fold(one.name) == wanted
    }
    return found.pop() if len(found) == 1 else None


async def _ticket_says(tx: Tx, chat: Chat, ticket_ids: list[int]) -> tuple[Say, ...]:
    found = [await tickets.ticket_by_id(tx, ticket_id) for ticket_id in ticket_ids]
    return tuple(ticket_message(one, chat.now_ms) for one in found if one is not None)


def _named(recovery: Recovery, order: Order) -> Value:
    """Name what changes hands: an order, or what somebody received of it."""
    if recovery.holder_id is None:
        return order.reference
    return words("recovering.part", reference=order.reference)


def _told(say: Say, *chat_ids: int | None) -> tuple[Tell, ...]:
    """Say it in other conversations, which may have been silent for long."""
    said = say if say.template is not None else replace(say, template=NEWS)
    return tuple(Tell(chat_id, said) for chat_id in chat_ids if chat_id is not None)


def _own() -> Turn:
    mine = Choice(words("menu.tickets"), "tickets")
    return Turn((Say(words("recovering.own"), (mine,)),), Then())


def _old_button() -> Turn:
    return Turn((Say(words("menu.old_button"), menu_choices()),))


def _given() -> Choice:
    return Choice(words("recovering.given"), "recover:given")


def _leave() -> Choice:
    return Choice(words("linking.cancel"), "recover:no")
