"""The receipt of a payout: what an organiser was handed, how, when, and by whom."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.tickets.making import make_receipt
from bot.tickets.receipt import ReceiptFace
from boxoffice.codes import Mode
from chat.channel import SendRefused
from chat.messages import Media, Moment, Value, Words
from chat.texts import Texts
from chat.workers import Runner
from storage import legal, organisers, payouts
from storage.database import Database, Tx
from storage.ids import from_text, to_text
from storage.legal import LegalDetails
from storage.payouts import Payout

PICTURE = "payout"
ACCENT = "#1f4e5f"
NOON_H = 12
"""A day is said as its noon, so that no zone moves it."""


@dataclass(frozen=True, slots=True)
class PayoutReceipts:
    """Answers `payout:ID` in the gallery."""

    database: Database
    texts: Texts
    workers: Runner
    zone: str
    mode: Mode

    async def __call__(self, key: str, language: str) -> Media:
        """Draw the receipt.

        Raises:
            SendRefused: there is no such payout.
        """
        payout_id = from_text(key)
        found = await self.database.read(_load, payout_id) if payout_id is not None else None
        if found is None:
            raise SendRefused("no such payout")
        face = payout_face(*found, self.texts, language, self.zone, mode=self.mode)
        body = await self.workers.run(make_receipt, face)
        name = self.texts.render(Words("payout.file"), language)
        return Media(body, "application/pdf", f"{name}-{number_of(found[0])}.pdf", as_file=True)


def payout_face(
    payout: Payout,
    payer: LegalDetails,
    payee: LegalDetails,
    texts: Texts,
    language: str,
    zone: str,
    *,
    mode: Mode,
) -> ReceiptFace:
    """Put a payout in the words of a receipt."""

    def say(key: str, **facts: Value) -> str:
        return texts.render(Words(key, facts), language)

    facts = [
        (say("payout.to"), payee.name),
        (say("payout.on"), say("payout.day", day=day_of(payout.paid_on, zone))),
        (say("payout.how"), payout.way),
        (say("payout.from"), say(f"statement.provider_{payout.provider.partition('.')[0]}")),
    ]
    if payee.tax_number:
        facts.insert(1, (say("legal.label_tax_number"), payee.tax_number))
    if payout.undone_ms is not None:
        undone = Moment(payout.undone_ms, zone)
        facts.append((say("payout.undone_label"), say("payout.day", day=undone)))
    return ReceiptFace(
        heading=say("payout.heading"),
        number=say("payout.number", number=number_of(payout)),
        seller=tuple(line for line in (payer.name, *payer.address.splitlines()) if line),
        facts=tuple(facts),
        columns=("", "", "", ""),
        rows=(),
        sums=((say("payout.amount"), payout.amount.format(language)),),
        notes=(say("payout.note"),),
        accent=ACCENT,
        watermark=say("receipt.demo") if mode is Mode.DEMO else None,
    )


def number_of(payout: Payout) -> str:
    """Write a payout's number as people read it out."""
    return f"R{to_text(payout.id)[-7:]}"


def day_of(paid_on: str, zone: str) -> Moment:
    """Take an ISO date as a moment of that day at a place."""
    noon = datetime.combine(date.fromisoformat(paid_on), datetime.min.time(), ZoneInfo(zone))
    return Moment(int(noon.replace(hour=NOON_H).timestamp() * 1000), zone)


async def _load(tx: Tx, payout_id: int) -> tuple[Payout, LegalDetails, LegalDetails] | None:
    payout = await payouts.payout_by_id(tx, payout_id)
    platform = await organisers.first_organiser(tx)
    if payout is None or platform is None:
        return None
    return payout, await legal.legal_of(tx, platform), await legal.legal_of(tx, payout.organiser_id)
