"""Where receipts hang in the gallery: drawn of the money as it stands when they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.tickets.gallery import Room
from bot.tickets.making import make_receipt
from bot.tickets.receipt import receipt_face, sale_of
from chat.channel import SendRefused
from chat.messages import Media, words
from chat.texts import Texts
from chat.workers import Runner
from storage.database import Database
from storage.ids import from_text


@dataclass(frozen=True, slots=True)
class ReceiptRoom:
    """Answers `receipt:ORDER` and, for one payment of an order, `paid:PAYMENT`."""

    database: Database
    texts: Texts
    workers: Runner

    def rooms(self) -> Mapping[str, Room]:
        """By the first word of what is asked for."""
        return {"receipt": self.of_order, "paid": self.of_payment}

    async def of_order(self, key: str, language: str) -> Media:
        """Draw the receipt of a whole order.

        Raises:
            SendRefused: nothing was paid.
        """
        return await self._draw(from_text(key), None, language)

    async def of_payment(self, key: str, language: str) -> Media:
        """Draw the receipt of one payment, for whoever made it.

        Raises:
            SendRefused: nothing was paid.
        """
        payment_id = from_text(key)
        if payment_id is None:
            raise SendRefused("no such payment")
        return await self._draw(None, payment_id, language)

    async def _draw(self, order_id: int | None, payment_id: int | None, language: str) -> Media:
        sale = await self.database.read(sale_of, order_id, payment_id)
        if sale is None:
            raise SendRefused("nothing was paid")
        body = await self.workers.run(make_receipt, receipt_face(sale, self.texts, language))
        name = self.texts.render(words("receipt.file"), language)
        name = f"{name}-{sale.order.reference}.pdf"
        return Media(body, "application/pdf", name, as_file=True)
