"""A message that does not arrive goes another way, by another app, or its seller is told."""

import pytest

from storage import chats
from storage.database import Tx
from tests.doubles.twilio import Fail, Refuse
from tests.handlers.whatsapp_stage import (
    AWA,
    delivery_of,
    double_of,
    say,
    settle,
    until_asked_to_pay,
)
from tests.transcripts.screens import Speaker
from tests.transcripts.stage import Stage


async def test_a_picture_that_does_not_arrive_is_said_in_words(stage: Stage) -> None:
    """63019: the code and all that stands on the ticket go out as text."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await until_asked_to_pay(stage, awa)
    double.trouble("messages", Fail(63019))
    await stage.world("payé")
    await settle(stage)
    assert awa.seen[-1].media is None
    assert "Code complet" in awa.seen[-1].text
    assert await stage.database.read(delivery_of) == "text_only"


@pytest.mark.parametrize("before_answer", [False, True])
async def test_an_organiser_learns_of_a_ticket_that_nobody_receives(
    stage: Stage, *, before_answer: bool
) -> None:
    """63024: no words are tried in its stead; told before the send is noted, it counts as well."""
    double = double_of(stage)
    await stage.world("organisateur chef")
    chef = double.customer(await stage.screens.ref(Speaker("chef", "seller")))
    awa = double.customer(AWA)
    await until_asked_to_pay(stage, awa)
    double.trouble("messages", Fail(63024, before_answer=before_answer))
    await stage.world("payé")
    await settle(stage)
    await stage.guichet.engine.take_up()
    stage.clock.now_ms += 5_000
    await stage.chores()
    await settle(stage)
    assert "n’a pas pu être remis" in chef.seen[-1].text
    assert await stage.database.read(delivery_of) == "failed"


async def test_a_ticket_goes_to_the_other_app_of_its_owner(stage: Stage) -> None:
    """Where the person has a chat in another app, the ticket goes there before anyone is told."""

    async def give_telegram(tx: Tx) -> int:
        here = await chats.open_chat(
            tx, channel="whatsapp", talk="seller", ref=AWA, language="fr", name="", now_ms=1
        )
        there = await chats.open_chat(
            tx, channel="telegram", talk="seller", ref="7", language="fr", name="", now_ms=1
        )
        await tx.run(
            "UPDATE chats SET person_id = :person WHERE id = :id",
            person=here.person_id,
            id=there.id,
        )
        return there.id

    double = double_of(stage)
    awa = double.customer(AWA)
    await until_asked_to_pay(stage, awa)
    there = await stage.database.write(give_telegram)
    double.trouble("messages", Fail(63024))
    await stage.world("payé")
    await settle(stage)
    row = await stage.database.read(_about_in, there)
    assert row.startswith("ticket:")


async def _about_in(tx: Tx, chat_id: int) -> str:
    row = await tx.row("SELECT about FROM outbox WHERE chat_id = :id", id=chat_id)
    return str(row["about"]) if row else ""


async def test_too_fast_is_waited_for(stage: Stage) -> None:
    """63018 or 429: the same again later, nothing is lost."""
    double = double_of(stage)
    awa = double.customer(AWA)
    double.trouble("messages", Refuse(429, 63018))
    await say(stage, awa, "Bonjour")
    assert awa.seen == []
    stage.clock.now_ms += 5_000
    await settle(stage)
    assert len(awa.seen) == 1
