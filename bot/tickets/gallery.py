"""The pictures that messages carry, made or read when they are sent: tickets and posters."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from bot.tickets.agreement_words import agreement_of
from bot.tickets.face import FaceWords, TicketFace
from bot.tickets.links import TicketLinks
from bot.tickets.making import make_agreement, make_paper, make_ticket
from boxoffice import rules
from boxoffice.codes import Mode
from boxoffice.model import entry_of
from boxoffice.scan_facts import Entry
from boxoffice.typed_codes import ShortCode
from chat.channel import SendRefused
from chat.clock import Clock
from chat.messages import Link, Media, Moment, Words, words
from chat.texts import Texts
from chat.workers import Runner
from storage import events, media, tickets, transfers
from storage.database import Database, glance
from storage.ids import from_text
from storage.tickets import FullTicket
from storage.transfers import TransferStatus

PAPER_DEFAULT = "pages"
"""A page a ticket, in colour: what most people mean by printing."""


Room = Callable[[str, str], Awaitable[Media]]
"""Makes the pictures of one sort: `(key, language)` -> the picture; raises as `Gallery.fetch`."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Answers what delivery asks for.

    `ticket:ID`, `pdf:ORDER:OWNER[:PAPER]` and `agreement:TRANSFER` are drawn in a worker,
    `ics:EVENT` is written, `poster:ID` is read; what else there is hangs in `rooms`, by its first
    word.
    """

    database: Database
    texts: Texts
    workers: Runner
    clock: Clock
    rooms: Mapping[str, Room] = field(default_factory=dict)
    links: TicketLinks | None = None
    """Where tickets can be opened by their holders, if pages of ours are reached at all."""

    async def fetch(self, ref: str, language: str) -> Media:
        """Make or read one picture.

        Raises:
            SendRefused: there is no such picture.
            WorkersError, UnreadableTicket: it could not be drawn now; try again.
        """
        what, _, key = ref.partition(":")
        room = self.rooms.get(what)
        if room is not None:
            return await room(key, language)
        if what == "ticket":
            return await self._ticket(from_text(key), language)
        if what == "pdf":
            return await self._paper(key, language)
        if what == "agreement":
            return await self._agreement(from_text(key), language)
        if what == "ics":
            return await self._calendar(from_text(key), language)
        if what == "poster" and key.isdecimal():
            found = await self.database.read(media.media_by_id, int(key))
            if found is not None:
                return Media(found[1], found[0], "affiche.jpg")
        raise SendRefused(f"no picture {what}")

    def link(self, ref: str) -> Link | None:
        """Name where a ticket's picture can be opened for a week; nothing else has an address."""
        what, _, key = ref.partition(":")
        ticket_id = from_text(key) if what == "ticket" else None
        if self.links is None or ticket_id is None:
            return None
        return Link(words("ticket.open"), self.links.url(ticket_id, self.clock()))

    async def _ticket(self, ticket_id: int | None, language: str) -> Media:
        if ticket_id is None:
            raise SendRefused("no such ticket")
        full = await glance(self.database, tickets.ticket_by_id, ticket_id)
        if full is None:
            raise SendRefused("no such ticket")
        picture = await self.workers.run(make_ticket, face_of(full, self.texts, language))
        return Media(
            picture, "image/png", f"billet-{full.order.reference}-{full.ticket.number}.png"
        )

    async def _paper(self, key: str, language: str) -> Media:
        """Draw what one person holds of an order."""
        order_text, _, rest = key.partition(":")
        owner_text, _, paper = rest.partition(":")
        order_id, owner_id = from_text(order_text), from_text(owner_text)
        if order_id is None or owner_id is None:
            raise SendRefused("no such order")
        held = [
            one
            for one in await self.database.read(tickets.tickets_of_order, order_id)
            if one.ticket.owner_id == owner_id
        ]
        if not held:
            raise SendRefused("nothing of this order is valid any more")
        faces = [face_of(one, self.texts, language) for one in held]
        lines = [
            self.texts.render(words(f"paper.{name}"), language)
            for name in ("cut", "advice_print", "advice_fold", "advice_gate")
        ]
        body = await self.workers.run(
            make_paper, faces, paper or PAPER_DEFAULT, held[0].event.title, *lines
        )
        name = f"{'tickets' if language == 'en' else 'billets'}-{held[0].order.reference}.pdf"
        return Media(body, "application/pdf", name, as_file=True)

    async def _agreement(self, transfer_id: int | None, language: str) -> Media:
        """Draw up the written agreement of a transfer."""
        found = (
            await self.database.read(transfers.transfer_by_id, transfer_id) if transfer_id else None
        )
        if found is None or found.status is not TransferStatus.ACCEPTED:
            raise SendRefused("no such transfer")
        parts = await self.database.read(transfers.together, found)
        read = [await self.database.read(tickets.ticket_by_id, one.ticket_id) for one in parts]
        given = [one for one in read if one is not None]
        if not given:
            raise SendRefused("no such tickets")
        body = await self.workers.run(
            make_agreement, agreement_of(found, given, self.texts, language)
        )
        order = given[0].order
        ranks = "-".join(str(one.ticket.number) for one in given)
        return Media(
            body, "application/pdf", f"cession-{order.reference}-{ranks}.pdf", as_file=True
        )

    async def _calendar(self, event_id: int | None, language: str) -> Media:
        """Write the event for a calendar."""
        from bot.tickets.calendar import write_calendar  # noqa: PLC0415 (10 MB, for who asks)

        event = await self.database.read(events.event_by_id, event_id) if event_id else None
        if event is None:
            raise SendRefused("no such event")
        about = self.texts.render(
            words("calendar.about", doors=Moment(event.doors_ms, event.zone)), language
        )
        alarm = self.texts.render(words("calendar.alarm", title=event.title), language)
        body = write_calendar(event, about, alarm, self.clock())
        return Media(body, "text/calendar", "agenda.ics", as_file=True)


