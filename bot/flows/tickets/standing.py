"""What a valid ticket is worth now: its event may be off, or it has come in already."""

from boxoffice.model import EventStatus, Naming, entry_of
from boxoffice.scan_facts import Entry
from chat.messages import Moment, Words, words
from storage.tickets import FullTicket
from storage.transfers import Transfer


def opens_nothing(full: FullTicket) -> bool:
    """Say whether a valid ticket opens no gate: its event is off, or it was used for its once."""
    opens_once = entry_of(full.event, full.kind) is Entry.ONCE
    is_used = full.ticket.scanned_at_ms is not None and opens_once
    return is_used or full.event.status is EventStatus.CANCELLED


def standing_words(full: FullTicket, offer: Transfer | None = None) -> Words | None:
    """Say what must be read before the ticket itself, if anything."""
    if full.event.status is EventStatus.CANCELLED:
        return words("ticket.cancelled")
    if full.ticket.scanned_at_ms is not None:
        opens_once = entry_of(full.event, full.kind) is Entry.ONCE
        at = Moment(full.ticket.scanned_at_ms, full.event.zone)
        return words("ticket.used" if opens_once else "ticket.used_last", at=at)
    if full.event.status is EventStatus.POSTPONED:
        return words("ticket.put_off")
    if offer is not None:
        return words("ticket.offered", until=Moment(offer.expires_ms, full.event.zone))
    return None


def why_name_stays(full: FullTicket, now_ms: int) -> Words | None:
    """Say why the name on a valid ticket cannot be corrected now; None while it can."""
    if full.event.naming is not Naming.NOMINATIVE:
        return words("renaming.refused")
    if opens_nothing(full):
        return standing_words(full)
    if full.event.status is EventStatus.POSTPONED:
        return words("renaming.put_off")
    until_ms = full.event.renaming_until_ms
    if full.ticket.scanned_at_ms is not None or now_ms >= until_ms:
        return words("renaming.too_late", until=Moment(until_ms, full.event.zone))
    return None
