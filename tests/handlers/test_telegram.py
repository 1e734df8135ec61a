"""The channel `telegram` against the double: sending, fetching, opening."""

import io
import logging

import pytest
import structlog
from PIL import Image

from bot.handlers.telegram import Command, InvalidToken, TelegramChannel, Unanswered
from bot.handlers.telegram.rendering import pieces
from chat.channel import Channel, SendLater, SendRefused
from chat.messages import Button, Media, Outgoing
from tests.doubles.telegram import Account, Cut, Person, Refuse, Slow, TelegramDouble, too_many


def picture(side: int = 600) -> bytes:
    """Make a PNG."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(out, "PNG")
    return out.getvalue()


TICKET = Media(picture(), "image/png", "billet.png")


def test_it_is_a_channel() -> None:
    """What the engine asks of a channel is there, by name and type."""
    channel: Channel = TelegramChannel({})
    assert channel.name == "telegram"


# ---- Opening -------------------------------------------------------------------------------------


async def test_both_bots_say_who_they_are(channel: TelegramChannel) -> None:
    """Deep links need the bots' names: they are known once the channel is open."""
    assert channel.usernames == {"seller": "seller_bot", "scanner": "scanner_bot"}


async def test_a_menu_is_set_for_each_language(channel: TelegramChannel, seller: Account) -> None:
    """Whoever speaks neither language sees the first one's menu."""
    menu = {
        "fr": [Command("menu", "Les événements")],
        "en": [Command("menu", "Events")],
    }
    await channel.offer("seller", menu)
    french = [{"command": "menu", "description": "Les événements"}]
    english = [{"command": "menu", "description": "Events"}]
    assert seller.commands == {"": french, "fr": french, "en": english}


@pytest.mark.parametrize("token", ["", "no token", "123:short", "1:" + "x" * 200])
def test_what_is_not_a_token_is_refused_at_once(token: str) -> None:
    """A token that cannot be one is named by its bot, never repeated."""
    with pytest.raises(InvalidToken, match="scanner"):
        TelegramChannel({"scanner": token})


async def test_a_refused_token_is_said_clearly_and_never_shown(double: TelegramDouble) -> None:
    """The error names the bot and not the token, whatever the library's own error says."""
    token = "999:" + "revoked" * 5
    with pytest.raises(InvalidToken) as caught:
        await TelegramChannel({"seller": token}, api_url=double.url).__aenter__()
    assert caught.value.talk == "seller"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert token not in str(caught.value)


async def test_a_server_that_is_away_is_unanswered() -> None:
    """Nothing listens there: an error of ours, so that the caller may wait and try again."""
    with pytest.raises(Unanswered):
        await TelegramChannel(
            {"seller": "1:" + "x" * 35}, api_url="http://127.0.0.1:9"
        ).__aenter__()


async def test_a_server_that_wants_patience_at_the_start_is_unanswered(
    double: TelegramDouble, seller: Account
) -> None:
    """Whoever opens the channel has two errors to think of: a wrong token, and Telegram away."""
    double.trouble("getMe", too_many(3))
    with pytest.raises(Unanswered):
        await TelegramChannel({"seller": seller.token}, api_url=double.url).__aenter__()


# ---- Sending -------------------------------------------------------------------------------------


async def test_a_text_with_buttons(channel: TelegramChannel, awa: Person) -> None:
    """Buttons stand one a row; short ones share it; they carry their action or link."""
    buttons = (
        Button("J'ai 21 ans révolus le 12 juin et j'accepte", action="ok:1"),
        Button("Non merci", action="no:1"),
        *(Button(str(n), action=f"qty:{n}") for n in range(1, 6)),
        Button("Payer", url="https://pay.example/1"),
    )
    await channel.send(
        "seller", "7", Outgoing("Conditions : <b> & _rien_ n'est mis en forme", buttons)
    )
    [heard] = awa.seen
    assert heard.text == "Conditions : <b> & _rien_ n'est mis en forme"
    labels = [[key["text"] for key in row] for row in heard.rows]
    assert labels == [[buttons[0].label], ["Non merci", "1"], ["2", "3", "4", "5"], ["Payer"]]
    assert heard.buttons["Payer"] == "https://pay.example/1"
    assert heard.buttons["3"] == "qty:3"


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/pay/1", "http://127.0.0.1/x", "http://box/x", "tg://user?id=1"]
)
async def test_a_link_that_no_phone_opens_goes_into_the_text(
    channel: TelegramChannel, awa: Person, url: str
) -> None:
    """Telegram refuses such a button; the person still sees the address."""
    await channel.send("seller", "7", Outgoing("Payez", (Button("Payer", url=url),)))
    [heard] = awa.seen
    assert heard.text == f"Payez\n\nPayer\n{url}"
    assert heard.buttons == {}


