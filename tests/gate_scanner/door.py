"""A door to test at: an event with gates, team and tickets, and phones that talk to the scanner."""

import base64
from dataclasses import dataclass, field
from itertools import count, product
from typing import Any

from boxoffice.codes import EVENT_TAG_LENGTH, Keyring, Mode, make_code
from boxoffice.rules import HOUR_MS
from boxoffice.spelling import ALPHABET
from boxoffice.typed_codes import make_short_code
from chat import codec
from chat.messages import Choice, Heard, Inbound, Say, Tap, Text
from chat.turns import take_turn
from gate_scanner.judging import Gatekeeper
from gate_scanner.talk import scanner_talk
from storage import inbox
from storage.database import Database, Tx
from storage.ids import new_id
from storage.scans import Hand

NOW_MS = 1_781_388_000_000  # 13 June 2026, 22:00 UTC, a Saturday
KEY = base64.urlsafe_b64encode(b"test key of the door".ljust(32, b".")).decode()
KEYRING = Keyring.parse(KEY)
GATEKEEPER = Gatekeeper(KEYRING, Mode.LIVE)
TALK = scanner_talk(KEYRING, Mode.LIVE)

_message_ids = count(1)
_tags = ("".join(tag) for tag in product(ALPHABET, repeat=EVENT_TAG_LENGTH))
"""One after the other: random tags, drawn by the hundred in a property test, collide one day."""


async def insert(tx: Tx, table: str, /, **columns: Any) -> int:  # noqa: ANN401 (any column's value)
    """Write a row as it is, with an id of its own if none is given."""
    columns = {"id": new_id(NOW_MS)} | columns
    names = ", ".join(columns)
    marks = ", ".join(f":{name}" for name in columns)
    await tx.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", **columns)  # noqa: S608 (a test's)
    return int(columns["id"])


