"""One running installation: the engine, the delivery, the upkeep and the channels, wired together.

`bot/__main__.py` decides what runs (the demo's world or the real one) and when it stops; here is
how the parts are joined, the same for both, and the same for the tests.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.charts.chart import WARM
from bot.charts.door import DoorPictures
from bot.charts.warming import Warming
from bot.chores import BoxOfficeChores
from bot.far_work.mail import Post
from bot.far_work.paper_room import PaperRoom
from bot.far_work.personal import PICTURE as MY_DATA
from bot.far_work.personal import PersonalFiles
from bot.far_work.photos import SellerPhotos
from bot.far_work.receipt_links import ReceiptLinks
from bot.far_work.recovering import RecoveryWork, reached_by
from bot.far_work.statement import PICTURE as STATEMENT
from bot.far_work.statement import Statements
from bot.far_work.undelivered import follow_up, is_outdated, keep_delivery
from bot.flows.house import House
from bot.flows.money.ways import Way
from bot.flows.persons.recovering import SEND as RECOVERY_SEND
from bot.flows.seller import seller_talk
from bot.payments.cash import Cash
from bot.payments.protocol import Provider
from bot.payments.reconciling import Reconciling
from bot.payments.working import PaymentWork
from bot.posters.reading import PosterReader
from bot.reports.rooms import report_rooms
from bot.tickets.gallery import Gallery
from bot.tickets.links import TicketLinks
from bot.tickets.payout_receipt import PICTURE as PAYOUT
from bot.tickets.payout_receipt import PayoutReceipts
from bot.tickets.receipt_room import ReceiptRoom
from bot.watch.faults import Faults, tell_of_message
from bot.web.receipts import ReceiptParts
from bot.web.terminal import TerminalParts
from bot.web.ticket_pictures import TicketParts
from chat import upkeep
from chat.albums import ALBUM_PATIENCE, AlbumPatience
from chat.channel import Channel
from chat.clock import Clock
from chat.delivery import Delivery
from chat.engine import Engine
from chat.following import Follows
from chat.talk import Talk
from chat.waiting import Queues
from chat.workers import Runner
from gate_scanner.judging import Gatekeeper
from gate_scanner.live import PICTURE as DOOR
from gate_scanner.photos import PhotoReader
from gate_scanner.talk import scanner_talk
from gate_scanner.terminal.pack import PackSigner
from gate_scanner.terminal.scanning import TerminalJudge
from gate_scanner.terminal.uploading import Uploader
from storage import leasing
from storage.database import Database
from storage.outbox import Pace

PATIENCE = MappingProxyType({"payment.start": 6})
"""Somebody looks at the screen for their payment page: after half a minute of tries they hear that
it does not open, with a button to try again."""

ONE_BUBBLE = frozenset({"whatsapp"})
"""The apps where every message costs: what a turn says goes out as one."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The parts that work together once started."""

    database: Database
    house: House
    talks: Mapping[str, Talk]
    engine: Engine
    delivery: Delivery
    chores: tuple[upkeep.Chore, ...]
    payment_work: PaymentWork
    receipt_links: ReceiptLinks | None
    receipts: ReceiptRoom
    gallery: Gallery
    gatekeeper: Gatekeeper
    workers: Runner
    queues: Queues
    queued: Callable[[], None]
    """To be called after something was queued outside a turn."""
    clock: Clock
    holder: str
    """What this process is called among those that share the database."""

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliver and keep up until the block ends; then stop in order: turns, then the outbox."""
        # Who was called so before has ended, and what it had leased need not wait. A SQLite file
        # has one process, whatever it is called.
        if self.database.engine == "sqlite":
            await self.database.write(leasing.end_leases)
        else:
            await self.database.write(leasing.end_leases_of, self.holder)
        delivering = asyncio.create_task(self.delivery.run(), name="delivery")
        keeping = asyncio.create_task(upkeep.run(self.chores, self.clock), name="upkeep")
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await self.engine.close()
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)


def install(
    database: Database,
    house: House,
    *,
    channels: Mapping[str, Channel],
    providers: Mapping[str, Provider],
    workers: Runner,
    clock: Clock,
    return_urls: Mapping[str, str],
    albums: AlbumPatience = ALBUM_PATIENCE,
    paces: Mapping[str, Pace] | None = None,
    holder: str = "alone",
    public_url: str | None = None,
    post: Post | None = None,
) -> Installation:
    """Join the parts. `channels` may still be filled until the first message comes in.

    `paces` says how fast the apps let their senders send; those not named send as they can. With a
    `public_url`, payment pages lead back to a receipt of our own, and tickets can be opened there.
    """
    providers = {**providers, Cash.name: Cash()}
    news, queues = asyncio.Event(), Queues(paces or {})
    house = replace(
        house,
        ways={name: _way(one) for name, one in providers.items()},
        rescues=lambda: reached_by(channels, post),
    )
    talks = {
        "seller": seller_talk(house),
        "scanner": scanner_talk(house.keyring, house.mode, house.terminal_url),
    }
    engine = Engine(
        database,
        channels=channels,
        talks=talks,
        prepares={
            "seller": SellerPhotos(PosterReader(database, channels, workers, clock)),
            "scanner": PhotoReader(channels, workers),
        },
        clock=clock,
        queued=news.set,
        one_bubble=ONE_BUBBLE,
        albums=albums,
        wait_ms=queues.wait_ms,
        alarm=tell_of_message,
    )
    receipt_links = ReceiptLinks(house.keyring, public_url) if public_url else None
    receipts = ReceiptRoom(database, house.texts, workers)
    payment_work = PaymentWork(
        database,
        providers,
        engine.tell,
        return_urls,
        receipt_links.url if receipt_links else None,
    )
    recovery_work = RecoveryWork(
        database,
        providers,
        channels,
        house.keyring,
        house.texts,
        engine.tell,
        clock,
        post,
    )
    gallery = Gallery(
        database,
        house.texts,
        workers,
        clock,
        rooms={
            DOOR: DoorPictures(database, house.texts, workers, clock),
            **report_rooms(database, house.texts, workers, clock, house.seller_link),
            **receipts.rooms(),
            MY_DATA: PersonalFiles(database, house.texts, workers, channels, house.zone),
            "paper": PaperRoom(database, channels, workers, clock).fetch,
            STATEMENT: Statements(database, house.texts, workers),
            PAYOUT: PayoutReceipts(database, house.texts, workers, house.zone, house.mode),
        },
        links=TicketLinks(house.keyring, public_url) if public_url else None,
    )
    delivery = Delivery(
        database,
        channels=channels,
        talks=talks,
        gallery=gallery,
        works={
            "payment.start": payment_work.start,
            "payment.refund": payment_work.refund,
            "payment.look": payment_work.look,
            RECOVERY_SEND: recovery_work.send,
            WARM: Warming(workers).warm,
        },
        follows=Follows(follow_up, keep_delivery, is_outdated),
        clock=clock,
        news=news,
        queues=queues,
        holder=holder,
        patience=PATIENCE,
    )
    reconciling = Reconciling(database, providers)
    faults = Faults(database, clock)
    chores = BoxOfficeChores(database, engine.tell, payment_work, reconciling, faults).all(engine)
    return Installation(
        database=database,
        house=house,
        talks=talks,
        engine=engine,
        delivery=delivery,
        chores=chores,
        payment_work=payment_work,
        receipt_links=receipt_links,
        receipts=receipts,
        gallery=gallery,
        gatekeeper=Gatekeeper(house.keyring, house.mode),
        workers=workers,
        queues=queues,
        queued=news.set,
        clock=clock,
        holder=holder,
    )


def terminal_parts(
    guichet: Installation, *, is_https: bool, bot_token: str | None = None
) -> TerminalParts:
    """Take from an installation what the pages at the door work with."""
    keyring, mode = guichet.house.keyring, guichet.house.mode
    return TerminalParts(
        database=guichet.database,
        gatekeeper=guichet.gatekeeper,
        judge=TerminalJudge(guichet.gatekeeper, guichet.talks["scanner"].texts),
        uploader=Uploader(keyring, mode),
        signer=PackSigner(keyring),
        workers=guichet.workers,
        clock=guichet.clock,
        queued=guichet.queued,
        bot_token=bot_token,
        is_https=is_https,
    )


def receipt_parts(guichet: Installation) -> ReceiptParts | None:
    """Take what the page after a payment works with; None where no browser could reach it."""
    if guichet.receipt_links is None:
        return None
    return ReceiptParts(
        database=guichet.database,
        links=guichet.receipt_links,
        texts=guichet.house.texts,
        receipts=guichet.receipts,
        work=guichet.payment_work,
        clock=guichet.clock,
    )


def ticket_parts(guichet: Installation) -> TicketParts | None:
    """Take what the pictures that people open themselves are made of; None as for receipts."""
    if guichet.gallery.links is None:
        return None
    return TicketParts(
        database=guichet.database,
        links=guichet.gallery.links,
        gallery=guichet.gallery,
        texts=guichet.house.texts,
        clock=guichet.clock,
    )


def _way(provider: Provider) -> Way:
    """What conversations must know of a provider."""
    return Way(name=provider.name, hold_min_ms=provider.hold_min_ms, serves=provider.serves)
