"""An event's page as its buyers will read it, poster included, and what its organiser can do.

An event is put on sale from this page alone: its button carries a mark of what was read, so that
nobody publishes a page that another has changed meanwhile.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.flows.event_words import event_page
from bot.flows.organising.draft import DOORS_BEFORE_MS
from bot.flows.organising.event_panel import PANEL, panel
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    in_lines,
    state_words,
)
from boxoffice import rules
from boxoffice.model import Equipment, Event, EventStatus, Kind, SaleState
from boxoffice.scan_facts import Entry
from chat import codec
from chat.messages import Chat, Choice, Moment, Say, Then, Turn, Words, words
from storage import events
from storage.database import Tx
from storage.ids import to_text

MARK_CHARS = 8
"""Enough to tell two pages apart that people wrote; nothing hangs on nobody forging it."""


async def show_preview(tx: Tx, chat: Chat, event_id: int, *notes: Words) -> Turn:
    """Show a draft as buyers will read it, and what can be done with it."""
    event = await event_run_by(tx, chat, f":{to_text(event_id)}")
    if event is None:
        return await foreign(tx, chat)
    if event.status is not EventStatus.DRAFT:
        return await out_already(tx, chat, event)
    kinds = await events.kinds_of(tx, event.id)
    page = event_page(event, kinds)
    is_known = event.equipment is not Equipment.UNKNOWN
    said = words("creating.preview" if is_known else "creating.preview_equipment", page=page)
    said = in_lines(*notes, said, *_unsaid(event, kinds))
    say = Say(said, _choices(event, _mark(event, kinds)), picture=poster_of(event), instead=said)
    return Turn((say,), Then("", {PANEL: to_text(event.id)}))


async def out_already(tx: Tx, chat: Chat, event: Event, link: str | None = None) -> Turn:
    """Answer an old page's button: say how an event that is no draft stands, with its own menu."""
    state = event.sale_state(chat.now_ms)
    if state is SaleState.OPEN:
        said = words("publishing.out_already", title=event.title)
        again = (words("publishing.link_again", link=link),) if link else ()
        return await panel(tx, chat, event, said, *again)
    return await panel(tx, chat, event, words("publishing.stands", state=state_words(event, state)))


async def was_seen(tx: Tx, event: Event, mark: str) -> bool:
    """Say whether a button's mark is that of the page as buyers would read it now."""
    return mark == _mark(event, await events.kinds_of(tx, event.id))


def poster_of(event: Event) -> str | None:
    """Name the picture of an event's page, as delivery asks the gallery for it."""
    return f"poster:{event.poster_id}" if event.poster_id else None


def _unsaid(event: Event, kinds: Sequence[Kind]) -> tuple[Words, ...]:
    """Say what nobody was asked and stands as it is for most, and where it is changed."""
    told = []
    first, last = rules.event_days(event.starts_ms, event.ends_ms, ZoneInfo(event.zone))
    if event.doors_ms == event.starts_ms - DOORS_BEFORE_MS:
        doors, ends = (Moment(at_ms, event.zone) for at_ms in (event.doors_ms, event.ends_ms))
        # A festival ends with its last night, which its page says.
        told.append(
            words("creating.usual_hours", doors=doors, ends=ends)
            if first == last
            else words("creating.usual_doors", doors=doors)
        )
    if first != last and event.entry in {Entry.ONCE, Entry.PARTY}:
        told.append(words(f"creating.days_{event.entry.value}"))
    is_priced = any(kind.price.amount_minor for kind in kinds)
    if is_priced and not event.refund_terms.percent:
        told.append(words("creating.no_refund"))
    return tuple(told)


def _mark(event: Event, kinds: Sequence[Kind]) -> str:
    """Mark a page but for who scans: that may be answered with the very button that publishes."""
    page = event_page(replace(event, equipment=Equipment.UNKNOWN), kinds)
    return hashlib.sha256(codec.to_json(page).encode()).hexdigest()[:MARK_CHARS]


def _choices(event: Event, mark: str) -> tuple[Choice, ...]:
    event_id = to_text(event.id)
    publish: tuple[Choice, ...] = (Choice(words("organising.publish"), f"pubok:{event_id}:{mark}"),)
    if event.equipment is Equipment.UNKNOWN:
        publish = (
            Choice(words("equipping.publish_equipped"), f"pubeq:{event_id}:{mark}"),
            Choice(words("equipping.lend_label"), f"lend:{event_id}"),
        )
    return (
        *publish,
        Choice(words("creating.keep"), f"keep:{event_id}"),
        Choice(words("organising.change"), f"edit:{event_id}"),
        Choice(words("creating.drop"), f"drop:{event_id}"),
    )
