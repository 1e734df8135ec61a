"""Taking over a ticket: the link is opened without effect, read, answered, and accepted once.

At that instant the old code dies and a new ticket is made for its new owner, who hears of it in
their own chat; the old owner is told in theirs. Both get the agreement that the rules advise.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from bot.flows.approved import NEWS
from bot.flows.choices import menu_choices
from bot.flows.choosing.asking import read_birth, read_holder, why_no_holder
from bot.flows.event_words import age_moment, rules_of_use
from bot.flows.house import House
from bot.flows.openings import first_word
from bot.flows.persons.rescuing import rescue_choices
from bot.flows.tickets.bundle import Bundle, is_givable, of_transfer
from bot.flows.tickets.issuing import ticket_messages
from bot.flows.tickets.offers import offer_message, withdraw_choice
from bot.flows.tickets.papers import paper_choice
from boxoffice import rules
from boxoffice.typed_codes import read_claim
from chat.messages import (
    NOTHING,
    Chat,
    Choice,
    Moment,
    Say,
    Tap,
    Tell,
    Text,
    Then,
    Turn,
    Words,
    words,
)
from chat.talk import Step
from storage import acceptances, chats, orders, tickets, transfers
from storage.database import Tx
from storage.ids import to_text
from storage.tickets import FullTicket
from storage.transfers import Taker, Transfer, TransferStatus


@dataclass(frozen=True, slots=True)
class Asked:
    """What has been answered for an offer so far."""

    claim_hash: str
    name: str = ""
    birth: str = ""
    """ISO 8601, where the event checks age."""

    @staticmethod
    def for_(chat: Chat, claim_hash: str) -> "Asked":
        """Read the answers for this offer, if the conversation still stands there."""
        if chat.memory.get("offer") == claim_hash:
            return Asked(
                claim_hash, str(chat.memory.get("name", "")), str(chat.memory.get("birth", ""))
            )
        return Asked(claim_hash)

    def memory(self) -> dict[str, object]:
        """Return what the chat remembers."""
        return {"offer": self.claim_hash, "name": self.name, "birth": self.birth}


@dataclass(frozen=True, slots=True)
class Taking:
    """The beneficiary's side of a transfer."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            "take": self.begin,
            "takeas": self.sign_as_known,
            "taken": self.accept,
            "leave": self.leave,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by where the beneficiary stands."""
        return {
            "taking.name": self.hear_name,
            "taking.birth": self.hear_birth,
            "taking.accept": self.hear_acceptance,
        }

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({"taking.name", "taking.birth"})

    def openings(self) -> Mapping[str, Step]:
        """What a person types who was told a word: `recevoir 7K2P-9XQM-4T1A`."""
        return {"recevoir": self.typed, "receive": self.typed}

    # ---- Read ----------------------------------------------------------------------------------

    async def typed(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed word."""
        return await self.opened(tx, chat, first_word(text.text)[1])

    async def opened(self, tx: Tx, chat: Chat, text: str) -> Turn:
        """Show what is offered; opening a link changes nothing, the button does."""
        claim = read_claim(text)
        found = (
            await transfers.transfer_by_claim(tx, transfers.hash_claim(claim)) if claim else None
        )
        if found is None:
            return Turn((Say(words("taking.unknown"), menu_choices()),), Then())
        bundle, refusal = await self._offer(tx, chat, found)
        if bundle is None:
            return refusal
        return Turn((offer_message(found, bundle),), Then())

    # ---- Answer --------------------------------------------------------------------------------

    async def begin(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask what is missing, then show the conditions: `take:OFFER`."""
        return await self._next(tx, chat, Asked.for_(chat, tap.action.partition(":")[2]))

    async def hear_name(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the name under which the new owner signs."""
        name = read_holder(text.text)
        if name is None:
            return Turn((Say(why_no_holder(text.text)),))
        asked = Asked.for_(chat, str(chat.memory.get("offer", "")))
        return await self._next(tx, chat, Asked(asked.claim_hash, name, asked.birth))

    async def sign_as_known(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Sign under the name the app shows: `takeas:OFFER`."""
        asked = Asked.for_(chat, tap.action.partition(":")[2])
        name = await _known_name(tx, chat) or ""
        return await self._next(tx, chat, Asked(asked.claim_hash, name, asked.birth))

    async def hear_birth(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the birth date, where the event checks age; the gate will judge the same one."""
        asked = Asked.for_(chat, str(chat.memory.get("offer", "")))
        found, bundle, refusal = await self._found(tx, chat, asked.claim_hash)
        if found is None or bundle is None:
            return refusal
        full = bundle.first
        zone = ZoneInfo(full.event.zone)
        born = read_birth(text.text, rules.event_day(chat.now_ms, zone))
        if born is None:
            return _ask_birth(asked, words("asking.birth_again"))
        at_day = rules.age_day(full.event.starts_ms, full.kind.valid_from_ms, zone)
        if rules.age_on(born, at_day) < full.event.age_min:
            too_young = words(
                "taking.too_young", n=bundle.n, years=full.event.age_min, day=_age_day(full)
            )
            return Turn((Say(too_young, menu_choices()),), Then())
        return await self._next(tx, chat, Asked(asked.claim_hash, asked.name, born.isoformat()))

    async def hear_acceptance(self, tx: Tx, chat: Chat, _text: Text) -> Turn:
        """Show the conditions again when what is typed is neither yes nor no."""
        return await self._next(tx, chat, Asked.for_(chat, str(chat.memory.get("offer", ""))))

    async def _next(self, tx: Tx, chat: Chat, asked: Asked) -> Turn:
        """Show the conditions and ask what is missing; one tap below them accepts, signed."""
        found, bundle, refusal = await self._found(tx, chat, asked.claim_hash)
        if found is None or bundle is None:
            return refusal
        if not asked.name:
            known = await _known_name(tx, chat)
            as_known = (
                (Choice(words("giving.as_label", name=known), f"takeas:{asked.claim_hash}"),)
                if known
                else ()
            )
            read = conditions(found, bundle, words("taking.you"))
            question = words("taking.ask_name", giver=found.from_name)
            said = words("taking.read_first", conditions=read, question=question)
            say = Say(said, (*as_known, _leave()))
            return Turn((say,), Then("taking.name", asked.memory()))
        if bundle.event.checks_age and not asked.birth:
            return _ask_birth(asked)
        return self._conditions(found, bundle, asked)

    def _conditions(self, found: Transfer, bundle: Bundle, asked: Asked) -> Turn:
        event = bundle.event
        label = words("buying.i_accept")
        if event.age_min:
            label = words("buying.i_accept_aged", n=event.age_min, day=_age_day(bundle.first))
        accept = Choice(label, f"taken:{found.claim_hash}:{event.conditions_version}")
        shown = conditions(found, bundle, asked.name)
        return Turn((Say(shown, (accept, _leave())),), Then("taking.accept", asked.memory()))

    # ---- Accept --------------------------------------------------------------------------------

    async def accept(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Move the tickets, once: `taken:OFFER:VERSION`."""
        _, claim_hash, version = (*tap.action.split(":"), "", "")[:3]
        asked = Asked.for_(chat, claim_hash)
        found, bundle, refusal = await self._found(tx, chat, claim_hash)
        if found is None or bundle is None:
            return refusal
        event = bundle.event
        unread = version != str(event.conditions_version)
        if unread or not asked.name or (event.checks_age and not asked.birth):
            return await self._next(tx, chat, asked)
        body = self.house.texts.render(conditions(found, bundle, asked.name), chat.language)
        digest = hashlib.sha256(body.encode()).hexdigest()
        await acceptances.keep_text(
            tx,
            digest=digest,
            event_id=event.id,
            version=event.conditions_version,
            language=chat.language,
            body=body,
            now_ms=chat.now_ms,
        )
        taker = Taker(
            person_id=chat.person_id,
            chat_id=chat.id,
            name=asked.name,
            birth_date=date.fromisoformat(asked.birth) if asked.birth else None,
            digest=digest,
            age_min=event.age_min,
        )
        made = await transfers.accept(
            tx, found.id, taker, keyring=self.house.keyring, now_ms=chat.now_ms
        )
        read = [await tickets.ticket_by_id(tx, one) for one in made]
        taken = tuple(one for one in read if one is not None)
        if not taken:
            return await self._too_late(tx, chat, found.id)
        return await self._moved(tx, chat, found, Bundle(taken), asked.name)

    async def _moved(self, tx: Tx, chat: Chat, found: Transfer, taken: Bundle, name: str) -> Turn:
        """Deliver the new tickets, and tell both what is true now."""
        title = taken.event.title
        agreement = Say(
            words("taking.agreement", title=title),
            file=f"agreement:{to_text(found.id)}",
            instead=words("taking.no_agreement", title=title),
            template=NEWS,
        )
        # On words, not on the file: some apps would show a number to type in its place.
        paper = paper_choice(found.id)
        kept = rescue_choices(self.house)
        done = Say(
            words("taking.done", n=taken.n, name=found.from_name, title=title), (paper, *kept)
        )
        mine = Choice(words("menu.tickets"), "tickets")
        told = words("giving.taken", n=taken.n, name=name, title=title)
        gone = Say(told, (paper, mine), template=NEWS)
        # Told where they are heard now; the chat of the offer may be one they have left.
        giver = await _chat_of(tx, found)
        return Turn(
            (done, *ticket_messages(taken.fulls, chat.now_ms), agreement),
            Then(),
            (Tell(giver, gone), Tell(giver, agreement)),
        )

    async def leave(self, _tx: Tx, _chat: Chat, _tap: Tap) -> Turn:
        """End kindly: the offer stays open, the ticket with its owner."""
        return Turn((Say(words("taking.left"), menu_choices()),), Then())

    # ---- What stands in the way ----------------------------------------------------------------

    async def _found(
        self, tx: Tx, chat: Chat, claim_hash: str
    ) -> tuple[Transfer | None, Bundle | None, Turn]:
        found = await transfers.transfer_by_claim(tx, claim_hash)
        if found is None:
            return None, None, Turn((Say(words("taking.unknown"), menu_choices()),), Then())
        bundle, refusal = await self._offer(tx, chat, found)
        return found, bundle, refusal

    async def _offer(self, tx: Tx, chat: Chat, found: Transfer) -> tuple[Bundle | None, Turn]:
        """Read the tickets of an offer that this person may take, or say why they may not."""
        if found.from_id == chat.person_id:
            return None, _own(found)
        bundle = await of_transfer(tx, found)
        if bundle is None or not found.is_open(chat.now_ms):
            return None, await _over(tx, chat, found)
        used = next((one for one in bundle.fulls if not is_givable(one)), None)
        if used is not None:
            return None, await _used(tx, chat, found, used, bundle.n)
        event = bundle.event
        already = await orders.held_count(tx, event.id, chat.person_id)
        verdict = rules.may_buy(bundle.n, already, per_buyer_max=event.per_buyer_max)
        if isinstance(verdict, rules.TooMany):
            say = words("buying.no_more_for_you", title=event.title, n=already)
            if already + 1 <= event.per_buyer_max:
                most = event.per_buyer_max - already
                say = words("taking.too_many", title=event.title, n=bundle.n, most=most)
            return None, Turn((Say(say, menu_choices()),), Then())
        return bundle, Turn()

    async def _too_late(self, tx: Tx, chat: Chat, transfer_id: int) -> Turn:
        """Explain an offer that could not be accepted at the last moment."""
        now = await transfers.transfer_by_id(tx, transfer_id)
        if now is None:
            return Turn((Say(words("taking.unknown"), menu_choices()),), Then())
        return await _over(tx, chat, now)


def conditions(found: Transfer, bundle: Bundle, name: str | Words) -> Words:
    """What the new owner accepts: the tickets, the standing rules, and what a transfer means."""
    event = bundle.event
    return words(
        "taking.conditions",
        n=bundle.n,
        title=event.title,
        when=bundle.when,
        kind=bundle.kinds,
        giver=found.from_name,
        name=name,
        rules=rules_of_use(event, bundle.first.kind),
        own=words("conditions.own", text=event.conditions) if event.conditions else NOTHING,
    )


def _own(found: Transfer) -> Turn:
    """Tell the owner that their own link is for somebody else."""
    if found.status is not TransferStatus.OFFERED:
        return Turn((Say(words("giving.over_already"), menu_choices()),), Then())
    choices = (withdraw_choice(found.id), *menu_choices())
    return Turn((Say(words("taking.own"), choices),), Then())


async def _over(tx: Tx, chat: Chat, found: Transfer) -> Turn:
    """Say what became of an offer; who accepted it finds the tickets where tickets are."""
    n = len(await transfers.together(tx, found))
    if found.status is TransferStatus.ACCEPTED and found.to_id == chat.person_id:
        tickets_choice = Choice(words("menu.tickets"), "tickets")
        return Turn((Say(words("taking.yours", n=n), (tickets_choice,)),), Then())
    key = {
        TransferStatus.ACCEPTED: "taking.gone",
        TransferStatus.WITHDRAWN: "taking.withdrawn",
        TransferStatus.VOID: "taking.void",
    }.get(found.status, "taking.expired")
    return Turn((Say(Words(key, {"name": found.from_name, "n": n}), menu_choices()),), Then())


async def _used(tx: Tx, chat: Chat, found: Transfer, used: FullTicket, n: int) -> Turn:
    """End an offer whose ticket opened a gate meanwhile: both hear it before anything is asked."""
    tell: tuple[Tell, ...] = ()
    if await transfers.void(tx, used.ticket.id, chat.now_ms):
        gone = Say(words("giving.offer_used", n=n, title=used.event.title), template=NEWS)
        tell = (Tell(await _chat_of(tx, found), gone),)
    said = Say(words("taking.void", name=found.from_name, n=n), menu_choices())
    return Turn((said,), Then(), tell)


def _ask_birth(asked: Asked, *said: Words) -> Turn:
    question = words("taking.birth")
    shown = words("asking.lines", lines=(*said, question)) if said else question
    return Turn((Say(shown, (_leave(),)),), Then("taking.birth", asked.memory()))


def _leave() -> Choice:
    return Choice(words("buying.no_thanks"), "leave")


def _age_day(full: FullTicket) -> Moment:
    return age_moment(full.event, full.kind)


async def _known_name(tx: Tx, chat: Chat) -> str | None:
    """The name the person's app shows, if it could stand in an agreement."""
    return read_holder(chat.name or await chats.person_name(tx, chat.person_id))


async def _chat_of(tx: Tx, found: Transfer) -> int:
    """The chat where the old owner was heard last."""
    known = await chats.chats_of_person(tx, found.from_id, "seller")
    return known[0].id if known else found.from_chat_id
