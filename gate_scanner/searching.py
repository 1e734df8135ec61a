"""Finding a ticket by a name or an order, and orders that nobody has paid yet."""

from boxoffice.codes import Code, code_hash, read_code
from boxoffice.typed_codes import read_code_end
from boxoffice.verdicts import Verdict
from chat.messages import Chat, Choice, Job, Say, Tap, Text, Then, Turn, Words, words
from gate_scanner.standing import Stand, back, line_of, supervised, ticket_meant
from storage import scans, supervision
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.supervision import FoundTicket, UnpaidOrder

SOUGHT = "sought"
"""The step of a chat in which the next words are what is searched for."""

SOUGHT_LENGTH_MIN = 2
"""One letter finds everybody."""


async def search(tx: Tx, chat: Chat, heard: Text) -> Turn:
    """Find tickets by name or order: `chercher Awa`."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    return await _found(tx, chat, stand, heard.text.strip().partition(" ")[2])


async def sought_typed(tx: Tx, chat: Chat, heard: Text) -> Turn:
    """Find what was typed after it was asked for: `Awa`."""
    stand = await supervised(tx, chat)
    return stand if isinstance(stand, Turn) else await _found(tx, chat, stand, heard.text)


async def again(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Search once more, for an order that may be paid by now: `again:REFERENCE`."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    return await _found(tx, chat, stand, heard.action.partition(":")[2])


async def _found(tx: Tx, chat: Chat, stand: Stand, said: str) -> Turn:
    """Show what is found, a line and a button each; one ticket of a code at once, with its own.

    Ask on where there is nothing.
    """
    sought = " ".join(said.split())
    if len(sought) < SOUGHT_LENGTH_MIN:
        return _how(chat)
    found = await supervision.search(tx, stand.post.event_id, sought)
    unpaid = await supervision.unpaid_orders(tx, stand.post.event_id, sought)
    if not found and not unpaid:
        found = await _with_code(tx, stand, sought)
        if len(found) == 1:
            return Turn((_shown(found[0]),), back(chat))
    if not found and not unpaid:
        return Turn((Say(words("search.none", sought=sought)),), _asked(chat))
    shown = found[: supervision.FOUND_MAX]
    lines = [
        words("search.line", rank=rank, found=line_of(one))
        for rank, one in enumerate(shown, start=1)
    ]
    if len(found) > len(shown):
        lines.append(words("search.more"))
    choices = tuple(
        Choice(words("search.choice", rank=rank, kind=one.kind), f"found:{to_text(one.id)}")
        for rank, one in enumerate(shown, start=1)
    )
    lines += [_unpaid(order) for order in unpaid]
    choices += tuple(
        Choice(_ask_label(order, unpaid), f"askmoney:{to_text(order.id)}")
        for order in unpaid
        if order.payment_id is not None
    )
    return Turn((Say(words("lines", lines=tuple(lines)), choices),), back(chat))


async def _with_code(tx: Tx, stand: Stand, sought: str) -> list[FoundTicket]:
    """Find the ticket of a code that was typed, whole, short or by its end: it is not scanned."""
    code = read_code(sought)
    return await supervision.with_code(
        tx,
        stand.post.event_id,
        code.text if isinstance(code, Code) else None,
        read_code_end(sought),
    )


async def search_how(tx: Tx, chat: Chat, _heard: Tap) -> Turn:
    """Ask what is searched for: the next words are it."""
    stand = await supervised(tx, chat)
    return stand if isinstance(stand, Turn) else _how(chat)


def _how(chat: Chat) -> Turn:
    return Turn((Say(words("search.how")),), _asked(chat))


def _asked(chat: Chat) -> Then:
    return Then(SOUGHT, dict(chat.memory))


async def found(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Show one ticket, with what a supervisor may do about it."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    ticket = await ticket_meant(tx, stand, heard)
    if ticket is None:
        return Turn((Say(words("search.gone")),), back(chat))
    return Turn((_shown(ticket),), back(chat))


def _shown(ticket: FoundTicket) -> Say:
    about = to_text(ticket.id)
    held = "free" if ticket.status == "blocked" else "block"
    choices = [Choice(words("force"), f"force:{about}"), Choice(words(held), f"{held}:{about}")]
    if ticket.status not in {"valid", "blocked"}:
        choices = choices[:1]
    if ticket.scanned_ms is not None:
        choices = [
            Choice(words("annul"), f"annul:{about}"),
            Choice(words("contest"), f"contest:{about}:sought"),
            *choices,
        ]
    return Say(line_of(ticket), tuple(choices))


# ---- Not paid ------------------------------------------------------------------------------------


async def ask_money(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Say that an order is not paid, and ask its provider now: `askmoney:ORDER`."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    order_id = from_text(heard.action.partition(":")[2])
    order = await supervision.unpaid_order(tx, stand.post.event_id, order_id or 0)
    if order is None or order.payment_id is None:
        return Turn((Say(words("unpaid.gone")),))
    await scans.journal(
        tx,
        stand.hand(chat),
        Verdict.UNPAID,
        raw_hash=code_hash(f"order {order.id}"),
        typed=True,
        note=order.reference,
    )
    lines = (
        words(f"headline.{Verdict.UNPAID.light}", verdict=words("title.unpaid")),
        words("unpaid", reference=order.reference, buyer=order.buyer or "–", n=order.quantity),
        words("do.unpaid"),
        words("unpaid.asked"),
    )
    once_more = Choice(words("unpaid.again"), f"again:{order.reference}")
    look = Job("payment.look", {"payment": order.payment_id})
    return Turn((Say(words("lines", lines=lines), (once_more,)),), jobs=(look,))


def _ask_label(order: UnpaidOrder, unpaid: list[UnpaidOrder]) -> Words:
    """Name the order only where there are several."""
    if len(unpaid) == 1:
        return words("unpaid.ask")
    return words("unpaid.ask_one", reference=order.reference)


def _unpaid(order: UnpaidOrder) -> Words:
    return words(
        "unpaid.line", reference=order.reference, buyer=order.buyer or "–", n=order.quantity
    )
