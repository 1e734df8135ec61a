"""A small house behind the three phones: enough of a bot to drive the page with."""

from __future__ import annotations

import asyncio
import contextlib
import io
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image
from starlette.applications import Starlette

from bot.handlers.webchat import WebChat
from bot.payments.protocol import MoneyIn, PaymentAsk
from bot.payments.sandbox import Sandbox
from bot.web.guard import Guarded
from bot.web.page import page_routes
from bot.web.payments import payment_routes
from bot.web.sandbox import sandbox_routes
from bot.web.serving import listen, serving
from bot.web.webchat import webchat_routes
from boxoffice.money import Money
from chat.clock import wall_clock
from chat.messages import Button, Media, Outgoing, Photo, Start, Tap, Text
from storage.ids import new_id
from storage.opening import open_database
from tests.houses import house_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.payments.protocol import Notice
    from chat.messages import Inbound, TalkName


@dataclass(slots=True)
class SmallHouse:
    """An Intake: sells one ticket for play money, and opens the gate to its bytes once."""

    url: str
    webchat: WebChat
    sandbox: Sandbox
    ticket: bytes
    heard: list[Inbound] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    chats: dict[int, str] = field(default_factory=dict)
    entered: int = 0

    async def receive(
        self, channel: str, talk: TalkName, ref: str, message_id: str, payload: str
    ) -> bool:
        """Take a message once and answer it."""
        del channel
        if message_id in self.ids:
            return False
        self.ids.add(message_id)
        inbound = self.webchat.read(talk, payload, wall_clock())
        self.heard.append(inbound)
        answer = await (self._sell(inbound) if talk == "seller" else self._judge(inbound))
        await self.webchat.send(talk, ref, answer)
        return True

    async def credit(self, notice: Notice) -> None:
        """Send the ticket for the money."""
        if isinstance(notice.outcome, MoneyIn) and notice.payment_id is not None:
            media = Media(self.ticket, "image/png", "billet-K7M2P9X-1.png")
            answer = Outgoing("Paiement reçu, voici votre billet.", media=media)
            await self.webchat.send("seller", self.chats[notice.payment_id], answer)

    async def _sell(self, inbound: Inbound) -> Outgoing:
        match inbound.heard:
            case Start(payload):
                return Outgoing(f"Bienvenue {payload}".strip(), (Button("Acheter", action="buy"),))
            case Tap("buy"):
                return Outgoing("5 000 F CFA", (Button("Payer", url=await self._page(inbound)),))
            case Text(text):
                return Outgoing(f"Vous dites : {text}")
            case _:
                return Outgoing("?")

    async def _page(self, inbound: Inbound) -> str:
        now_ms = wall_clock()
        payment_id = new_id(now_ms)
        self.chats[payment_id] = inbound.ref
        page = await self.sandbox.start(
            PaymentAsk(
                payment_id=payment_id,
                amount=Money(5_000, "XOF"),
                description="Nuit du Jazz",
                language="fr",
                return_url=f"{self.url}/",
                page_until_ms=now_ms + 600_000,
            )
        )
        return page.url

    async def _judge(self, inbound: Inbound) -> Outgoing:
        if not isinstance(inbound.heard, Photo):
            return Outgoing("Prêt. Envoyez la photo d’un billet.")
        if await self.webchat.fetch("scanner", inbound.heard.refs[0]) != self.ticket:
            return Outgoing("⚪⚪⚪ PAS UN BILLET")
        self.entered += 1
        if self.entered == 1:
            return Outgoing("🟢🟢🟢 ENTREZ\nNuit du Jazz")
        return Outgoing("🔴🔴🔴 DÉJÀ ENTRÉ\nPremier passage à l’instant.")


def draw_ticket() -> bytes:
    """Draw a picture that stands for a ticket."""
    out = io.BytesIO()
    Image.new("RGB", (300, 500), "#1f4e5f").save(out, "PNG")
    return out.getvalue()


@asynccontextmanager
async def small_house(path: Path, port: int = 0) -> AsyncIterator[SmallHouse]:
    """Open the house on a port of this machine."""
    db = await open_database(house_file(path))
    listener = listen("127.0.0.1", port)
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    url = f"http://{host}"
    webchat = WebChat(db, clock=wall_clock)
    sandbox = Sandbox(db, base_url=url, secret=b"test-secret-of-the-sandbox", clock=wall_clock)
    house = SmallHouse(url, webchat, sandbox, draw_ticket())
    routes = [
        *webchat_routes(webchat, house, base_url=url),
        *page_routes(base_url=url),
        *sandbox_routes(sandbox),
        *payment_routes({"sandbox": sandbox}, house.credit),
    ]
    app = Guarded(Starlette(routes=routes), hosts={host})
    sender = asyncio.create_task(sandbox.send_notices())
    try:
        async with serving(app, listener, before_stop=webchat.close):
            yield house
    finally:
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sender
        await db.close()
