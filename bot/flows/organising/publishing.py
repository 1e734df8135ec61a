"""On sale and off: publishing a draft, taking an event back, forgetting a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.organising.event_panel import PANEL, invite_button, panel, sales_button
from bot.flows.organising.organiser_words import (
    ask_sure,
    create_button,
    event_run_by,
    foreign,
    is_sure,
    list_button,
    state_words,
)
from bot.flows.organising.preview import out_already, show_preview, was_seen
from bot.flows.team.noting import note
from boxoffice.codes import Mode
from boxoffice.model import Equipment, Event, EventStatus, Kind
from chat.messages import Chat, Choice, Say, Tap, Then, Turn, Words, words
from chat.talk import Step
from storage import drafts, event_rules, events, platform, staff
from storage.database import Tx
from storage.ids import to_text


@dataclass(frozen=True, slots=True)
class Publishing:
    """Putting events on sale and taking them off again."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {
            "pub": self.ask,
            "pubok": self.publish,
            "pubeq": self.publish_equipped,
            "unpub": self.unpublish,
            "drop": self.drop,
            "halt": self.halt,
        }

    async def ask(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show a draft's page before it is put on sale, `pub:ID`; of one on sale, say so."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if _is_out(event, chat.now_ms):
            return await out_already(tx, chat, event, self._link(chat, event))
        why = await self._why_not(tx, chat, event)
        return why or await show_preview(tx, chat, event.id)

    async def publish(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Put a draft on sale as it was read, and open its first gate: `pubok:ID:MARK`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if _is_out(event, chat.now_ms):
            return await out_already(tx, chat, event, self._link(chat, event))
        why = await self._why_not(tx, chat, event)
        if why is not None:
            return why
        if not await was_seen(tx, event, tap.action.rpartition(":")[2]):
            return await show_preview(tx, chat, event.id, words("publishing.page_changed"))
        if event.equipment is Equipment.UNKNOWN:
            return await show_preview(tx, chat, event.id)
        if not await drafts.publish(tx, event.id, chat.now_ms):
            return await panel(tx, chat, event, words("organising.not_published"))
        await note(tx, chat, event, "published")
        if not await staff.has_entrance(tx, event.id):
            name = self.house.texts.render(words("organising.gate_name"), chat.language)
            await staff.add_gate(tx, event.id, name, chat.now_ms)
        return self._published(chat, event)

    async def publish_equipped(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Keep that the venue scans with its own phones, and put it on sale: `pubeq:ID:MARK`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if event.equipment is Equipment.UNKNOWN:
            await event_rules.set_equipment(tx, event.id, Equipment.EQUIPPED)
            await note(tx, chat, event, "equipped")
        return await self.publish(tx, chat, tap)

    async def _why_not(self, tx: Tx, chat: Chat, event: Event) -> Turn | None:
        """Say why an event cannot be put on sale as it is; None if it can."""
        kinds = await events.kinds_of(tx, event.id)
        is_priced = any(kind.price.amount_minor for kind in kinds)
        if self.house.mode is Mode.LIVE and is_priced and not self.house.providers:
            said = words("organising.no_provider", title=event.title)
            return Turn((Say(said, (sales_button(event), list_button())),))
        if event.status is not EventStatus.DRAFT or event.ends_ms <= chat.now_ms or not kinds:
            return await panel(tx, chat, event, _why_not_published(event, kinds, chat.now_ms))
        refusal = await refused_by_platform(tx, event)
        return await panel(tx, chat, event, refusal) if refusal else None

    def _link(self, chat: Chat, event: Event) -> str | None:
        return self.house.seller_link(chat.channel, f"e_{to_text(event.id)}")

    def _published(self, chat: Chat, event: Event) -> Turn:
        link = self._link(chat, event)
        said = (
            words("organising.published_link", title=event.title, link=link)
            if link
            else words("organising.published", title=event.title)
        )
        card = Choice(words("card.label"), f"card:{to_text(event.id)}")
        choices = (invite_button(event), card, sales_button(event))
        return Turn((Say(said, choices),), Then("", {PANEL: to_text(event.id)}))

    async def unpublish(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Take an event off sale, as long as nobody has a seat: `unpub:ID`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        done = await drafts.unpublish(tx, event.id)
        if done:
            await note(tx, chat, event, "unpublished")
        event = await events.event_by_id(tx, event.id) or event
        kinds = await events.kinds_of(tx, event.id)
        if done or event.status is not EventStatus.PUBLISHED:
            return await panel(tx, chat, event, words("organising.off_sale"))
        taken = sum(kind.taken for kind in kinds)
        return await panel(tx, chat, event, words("organising.still_taken", n=taken))

    async def halt(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Sell no more from now on, `halt:EVENT`, or sell again, `halt:EVENT:no`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        again = tap.action.endswith(":no")
        change = event_rules.resume_sales if again else event_rules.halt_sales
        done = await change(tx, event.id, chat.now_ms)
        if done:
            await note(tx, chat, event, "resumed" if again else "halted")
        event = await events.event_by_id(tx, event.id) or event
        if done and not again:
            return await panel(tx, chat, event, words("publishing.halted", title=event.title))
        if done and event.is_on_sale(chat.now_ms):
            return await panel(tx, chat, event, words("publishing.resumed", title=event.title))
        state = state_words(event, event.sale_state(chat.now_ms))
        return await panel(tx, chat, event, words("publishing.stands", state=state))

    async def drop(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask whether a draft goes, `drop:ID`, and forget it, `drop:ID:yes`; what sold is kept."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if not is_sure(tap) and event.status is EventStatus.DRAFT:
            event_text = to_text(event.id)
            said = words("organising.ask_drop", title=event.title)
            do, back = words("organising.drop_now"), f"sales:{event_text}"
            return ask_sure(said, do, f"drop:{event_text}", back, Then("", {PANEL: event_text}))
        if not await drafts.drop_draft(tx, event.id):
            return await panel(tx, chat, event, words("organising.not_dropped"))
        said = words("organising.dropped", title=event.title)
        return Turn((Say(said, (create_button(), list_button())),), Then())


async def refused_by_platform(tx: Tx, event: Event, more: int = 0) -> Words | None:
    """Say why the platform lets this event not be sold with so many more seats; None if it does."""
    refusal = await platform.why_not_published(tx, event.id, more)
    if refusal is None:
        return None
    why, most = refusal
    return words(f"publishing.not_{why}", most=most or 0)


def _is_out(event: Event, now_ms: int) -> bool:
    """Say whether an event was put on sale already, though its sale may begin later."""
    return event.status is EventStatus.PUBLISHED and now_ms < event.ends_ms


def _why_not_published(event: Event, kinds: Sequence[Kind], now_ms: int) -> Words:
    if event.ends_ms <= now_ms:
        return words("organising.over")
    return words("organising.not_published" if kinds else "organising.no_kinds")
