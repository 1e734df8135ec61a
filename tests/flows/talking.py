"""Talking to the seller in tests: every message is a real turn on a real database."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.flows.house import House
from bot.flows.seller import seller_talk, seller_texts
from boxoffice.codes import Keyring, Mode
from chat import codec
from chat.messages import Choice, Heard, Inbound, Say, Start, Tap, Text
from chat.talk import Talk
from chat.turns import take_turn
from chat.understanding import fold
from storage import chats, inbox, organisers
from storage.database import Database, Row, Tx

NOW_MS = 1_811_844_000_000
"""1 June 2027, 10:00 in Cotonou."""

DEMO = House(
    mode=Mode.DEMO,
    texts=seller_texts(),
    keyring=Keyring.parse("dGVzdC1rZXktZm9yLXRyYW5zY3JpcHRzLW9ubHktMDE="),
    providers=("sandbox",),
    seller_link=lambda _, payload: f"https://guichet.example/{payload}",
    scanner_link=lambda _, __: None,
    zone="Africa/Porto-Novo",
    currency="XOF",
)
LIVE = replace(DEMO, mode=Mode.LIVE, providers=())


@dataclass(slots=True)
class Talker:
    """Somebody who talks to the seller, and hears what is said to them."""

    database: Database
    ref: str
    house: House = DEMO
    language: str = "fr"
    screen: list[Say] = field(default_factory=list)
    now_ms: int = NOW_MS
    count: int = 0
    seen: int = 0

    @property
    def talk(self) -> Talk:
        """The seller's talk in this house."""
        return seller_talk(self.house)

    async def type(self, *texts: str) -> str:
        """Type messages one after the other; answers with what the last one made the seller say."""
        said = ""
        for text in texts:
            said = await self.hear(Text(text))
        return said

    async def tap(self, label: str) -> str:
        """Tap the newest button with this label."""
        for say in reversed(self.screen):
            for choice in say.choices:
                shown = self.house.texts.render(choice.label, self.language)
                if isinstance(choice, Choice) and fold(shown) == fold(label):
                    return await self.hear(Tap(choice.action))
        raise AssertionError(f"no button {label!r}")

    async def hear_tap(self, action: str) -> str:
        """Press a button by its action, from wherever it came."""
        return await self.hear(Tap(action))

    async def open(self, payload: str) -> str:
        """Open the seller by a deep link."""
        return await self.hear(Start(payload))

    async def hear(self, heard: Heard) -> str:
        """Take one turn; answers with everything said to this person in it, one below the other."""
        self.count += 1
        await self.database.write(self._turn, heard, f"{self.ref}-{self.count}")
        return await self.news()

    async def news(self) -> str:
        """Read what was said since the last look."""
        rows = await self.database.read(said_to, self.ref, self.seen)
        says = [codec.from_json(row["payload"]) for row in rows]
        self.seen = rows[-1]["id"] if rows else self.seen
        self.screen += says
        return "\n".join(self.house.texts.render(say.words, self.language) for say in says)

    def labels(self) -> list[str]:
        """The buttons of the newest message."""
        return [
            self.house.texts.render(one.label, self.language) for one in self.screen[-1].choices
        ]

    def actions(self) -> list[str]:
        """What the buttons of the newest message say back."""
        return [one.action for one in self.screen[-1].choices if isinstance(one, Choice)]

    async def _turn(self, tx: Tx, heard: Heard, message_id: str) -> None:
        row = inbox.arrived("test", "seller", self.ref, "{}", self.now_ms)
        assert await inbox.put(tx, row, message_id)
        inbound = Inbound(
            "test", "seller", self.ref, message_id, heard, self.now_ms, self.language, self.ref
        )
        await take_turn(tx, self.talk, row.id, inbound, self.now_ms)

    async def memory(self) -> tuple[str, dict[str, object]]:
        """Where the conversation stands."""
        row = await self.database.read(self._chat)
        return row.step, json.loads(row.memory)

    async def _chat(self, tx: Tx) -> chats.ChatRow:
        row = await tx.row("SELECT id FROM chats WHERE ref = :ref", ref=self.ref)
        found = await chats.chat_by_id(tx, row["id"]) if row else None
        assert found is not None
        return found


async def said_to(tx: Tx, ref: str, after: int) -> Sequence[Row]:
    """Read what is queued for a chat, oldest first."""
    return await tx.rows(
        "SELECT outbox.id, outbox.payload FROM outbox JOIN chats ON chats.id = outbox.chat_id"
        " WHERE chats.ref = :ref AND outbox.id > :after AND kind = 'say' ORDER BY outbox.id",
        ref=ref,
        after=after,
    )


async def organiser(database: Database, ref: str, house: House = DEMO) -> Talker:
    """Bring in somebody with an organiser of their own."""
    talker = Talker(database, ref, house)
    await talker.open("")
    await database.write(_make_organiser, ref)
    return talker


async def _make_organiser(tx: Tx, ref: str) -> None:
    row = await tx.row("SELECT person_id FROM chats WHERE ref = :ref", ref=ref)
    assert row is not None
    await organisers.make_organiser(tx, name=ref, owner_id=row["person_id"], now_ms=NOW_MS)