async def test_a_long_text_is_cut_at_line_ends(channel: TelegramChannel, awa: Person) -> None:
    """All of it arrives in order, no line is broken, the buttons stand under the last piece."""
    lines = [f"{n} " + "x" * 90 for n in range(120)]
    await channel.send("seller", "7", Outgoing("\n".join(lines), (Button("Oui", action="y"),)))
    assert len(awa.seen) == 3
    assert "\n".join(heard.text for heard in awa.seen).split("\n") == lines
    assert [heard.buttons for heard in awa.seen] == [{}, {}, {"Oui": "y"}]


async def test_a_picture_carries_its_words(channel: TelegramChannel, awa: Person) -> None:
    """The picture is shown at once, with its caption and buttons."""
    await channel.send(
        "seller", "7", Outgoing("Votre billet", (Button("Oui", action="y"),), TICKET)
    )
    [heard] = awa.seen
    assert (heard.kind, heard.text, heard.buttons) == ("photo", "Votre billet", {"Oui": "y"})


async def test_a_long_caption_goes_on_below_the_picture(
    channel: TelegramChannel, awa: Person
) -> None:
    """A caption has 1024 characters: the rest follows as a text, with the buttons."""
    text = "\n".join(["é" * 99] * 20)
    await channel.send("seller", "7", Outgoing(text, (Button("Oui", action="y"),), TICKET))
    shown, rest = awa.seen
    assert (shown.kind, rest.kind) == ("photo", "text")
    assert f"{shown.text}\n{rest.text}" == text
    assert (shown.buttons, rest.buttons) == ({}, {"Oui": "y"})


async def test_a_file_keeps_its_bytes(channel: TelegramChannel, awa: Person) -> None:
    """`as_file` is for printing: not one byte changes. What is no picture is a file anyway."""
    to_print = Media(TICKET.body, "image/png", "billet.png", as_file=True)
    await channel.send("seller", "7", Outgoing("", media=to_print))
    await channel.send(
        "seller", "7", Outgoing("", media=Media(b"%PDF", "application/pdf", "a.pdf"))
    )
    first, second = awa.seen
    assert (first.kind, first.body) == ("document", TICKET.body)
    assert (second.kind, second.json["document"]["file_name"]) == ("document", "a.pdf")


async def test_a_blank_message_is_refused(channel: TelegramChannel, awa: Person) -> None:
    """There is nothing to send, now or later."""
    with pytest.raises(SendRefused):
        await channel.send("seller", "7", Outgoing(" \n"))
    assert awa.seen == []


async def test_emoji_count_double(awa: Person, channel: TelegramChannel) -> None:
    """4096 is counted in UTF-16 units, so that a text of emoji is never too long."""
    await channel.send("seller", "7", Outgoing("🎟" * 2100))
    assert [len(heard.text) for heard in awa.seen] == [2048, 52]


def test_pieces_lose_no_word() -> None:
    """Words are cut at spaces where a line is too long, and inside only where there is none."""
    assert pieces("") == []
    assert pieces("a b", 1) == ["a", "b"]
    assert pieces("x" * 10, 4) == ["xxxx", "xxxxxx"]
    assert pieces("ab\ncd ef", 5) == ["ab", "cd ef"]


# ---- What goes wrong -----------------------------------------------------------------------------


async def test_a_person_who_blocked_the_bot_refuses(channel: TelegramChannel, awa: Person) -> None:
    """Blocked, deactivated, unknown: never tried again."""
    await awa.block()
    with pytest.raises(SendRefused, match="blocked"):
        await channel.send("seller", "7", Outgoing("bonjour"))
    await awa.unblock()
    await channel.send("seller", "7", Outgoing("bonjour"))
    with pytest.raises(SendRefused, match="not found"):
        await channel.send("seller", "8", Outgoing("bonjour"))
    with pytest.raises(SendRefused):
        await channel.send("seller", "web-7", Outgoing("bonjour"))


async def test_too_many_messages_wait_as_long_as_asked(
    channel: TelegramChannel, double: TelegramDouble, awa: Person
) -> None:
    """429 says how long: the outbox waits that long."""
    double.trouble("sendMessage", too_many(17))
    with pytest.raises(SendLater) as caught:
        await channel.send("seller", "7", Outgoing("bonjour"))
    assert caught.value.after_ms == 17_000
    assert awa.seen == []


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_an_ill_server_is_unknown(
    channel: TelegramChannel, double: TelegramDouble, awa: Person, status: int
) -> None:
    """5xx says nothing about whether the message went out."""
    double.trouble("sendMessage", Refuse(status, "Internal Server Error"))
    with pytest.raises(Unanswered):
        await channel.send("seller", "7", Outgoing("bonjour"))
    assert awa.seen == []


