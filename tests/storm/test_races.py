"""Races: many at once want what only some can have, on both engines."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from boxoffice.codes import Mode
from boxoffice.model import Seat
from boxoffice.verdicts import Verdict
from chat.engine import TAKE_UP_AFTER_MS
from gate_scanner.judging import Gatekeeper
from storage import chats, events, orders, staff
from storage.database import Database, Tx
from storage.opening import open_database
from storage.scans import Hand
from tests.storm.ending import tickets_shown
from tests.storm.invariants import AT_REST, breaches
from tests.storm.screens import StormScreens
from tests.transcripts.stage import SetClock, Stage, open_stage, raise_stage_on

WAIT_MAX_S = 60

PEOPLE = tuple(f"p{number}" for number in range(8))

TEXTS = ("bonjour", "annuler", "menu", "aide", "annuler", "bonjour")
"""What each of them says: the answers show in which order it was heard."""


async def test_of_two_hundred_scans_of_one_ticket_one_opens_the_gate(database: Database) -> None:
    """Whoever scans at the same moment, one is admitted and the others are told of it."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 0 x 3")
        await stage.world("porte jazz")
        await stage.world("awa achète 1 Standard pour jazz")
        [code] = tickets_shown(await stage.seen("awa"))
        hand = await database.read(_hand, stage.clock())
        keeper = Gatekeeper(stage.guichet.house.keyring, Mode.DEMO)

        async def scan() -> Verdict:
            answer = await database.write(keeper.judge_scanned, hand, code)
            return answer.verdict

        verdicts = Counter(await asyncio.gather(*(scan() for _ in range(200))))
    assert verdicts[Verdict.ADMITTED] == 1
    assert sum(verdicts.values()) == 200
    assert await database.read(breaches) == []


async def test_of_a_hundred_holds_of_three_sixteen_fit_in_fifty(database: Database) -> None:
    """Seats are held whole or not at all, and never beyond the quota."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 0 x 50")
        event_id, now_ms = stage.events["jazz"], stage.clock()
        [kind] = await database.read(events.kinds_of, event_id)

        async def hold(number: int) -> bool:
            async def work(tx: Tx) -> bool:
                chat = await chats.open_chat(
                    tx,
                    channel="listed",
                    talk="seller",
                    ref=f"buyer-{number}",
                    language="fr",
                    name="",
                    now_ms=now_ms,
                )
                new = orders.NewOrder(
                    reference=f"R{number:06d}",
                    event_id=event_id,
                    buyer_id=chat.person_id,
                    chat_id=chat.id,
                    seats=[Seat(rank, kind.id, 0, None) for rank in (1, 2, 3)],
                    currency="XOF",
                    hold_until_ms=now_ms + 1,
                )
                return await orders.hold(tx, new, now_ms) is not None

            return await database.write(work)

        held = await asyncio.gather(*(hold(number) for number in range(100)))
    [after] = await database.read(events.kinds_of, event_id)
    assert (sum(held), after.quota - after.left) == (16, 48)


async def test_an_update_delivered_fifty_times_has_one_effect(database: Database) -> None:
    """Channels deliver at least once: the message id makes it once."""
    async with open_stage(database) as stage:
        engine = stage.guichet.engine
        said = json.dumps({"id": "m1", "ref": "awa", "language": "fr", "text": "bonjour"})
        told = await asyncio.gather(
            *(engine.receive("listed", "seller", "awa", "m1", said) for _ in range(50))
        )
        await stage.settle()
        assert sum(told) == 1
        assert len(await stage.seen("awa")) == 1


async def test_two_installations_on_one_postgresql_share_the_work(postgres_url: str) -> None:
    """Each message has one effect, each row is sent once, and a chat is answered in its order."""
    async with _two_installations(postgres_url) as stages:
        wanted = await _answers_alone(stages[0])
        for place, text in enumerate(TEXTS):
            # The two take turns: a chat's next message always comes in at the other one.
            for number, who in enumerate(PEOPLE):
                await _hear(stages[(place + number) % 2], who, place, text)
        await _come_to_rest(stages)
        assert {who: _answers(stages[0], who) for who in PEOPLE} == dict.fromkeys(PEOPLE, wanted)


async def test_two_installations_race_for_what_a_dead_one_left(postgres_url: str) -> None:
    """Both take up everything at the same moment: still one effect, still in order."""
    async with _two_installations(postgres_url) as stages:
        wanted = await _answers_alone(stages[0])
        dead = raise_stage_on(stages[0].database, SetClock(), stages[0].screens)
        await dead.guichet.engine.close()  # it persists what comes, and works nothing
        for place, text in enumerate(TEXTS):
            for who in PEOPLE:
                await _hear(dead, who, place, text)
        for stage in stages:
            stage.clock.now_ms += TAKE_UP_AFTER_MS + 1
        await asyncio.gather(*(stage.guichet.engine.take_up() for stage in stages))
        await _come_to_rest(stages)
        assert {who: _answers(stages[0], who) for who in PEOPLE} == dict.fromkeys(PEOPLE, wanted)


@asynccontextmanager
async def _two_installations(url: str) -> AsyncIterator[tuple[Stage, Stage]]:
    """Two engines and two deliveries, each with its own connections, before the same phones."""
    first, second = await open_database(url), await open_database(url)
    screens = StormScreens()
    stages = (
        raise_stage_on(first, SetClock(), screens),
        raise_stage_on(second, SetClock(), screens),
    )
    try:
        yield stages
    finally:
        for stage in stages:
            await stage.guichet.engine.close()
        await first.close()
        await second.close()


async def _hear(stage: Stage, who: str, number: int, text: str) -> None:
    said = json.dumps({"id": f"{who}.{number}", "ref": who, "language": "fr", "text": text})
    await stage.guichet.engine.receive("listed", "seller", who, f"{who}.{number}", said)


async def _come_to_rest(stages: Sequence[Stage]) -> None:
    """Let both work until nothing waits anywhere, and see that all is well."""
    async with asyncio.timeout(WAIT_MAX_S):
        while await stages[0].database.read(_count_waiting):
            await asyncio.gather(*(stage.settle() for stage in stages))
    assert await stages[0].database.read(breaches) == []
    assert await stages[0].database.read(breaches, AT_REST) == []


async def _answers_alone(stage: Stage) -> list[str]:
    """What one person is answered, message by message, by one installation."""
    for place, text in enumerate(TEXTS):
        await _hear(stage, "seule", place, text)
        await stage.settle()
    answers = _answers(stage, "seule")
    assert len(set(answers)) > len(TEXTS) // 2, "the order must show in the answers"
    return answers


def _answers(stage: Stage, who: str) -> list[str]:
    assert isinstance(stage.screens, StormScreens)
    return [message.text for message in stage.screens.channel.sent[who]]


async def _count_waiting(tx: Tx) -> int:
    row = await tx.row(
        "SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'new')"
        " + (SELECT COUNT(*) FROM outbox WHERE state = 'new') AS waiting"
    )
    return int(row["waiting"]) if row else 0


async def _hand(tx: Tx, now_ms: int) -> Hand:
    """The steward `porte` at the first gate."""
    row = await tx.row("SELECT staff.id, staff.person_id, staff.event_id FROM staff")
    assert row is not None
    gates = await staff.gates_of(tx, row["event_id"])
    return Hand(
        person_id=row["person_id"],
        staff_id=row["id"],
        gate_id=gates[0].id,
        channel="listed",
        received_ms=now_ms,
        now_ms=now_ms,
    )
