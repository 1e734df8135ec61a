"""The sellers of an event: invited by one-use links, each with a quota, taken off again."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.organising.event_panel import event_list, events_of, sales_button
from bot.flows.organising.organiser_words import (
    ask_sure,
    event_run_by,
    foreign,
    is_sure,
    reserved,
)
from bot.flows.reading import id_at
from bot.flows.team.noting import note
from bot.flows.team.unused import links_button
from boxoffice.model import Event
from boxoffice.money import Money
from boxoffice.rules import DAY_MS
from boxoffice.tokens import new_token
from chat.messages import Chat, Choice, Moment, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from storage import cash, events, organisers, sellers
from storage.database import Tx
from storage.ids import to_text
from storage.sellers import Seller, SellerKind

LINK_MS = 7 * DAY_MS
"""How long somebody has to open the link."""

LINKS_OPEN_MAX = 50
"""Unused links of one event; each lets somebody take money in the organiser's name."""

QUOTA_MAX = 100_000
SELLERS_SHOWN_MAX = 20
KINDS: tuple[SellerKind, ...] = ("door", "reseller")


@dataclass(frozen=True, slots=True)
class SellingTeam:
    """Who may sell for cash."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            "sellers": self.show,
            "sellinvite": self.ask_quota,
            "sellerquota": self.ask_new_quota,
            "selleroff": self.revoke,
            "beseller": self.join,
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means."""
        return {"sellers.quota": self.hear_quota}

    def number_steps(self) -> frozenset[str]:
        """Where a typed number is an answer."""
        return frozenset({"sellers.quota"})

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return dict.fromkeys(("vendeurs", "revendeurs", "sellers"), "sellers")

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show an event's sellers and what they sold: `sellers:EVENT`."""
        if ":" in tap.action:
            event = await event_run_by(tx, chat, tap.action)
            return (
                await self._panel(tx, chat, event) if event else await foreign(tx, chat, tap.action)
            )
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        found = await events_of(tx, chat)
        if len(found) == 1:
            return await self.show(tx, chat, Tap(f"sellers:{to_text(found[0].event.id)}"))
        return event_list(found, words("organising.which" if found else "organising.none_yet"))

    async def _panel(self, tx: Tx, chat: Chat, event: Event, *notes: Words) -> Turn:
        found = (await sellers.sellers_of(tx, event.id))[:SELLERS_SHOWN_MAX]
        tills = {till.person_id: till for till in await cash.tills(tx, event.id)}
        lines = tuple(
            words(
                f"sellers.line_{one.kind}",
                who=one.name,
                sold=one.sold,
                quota=one.quota,
                money=Money(
                    tills[one.person_id].expected_minor if one.person_id in tills else 0,
                    event.currency,
                ),
            )
            for one in found
        )
        head = words("sellers.head" if found else "sellers.none", title=event.title)
        event_id = to_text(event.id)
        invite = tuple(
            Choice(words(f"sellers.invite_{kind}"), f"sellinvite:{event_id}:{kind}")
            for kind in KINDS
        )
        change = tuple(
            Choice(words("sellers.change", who=one.name), f"sellerquota:{to_text(one.id)}")
            for one in found
        )
        count = await sellers.open_links(tx, event.id, chat.now_ms)
        unused = links_button(count, f"selllinks:{event_id}")
        say = Say(
            words("counter.lines", lines=(*notes, head, *lines)),
            (*invite, *change, *unused, sales_button(event)),
        )
        return Turn((say,), Then("", {"panel": event_id}))

    # ---- Inviting ------------------------------------------------------------------------------

    async def ask_quota(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask how many tickets somebody may sell: `sellinvite:EVENT:KIND`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        kind = tap.action.split(":")[2] if tap.action.count(":") > 1 else ""
        if kind not in KINDS:
            return await self._panel(tx, chat, event)
        if await sellers.open_links(tx, event.id, chat.now_ms) >= LINKS_OPEN_MAX:
            return await self._panel(
                tx, chat, event, words("sellers.too_many", most=LINKS_OPEN_MAX)
            )
        memory = {"event": event.id, "kind": kind, "panel": to_text(event.id)}
        return self._ask(event, memory, words(f"sellers.ask_{kind}"))

    async def ask_new_quota(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask how many in all, or take somebody off: `sellerquota:SELLER`."""
        found = await self._seller(tx, chat, tap, "sellerquota")
        if found is None:
            return await foreign(tx, chat)
        seller, event = found
        memory = {"event": event.id, "seller": seller.id, "panel": to_text(event.id)}
        asked = words("sellers.ask_change", who=seller.name, n=seller.sold, quota=seller.quota)
        off = Choice(words("sellers.off", who=seller.name), f"selleroff:{to_text(seller.id)}")
        return self._ask(event, memory, asked, off)

    def _ask(
        self, event: Event, memory: Mapping[str, object], asked: Words, *first: Choice
    ) -> Turn:
        back = Choice(words("sellers.back"), f"sellers:{to_text(event.id)}")
        return Turn((Say(asked, (*first, back)),), Then("sellers.quota", memory))

    async def hear_quota(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the number: make the link, or change the seller."""
        event = await event_run_by(tx, chat, f"sellers:{to_text(int(chat.memory['event']))}")
        if event is None:
            return await foreign(tx, chat)
        typed = text.text.strip().replace(" ", "")
        quota = int(typed) if typed.isdecimal() and len(typed) <= len(str(QUOTA_MAX)) else 0
        if not 1 <= quota <= QUOTA_MAX:
            return self._ask(event, dict(chat.memory), words("sellers.bad_quota"))
        if "seller" in chat.memory:
            seller = await sellers.seller_by_id(tx, int(chat.memory["seller"]))
            if seller is None or seller.event_id != event.id:
                return await self._panel(tx, chat, event, words("sellers.is_off"))
            if not await sellers.set_quota(tx, seller.id, quota):
                return self._ask(
                    event, dict(chat.memory), words("sellers.sold_more", n=seller.sold)
                )
            await note(tx, chat, event, "seller_quota", who=seller.name, quota=quota)
            return await self._panel(
                tx, chat, event, words("sellers.changed", who=seller.name, quota=quota)
            )
        return await self._invite(tx, chat, event, chat.memory["kind"], quota)

    async def _invite(self, tx: Tx, chat: Chat, event: Event, kind: SellerKind, quota: int) -> Turn:
        token, expires_ms = new_token(), chat.now_ms + LINK_MS
        await sellers.invite(
            tx,
            token,
            event_id=event.id,
            kind=kind,
            quota=quota,
            invited_by=chat.person_id,
            expires_ms=expires_ms,
            now_ms=chat.now_ms,
        )
        await note(tx, chat, event, "seller_invited", quota=quota)
        link = self.house.seller_link(chat.channel, f"v_{token}") or f"v_{token}"
        to_forward = words(
            "sellers.forward",
            title=event.title,
            starts=Moment(event.starts_ms, event.zone),
            n=quota,
            link=link,
            expires=Moment(expires_ms, event.zone),
        )
        back = Choice(words("sellers.back"), f"sellers:{to_text(event.id)}")
        below = Say(words("sellers.forward_it"), (back,))
        return Turn((Say(to_forward, alone=True), below), Then("", {"panel": to_text(event.id)}))

    async def opened(self, tx: Tx, chat: Chat, token: str) -> Turn:
        """Say what a seller's link is, with the button that uses it."""
        link = await sellers.look_at(tx, token, chat.now_ms)
        event = await events.event_by_id(tx, link.event_id) if link else None
        if link is None or event is None:
            return Turn((Say(words("sellers.gone")),), Then())
        button = Choice(words("sellers.become"), f"beseller:{link.token_hash}")
        said = words("sellers.opened", title=event.title, n=link.quota)
        return Turn((Say(said, (button,)),), Then())

    async def join(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Become a seller: `beseller:HASH`."""
        token_hash = tap.action.partition(":")[2]
        link = await sellers.join(tx, token_hash, chat.person_id, chat.now_ms)
        event = await events.event_by_id(tx, link.event_id) if link else None
        if link is None or event is None:
            return Turn((Say(words("sellers.gone")),), Then())
        sell = Choice(words("sellers.sell_now"), f"sell:{to_text(event.id)}")
        till = Choice(words("sellers.my_till"), f"till:{to_text(event.id)}")
        await note(tx, chat, event, "seller_joined", quota=link.quota)
        said = words("sellers.joined", title=event.title, n=link.quota)
        return Turn((Say(said, (sell, till)),), Then("", {"panel": to_text(event.id)}))

    # ---- Taking off ----------------------------------------------------------------------------

    async def revoke(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask whether somebody goes, `selleroff:SELLER`, and take them off, `selleroff:SELLER:yes`.

        Their till stays to be settled.
        """
        found = await self._seller(tx, chat, tap, "selleroff")
        if found is None:
            return await foreign(tx, chat)
        seller, event = found
        if not is_sure(tap):
            event_text, off = to_text(event.id), words("sellers.off", who=seller.name)
            said = words("sellers.ask_off", who=seller.name, title=event.title, n=seller.sold)
            action = f"selleroff:{to_text(seller.id)}"
            return ask_sure(
                said, off, action, f"sellers:{event_text}", Then("", {"panel": event_text})
            )
        if await sellers.revoke(tx, seller.id, chat.now_ms):
            await note(tx, chat, event, "seller_off", who=seller.name)
        return await self._panel(tx, chat, event, words("sellers.taken_off", who=seller.name))

    async def _seller(self, tx: Tx, chat: Chat, tap: Tap, verb: str) -> tuple[Seller, Event] | None:
        seller_id = id_at(tap.action, 1)
        seller = await sellers.seller_by_id(tx, seller_id) if seller_id is not None else None
        if seller is None:
            return None
        event = await event_run_by(tx, chat, f"{verb}:{to_text(seller.event_id)}")
        return (seller, event) if event else None
