"""The channel `whatsapp` as a whole: the installation on its stage, Twilio's double around it."""

import contextlib
import logging
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from bot.handlers.whatsapp import Numbers, Receiver, SignedForms, TwilioApi
from chat.messages import Button, Media, Outgoing
from storage import chats
from storage.database import Database, Tx
from storage.opening import open_database
from tests.doubles.twilio import Customer, Fail, Refuse, TwilioDouble
from tests.doubles.twilio.server import SCANNER, SELLER, TOKEN
from tests.handlers.inbox import Inbox
from tests.transcripts.on_whatsapp import WhatsAppScreens, open_whatsapp_stage
from tests.transcripts.screens import Speaker
from tests.transcripts.stage import Stage

AWA = "whatsapp:+22900000777"
JAZZ = "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@contextlib.asynccontextmanager
async def on_stage(url: str, numbers: tuple[str, str] = (SELLER, SCANNER)) -> AsyncIterator[Stage]:
    """Set the stage on a database of this test's own."""
    database = await open_database(url)
    try:
        async with open_whatsapp_stage(database, numbers=numbers) as stage:
            screens_of(stage).presses = False  # here people are watched doing it
            yield stage
    finally:
        await database.close()


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    """Give an installation on WhatsApp with an event on sale, once for each engine."""
    async with on_stage(database_url) as opened:
        await opened.world(JAZZ)
        yield opened


def screens_of(stage: Stage) -> WhatsAppScreens:
    """Give what the stage shows."""
    assert isinstance(stage.screens, WhatsAppScreens)
    return stage.screens


def double_of(stage: Stage) -> TwilioDouble:
    """Give the double of a stage."""
    return screens_of(stage).watched.double


async def settle(stage: Stage) -> None:
    """Let everything come to rest, statuses and what follows from them included."""
    for _ in range(4):
        await stage.settle()
        await double_of(stage).settled()


async def say(stage: Stage, who: Customer, *texts: str) -> None:
    """Have somebody type."""
    for text in texts:
        await who.say(text)
        await settle(stage)


async def until_paid(stage: Stage, who: Customer) -> None:
    """Have somebody buy one ticket by typing alone, up to the money's arrival."""
    await say(stage, who, "Bonjour !", "1", "standard", "1", "J ACCEPTE")
    await stage.world("payé")
    await settle(stage)


async def delivery_of(tx: Tx) -> str:
    """Read the delivery state of the newest ticket."""
    row = await tx.row("SELECT delivery FROM tickets ORDER BY id DESC LIMIT 1")
    return str(row["delivery"]) if row else ""


# ---- Buying --------------------------------------------------------------------------------------


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


async def test_a_person_without_a_number_is_served(stage: Stage) -> None:
    """Whom a message is from is an opaque text: it may be a business-scoped user id."""
    someone = double_of(stage).customer("whatsapp:BJ.13491208655302741918")
    await say(stage, someone, "bonjour")
    assert "Nuit du Jazz" in someone.seen[-1].text


# ---- The window ----------------------------------------------------------------------------------


async def test_a_closed_window_means_a_template_and_loses_nothing(stage: Stage) -> None:
    """63016, told later, is no failure: a template asks, its button brings the ticket."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await say(stage, awa, "Bonjour", "1", "standard", "1", "j'accepte")
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


async def test_after_a_day_of_silence_only_templates_go_out(stage: Stage) -> None:
    """Free words wait for the person; a month-old button then explains itself."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await say(stage, awa, "Bonjour", "1", "standard", "1", "j'accepte")
    before = len(awa.seen)
    await stage.world("attend 30 jours")
    await settle(stage)
    assert [one.is_template for one in awa.seen[before:]] == [True]
    buttons = [one.title for message in awa.seen for one in message.pressables]
    await awa.press(next(title for title in buttons if title.startswith("Standard")))
    await settle(stage)
    assert len(awa.seen) >= before + 3


