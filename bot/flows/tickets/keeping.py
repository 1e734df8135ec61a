"""Keeping a ticket: on paper, in the agenda, and where to go."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows.choices import back_to, menu_choices, receipt_choice
from bot.flows.event_words import place_words, when_words
from bot.flows.tickets.standing import opens_nothing, standing_words
from bot.flows.tickets.which import (
    event_label,
    living,
    one_an_event,
    one_an_order,
    order_label,
    pick,
)
from boxoffice import rules
from boxoffice.model import Event, TicketStatus
from chat.messages import Chat, Choice, Moment, Place, Say, Tap, Then, Turn, words
from chat.talk import Step
from storage import events, reminders, tickets
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.tickets import FullTicket

PAPERS = ("pages", "pages-black", "cut", "cut-black")
"""How tickets are laid on A4: `bot/tickets/pdf.Paper` draws each."""

MAP_PAGE = "https://www.openstreetmap.org/?mlat={lat:.6f}&mlon={lon:.6f}#map=17/{lat:.6f}/{lon:.6f}"
"""A page any phone opens, for apps that show no pin."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """The buttons below a ticket and an event that help to come with the ticket in hand."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            "print": self.choose_paper,
            "paper": self.send_paper,
            "later": self.remind_later,
            "ics": self.send_agenda,
            "map": self.show_map,
        }

    def commands(self) -> Mapping[str, str]:
        """Words understood from everywhere."""
        printed = ("imprimer", "imprimer mon billet", "imprimer mes billets", "print")
        noted = ("agenda", "calendrier", "ajouter a l agenda", "calendar")
        return dict.fromkeys(printed, "print") | dict.fromkeys(noted, "ics")

    async def choose_paper(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask how a ticket and the others of its order are printed: `print:TICKET`, or `print`."""
        if ":" not in tap.action:
            found = pick(
                "keeping.which", "print", one_an_order(await living(tx, chat)), order_label
            )
            return found if isinstance(found, Turn) else await self.choose_paper(tx, chat, found)
        ticket_id = from_text(tap.action.partition(":")[2])
        full = await tickets.ticket_by_id(tx, ticket_id) if ticket_id is not None else None
        if full is None or full.ticket.owner_id != chat.person_id:
            return Turn((Say(words("buying.not_yours"), menu_choices()),), then=Then())
        if full.ticket.status is not TicketStatus.VALID:
            return Turn((Say(words("ticket.dead"), menu_choices()),), then=Then())
        order_id = to_text(full.order.id)
        held = await _held(tx, chat, full.order.id)
        why = standing_words(full)
        if why is not None and all(map(opens_nothing, held)):
            return Turn((Say(why, menu_choices()),), then=Then())
        papers = PAPERS if len(held) > 1 else PAPERS[:2]
        choices = tuple(
            Choice(words(f"keeping.paper_{paper}"), f"paper:{order_id}:{paper}") for paper in papers
        )
        later = Choice(words("keeping.print_later"), f"later:{to_text(full.event.id)}")
        is_buyer = full.order.total.amount_minor and full.order.buyer_id == chat.person_id
        receipt = (receipt_choice(full.order.id),) if is_buyer else ()
        say = words("keeping.how", n=len(held), title=full.event.title)
        return Turn((Say(say, (*choices, later, *receipt)),))

    async def send_paper(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send what the person holds of an order as a PDF: `paper:ORDER:PAPER`."""
        _, _, rest = tap.action.partition(":")
        order_text, _, paper = rest.partition(":")
        order_id = from_text(order_text)
        held = await _held(tx, chat, order_id) if order_id is not None else []
        if not held or paper not in PAPERS:
            return Turn((Say(words("ticket.dead"), menu_choices()),), then=Then())
        full = held[0]
        say = words(
            "keeping.paper", n=len(held), title=full.event.title, reference=full.order.reference
        )
        ref = f"pdf:{order_text}:{to_text(chat.person_id)}:{paper}"
        return Turn((Say(say, file=ref, instead=words("keeping.no_paper")),))

    async def remind_later(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Remember that somebody prints at home: they are reminded days before: `later:EVENT`."""
        event = await _event(tx, tap)
        if event is None:
            return Turn((Say(words("buying.unknown_event"), menu_choices()),), then=Then())
        due_ms = rules.remind_ms(event.starts_ms, ZoneInfo(event.zone), rules.PRINT_DAYS_BEFORE)
        eve_ms = rules.remind_ms(event.starts_ms, ZoneInfo(event.zone), rules.EVE_DAYS_BEFORE)
        if eve_ms <= chat.now_ms:
            return Turn((Say(words("keeping.too_near")),))
        if due_ms <= chat.now_ms:
            eve = Moment(eve_ms, event.zone)
            return Turn((Say(words("keeping.will_remind_eve", day=eve)),))
        await reminders.wish(tx, event.id, chat.person_id, chat.now_ms)
        return Turn((Say(words("keeping.will_remind", day=Moment(due_ms, event.zone))),))

    async def send_agenda(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send an event for the phone's calendar: `ics:EVENT`; `ics` means one of one's own."""
        if ":" not in tap.action:
            found = pick("keeping.which", "ics", one_an_event(await living(tx, chat)), event_label)
            return found if isinstance(found, Turn) else await self.send_agenda(tx, chat, found)
        event = await _event(tx, tap)
        if event is None:
            return Turn((Say(words("buying.unknown_event"), menu_choices()),), then=Then())
        when, place = when_words(event), place_words(event)
        instead = words("keeping.no_agenda", title=event.title, when=when, place=place)
        say = words("keeping.agenda", title=event.title, when=when)
        return Turn((Say(say, file=f"ics:{to_text(event.id)}", instead=instead),))

    async def show_map(self, tx: Tx, _chat: Chat, tap: Tap) -> Turn:
        """Show the venue as a pin, and as a page for apps without pins: `map:EVENT`."""
        event = await _event(tx, tap)
        if event is None:
            return Turn((Say(words("buying.unknown_event"), menu_choices()),), then=Then())
        if event.pin is None:
            say = Say(words("keeping.no_map", place=place_words(event)), (back_to(event.id),))
            return Turn((say,))
        pin = event.pin
        link = MAP_PAGE.format(lat=pin.latitude, lon=pin.longitude)
        place = Place(event.venue, event.city, pin.latitude_e6, pin.longitude_e6)
        return Turn((Say(words("keeping.map", place=place_words(event), link=link), place=place),))


def keep_choices(event: Event) -> tuple[Choice, ...]:
    """The buttons of an event's message: its date in the agenda, and its pin where it has one."""
    event_id = to_text(event.id)
    agenda = Choice(words("keeping.agenda_label"), f"ics:{event_id}")
    if event.pin is None:
        return (agenda,)
    return (agenda, Choice(words("keeping.map_label"), f"map:{event_id}"))


def print_choice(ticket_id: int) -> Choice:
    """The button that prints."""
    return Choice(words("keeping.print_label"), f"print:{to_text(ticket_id)}")


async def _held(tx: Tx, chat: Chat, order_id: int) -> list[FullTicket]:
    """Read what this person holds of an order: some of it may belong to others by now."""
    every = await tickets.tickets_of_order(tx, order_id)
    return [one for one in every if one.ticket.owner_id == chat.person_id]


async def _event(tx: Tx, tap: Tap) -> Event | None:
    event_id = from_text(tap.action.partition(":")[2])
    return await events.event_by_id(tx, event_id) if event_id is not None else None
