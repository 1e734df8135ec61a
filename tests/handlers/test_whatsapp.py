"""The channel `whatsapp` as a whole: the installation on its stage, Twilio's double around it."""

import pytest

from chat.messages import Button, Outgoing
from tests.doubles.twilio import Refuse
from tests.doubles.twilio.server import SELLER
from tests.handlers.whatsapp_stage import (
    AWA,
    JAZZ,
    delivery_of,
    double_of,
    on_stage,
    say,
    screens_of,
    settle,
    until_paid,
)
from tests.transcripts.screens import Speaker
from tests.transcripts.stage import Stage


async def test_a_ticket_costs_six_messages_from_hello(stage: Stage) -> None:
    """What a ticket sold costs in outbound messages, counted: docs/whatsapp.md tells it."""
    awa = double_of(stage).customer(AWA)
    await until_paid(stage, awa)
    assert [one.kind for one in awa.seen] == [
        "twilio/list-picker",
        "twilio/list-picker",
        "twilio/list-picker",
        "twilio/list-picker",
        "twilio/call-to-action",
        "media",
    ]
    assert len([name for name, _ in double_of(stage).calls if name == "messages"]) == 6
    ticket = awa.seen[-1]
    assert ticket.mime == "image/png"
    assert ticket.file_name.startswith("billet-")
    assert "Nuit du Jazz" in ticket.text
    assert "Code\N{NO-BREAK SPACE}: " in ticket.text
    assert await stage.database.read(delivery_of) == "sent"


async def test_shapes_are_made_once_and_reused(stage: Stage) -> None:
    """The second buyer costs no call to the Content API."""
    await until_paid(stage, double_of(stage).customer(AWA))
    made = len(double_of(stage).contents)
    await until_paid(stage, double_of(stage).customer("whatsapp:+22900000778", "Koffi"))
    assert len(double_of(stage).contents) == made


async def test_what_comes_twice_counts_once(stage: Stage) -> None:
    """Twilio repeats a message under its MessageSid, and statuses in any order."""
    double = double_of(stage)
    double.inbound, double.statuses = "twice", "reversed"
    awa = double.customer(AWA)
    await until_paid(stage, awa)
    assert len(awa.seen) == 6
    assert set(double.answers) == {'<?xml version="1.0" encoding="UTF-8"?><Response/>'}


async def test_voice_notes_and_stickers_get_a_kind_answer(stage: Stage) -> None:
    """Nothing sent is met with silence."""
    awa = double_of(stage).customer(AWA)
    for act in (awa.voice, awa.sticker, awa.location):
        before = len(awa.seen)
        await act()
        await settle(stage)
        assert len(awa.seen) == before + 1


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Hello!", "Welcome to the box office"),
        ("Bonjour", "Bienvenue"),
        ("Hellébore", "Je ne trouve"),
    ],
)
async def test_a_first_hello_is_answered_in_english(
    house_sqlite_url: str, said: str, answer: str
) -> None:
    """WhatsApp does not say what a phone speaks: what its owner says does."""
    async with on_stage(house_sqlite_url) as stage:
        await stage.world(JAZZ)
        awa = double_of(stage).customer(AWA)
        await say(stage, awa, said)
        assert answer in awa.seen[-1].text


async def test_a_person_without_a_number_is_served(stage: Stage) -> None:
    """Whom a message is from is an opaque text: it may be a business-scoped user id."""
    someone = double_of(stage).customer("whatsapp:BJ.13491208655302741918")
    await say(stage, someone, "bonjour")
    assert "Nuit du Jazz" in someone.seen[-1].text


# ---- One number ----------------------------------------------------------------------------------


async def test_one_number_serves_both_talks(house_sqlite_url: str) -> None:
    """In the sandbox staff type `porte` and `billetterie`; buttons lead to their own talk."""
    async with on_stage(house_sqlite_url, (SELLER, SELLER)) as stage:
        await stage.world(JAZZ)
        await stage.world("porte jazz")
        ref = await stage.screens.ref(Speaker("porte", "scanner"))
        staff = double_of(stage).customer(ref)
        await say(stage, staff, "Billeterie")
        assert "Bienvenue au guichet" in staff.seen[-1].text
        await say(stage, staff, "Prote !")
        assert "Prêt" in staff.seen[-1].text
        await say(stage, staff, "AAAA-1111")
        assert "Bienvenue" not in staff.seen[-1].text
        await staff.press("Nuit du Jazz · sam. 12 juin")
        await settle(stage)
        assert "Standard" in staff.seen[-1].text
        await say(stage, staff, "porte", "billetterie")
        assert "Bienvenue au guichet" in staff.seen[-1].text


async def test_a_buyer_who_types_porte_is_not_lost(house_sqlite_url: str) -> None:
    """Somebody without a post hears whom to ask, and is with the seller again at once."""
    async with on_stage(house_sqlite_url, (SELLER, SELLER)) as stage:
        await stage.world(JAZZ)
        awa = double_of(stage).customer(AWA)
        await say(stage, awa, "bonjour", "porte", "bonjour")
        assert "Bienvenue au guichet" in awa.seen[-1].text


# ---- Buttons, lists, pages -----------------------------------------------------------------------


async def test_a_long_list_has_pages(stage: Stage) -> None:
    """Ten items at most: the last one leads to those that found no room."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await say(stage, awa, "bonjour")
    buttons = tuple(Button(f"Choix {n}", action=f"a:{n}") for n in range(1, 24))
    await screens_of(stage).channel.send("seller", AWA, Outgoing("Lequel ?", buttons))
    labels = [one.label for one in awa.seen[-1].pressables]
    assert labels == [*(f"Choix {n}" for n in range(1, 10)), "La suite…"]


async def test_labels_that_fit_nowhere_are_typed(stage: Stage) -> None:
    """The last resort: a numbered menu in words."""
    awa = double_of(stage).customer(AWA)
    await say(stage, awa, "bonjour")
    buttons = (Button("x" * 80, action="a"), Button("Non", action="b"))
    await screens_of(stage).channel.send("seller", AWA, Outgoing("Lequel ?", buttons))
    assert awa.seen[-1].text == f"Lequel ?\n\n1. {'x' * 80}\n2. Non"


async def test_a_refused_content_is_said_in_plain_words(stage: Stage) -> None:
    """63021 at once: the same message without buttons."""
    double = double_of(stage)
    awa = double.customer(AWA)
    double.trouble("messages", Refuse(400, 63021))
    await say(stage, awa, "bonjour")
    assert awa.seen[-1].kind == "text"
    assert "1. Nuit du Jazz" in awa.seen[-1].text
