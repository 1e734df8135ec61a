"""The demo's world: three sample events, and three phones that may play with them.

Everything goes through the same storage functions as an organiser's chat, in demo mode only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.tickets.face import ACCENTS
from boxoffice import rules
from boxoffice.codes import Mode
from boxoffice.model import Naming
from boxoffice.refund_terms import NO_REFUND, RefundTerms
from boxoffice.scan_facts import Entry
from chat.understanding import fold
from storage import catalogue, chats, demo_gate, drafts, event_rules, organisers, staff
from storage.database import Tx
from storage.drafts import NewEvent, NewKind

ZONE = "Africa/Porto-Novo"
SATURDAY = 5

ORGANISER = "Guichet, la démo"

PLACES_MAX = 50
"""Places in teams filled at once; the next look fills the next ones."""

PHONE_NAMES: Mapping[str, str] = {
    "buyer": "Acheteuse",
    "gate": "Porte",
    "organiser": "Organisateur",
}


class Phone(Protocol):
    """One of a visitor's three phones, as the web chat makes it."""

    @property
    def ref(self) -> str:
        """Its chat's key."""

    @property
    def name(self) -> str:
        """`buyer`, `gate` or `organiser`."""

    @property
    def talk(self) -> str:
        """Whom it talks to."""


@dataclass(frozen=True, slots=True)
class _Sample:
    title: str
    description: str
    venue: str
    city: str
    starts: datetime
    ends: datetime
    doors: datetime
    age_min: int
    naming: Naming
    refund_terms: RefundTerms
    accent: str
    category: str
    kinds: tuple[NewKind, ...]
    entry: Entry = Entry.ONCE


async def furnish(tx: Tx, phones: tuple[Phone, ...], now_ms: int) -> None:
    """Make one phone an organiser, and another a steward of all that is on sale."""
    people = {phone.name: await _person(tx, phone, now_ms) for phone in phones}
    organiser_id = await organisers.first_organiser(tx)
    owner_id = people["organiser"]
    if organiser_id is None:
        organiser_id = await organisers.make_organiser(
            tx, name=ORGANISER, owner_id=owner_id, now_ms=now_ms
        )
    await organisers.add_member(tx, organiser_id, owner_id, "owner", now_ms)
    await stock(tx, organiser_id, now_ms)
    await staff_gates(tx, now_ms)


async def staff_gates(tx: Tx, now_ms: int) -> None:
    """Put the gates' phones in charge of what is on sale, and let its tickets in from now on.

    An event made a minute ago is for next week; who made it wants to see its ticket scanned now.
    """
    for event_id, person_id in await demo_gate.not_in_team(tx, now_ms, PLACES_MAX):
        await staff.engage(
            tx,
            event_id=event_id,
            person_id=person_id,
            role="steward",
            name=PHONE_NAMES["gate"],
            now_ms=now_ms,
        )
        await demo_gate.open_at_once(tx, event_id, now_ms)


async def _person(tx: Tx, phone: Phone, now_ms: int) -> int:
    """Expect a phone's conversation before its first word, and answer whose it is."""
    chat = await chats.expect_chat(
        tx,
        channel="web",
        talk=phone.talk,
        ref=phone.ref,
        language="fr",
        name=PHONE_NAMES[phone.name],
        now_ms=now_ms,
    )
    return chat.person_id


async def stock(tx: Tx, organiser_id: int, now_ms: int) -> None:
    """Put the three samples on sale if nothing is: at first, and when the last ones are over."""
    if await catalogue.offers(tx, now_ms=now_ms, limit=1):
        return
    for sample in _samples(now_ms):
        event_id = await drafts.create_event(
            tx,
            NewEvent(
                organiser_id=organiser_id,
                mode=Mode.DEMO,
                title=sample.title,
                description=sample.description,
                venue=sample.venue,
                city=sample.city,
                folded=fold(f"{sample.title} {sample.venue} {sample.city}"),
                zone=ZONE,
                doors_ms=_ms(sample.doors),
                starts_ms=_ms(sample.starts),
                ends_ms=_ms(sample.ends),
                currency="XOF",
                age_min=sample.age_min,
                naming=sample.naming,
                refund_percent=sample.refund_terms.percent,
                refund_before_ms=sample.refund_terms.before_ms,
                conditions="",
                per_buyer_max=rules.TICKETS_PER_BUYER_MAX,
                hold_ms=rules.HOLD_MS_DEFAULT,
                accent=sample.accent,
                category=sample.category,
            ),
            now_ms,
        )
        for kind in sample.kinds:
            await drafts.add_kind(tx, event_id, kind, now_ms)
        await event_rules.set_entry(tx, event_id, sample.entry)
        await staff.add_gate(tx, event_id, "Entrée", now_ms)
        await drafts.publish(tx, event_id, now_ms)