@dataclass(slots=True)
class Doors:
    """An event with one kind, one gate and one steward; every method adds to it."""

    database: Database
    tag: str = field(default_factory=lambda: next(_tags))
    event_id: int = 0
    kind_id: int = 0
    gate_id: int = 0
    person_id: int = 0
    staff_id: int = 0
    chat_id: int = 0
    order_id: int = 0
    orders: int = 0
    tickets: int = 0

    async def build(self, *, event: dict[str, Any] | None = None) -> "Doors":
        """Write the event and its people."""
        await self.database.write(self._build, event or {})
        return self

    async def ticket(self, **columns: Any) -> tuple[int, str]:  # noqa: ANN401 (any column's value)
        """Add a ticket, valid now unless the columns say otherwise; answers its id and code."""
        code = columns.setdefault("code", make_code(KEYRING, Mode.LIVE, self.tag))
        return await self.database.write(self.write_ticket, columns), code

    async def write_order(self, tx: Tx) -> None:
        """Begin an order: the tickets written from now on are its."""
        self.orders += 1
        self.order_id = await insert(
            tx,
            "orders",
            reference=f"R{self.person_id}.{self.orders}",
            event_id=self.event_id,
            buyer_id=self.person_id,
            chat_id=self.chat_id,
            status="paid",
            quantity=9,
            total_minor=0,
            currency="XOF",
            held_ms=NOW_MS,
            hold_until_ms=NOW_MS,
        )

    async def write_ticket(self, tx: Tx, columns: dict[str, Any]) -> int:
        """Write a ticket inside a transaction."""
        self.tickets += 1
        ordinary: dict[str, Any] = {
            "order_id": self.order_id,
            "number": self.tickets,
            "event_id": self.event_id,
            "kind_id": self.kind_id,
            "owner_id": self.person_id,
            "mode": "live",
            "short_code": make_short_code(),
            "naming": "transferable",
            "status": "valid",
            "status_ms": NOW_MS - HOUR_MS,
            "valid_from_ms": NOW_MS - HOUR_MS,
            "valid_until_ms": NOW_MS + 5 * HOUR_MS,
            "delivery": "sent",
            "created_ms": NOW_MS - HOUR_MS,
        }
        return await insert(tx, "tickets", **ordinary | columns)

    async def staff(self, person_id: int, **columns: Any) -> int:  # noqa: ANN401 (any column's value)
        """Add a member of the team."""
        ordinary = {
            "event_id": self.event_id,
            "person_id": person_id,
            "role": "steward",
            "name": "Kofi",
            "joined_ms": NOW_MS - HOUR_MS,
        }
        return await self.database.write(insert, "staff", **ordinary | columns)

    async def gate(self, name: str, **columns: Any) -> int:  # noqa: ANN401 (any column's value)
        """Add an open gate."""
        ordinary = {"event_id": self.event_id, "name": name, "status": "open"}
        return await self.database.write(insert, "gates", **ordinary | columns)

    async def count_crowd(self, tx: Tx, inside_max: int) -> None:
        """Count who is inside from now on, up to so many."""
        await tx.run(
            "INSERT INTO occupancy (event_id, inside, inside_max) VALUES (:id, 0, :most)",
            id=self.event_id,
            most=inside_max,
        )

    async def set_terminal_opened(self, at_ms: int) -> None:
        """Let every terminal be as old as this."""

        async def write(tx: Tx) -> None:
            await tx.run("UPDATE terminals SET opened_ms = :at_ms", at_ms=at_ms)

        await self.database.write(write)

    async def person(self, name: str = "") -> int:
        """Add somebody."""
        return await self.database.write(insert, "people", name=name, created_ms=NOW_MS)

    async def kind(self, name: str) -> int:
        """Add a kind."""
        return await self.database.write(self._kind, name)

    async def set(self, table: str, row_id: int, **columns: Any) -> None:  # noqa: ANN401 (any value)
        """Change a row as it is."""
        sets = ", ".join(f"{name} = :{name}" for name in columns)
        sql = f"UPDATE {table} SET {sets} WHERE id = :id"  # noqa: S608 (a test's)
        await self.database.write(_run, sql, {"id": row_id, **columns})

    async def scanner_chat(self, ref: str, person_id: int | None = None) -> int:
        """Open somebody's conversation with the scanner on Telegram: the steward's by default."""
        return await self.database.write(
            insert,
            "chats",
            channel="telegram",
            talk="scanner",
            ref=ref,
            person_id=person_id or self.person_id,
            language="fr",
            step="",
            memory="{}",
            offered="[]",
            turn=1,
            heard_ms=NOW_MS,
            created_ms=NOW_MS,
        )

    async def supervisor(self, name: str = "Mawuena") -> int:
        """Add a supervisor who talks to the scanner; answers their person's id."""
        person_id = await self.person(name)
        await self.staff(person_id, role="supervisor", name=name)
        await self.scanner_chat(f"supervisor {person_id}", person_id)
        return person_id

    async def alarms(self) -> list[str]:
        """Read what the supervisors were told, in French."""
        rows = await self.rows(
            "SELECT payload FROM outbox JOIN chats ON chats.id = outbox.chat_id"
            " WHERE chats.ref LIKE 'supervisor %' ORDER BY outbox.id"
        )
        return [show(codec.from_json(row["payload"]), "fr").text for row in rows]

    def hand(self, **columns: Any) -> Hand:  # noqa: ANN401 (any field's value)
        """Return the steward's hand at the gate, now."""
        ordinary: dict[str, Any] = {
            "person_id": self.person_id,
            "staff_id": self.staff_id,
            "gate_id": self.gate_id,
            "channel": "telegram",
            "received_ms": NOW_MS - 40,
            "now_ms": NOW_MS,
        }
        return Hand(**ordinary | columns)

    async def rows(self, sql: str, **params: int | str) -> list[dict[str, Any]]:
        """Read rows as dicts."""
        return await self.database.read(_rows, sql, params)

    async def _build(self, tx: Tx, event: dict[str, Any]) -> None:
        self.person_id = await insert(tx, "people", name="Kofi", created_ms=NOW_MS)
        organiser_id = await insert(tx, "organisers", name="Org", created_ms=NOW_MS)
        ordinary = {
            "organiser_id": organiser_id,
            "tag": self.tag,
            "mode": "live",
            "status": "published",
            "title": "Nuit du Jazz",
            "description": "",
            "venue": "Palais",
            "city": "Cotonou",
            "folded": "nuit du jazz",
            "zone": "Africa/Porto-Novo",
            "doors_ms": NOW_MS - HOUR_MS,
            "starts_ms": NOW_MS,
            "ends_ms": NOW_MS + 5 * HOUR_MS,
            "currency": "XOF",
            "age_min": 21,
            "naming": "transferable",
            "conditions": "",
            "conditions_version": 1,
            "per_buyer_max": 20,
            "hold_ms": 1_800_000,
            "accent": "#112233",
            "created_ms": NOW_MS,
        }
        self.event_id = await insert(tx, "events", **ordinary | event)
        self.kind_id = await self._kind(tx, "VIP")
        self.gate_id = await insert(
            tx, "gates", event_id=self.event_id, name="Porte Nord", status="open"
        )
        self.staff_id = await insert(
            tx,
            "staff",
            event_id=self.event_id,
            person_id=self.person_id,
            role="steward",
            name="Kofi",
            joined_ms=NOW_MS,
        )
        self.chat_id = await insert(
            tx,
            "chats",
            channel="telegram",
            talk="seller",
            ref=f"buyer {self.person_id}",
            person_id=self.person_id,
            language="fr",
            step="",
            memory="{}",
            offered="[]",
            turn=1,
            heard_ms=NOW_MS,
            created_ms=NOW_MS,
        )
        await self.write_order(tx)

    async def _kind(self, tx: Tx, name: str) -> int:
        return await insert(
            tx,
            "kinds",
            event_id=self.event_id,
            position=0,
            name=name,
            price_minor=5000,
            quota=100,
            taken=0,
            valid_from_ms=NOW_MS - HOUR_MS,
            valid_until_ms=NOW_MS + 5 * HOUR_MS,
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as a person sees it, with its buttons by label."""

    text: str
    buttons: dict[str, str]


@dataclass(slots=True)
class Phone:
    """A person's conversation with the scanner, through the real engine's turns."""

    database: Database
    ref: str
    language: str = "fr"
    now_ms: int = NOW_MS
    seen_id: int = 0

    async def say(self, text: str) -> Shown:
        """Type words."""
        return await self.hear(Text(text))

    async def tap(self, shown: Shown, label: str) -> Shown:
        """Press a button that was shown."""
        return await self.hear(Tap(shown.buttons[label]))

    async def hear(self, heard: Heard) -> Shown:
        """Send anything; answers the last message that came back to this phone."""
        return (await self.hear_all(heard))[-1]

    async def hear_all(self, heard: Heard) -> list[Shown]:
        """Send anything; answers every message that came back to this phone."""
        row = inbox.arrived("telegram", "scanner", self.ref, "{}", self.now_ms)
        assert await self.database.write(inbox.put, row, str(next(_message_ids)))
        inbound = Inbound(
            "telegram", "scanner", self.ref, str(row.id), heard, self.now_ms, self.language
        )
        assert await self.database.write(take_turn, TALK, row.id, inbound, self.now_ms)
        return await self.received()

    async def received(self) -> list[Shown]:
        """Read the messages that came since the last look."""
        rows = await self.database.read(
            _rows,
            "SELECT outbox.id, payload, language FROM outbox JOIN chats ON chats.id = chat_id"
            " WHERE talk = 'scanner' AND ref = :ref AND outbox.id > :seen_id ORDER BY outbox.id",
            {"ref": self.ref, "seen_id": self.seen_id},
        )
        if rows:
            self.seen_id = rows[-1]["id"]
        return [show(codec.from_json(row["payload"]), row["language"]) for row in rows]


def show(say: Say, language: str) -> Shown:
    """Render a message as a person reads it."""
    buttons = {
        TALK.texts.render(choice.label, language): choice.action
        for choice in say.choices
        if isinstance(choice, Choice)
    }
    return Shown(TALK.texts.render(say.words, language), buttons)


async def _run(tx: Tx, sql: str, params: dict[str, Any]) -> None:
    await tx.run(sql, **params)


async def _rows(tx: Tx, sql: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in await tx.rows(sql, **params)]  # type: ignore[call-overload] # a row
