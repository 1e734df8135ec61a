"""After 24 hours of silence: what WhatsApp still takes, and what then follows."""

from storage.database import Tx
from tests.doubles.twilio import Fail
from tests.handlers.whatsapp_stage import (
    AWA,
    delivery_of,
    double_of,
    say,
    settle,
    until_asked_to_pay,
    until_paid,
)
from tests.transcripts.screens import Speaker
from tests.transcripts.stage import Stage


async def test_a_closed_window_means_a_template_and_loses_nothing(stage: Stage) -> None:
    """63016, told later, is no failure: a template asks, its button brings the ticket."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await until_asked_to_pay(stage, awa)
    double.trouble("messages", Fail(63016, "failed"))
    await stage.world("payé")
    await settle(stage)
    template = awa.seen[-1]
    assert template.is_template
    assert "Nuit du Jazz" in template.text
    assert await stage.database.read(delivery_of) == "queued"
    await awa.press(template.pressables[0].title)
    await settle(stage)
    assert awa.seen[-1].kind == "media"
    assert sum(one.kind == "media" for one in awa.seen) == 1
    assert await stage.database.read(delivery_of) == "sent"


async def test_a_call_that_nobody_answers_is_told_after_three_days(stage: Stage) -> None:
    """What waits for a pressed button does not wait for ever: the ticket's organiser hears it."""
    double = double_of(stage)
    await stage.world("organisateur chef")
    chef = double.customer(await stage.screens.ref(Speaker("chef", "seller")))
    awa = double.customer(AWA)
    await until_asked_to_pay(stage, awa)
    double.trouble("messages", Fail(63016, "failed"))
    await stage.world("payé")
    await settle(stage)
    assert await stage.database.read(delivery_of) == "queued"
    stage.clock.now_ms += 73 * 3_600_000
    await settle(stage)
    await say(stage, chef, "bonjour")
    await stage.world("attend 3 secondes")
    await settle(stage)
    assert "n’a pas pu être remis" in chef.seen[-1].text
    assert await stage.database.read(delivery_of) == "failed"


async def test_after_a_day_of_silence_only_templates_go_out(stage: Stage) -> None:
    """Free words wait for the person; a month-old button then explains itself."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await until_asked_to_pay(stage, awa)
    before = len(awa.seen)
    await stage.world("attend 30 jours")
    await settle(stage)
    assert [one.is_template for one in awa.seen[before:]] == [True]
    buttons = [one.title for message in awa.seen for one in message.pressables]
    await awa.press(next(title for title in buttons if title.startswith("Standard")))
    await settle(stage)
    assert len(awa.seen) >= before + 3


async def test_digits_reach_a_number_that_has_been_silent(stage: Stage) -> None:
    """The sentence is WhatsApp's own, the digits work, and nobody else is asked to decide."""
    double = double_of(stage)
    await stage.world("organisateur chef")
    awa, other = double.customer(AWA), double.customer("whatsapp:+22900000778", "Awa")
    await until_paid(stage, awa)
    await stage.world(f"payeur {AWA.removeprefix('whatsapp:')}")
    await stage.world("attend 2 jours")
    before = len(awa.seen)
    reference = await stage.database.read(_reference)
    await say(stage, other, "récupérer", reference)
    [told] = awa.seen[before:]
    assert (told.kind, told.is_template) == ("whatsapp/authentication", True)
    digits = told.text.split()[0]
    assert len(digits) == 8
    await say(stage, other, digits)
    assert any("est à vous ici" in one.text for one in other.seen)
    assert other.seen[-1].kind == "media"


async def test_digits_that_whatsapp_does_not_take_are_asked_of_the_organiser(
    stage: Stage,
) -> None:
    """A template that is not approved, or no longer, is no dead end."""
    double = double_of(stage)
    await stage.world("organisateur chef")
    chef = double.customer(await stage.screens.ref(Speaker("chef", "seller")))
    awa, other = double.customer(AWA), double.customer("whatsapp:+22900000778", "Awa")
    await until_paid(stage, awa)
    await stage.world(f"payeur {AWA.removeprefix('whatsapp:')}")
    await stage.world("attend 2 jours")
    await say(stage, chef, "bonjour")
    for content in double.contents.values():
        if "whatsapp/authentication" in content.body["types"]:
            content.status = "rejected"
    await say(stage, other, "récupérer", await stage.database.read(_reference))
    await stage.guichet.engine.take_up()
    stage.clock.now_ms += 5_000
    await stage.chores()
    await settle(stage)
    assert "🔑 Commande" in chef.seen[-1].text


async def _reference(tx: Tx) -> str:
    row = await tx.row("SELECT reference FROM orders ORDER BY id DESC LIMIT 1")
    assert row is not None
    return str(row["reference"])