def face_of(full: FullTicket, texts: Texts, language: str) -> TicketFace:
    """Put everything that stands on a ticket in words."""

    def say(one: Words) -> str:
        return texts.render(one, language)

    event, ticket = full.event, full.ticket
    return TicketFace(
        title=event.title,
        date_lines=tuple(say(line) for line in _dates(full)),
        place_lines=tuple(dict.fromkeys(part for part in (event.venue, event.city) if part)),
        kind=_kind(full, texts, language),
        price=_price(full, texts, language),
        code=ticket.code,
        short_code=str(ShortCode(ticket.short_code)),
        rules=say(words(_rules_key(full))),
        order_reference=full.order.reference,
        words=FaceWords(
            **{
                name: say(words(f"face.{name}"))
                for name in ("place", "kind", "price", "holder", "order", "code")
            }
        ),
        holder=ticket.holder,
        rank=f"{ticket.number}/{full.order.quantity}" if full.order.quantity > 1 else "",
        age=f"{event.age_min}+" if event.age_min else "",
        accent=event.accent,
        watermark=say(words("face.demo")) if event.mode is Mode.DEMO else None,
    )


def _kind(full: FullTicket, texts: Texts, language: str) -> str:
    """The kind, its seat, and how many come in on one ticket where several do."""
    said = [full.kind.name]
    if full.ticket.place is not None:
        said.append(str(full.ticket.place))
    if entry_of(full.event, full.kind) is Entry.PARTY:
        said.append(texts.render(words("face.persons", n=full.kind.party_size), language))
    return " · ".join(said)


def _price(full: FullTicket, texts: Texts, language: str) -> str:
    """What was paid for this ticket; nothing is free to everybody, or an invitation."""
    if full.order.is_gift:
        return texts.render(words("face.invitation"), language)
    price = full.kind.price
    if price.amount_minor:
        return price.format(language)
    return texts.render(words("offer.free"), language).title()


def _rules_key(full: FullTicket) -> str:
    entry, naming = entry_of(full.event, full.kind), full.event.naming.value
    return f"face.rules_{naming}" if entry is Entry.ONCE else f"face.rules_{entry.value}_{naming}"


def _dates(full: FullTicket) -> tuple[Words, ...]:
    """When this ticket is for: the evening and its hours, the festival's span, or its one day."""
    event, kind = full.event, full.kind
    starts = Moment(event.starts_ms, event.zone)
    # The last night belongs to the last day, though it ends on the next.
    ends = Moment(event.ends_ms - rules.EVENT_DAY_TURNS_MS, event.zone)
    hours = words("face.hours", starts=starts, doors=Moment(event.doors_ms, event.zone))
    first, last = _day(event.starts_ms, event.zone), _day(event.ends_ms - 1, event.zone)
    if first == last:
        return (words("face.date", starts=starts), hours)
    span = words("face.days", starts=starts, ends=ends)
    day, until = _day(kind.valid_from_ms, event.zone), _day(kind.valid_until_ms - 1, event.zone)
    if day == until:
        return (span, words("face.valid", day=Moment(kind.valid_from_ms, event.zone)))
    return (span, hours)


def _day(at_ms: int, zone: str) -> date:
    return rules.event_day(at_ms, ZoneInfo(zone))
