"""A person's own data as a file: `mydata:CHAT`, a workbook that a phone and a machine can read.

A line a value: which subject, which record of it, what it is, and the value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.far_work.heard_words import heard_words
from bot.reports.about import read_about
from bot.reports.tables import XLSX, Cell, xlsx_file
from boxoffice.money import Money
from chat.channel import Channel
from chat.messages import Media, words
from chat.texts import Texts
from chat.workers import Runner
from storage import chats
from storage.database import Database, Tx
from storage.personal import Record, Subject, kept_on

PICTURE = "mydata"

CELL_CHARS_MAX = 32_000
"""A spreadsheet's cell holds 32,767 signs."""

VALUES = frozenset(
    {"held", "paid", "expired", "cancelled", "refunded", "valid", "used", "revoked"}
    | {
        "charged_back",
        "blocked",
        "starting",
        "open",
        "declined",
        "failed",
        "refunding",
        "asked",
        "accepted",
    }
    | {"done", "refused", "contested", "kept", "returned", "offered", "withdrawn", "void"}
    | {"seller", "scanner", "steward", "supervisor", "owner", "manager"}
    | {"door", "reseller", "keep", "refund", "give"}
    | {"telegram", "whatsapp", "web", "fr", "en", "email", "phone"}
    | {"sandbox", "cash", "stripe", "pawapay"}
)
"""Words of our tables that people read in their own language."""

FREE = frozenset({"name", "body", "holder", "given_by", "given_to", "event", "organiser"})
"""Columns of people's own words: `open` may be what somebody wrote."""


@dataclass(frozen=True, slots=True)
class PersonalFiles:
    """Writes the file as things stand when it is sent."""

    database: Database
    texts: Texts
    workers: Runner
    channels: Mapping[str, Channel]
    """Each can read what its app wrote down."""
    zone: str

    async def __call__(self, key: str, language: str) -> Media:
        """Read everything, then write it in a worker.

        Raises:
            SendRefused: there is no such conversation.
            WorkersError: it could not be written now; try again.
        """
        found = await read_about(self.database, key, _of_chat)
        head = [self._say(f"personal.head_{one}", language) for one in ("subject", "record")]
        head += [self._say(f"personal.head_{one}", language) for one in ("what", "value")]
        rows = [row for subject in found for row in self._rows(subject, language)]
        title = self._say("personal.sheet", language)
        body = await self.workers.run(xlsx_file, title, head, rows)
        return Media(body, XLSX, "mes-donnees.xlsx", as_file=True)

    def _rows(self, subject: Subject, language: str) -> Sequence[Sequence[Cell]]:
        about = self._say(f"personal.subject_{subject.name}", language)
        records = subject.records
        if subject.name == "messages":
            records = tuple(self._told(record, language) for record in records)
        return [
            (about, number, self._say(f"personal.{_name(column)}", language), value)
            for number, record in enumerate(records, 1)
            for column in record
            if (value := self._value(record, column, language)) is not None
        ]

    def _told(self, record: Record, language: str) -> Record:
        """Put what an app wrote down in words that people read."""
        heard = heard_words(record, self.channels)
        said = heard if isinstance(heard, str) else self.texts.render(heard, language)
        return {**record, "body": said}

    def _value(self, record: Record, column: str, language: str) -> Cell:
        value = record[column]
        if value is None or value == "" or column == "currency":
            return None
        if column.endswith("_ms") and isinstance(value, int):
            return datetime.fromtimestamp(value / 1000, UTC).astimezone(ZoneInfo(self.zone))
        if column == "amount_minor" and isinstance(value, int):
            return Money(value, str(record["currency"])).format(language)
        if isinstance(value, int):
            return value
        if value in VALUES and column not in FREE:
            return self._say(f"personal.value_{value}", language)
        return str(value)[:CELL_CHARS_MAX]

    def _say(self, key: str, language: str) -> str:
        return self.texts.render(words(key), language)


def _name(column: str) -> str:
    return f"field_{column.removesuffix('_ms').removesuffix('_minor')}"


async def _of_chat(tx: Tx, chat_id: int) -> list[Subject] | None:
    chat = await chats.chat_by_id(tx, chat_id)
    return await kept_on(tx, chat.person_id) if chat else None
