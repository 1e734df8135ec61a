"""What stands on a receipt: who sold what to whom, what was paid and how, what went back, the tax.

A receipt proves a payment and opens nothing: no ticket code ever stands on one, so it may be handed
to whoever paid in somebody else's stead.
"""

from dataclasses import dataclass

from boxoffice.codes import Mode
from boxoffice.model import Event, Kind, Order, Payment, Seat
from boxoffice.money import Money
from boxoffice.tax import included_tax
from chat.messages import Moment, Value, Words, words
from chat.texts import Texts
from storage import chats, events, legal, orders, payments
from storage.database import Tx
from storage.legal import LegalDetails

BASIS_POINTS_A_PERCENT = 100


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One line of what was bought, as it is read."""

    label: str
    count: str
    price: str
    amount: str


@dataclass(frozen=True, slots=True)
class ReceiptFace:
    """Everything a receipt shows, in words: ready to be drawn in another process."""

    heading: str
    number: str
    seller: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    """Label and value: the event, the buyer, how and when it was paid."""
    columns: tuple[str, str, str, str]
    rows: tuple[ReceiptRow, ...]
    sums: tuple[tuple[str, str], ...]
    """Label and amount; the last one stands out."""
    notes: tuple[str, ...]
    accent: str
    watermark: str | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """An order with its money, as it stands now: what a receipt is made of."""

    order: Order
    event: Event
    seats: tuple[tuple[Seat, Kind], ...]
    payments: tuple[Payment, ...]
    """Those whose money came in: all of the order's, or the one the receipt is for."""
    seller: LegalDetails
    buyer: str


async def sale_of(tx: Tx, order_id: int | None, payment_id: int | None = None) -> Sale | None:
    """Read what a receipt says of an order, or of one payment of it; None if nothing was paid."""
    if payment_id is not None:
        payment = await payments.payment_by_id(tx, payment_id)
        order_id = payment.order_id if payment else None
    order = await orders.order_by_id(tx, order_id) if order_id is not None else None
    event = await events.event_by_id(tx, order.event_id) if order else None
    if order is None or event is None:
        return None
    paid = [
        one
        for one in await payments.payments_of(tx, order.id)
        if one.paid.amount_minor and payment_id in {None, one.id}
    ]
    if not paid:
        return None
    kinds = {kind.id: kind for kind in await events.kinds_of(tx, event.id)}
    seats = await orders.seats_of(tx, order.id)
    return Sale(
        order,
        event,
        tuple((seat, kinds[seat.kind_id]) for seat in seats),
        tuple(reversed(paid)),
        await legal.legal_of(tx, event.organiser_id),
        await chats.person_name(tx, order.buyer_id) if payment_id is None else "",
    )


def receipt_face(sale: Sale, texts: Texts, language: str) -> ReceiptFace:
    """Put a sale in the words of a receipt."""

    def say(key: str, **facts: Value) -> str:
        return texts.render(Words(key, facts), language)

    order, event = sale.order, sale.event
    last = sale.payments[-1]
    paid = sum((one.paid for one in sale.payments[:-1]), last.paid)
    facts = [
        (say("receipt.event"), event.title),
        (say("receipt.when"), say("face.date", starts=Moment(event.starts_ms, event.zone))),
        (say("receipt.order"), order.reference),
    ]
    if sale.buyer:
        facts.append((say("receipt.buyer"), sale.buyer))
    facts += [
        (
            say("receipt.paid"),
            say(
                "receipt.paid_how",
                how=words(f"receipt.by_{one.provider.partition('.')[0]}"),
                when=Moment(one.paid_ms or order.held_ms, event.zone),
            ),
        )
        for one in sale.payments
    ]
    seller = sale.seller
    return ReceiptFace(
        heading=say("receipt.heading"),
        number=say("receipt.number", reference=order.reference),
        seller=tuple(
            line
            for line in (
                seller.name,
                *seller.address.splitlines(),
                say("receipt.tax_number", number=seller.tax_number) if seller.tax_number else "",
            )
            if line
        ),
        facts=tuple(facts),
        columns=(
            say("receipt.what"),
            say("receipt.count"),
            say("receipt.price"),
            say("receipt.amount"),
        ),
        rows=_rows(sale, texts, language),
        sums=_sums(sale, paid, texts, language),
        notes=tuple(note for note in (seller.note, say("receipt.no_ticket")) if note),
        accent=event.accent,
        watermark=say("receipt.demo") if event.mode is Mode.DEMO else None,
    )


def _rows(sale: Sale, texts: Texts, language: str) -> tuple[ReceiptRow, ...]:
    """A row a kind and price."""
    counts: dict[tuple[str, int], int] = {}
    for seat, kind in sale.seats:
        key = (kind.name, seat.price_minor)
        counts[key] = counts.get(key, 0) + 1
    currency = sale.order.total.currency
    free = texts.render(words("offer.free"), language)

    def money(minor: int) -> str:
        return Money(minor, currency).format(language) if minor else free

    return tuple(
        ReceiptRow(name, str(count), money(price_minor), money(price_minor * count))
        for (name, price_minor), count in counts.items()
    )


def _sums(sale: Sale, paid: Money, texts: Texts, language: str) -> tuple[tuple[str, str], ...]:
    """Add up: the order's total, what was paid, what went or goes back, what remains, its tax."""

    def line(label: Words, amount: Money) -> tuple[str, str]:
        return texts.render(label, language), amount.format(language)

    back_minor = sum(one.back_minor for one in sale.payments)
    returned_minor = sum(one.returned_minor for one in sale.payments)
    kept = Money(paid.amount_minor - back_minor, paid.currency)
    lines = []
    if paid != sale.order.total:
        lines.append(line(words("receipt.total"), sale.order.total))
    if back_minor or lines:
        lines.append(line(words("receipt.paid_in"), paid))
    if returned_minor:
        lines.append(line(words("receipt.returned"), Money(-returned_minor, paid.currency)))
    going_minor = back_minor - returned_minor
    if going_minor:
        lines.append(line(words("receipt.going_back"), Money(-going_minor, paid.currency)))
    seller = sale.seller
    if seller.tax_rate_bp and kept.amount_minor:
        rate = f"{seller.tax_rate_bp / BASIS_POINTS_A_PERCENT:g}".replace(
            ".", "," if language == "fr" else "."
        )
        label = words("receipt.tax", name=seller.tax_name, rate=rate)
        lines.append(line(label, included_tax(kept, seller.tax_rate_bp)))
    lines.append(line(words("receipt.kept" if back_minor else "receipt.paid_total"), kept))
    return tuple(lines)
