"""What an offer of tickets says, and why a ticket cannot be offered."""

from bot.flows.choices import menu_choices
from bot.flows.event_words import place_words
from bot.flows.tickets.bundle import Bundle
from bot.flows.tickets.standing import why_name_stays
from boxoffice.model import EventStatus, Naming, TicketStatus
from chat.messages import Chat, Choice, Moment, Say, Then, Turn, Words, words
from storage import tickets, transfers
from storage.database import Tx
from storage.forgetting import NAMELESS
from storage.ids import to_text
from storage.tickets import FullTicket
from storage.transfers import Transfer


def offer_message(transfer: Transfer, bundle: Bundle) -> Say:
    """What the beneficiary reads first: the tickets, from whom, and that nothing is done yet."""
    offered = words(
        "taking.offer",
        n=bundle.n,
        name=transfer.from_name,
        title=bundle.event.title,
        when=bundle.when,
        place=place_words(bundle.event),
        kind=bundle.kinds,
        until=Moment(transfer.expires_ms, bundle.event.zone),
    )
    begin = Choice(words("taking.begin"), f"take:{transfer.claim_hash}")
    return Say(offered, (begin, Choice(words("buying.no_thanks"), "leave")))


def withdraw_choice(transfer_id: int) -> Choice:
    """The button that takes an offer back."""
    return Choice(words("giving.withdraw"), f"ungive:{to_text(transfer_id)}")


def give_choice(full: FullTicket, offer: Transfer | None) -> tuple[Choice, ...]:
    """The button that gives a ticket away, where it may change hands: not once it was used.

    Where it is offered already, the button that takes the offer back.
    """
    if offer is not None:
        return (withdraw_choice(offer.lead_id or offer.id),)
    if full.event.naming is not Naming.TRANSFERABLE or full.ticket.scanned_at_ms is not None:
        return ()
    return (Choice(words("giving.label"), f"give:{to_text(full.ticket.id)}"),)


def fix_choice(full: FullTicket, now_ms: int) -> tuple[Choice, ...]:
    """The button that corrects a name, while it can be corrected."""
    if why_name_stays(full, now_ms) is not None:
        return ()
    return (Choice(words("renaming.label"), f"fix:{to_text(full.ticket.id)}"),)


async def why_not(tx: Tx, chat: Chat, full: FullTicket | None) -> Turn | None:
    """Refuse to give a ticket away, with the reason and the way; None if it may be given."""
    if full is None or full.ticket.owner_id != chat.person_id:
        return not_yours()
    ticket = full.ticket
    if ticket.status is TicketStatus.REVOKED:
        given = await transfers.given_by(tx, ticket.id)
        return await given_to(tx, given) if given else refused("ticket.dead")
    if ticket.status is TicketStatus.BLOCKED:
        return refused("giving.blocked")
    if ticket.status is not TicketStatus.VALID:
        return refused("ticket.dead")
    if full.event.naming is not Naming.TRANSFERABLE:
        fix = fix_choice(full, chat.now_ms)
        key = "giving.nominative" if fix else "giving.nominative_fixed"
        say = Say(words(key), (*fix, Choice(words("menu.tickets"), "tickets")))
        return Turn((say,), Then())
    if ticket.scanned_at_ms is not None:
        return refused("giving.used")
    if full.event.status is EventStatus.CANCELLED:
        return refused("giving.event_cancelled")
    return None


async def given_to(tx: Tx, transfer: Transfer) -> Turn:
    """Say to whom a ticket went, and since when: it does not come back."""
    full = await tickets.ticket_by_id(tx, transfer.ticket_id)
    is_nameless = transfer.to_name == NAMELESS
    said: Words = words(
        "giving.given",
        name=words("giving.someone") if is_nameless else transfer.to_name or "",
        since=Moment(transfer.ended_ms or 0, full.event.zone if full else "UTC"),
    )
    return Turn((Say(said, menu_choices()),), Then())


def refused(key: str) -> Turn:
    """Say why not, over the ways on."""
    return Turn((Say(Words(key), menu_choices()),), Then())


def not_yours() -> Turn:
    """Say that a button was another person's."""
    return Turn((Say(words("buying.not_yours"), menu_choices()),), Then())
