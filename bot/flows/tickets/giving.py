"""Giving a ticket away: offered by a link to forward, taken back until somebody accepts it.

Nothing moves here: what the holder makes is an offer. The ticket changes hands in `taking.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.flows.approved import NEWS
from bot.flows.choices import keep_tickets, menu_choices, picked_from
from bot.flows.choosing.asking import read_holder, why_no_holder
from bot.flows.house import House
from bot.flows.reading import read_phone
from bot.flows.tickets.bundle import (
    Bundle,
    chosen,
    givable_of,
    is_givable,
    kind_name,
    named,
    of_transfer,
)
from bot.flows.tickets.offers import (
    given_to,
    not_yours,
    offer_message,
    refused,
    why_not,
    withdraw_choice,
)
from bot.flows.tickets.which import told_apart
from boxoffice import rules
from boxoffice.model import EventStatus
from boxoffice.typed_codes import ShortCode, make_claim, spaced_claim
from chat.facts import TransferOver
from chat.messages import (
    Chat,
    Choice,
    Contact,
    Moment,
    Say,
    Tap,
    Tell,
    Text,
    Then,
    Turn,
    words,
)
from chat.talk import Step
from storage import attempts, chats, tickets, transfers
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.transfers import TransferStatus

CLAIM_PREFIX = "c_"
"""What a link that takes over a ticket says to the seller, before its word."""

SEVERAL = "giving.several"
"""Where a chat stands that was asked which tickets go."""

CONTACT = "giving.contact"
"""Where a chat stands that was asked to whom an offer goes."""

TOLD_MAX = 5
"""Offers sent to numbers a day and person: friends, not a mailing list."""

LOOKED_AT_MAX = 100
"""Tickets among which those that can be given are looked for."""

LISTED_MAX = 10
"""Tickets to choose from: what a list picker holds."""


@dataclass(frozen=True, slots=True)
class Giving:
    """The holder's side of a transfer."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            "give": self.ask,
            "givesome": self.ask_which,
            "giveall": self.all_of_them,
            "giveas": self.offer_as_known,
            "giveto": self.ask_contact,
            "ungive": self.withdraw,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means while the holder's name is awaited."""
        return {
            "giving.name": self.hear_name,
            SEVERAL: self.hear_which,
            CONTACT: self.hear_number,
        }

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return frozenset({"giving.name", SEVERAL, CONTACT})

    def heard(self) -> Mapping[type, Step]:
        """What is done about an offer that nobody accepted in time."""
        return {TransferOver: self.over, Contact: self.hear_contact}

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        french = ("ceder", "ceder un billet", "ceder mon billet", "donner mon billet")
        said = (*french, "transfer", "give away")
        return dict.fromkeys(said, "give")

    async def ask(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say what giving means, and ask for the name of the agreement: `give` or `give:TICKET`."""
        ticket_id = from_text(tap.action.partition(":")[2])
        if ticket_id is None:
            return await self._which(tx, chat)
        full = await tickets.ticket_by_id(tx, ticket_id)
        refusal = await why_not(tx, chat, full)
        if full is None or refusal is not None:
            return refusal or not_yours()
        return await self._ask_name(tx, chat, Bundle((full,)))

    async def _ask_name(self, tx: Tx, chat: Chat, bundle: Bundle) -> Turn:
        """Say what giving these means, and ask for the name in the agreement."""
        known = read_holder(chat.name or await chats.person_name(tx, chat.person_id))
        key = bundle.key
        as_known = (Choice(words("giving.as_label", name=known), f"giveas:{key}"),) if known else ()
        order_id = bundle.fulls[0].order.id
        held = await givable_of(tx, order_id, chat.person_id) if bundle.n == 1 else []
        several = Choice(words("giving.several"), f"givesome:{to_text(order_id)}")
        more = (several,) if len(held) > 1 else ()
        offers = [
            await transfers.open_offer_of(tx, one.ticket.id, chat.now_ms) for one in bundle.fulls
        ]
        again = words("giving.open_already", n=bundle.n) if any(offers) else None
        question = words(
            "giving.ask",
            n=bundle.n,
            title=bundle.event.title,
            when=bundle.when,
            kind=bundle.kinds,
        )
        said = words("asking.lines", lines=(again, question)) if again else question
        keep = keep_tickets(bundle.n)
        return Turn((Say(said, (*as_known, *more, keep)),), Then("giving.name", {"ticket": key}))

    # ---- Several of them -----------------------------------------------------------------------

    async def ask_which(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask which tickets of an order go to one person: `givesome:ORDER`."""
        order_text = tap.action.partition(":")[2]
        held = await givable_of(tx, from_text(order_text) or 0, chat.person_id)
        if not held:
            return not_yours()
        if len(held) == 1:
            return await self._ask_name(tx, chat, Bundle((held[0],)))
        lines = tuple(
            words(
                "giving.rank_line",
                rank=one.ticket.number,
                kind=kind_name(one),
                short=str(ShortCode(one.ticket.short_code)),
            )
            for one in held
        )
        every = Choice(words("giving.all_label", n=len(held)), f"giveall:{order_text}")
        keep = keep_tickets(len(held))
        say = Say(words("giving.which_several", lines=lines), (every, keep))
        return Turn((say,), Then(SEVERAL, {"order": order_text}))

    async def hear_which(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `1, 3` or `tous`."""
        order_id = from_text(str(chat.memory.get("order", ""))) or 0
        held = await givable_of(tx, order_id, chat.person_id)
        picked = chosen(text.text, held)
        if not picked:
            return Turn((Say(words("giving.several_unreadable")),))
        return await self._ask_name(tx, chat, Bundle(picked))

    async def all_of_them(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take every ticket that can be given: `giveall:ORDER`."""
        order_id = from_text(tap.action.partition(":")[2]) or 0
        held = await givable_of(tx, order_id, chat.person_id)
        return await self._ask_name(tx, chat, Bundle(tuple(held))) if held else not_yours()

    async def _which(self, tx: Tx, chat: Chat) -> Turn:
        """Let the person pick a ticket that can be given; with none of them, say why not."""
        every = await tickets.tickets_of(
            tx, chat.person_id, now_ms=chat.now_ms, limit=LOOKED_AT_MAX
        )
        if not every:
            return Turn((Say(words("ticket.none"), menu_choices()),), Then())
        held = [one for one in every if is_givable(one)][:LISTED_MAX] or every[:1]
        if len(held) == 1:
            return await self.ask(tx, chat, Tap(f"give:{to_text(held[0].ticket.id)}"))
        labels = [
            words(
                "giving.ticket_label",
                title=one.event.title,
                kind=kind_name(one),
                rank=one.ticket.number,
                count=one.order.quantity,
            )
            for one in held
        ]
        apart = told_apart(labels, [one.order for one in held])
        choices = tuple(
            Choice(label, f"give:{to_text(one.ticket.id)}")
            for label, one in zip(apart, held, strict=True)
        )
        return picked_from(Say(words("giving.which"), choices))

    async def hear_name(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the name under which the holder signs."""
        name = read_holder(text.text)
        if name is None:
            return Turn((Say(why_no_holder(text.text)),))
        return await self._offered(tx, chat, str(chat.memory.get("ticket", "")), name)

    async def offer_as_known(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Sign under the name the app shows: `giveas:TICKET`."""
        known = read_holder(chat.name or await chats.person_name(tx, chat.person_id))
        if known is None:
            return await self.ask(tx, chat, tap)
        return await self._offered(tx, chat, tap.action.partition(":")[2], known)

    async def _offered(self, tx: Tx, chat: Chat, ticket_text: str, name: str) -> Turn:
        """Make the offer: a message to forward, and how to take it back."""
        bundle, refusal = await self._chosen(tx, chat, ticket_text)
        if bundle is None:
            return refusal
        claim = make_claim()
        expires_ms = chat.now_ms + rules.GIVING_MS_MAX
        if bundle.event.status is not EventStatus.POSTPONED:
            expires_ms = rules.giving_until_ms(chat.now_ms, bundle.starts_ms, bundle.valid_until_ms)
        transfer_id = await transfers.offer(
            tx,
            [one.ticket.id for one in bundle.fulls],
            claim,
            owner_id=chat.person_id,
            chat_id=chat.id,
            name=name,
            expires_ms=expires_ms,
            now_ms=chat.now_ms,
        )
        if transfer_id is None:
            return Turn((Say(words("giving.refused"), menu_choices()),), Then())
        until = Moment(expires_ms, bundle.event.zone)
        link = self.house.seller_link(chat.channel, f"{CLAIM_PREFIX}{claim}")
        forward = words(
            "giving.forward" if link else "giving.forward_word",
            n=bundle.n,
            name=name,
            title=bundle.event.title,
            when=bundle.when,
            link=link or "",
            word=spaced_claim(claim),
            until=until,
        )
        ready = Say(
            words("giving.ready", n=bundle.n, until=until),
            (
                Choice(words("giving.to_contact"), f"giveto:{to_text(transfer_id)}"),
                withdraw_choice(transfer_id),
                Choice(words("menu.tickets"), "tickets"),
            ),
        )
        return Turn((Say(forward, alone=True), ready), Then())

    async def _chosen(self, tx: Tx, chat: Chat, key: str) -> tuple[Bundle | None, Turn]:
        """Read what is to be given: a ticket, or several of an order; or why it may not."""
        if ":" in key:
            bundle = await named(tx, key, chat.person_id)
            if bundle is None:
                return None, refused("giving.refused")
        else:
            ticket_id = from_text(key)
            full = await tickets.ticket_by_id(tx, ticket_id) if ticket_id is not None else None
            bundle = Bundle((full,)) if full else None
        for one in bundle.fulls if bundle else (None,):
            refusal = await why_not(tx, chat, one)
            if refusal is not None:
                return None, refusal
        return bundle, Turn()

    # ---- To a contact --------------------------------------------------------------------------

    async def ask_contact(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask for a contact or a number: `giveto:TRANSFER`."""
        transfer = await transfers.transfer_by_id(tx, from_text(tap.action.partition(":")[2]) or 0)
        if transfer is None or transfer.from_id != chat.person_id:
            return not_yours()
        if not transfer.is_open(chat.now_ms):
            return Turn((Say(words("giving.over_already"), menu_choices()),), Then())
        say = Say(words("giving.ask_contact"), (Choice(words("menu.tickets"), "tickets"),))
        return Turn((say,), Then(CONTACT, {"transfer": to_text(transfer.id)}))

    async def hear_number(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a typed number, with its country: `+229 01 97 00 00 00`."""
        phone = read_phone(text.text)
        if phone is None:
            return Turn((Say(words("giving.number_unreadable")),))
        return await self._told(tx, chat, phone, "")

    async def hear_contact(self, tx: Tx, chat: Chat, card: Contact) -> Turn:
        """Take a shared card, where one was asked for."""
        if chat.step != CONTACT:
            return Turn((Say(words("menu.unsupported"), menu_choices()),))
        phone = read_phone(f"+{card.phone.lstrip('+')}") or ""
        if not phone and not card.ref:
            return Turn((Say(words("giving.number_unreadable")),))
        return await self._told(tx, chat, phone, card.ref)

    async def _told(self, tx: Tx, chat: Chat, phone: str, ref: str) -> Turn:
        """Tell whoever is known by a number; whether somebody is, is told to nobody."""
        transfer = await transfers.transfer_by_id(
            tx, from_text(str(chat.memory.get("transfer", ""))) or 0
        )
        if transfer is None or transfer.from_id != chat.person_id:
            return not_yours()
        bundle = await of_transfer(tx, transfer)
        if bundle is None or not transfer.is_open(chat.now_ms):
            return Turn((Say(words("giving.over_already"), menu_choices()),), Then())
        left = await attempts.take(
            tx,
            f"offer-told:{chat.person_id}",
            most=TOLD_MAX,
            window_ms=rules.DAY_MS,
            now_ms=chat.now_ms,
        )
        if left is None:
            return Turn((Say(words("giving.told_enough"), menu_choices()),), Then())
        found = await chats.chats_at(tx, phone=phone, channel=chat.channel, ref=ref)
        say = replace(offer_message(transfer, bundle), template=NEWS)
        told = tuple(Tell(one.id, say) for one in found if one.person_id != chat.person_id)
        withdraw = withdraw_choice(transfer.id)
        done = Say(words("giving.told"), (withdraw, Choice(words("menu.tickets"), "tickets")))
        return Turn((done,), Then(), told)

    # ---- Taken back, or over -------------------------------------------------------------------

    async def withdraw(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take an offer back: `ungive:TRANSFER`; once accepted, it never can be."""
        transfer_id = from_text(tap.action.partition(":")[2]) or 0
        taken_back = await transfers.withdraw(tx, transfer_id, chat.person_id, chat.now_ms)
        if taken_back is not None:
            n = len(await transfers.together(tx, taken_back))
            again = Choice(words("giving.again"), f"give:{to_text(taken_back.ticket_id)}")
            choices = (again, Choice(words("menu.tickets"), "tickets"))
            return Turn((Say(words("giving.withdrawn", n=n), choices),), Then())
        transfer = await transfers.transfer_by_id(tx, transfer_id)
        if transfer is None or transfer.from_id != chat.person_id:
            return not_yours()
        if transfer.status is TransferStatus.ACCEPTED:
            return await given_to(tx, transfer)
        return Turn((Say(words("giving.over_already"), menu_choices()),), Then())

    async def over(self, tx: Tx, chat: Chat, fact: TransferOver) -> Turn:
        """Tell the holder that nobody accepted in time: the ticket stays theirs."""
        transfer = await transfers.expire(tx, fact.transfer_id, chat.now_ms)
        bundle = await of_transfer(tx, transfer) if transfer else None
        if bundle is None or not any(is_givable(one) for one in bundle.fulls):
            return Turn()
        again = Choice(words("giving.again"), f"give:{to_text(bundle.fulls[0].ticket.id)}")
        said = words("giving.over", n=bundle.n, title=bundle.event.title)
        return Turn((Say(said, (again,)),))
