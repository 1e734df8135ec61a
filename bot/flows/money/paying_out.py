"""Payouts: the balance that is held for an organiser, what they were handed, and undoing that.

Whoever owns this box office records for every organiser; an organiser's owner for their own.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.flows.choosing.asking import read_birth
from bot.flows.house import House
from bot.flows.money.receipts import no_file
from bot.flows.money.till_words import provider_words
from bot.flows.organising.answers import clean
from bot.flows.organising.organiser_words import in_lines, list_button, reserved
from bot.flows.reading import id_at
from bot.flows.team.noting import note_of
from bot.tickets.payout_receipt import day_of
from boxoffice import rules
from boxoffice.money import AmountRefused, Money, parse_money
from chat.messages import Chat, Choice, Moment, Say, Tap, Tell, Text, Then, Turn, Words, words
from chat.talk import Step
from storage import cash, ledger, loans, organisers, payouts
from storage.database import Tx
from storage.ids import to_text
from storage.payouts import Payout

ORGANISERS_MAX = 9
SHOWN_MAX = 5
WAYS = ("transfer", "mobile", "cash")
WAY_CHARS_MAX = 60
KEY_BYTES = 6


@dataclass(frozen=True, slots=True)
class PayingOut:
    """Recording payouts."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            "payouts": self.show,
            "payout": self.ask_amount,
            "payoutway": self.take_way,
            "payoutday": self.take_day,
            "payoutok": self.record,
            "payoutundo": self.ask_to_undo,
            "payoutundone": self.undo,
            "payoutpaper": self.send,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means."""
        return {
            "payout.amount": self.hear_amount,
            "payout.way": self.hear_way,
            "payout.day": self.hear_day,
        }

    def number_steps(self) -> frozenset[str]:
        """Where a typed number is an answer."""
        return frozenset({"payout.amount", "payout.day"})

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return dict.fromkeys(
            ("reversement", "reversements", "versement", "versements", "payout", "payouts"),
            "payouts",
        )

    # ---- The balance ---------------------------------------------------------------------------

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show an organiser's balance and payouts: `payouts:ORGANISER`; who owns all chooses."""
        if ":" in tap.action:
            organiser_id = id_at(tap.action, 1)
            if organiser_id is None or not await _may(tx, chat, organiser_id):
                return await _refused(tx, chat)
            return await self._panel(tx, organiser_id)
        if await loans.owns_platform(tx, chat.person_id):
            found = await payouts.organisers_with_money(tx, ORGANISERS_MAX)
            if len(found) > 1:
                choices = tuple(
                    Choice(words("payout.organiser", name=name), f"payouts:{to_text(one)}")
                    for one, name in found
                )
                return Turn((Say(words("payout.which"), choices),), Then())
            if found:
                return await self._panel(tx, found[0][0])
        own = await organisers.owned_by(tx, chat.person_id)
        return await self._panel(tx, own) if own is not None else await _refused(tx, chat)

    async def _panel(self, tx: Tx, organiser_id: int, *notes: Words) -> Turn:
        sums = await ledger.balances(tx, organiser_id=organiser_id)
        held = [
            (provider, Money(minor, currency))
            for (provider, currency, account), minor in sorted(sums.items())
            if account == "organiser" and provider != cash.PROVIDER
        ]
        made = await payouts.payouts_of(tx, organiser_id, SHOWN_MAX)
        balance = tuple(
            words("payout.balance", provider=provider_words(provider), money=money)
            for provider, money in held
        )
        lines = tuple(self._line(one) for one in made)
        head = words("payout.head" if balance else "payout.nothing")
        past = (words("payout.past"), *lines) if lines else ()
        pay = tuple(
            Choice(
                words("payout.pay", provider=provider_words(provider)),
                f"payout:{to_text(organiser_id)}:{money.currency}:{provider}",
            )
            for provider, money in held
            if money.amount_minor > 0
        )
        undo = tuple(
            Choice(words("payout.undo", money=one.amount), f"payoutundo:{to_text(one.id)}")
            for one in made[:1]
            if one.undone_ms is None
        )
        said = in_lines(*notes, head, *balance, *past)
        return Turn((Say(said, (*pay, *undo, list_button())),), Then())

    def _line(self, one: Payout) -> Words:
        key = "payout.line" if one.undone_ms is None else "payout.line_undone"
        return words(key, money=one.amount, way=one.way, day=self._day(one.paid_on))

    # ---- Recording -----------------------------------------------------------------------------

    async def ask_amount(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask how much was handed over: `payout:ORGANISER:CURRENCY:PROVIDER`."""
        organiser_id = id_at(tap.action, 1)
        parts = tap.action.split(":", 3)
        if (
            organiser_id is None
            or len(parts) != 4  # noqa: PLR2004 (as said above)
            or not await _may(tx, chat, organiser_id)
        ):
            return await _refused(tx, chat)
        memory = {"organiser": organiser_id, "currency": parts[2], "provider": parts[3]}
        return await self._ask_amount(tx, memory)

    async def _ask_amount(self, tx: Tx, memory: Mapping[str, object], *notes: Words) -> Turn:
        balance = await _balance(tx, memory)
        asked = words("payout.ask_amount", money=balance)
        return Turn(
            (Say(in_lines(*notes, asked), (_back(memory),)),), Then("payout.amount", memory)
        )

    async def hear_amount(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the amount: never more than the balance."""
        memory = chat.memory
        if not await _may(tx, chat, int(memory["organiser"])):
            return await _refused(tx, chat)
        amount = parse_money(text.text, str(memory["currency"]))
        if isinstance(amount, AmountRefused) or not amount.amount_minor:
            return await self._ask_amount(tx, memory, words("till.count_again"))
        if amount.amount_minor > (await _balance(tx, memory)).amount_minor:
            return await self._ask_amount(tx, memory, words("payout.too_much"))
        then = {**memory, "minor": amount.amount_minor}
        ways = tuple(Choice(words(f"payout.way_{way}"), f"payoutway:{way}") for way in WAYS)
        return Turn(
            (Say(words("payout.ask_way"), (*ways, _back(memory))),), Then("payout.way", then)
        )

    async def take_way(self, _tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take one of the usual ways: `payoutway:transfer`."""
        way = tap.action.partition(":")[2]
        if "minor" not in chat.memory or way not in WAYS:
            return Turn((Say(words("menu.old_button"), (list_button(),)),), Then())
        said = self.house.texts.render(words(f"payout.way_{way}"), chat.language)
        return self._ask_day({**chat.memory, "way": said})

    async def hear_way(self, _tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a way in somebody's own words, perhaps with a number."""
        way = clean(text.text)[:WAY_CHARS_MAX]
        return (
            self._ask_day({**chat.memory, "way": way})
            if way
            else Turn((Say(words("payout.ask_way")),))
        )

    def _ask_day(self, memory: Mapping[str, object], *notes: Words) -> Turn:
        days = tuple(Choice(words(f"payout.day_{ago}"), f"payoutday:{ago}") for ago in (0, 1))
        asked = in_lines(*notes, words("payout.ask_day"))
        return Turn((Say(asked, (*days, _back(memory))),), Then("payout.day", memory))

    async def take_day(self, _tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take today or yesterday: `payoutday:0`."""
        ago = tap.action.partition(":")[2]
        if "way" not in chat.memory or ago not in {"0", "1"}:
            return Turn((Say(words("menu.old_button"), (list_button(),)),), Then())
        return self._confirm(chat, self._today(chat) - timedelta(days=int(ago)))

    async def hear_day(self, _tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed day, not to come."""
        day = read_birth(text.text, self._today(chat))
        if day is None:
            return self._ask_day(chat.memory, words("payout.bad_day"))
        return self._confirm(chat, day)

    def _confirm(self, chat: Chat, day: date) -> Turn:
        memory = {**chat.memory, "day": day.isoformat(), "key": secrets.token_hex(KEY_BYTES)}
        asked = words(
            "payout.confirm",
            money=Money(int(memory["minor"]), str(memory["currency"])),
            way=str(memory["way"]),
            day=self._day(day.isoformat()),
            provider=provider_words(str(memory["provider"])),
        )
        yes = Choice(words("payout.yes"), f"payoutok:{memory['key']}")
        return Turn((Say(asked, (yes, _back(memory))),), Then("", memory))

    async def record(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Record what was confirmed: `payoutok:KEY`; the same key is the same payout."""
        memory = chat.memory
        if memory.get("key") != tap.action.partition(":")[2]:
            return Turn((Say(words("payout.forgotten"), (list_button(),)),), Then())
        organiser_id = int(memory["organiser"])
        if not await _may(tx, chat, organiser_id):
            return await _refused(tx, chat)
        done = await payouts.record(
            tx,
            str(memory["key"]),
            organiser_id=organiser_id,
            provider=str(memory["provider"]),
            amount=Money(int(memory["minor"]), str(memory["currency"])),
            way=str(memory["way"]),
            paid_on=str(memory["day"]),
            by=chat.person_id,
            now_ms=chat.now_ms,
        )
        if isinstance(done, Money):
            return await self._panel(tx, organiser_id, words("payout.too_much"))
        said = words("journal.payout", money=done.amount, way=done.way)
        await note_of(tx, chat, organiser_id, said)
        return await self._told(tx, chat, done, "recorded")

    # ---- Undoing -------------------------------------------------------------------------------

    async def ask_to_undo(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say what undoing does: `payoutundo:ID`."""
        payout = await _payout(tx, chat, tap)
        if payout is None:
            return await _refused(tx, chat)
        if payout.undone_ms is not None:
            return await self._panel(tx, payout.organiser_id, words("payout.undone_before"))
        asked = words("payout.ask_undo", money=payout.amount, way=payout.way)
        yes = Choice(words("payout.yes_undo"), f"payoutundone:{to_text(payout.id)}")
        back = Choice(words("payout.back"), f"payouts:{to_text(payout.organiser_id)}")
        return Turn((Say(asked, (yes, back)),), Then())

    async def undo(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Undo a payout by a line the other way: `payoutundone:ID`."""
        payout = await _payout(tx, chat, tap)
        if payout is None:
            return await _refused(tx, chat)
        done = await payouts.undo(tx, payout.id, by=chat.person_id, now_ms=chat.now_ms)
        if done is None:
            return await self._panel(tx, payout.organiser_id, words("payout.undone_before"))
        said = words("journal.payout_undone", money=done.amount, way=done.way)
        await note_of(tx, chat, done.organiser_id, said)
        return await self._told(tx, chat, done, "undone")

    async def send(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send a payout's receipt again: `payoutpaper:ID`."""
        payout = await _payout(tx, chat, tap)
        return Turn((_paper(payout, "receipt"),)) if payout else await _refused(tx, chat)

    async def _told(self, tx: Tx, chat: Chat, payout: Payout, what: str) -> Turn:
        """Show the balance as it is now, and give the receipt to both sides."""
        panel = await self._panel(tx, payout.organiser_id)
        chats = await organisers.organiser_chats(tx, payout.organiser_id)
        paper = _paper(payout, what)
        told = tuple(Tell(one, paper) for one in chats if one != chat.id)
        return Turn((paper, *panel.say), panel.then, tell=told)

    def _today(self, chat: Chat) -> date:
        return rules.event_day(chat.now_ms, ZoneInfo(self.house.zone))

    def _day(self, paid_on: str) -> Moment:
        return day_of(paid_on, self.house.zone)


async def _may(tx: Tx, chat: Chat, organiser_id: int) -> bool:
    """Say whether this person records payouts of this organiser, now."""
    if await loans.owns_platform(tx, chat.person_id):
        return True
    return await organisers.owned_by(tx, chat.person_id) == organiser_id


async def _refused(tx: Tx, chat: Chat) -> Turn:
    if await organisers.organiser_of(tx, chat.person_id) is None:
        return reserved()
    return Turn((Say(words("organising.not_your_role"), (list_button(),)),), Then())


async def _payout(tx: Tx, chat: Chat, tap: Tap) -> Payout | None:
    payout_id = id_at(tap.action, 1)
    payout = await payouts.payout_by_id(tx, payout_id) if payout_id is not None else None
    if payout is None or not await _may(tx, chat, payout.organiser_id):
        return None
    return payout


async def _balance(tx: Tx, memory: Mapping[str, object]) -> Money:
    sums = await ledger.balances(tx, organiser_id=int(str(memory["organiser"])))
    currency = str(memory["currency"])
    return Money(sums.get((str(memory["provider"]), currency, "organiser"), 0), currency)


def _paper(payout: Payout, what: str) -> Say:
    said = words(f"payout.{what}", money=payout.amount, way=payout.way)
    return Say(said, file=f"payout:{to_text(payout.id)}", instead=no_file(said))


def _back(memory: Mapping[str, object]) -> Choice:
    return Choice(words("payout.back"), f"payouts:{to_text(int(str(memory['organiser'])))}")