# ---- What does not arrive ------------------------------------------------------------------------


async def test_a_picture_that_does_not_arrive_is_said_in_words(stage: Stage) -> None:
    """63019: the code and all that stands on the ticket go out as text."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await say(stage, awa, "Bonjour", "1", "standard", "1", "j'accepte")
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
    """63024: nothing more can be done here; told before the send is noted, it counts as well."""
    double = double_of(stage)
    await stage.world("organisateur chef")
    chef = double.customer(await stage.screens.ref(Speaker("chef", "seller")))
    awa = double.customer(AWA)
    await say(stage, awa, "Bonjour", "1", "standard", "1", "j'accepte")
    double.trouble(
        "messages", *[Fail(63024, before_answer=before_answer)] * (2 if before_answer else 1)
    )
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
    await say(stage, awa, "Bonjour", "1", "standard", "1", "j'accepte")
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


# ---- One number ----------------------------------------------------------------------------------


async def test_one_number_serves_both_talks(house_sqlite_url: str) -> None:
    """In the sandbox staff type `porte` and `billetterie`; buttons lead to their own talk."""
    async with on_stage(house_sqlite_url, (SELLER, SELLER)) as stage:
        await stage.world(JAZZ)
        await stage.world("porte jazz")
        ref = await stage.screens.ref(Speaker("porte", "scanner"))
        staff = double_of(stage).customer(ref)
        await say(stage, staff, "Billetterie")
        assert "Bienvenue au guichet" in staff.seen[-1].text
        await say(stage, staff, "Porte")
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


# ---- Media ---------------------------------------------------------------------------------------


async def test_a_picture_is_served_to_those_who_know_its_address(stage: Stage) -> None:
    """HEAD and GET, again and again, with type and name; not elsewhere, and not for ever."""
    double = double_of(stage)
    shelf = screens_of(stage).watched.channel.shelf
    url = await shelf.put(Media(PNG, "image/png", "billet-É 1.png"))
    real = url.replace(screens_of(stage).public, double.outside.reach[screens_of(stage).public])
    async with httpx.AsyncClient(trust_env=False) as client:
        head = await client.head(real)
        assert (head.status_code, head.content) == (200, b"")
        for _ in range(2):
            answer = await client.get(real)
            assert answer.content == PNG
            assert answer.headers["content-type"] == "image/png"
            assert 'filename="billet-1.png"' in answer.headers["content-disposition"]
        assert (await client.get(real[:-1] + ("0" if real[-1] != "0" else "1"))).status_code == 404
        assert (await client.get(real.replace("/media/", "/media/x"))).status_code == 404
        stage.clock.now_ms += 31 * 60_000
        assert (await client.get(real)).status_code == 404


async def test_no_code_stands_in_an_address(stage: Stage) -> None:
    """Whoever reads a log of addresses cannot enter."""
    awa = double_of(stage).customer(AWA)
    await until_paid(stage, awa)
    short = awa.seen[-1].text.partition("Code\N{NO-BREAK SPACE}: ")[2].split()[0]
    addresses = " ".join(url for _, url, _ in double_of(stage).outside.fetched)
    assert addresses
    assert short not in addresses
    assert short.replace("-", "") not in addresses


async def test_photos_are_deleted_at_twilio(stage: Stage) -> None:
    """What people send does not stay with Twilio once its message is worked."""
    double = double_of(stage)
    awa = double.customer(AWA)
    await awa.send(PNG, "image/png")
    await awa.voice()
    await settle(stage)
    assert len(double.media) == 2
    watched = screens_of(stage).watched
    async with TwilioApi(double.account_sid, TOKEN, url=double.url) as api:
        receiver = Receiver(
            SignedForms(api.is_signed, public_url="https://x.example"),
            api,
            stage.database,
            stage.guichet.engine,
            numbers=watched.channel.numbers,
            clock=stage.clock,
        )
        for chore in receiver.chores():
            await chore.work(stage.clock())
    assert double.media == {}


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


# ---- The webhook distrusts its caller ------------------------------------------------------------


@contextlib.asynccontextmanager
async def door(database: Database) -> AsyncIterator[tuple[httpx.AsyncClient, Inbox, TwilioApi]]:
    """Give the webhook alone, seen by the proxy as plain http."""
    inbox = Inbox()
    async with TwilioApi("AC" + "0" * 32, TOKEN) as api:
        receiver = Receiver(
            SignedForms(api.is_signed, public_url="https://box.example"),
            api,
            database,
            inbox,
            numbers=Numbers.of("+22900000100", None),
            clock=lambda: 1_000,
        )
        transport = httpx.ASGITransport(Starlette(routes=receiver.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.1") as client:
            yield client, inbox, api


def signed(form: dict[str, str], url: str = "https://box.example/whatsapp") -> dict[str, str]:
    """Sign a form as Twilio does."""
    return {"X-Twilio-Signature": TwilioDouble().outside.sign(url, form)}


FORM = {"MessageSid": "SM1", "From": AWA, "To": SELLER, "Body": "é à", "Label": "", "NumMedia": "0"}


async def test_only_signed_forms_are_taken(house_sqlite_url: str) -> None:
    """The configured address counts, not the one seen; blank values too; a changed letter fails."""
    database = await open_database(house_sqlite_url)
    async with door(database) as (client, inbox, _):
        refused: list[tuple[dict[str, str], dict[str, str]]] = [
            (FORM, {}),
            (FORM, signed(FORM | {"Body": "x"})),
            (FORM, signed(FORM, "http://10.0.0.1/whatsapp")),
            (FORM, signed({key: value for key, value in FORM.items() if value})),
        ]
        for form, headers in refused:
            answer = await client.post("/whatsapp", data=form, headers=headers)
            assert answer.status_code == 403
        assert inbox.kept == []
        answer = await client.post("/whatsapp", data=FORM, headers=signed(FORM))
        assert (answer.status_code, "<Response/>" in answer.text) == (200, True)
        answer = await client.post(
            "/whatsapp?x=1",
            data=FORM,
            headers=signed(FORM, "https://box.example/whatsapp?x=1"),
        )
        assert answer.status_code == 200
    await database.close()
    assert [kept[3] for kept in inbox.kept] == ["SM1"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(
            [*FORM, "ButtonPayload", "ListId", "MediaUrl0", "MediaContentType0", "MessageType", "Ü"]
        ),
        st.text(max_size=60),
        max_size=12,
    )
)
async def test_junk_is_answered_and_never_a_failure(
    house_sqlite_url: str, junk: dict[str, str]
) -> None:
    """Whatever is signed, the webhook says 200 or 400; what it kept can be read or is refused."""
    database = await open_database(house_sqlite_url)
    clean = {key: value.encode("utf-8", "replace").decode() for key, value in junk.items()}
    async with door(database) as (client, _, _api):
        body = urlencode(clean)
        answer = await client.post(
            "/whatsapp",
            content=body,
            headers=signed(clean) | {"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code in {200, 400}
        garbled = await client.post("/whatsapp", content=body.encode()[::-1])
        assert garbled.status_code in {400, 403}
    await database.close()


async def test_secrets_and_numbers_are_not_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the token nor what is said nor to whom reaches a log, even when things go wrong."""
    caplog.set_level(logging.INFO)
    double = double_of(stage)
    double.trouble("messages", Refuse(500, 20500), Fail(63024))
    awa = double.customer(AWA)
    await say(stage, awa, "bonjour")
    stage.clock.now_ms += 5_000
    await settle(stage)
    said = caplog.text + "".join(capsys.readouterr())
    for secret in (TOKEN, AWA, "22900000777", "Bienvenue"):
        assert secret not in said