async def test_a_cut_connection_is_unknown(
    channel: TelegramChannel, double: TelegramDouble, awa: Person
) -> None:
    """The message did go out and we cannot know: it is sent again, which is harmless."""
    double.trouble("sendPhoto", Cut())
    with pytest.raises(Unanswered):
        await channel.send("seller", "7", Outgoing("Votre billet", media=TICKET))
    await channel.send("seller", "7", Outgoing("Votre billet", media=TICKET))
    assert [heard.text for heard in awa.seen] == ["Votre billet", "Votre billet"]


async def test_a_slow_answer_is_still_an_answer(
    channel: TelegramChannel, double: TelegramDouble, awa: Person
) -> None:
    """Weak networks are the rule."""
    double.trouble("sendMessage", Slow(0.2))
    await channel.send("seller", "7", Outgoing("bonjour"))
    assert len(awa.seen) == 1


async def test_a_message_that_telegram_finds_wrong_is_refused(
    channel: TelegramChannel, double: TelegramDouble, awa: Person
) -> None:
    """Its reason is kept; the double itself complains of the broken rule too."""
    broken = Media(b"not a picture", "image/png", "x.png")
    with pytest.raises(SendRefused, match=r"(?i)image_process_failed"):
        await channel.send("seller", "7", Outgoing("", media=broken))
    buttons = tuple(Button(f"Une place au rang {n}", action=str(n)) for n in range(101))
    with pytest.raises(SendRefused, match="markup is too long"):
        await channel.send("seller", "7", Outgoing("Où ?", buttons))
    assert awa.seen == []
    assert double.faults.pop() == "sendMessage: Bad Request: reply markup is too long"


# ---- Fetching ------------------------------------------------------------------------------------


async def test_a_picture_is_fetched_as_the_app_sent_it(
    channel: TelegramChannel, awa: Person
) -> None:
    """A photo comes compressed, a document as it is."""
    update = await awa.send_document(TICKET.body)
    file_id = update["message"]["document"]["file_id"]
    assert await channel.fetch("seller", file_id) == TICKET.body
    update = await awa.send_photo(TICKET.body)
    body = await channel.fetch("seller", update["message"]["photo"][-1]["file_id"])
    assert Image.open(io.BytesIO(body)).format == "JPEG"


async def test_what_cannot_be_fetched_is_refused(
    channel: TelegramChannel, double: TelegramDouble, awa: Person
) -> None:
    """Unknown, too large, or gone in the meantime: never asked for again."""
    with pytest.raises(SendRefused):
        await channel.fetch("seller", "unknown")
    large = await awa.send_document(b"x", size=30_000_000)
    with pytest.raises(SendRefused, match="too big"):
        await channel.fetch("seller", large["message"]["document"]["file_id"])
    gone = await awa.send_document(b"x")
    file_id = gone["message"]["document"]["file_id"]
    double.trouble("download", Refuse(404, "Not Found"))
    with pytest.raises(SendRefused, match="not found"):
        await channel.fetch("seller", file_id)


# ---- Secrets -------------------------------------------------------------------------------------


async def test_the_token_is_never_logged(
    double: TelegramDouble, seller: Account, caplog: pytest.LogCaptureFixture
) -> None:
    """Even when somebody turns every logger up, no record holds the token."""
    with structlog.testing.capture_logs() as ours, caplog.at_level(logging.DEBUG):
        channel = TelegramChannel({"seller": seller.token}, api_url=double.url)
        for name in ("httpx", "httpcore", "telegram"):
            caplog.set_level(logging.DEBUG, name)
        async with channel:
            double.person(7, "Awa", bot=seller)
            await channel.send("seller", "7", Outgoing("bonjour", media=TICKET))
            double.trouble("sendMessage", Cut())
            with pytest.raises(Unanswered) as caught:
                await channel.send("seller", "7", Outgoing("bonjour"))
            with pytest.raises(SendRefused):
                await channel.fetch("seller", "unknown")
            assert seller.token not in repr(
                (channel, channel.bots, caught.value, caught.value.__context__)
            )
    libraries = {record.name.split(".")[0] for record in caplog.records}
    assert {"httpx", "httpcore", "telegram"} <= libraries
    said = "\n".join(
        f"{record.getMessage()} {record.exc_text}"
        for record in caplog.records
        if record.name.split(".")[0] in {"httpx", "httpcore", "telegram"}
    )
    assert seller.token not in said + repr(ours)
    assert "<token>" in said
