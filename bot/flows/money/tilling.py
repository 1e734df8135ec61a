"""The tills: what each seller took in cash, handed back, and handed on; counted and closed."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.organising.alarms import tell_organiser
from bot.flows.organising.organiser_words import event_run_by, foreign, reserved, short_title
from bot.flows.team.noting import note
from boxoffice.model import Event
from boxoffice.money import AmountRefused, Money, parse_money
from chat.messages import Chat, Choice, Say, Tap, Tell, Text, Then, Turn, Value, Words, words
from chat.talk import Step
from storage import (
    cash,
    chats,
    events,
    ledger,
    orders,
    organisers,
    payments,
    refunds,
    sellers,
)
from storage.cash import Till
from storage.database import Tx
from storage.ids import from_text, to_text

EVENTS_MAX = 9
TILLS_SHOWN_MAX = 30
KEY_BYTES = 6


@dataclass(frozen=True, slots=True)
class Tilling:
    """Counting, closing, and handing cash back."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            "till": self.show,
            "tillclose": self.ask_count,
            "tillok": self.close,
            "handback": self.hand_back,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means."""
        return {"till.count": self.hear_count}

    def number_steps(self) -> frozenset[str]:
        """Where a typed number is an answer."""
        return frozenset({"till.count"})

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return dict.fromkeys(("caisse", "ma caisse", "caisses", "till", "tills"), "till")

    # ---- How it stands -------------------------------------------------------------------------

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show a till, or to who runs the event all of them: `till:EVENT`."""
        if ":" in tap.action:
            event = await event_run_by(tx, chat, tap.action)
            return await self._tills(tx, chat, event) if event else await foreign(tx, chat)
        ids = await sellers.events_sold_by(tx, chat.person_id, chat.now_ms, EVENTS_MAX)
        found = [one for event_id in ids if (one := await events.event_by_id(tx, event_id))]
        if not found:
            if await organisers.organiser_of(tx, chat.person_id) is None:
                return reserved()
            return Turn((Say(words("counter.no_event")),), Then())
        if len(found) == 1:
            return await self._tills(tx, chat, found[0])
        choices = tuple(
            Choice(
                words("organising.event_button", title=short_title(event.title)),
                f"till:{to_text(event.id)}",
            )
            for event in found
        )
        return Turn((Say(words("till.which"), choices),), Then())

    async def _tills(self, tx: Tx, chat: Chat, event: Event, *notes: Words) -> Turn:
        """One's own till in full; and the others' in a line each for who runs the event."""
        runs = await organisers.runs_event(tx, chat.person_id, event.id)
        every = await cash.tills(tx, event.id, None if runs else chat.person_id)
        mine = next((till for till in every if till.person_id == chat.person_id), None)
        lines = [*notes, words("till.head", title=event.title)]
        if mine is not None or not runs:
            lines.append(_own(mine or Till(chat.person_id, "", 0, 0, 0, 0), event.currency))
        others = [till for till in every if till.person_id != chat.person_id]
        lines += [_line(till, event.currency) for till in others[:TILLS_SHOWN_MAX]]
        if runs and others:
            total = sum(till.expected_minor for till in every)
            lines.append(words("till.total", money=Money(total, event.currency)))
        if runs and not every:
            lines.append(words("till.none"))
        close = Choice(words("till.close"), f"tillclose:{to_text(event.id)}")
        sell = Choice(words("handing.next_sell"), f"sell:{to_text(event.id)}")
        choices = (close, sell) if mine is not None and mine.expected_minor else (sell,)
        say = Say(words("counter.lines", lines=tuple(lines)), choices)
        return Turn((say,), Then("", {"panel": to_text(event.id)}))

    # ---- Closing -------------------------------------------------------------------------------

    async def ask_count(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask what is in the till, without saying first what should be: `tillclose:EVENT`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        memory = {"event": event.id, "panel": to_text(event.id)}
        back = Choice(words("till.back"), f"till:{to_text(event.id)}")
        return Turn((Say(words("till.count"), (back,)),), Then("till.count", memory))

    async def hear_count(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take what was counted, and show it beside what should be there."""
        event = await event_run_by(tx, chat, f"till:{to_text(int(chat.memory['event']))}")
        if event is None:
            return await foreign(tx, chat)
        counted = parse_money(text.text, event.currency)
        back = Choice(words("till.back"), f"till:{to_text(event.id)}")
        if isinstance(counted, AmountRefused):
            return Turn((Say(words("till.count_again"), (back,)),))
        expected = await self._expected(tx, chat, event)
        said = words(
            "till.compare",
            counted=counted,
            expected=expected,
            gap=_gap(counted, expected),
        )
        key = secrets.token_hex(KEY_BYTES)
        action = f"tillok:{to_text(event.id)}:{counted.amount_minor}:{key}"
        return Turn((Say(said, (Choice(words("till.confirm"), action), back)),), Then())

    async def close(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Hand over what was counted: `tillok:EVENT:COUNTED:KEY`; the same key counts once."""
        event = await event_run_by(tx, chat, tap.action)
        parts = tap.action.split(":")
        if event is None or len(parts) != 4 or not parts[2].isdecimal():  # noqa: PLR2004 (as said)
            return await foreign(tx, chat)
        expected = await self._expected(tx, chat, event)
        counted = Money(int(parts[2]), event.currency)
        closing_id = await cash.close(
            tx,
            parts[3],
            event_id=event.id,
            person_id=chat.person_id,
            closed_by=chat.person_id,
            expected=expected,
            counted=counted,
            now_ms=chat.now_ms,
        )
        if closing_id is None:
            return await self._tills(tx, chat, event, words("till.closed_before"))
        if counted.amount_minor:
            handing = ledger.Handing(
                f"till:{closing_id}",
                event.organiser_id,
                cash.PROVIDER,
                counted,
                chat.person_id,
                event.id,
            )
            await ledger.paid_out(tx, handing, chat.now_ms)
        who = chat.name or await chats.person_name(tx, chat.person_id)
        facts: dict[str, Value] = {
            "counted": counted,
            "expected": expected,
            "gap": _gap(counted, expected),
        }
        await note(tx, chat, event, "till", counted=counted, expected=expected)
        said = Say(words("till.organiser_closed", who=who, title=event.title, **facts))
        told = [one for one in await tell_organiser(tx, event, said) if one.chat_id != chat.id]
        turn = await self._tills(tx, chat, event, words("till.closed", **facts))
        return Turn(turn.say, turn.then, tell=tuple(told))

    async def _expected(self, tx: Tx, chat: Chat, event: Event) -> Money:
        mine = await cash.tills(tx, event.id, chat.person_id)
        return Money(mine[0].expected_minor if mine else 0, event.currency)

    # ---- Handing back --------------------------------------------------------------------------

    async def hand_back(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Record that cash was handed back to a buyer, by whoever did: `handback:REFUND`."""
        refund_id = from_text(tap.action.partition(":")[2])
        refund = await refunds.refund_by_id(tx, refund_id) if refund_id is not None else None
        payment = await payments.payment_by_id(tx, refund.payment_id) if refund else None
        order = await orders.order_by_id(tx, payment.order_id) if payment else None
        event = await event_run_by(tx, chat, f"till:{to_text(order.event_id)}") if order else None
        if refund is None or order is None or event is None:
            return await foreign(tx, chat)
        facts: dict[str, Value] = {
            "amount": refund.amount,
            "reference": order.reference,
            "title": event.title,
        }
        if not await cash.hand_back(tx, refund.id, chat.person_id):
            return Turn((Say(words("till.handed_back_before", **facts)),))
        await note(tx, chat, event, "handed_back", money=refund.amount, reference=order.reference)
        await refunds.done(tx, refund.id, f"by-hand-{refund.id}", chat.now_ms)
        await ledger.returned(tx, refund.payment_id, refund.id, refund.amount, chat.now_ms)
        told: tuple[Tell, ...] = ()
        if order.chat_id != chat.id:
            told = (Tell(order.chat_id, Say(words("paying.refunded", **facts))),)
        return Turn((Say(words("till.handed_back", **facts)),), tell=told)


def _own(till: Till, currency: str) -> Words:
    return words(
        "till.own",
        n=till.tickets,
        taken=Money(till.taken_minor, currency),
        back=Money(till.back_minor, currency),
        closed=Money(till.closed_minor, currency),
        expected=Money(till.expected_minor, currency),
    )


def _line(till: Till, currency: str) -> Words:
    return words(
        "till.line",
        who=till.name,
        n=till.tickets,
        taken=Money(till.taken_minor, currency),
        expected=Money(till.expected_minor, currency),
    )


def _gap(counted: Money, expected: Money) -> Words:
    minor = counted.amount_minor - expected.amount_minor
    key = "till.gap_none" if not minor else "till.gap_more" if minor > 0 else "till.gap_less"
    return words(key, money=Money(abs(minor), counted.currency)) if minor else words(key)
