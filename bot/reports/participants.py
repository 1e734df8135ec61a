"""The list of everybody with a ticket: `guests:EVENT:csv` or `guests:EVENT:xlsx`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.reports.tables import CSV, XLSX, Cell, csv_file, xlsx_file
from boxoffice.model import Event
from boxoffice.money import Money
from chat.channel import SendRefused, Withdrawn
from chat.messages import Media, words
from chat.texts import Texts
from chat.workers import Runner
from storage import events, progress
from storage.database import Database
from storage.ids import from_text
from storage.participants import CHUNK, Participant, participants_after

PICTURE = "guests"

COLUMNS = (
    "order",
    "rank",
    "kind",
    "place",
    "holder",
    "buyer",
    "status",
    "price",
    "currency",
    "bought",
    "entered",
)


@dataclass(frozen=True, slots=True)
class ParticipantLists:
    """Writes the lists, as they are when they are sent."""

    database: Database
    texts: Texts
    workers: Runner

    async def __call__(self, key: str, language: str) -> Media:
        """Read in chunks, then write in a worker; a list that shows how far it is says so itself.

        Raises:
            SendRefused: there is no such event.
            Withdrawn: it was stopped meanwhile.
            WorkersError: it could not be written now; try again.
        """
        id_text, _, rest = key.partition(":")
        form, _, work = rest.partition(":")
        work_id = from_text(work)
        event_id = from_text(id_text)
        event = await self.database.read(events.event_by_id, event_id) if event_id else None
        if event is None:
            raise SendRefused("no such event")
        found: list[Participant] = []
        while True:
            after_id = found[-1].ticket_id if found else 0
            chunk = await self.database.read(participants_after, event.id, after_id)
            found += chunk
            if work_id and not await self.database.write(progress.step, work_id, len(found)):
                raise Withdrawn
            if len(chunk) < CHUNK:
                break
        head = [self._say(f"guests.column_{one}", language) for one in COLUMNS]
        rows = [self._row(event, one, language) for one in found]
        if form == "csv":
            body = await self.workers.run(csv_file, head, rows)
            return Media(body, CSV, f"participants-{event.tag}.csv", as_file=True)
        body = await self.workers.run(xlsx_file, event.title, head, rows)
        return Media(body, XLSX, f"participants-{event.tag}.xlsx", as_file=True)

    def _row(self, event: Event, one: Participant, language: str) -> tuple[Cell, ...]:
        return (
            one.reference,
            one.rank,
            one.kind,
            one.place,
            one.holder,
            one.buyer,
            self._say(f"guests.status_{one.status}", language),
            _number(one.price),
            one.price.currency,
            _local(one.bought_ms, event.zone),
            None if one.entered_ms is None else _local(one.entered_ms, event.zone),
        )

    def _say(self, key: str, language: str) -> str:
        return self.texts.render(words(key), language)


def _number(price: Money) -> Cell:
    """Give a price as a number where its currency has no decimals, else exactly as it is."""
    return int(price.major) if price.major == int(price.major) else str(price.major)


def _local(at_ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone))