def _samples(now_ms: int) -> tuple[_Sample, ...]:
    """A concert, a festival and a seminar, on the days to come.

    The concert's and the seminar's tickets open the gate from now on, so that it can be tried at
    once; the festival's day tickets wait for their day, so that a refusal can be seen too.
    """
    today = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(ZONE)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    saturday = today + timedelta(days=(SATURDAY - today.weekday()) % 7 or 7)
    friday = saturday + timedelta(days=13)
    seminar = saturday + timedelta(days=5)
    concert_ends = saturday + timedelta(hours=25)
    festival_ends = friday + timedelta(days=2, hours=23)
    seminar_ends = seminar + timedelta(hours=17)

    def kind(name: str, price: int, quota: int, ends: datetime) -> NewKind:
        return NewKind(
            name=name,
            price_minor=price,
            quota=quota,
            valid_from_ms=now_ms,
            valid_until_ms=_ms(ends),
        )

    def day(name: str, price: int, quota: int, number: int) -> NewKind:
        begins = friday + timedelta(days=number, hours=15)
        return NewKind(
            name=name,
            price_minor=price,
            quota=quota,
            valid_from_ms=_ms(begins),
            valid_until_ms=_ms(begins + timedelta(hours=14)),
        )

    return (
        _Sample(
            title="Nuit du Jazz",
            description="Trois heures de jazz et d’afrobeat sous les étoiles, près de la lagune.",
            venue="Palais des Congrès",
            city="Cotonou",
            doors=saturday + timedelta(hours=19),
            starts=saturday + timedelta(hours=20, minutes=30),
            ends=concert_ends,
            age_min=rules.AGE_MIN_DEFAULT,
            naming=Naming.TRANSFERABLE,
            refund_terms=NO_REFUND,
            accent=ACCENTS[4],
            category="concert",
            kinds=(
                kind("Standard", 5_000, 300, concert_ends),
                kind("VIP", 15_000, 40, concert_ends),
            ),
        ),
        _Sample(
            title="Séminaire Vendre par chat",
            description="Une journée pour apprendre à vendre et à contrôler par téléphone.",
            venue="Espace Tokpa",
            city="Cotonou",
            doors=seminar + timedelta(hours=8, minutes=30),
            starts=seminar + timedelta(hours=9),
            ends=seminar_ends,
            age_min=0,
            naming=Naming.NOMINATIVE,
            refund_terms=RefundTerms(100, rules.DAY_MS),
            accent=ACCENTS[3],
            category="conference",
            kinds=(
                kind("Participant", 10_000, 30, seminar_ends),
                kind("Étudiant", 0, 8, seminar_ends),
            ),
        ),
        _Sample(
            title="Festival de la Lagune",
            description="Trois jours de musique, de danse et de cuisine, les pieds dans le sable.",
            venue="Plage de Fidjrossè",
            city="Cotonou",
            doors=friday + timedelta(hours=15),
            starts=friday + timedelta(hours=17),
            ends=festival_ends,
            age_min=18,
            naming=Naming.TRANSFERABLE,
            refund_terms=NO_REFUND,
            accent=ACCENTS[2],
            category="festival",
            kinds=(
                kind("Pass 3 jours", 20_000, 500, festival_ends),
                day("Vendredi", 8_000, 400, 0),
                day("Samedi", 10_000, 400, 1),
                day("Dimanche", 8_000, 400, 2),
            ),
            entry=Entry.DAILY,
        ),
    )


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
