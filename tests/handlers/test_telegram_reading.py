"""What a Telegram update means, and which updates are wanted at all."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.handlers.telegram.reading import read, wanted
from chat.channel import Unreadable
from chat.messages import (
    Contact,
    Heard,
    Inbound,
    JoinedGroup,
    Location,
    Photo,
    Start,
    Tap,
    Text,
    Unsupported,
)
from tests.doubles.telegram import Person, TelegramDouble

SENDER = {"id": 7, "is_bot": False, "first_name": "Awa", "last_name": "D.", "language_code": "fr"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Awa"}
LARGE = 30 * 1024 * 1024


def message(**content: object) -> dict[str, Any]:
    """Make an update with a private message."""
    return {
        "update_id": 9,
        "message": {"message_id": 1, "date": 1, "from": SENDER, "chat": PRIVATE, **content},
    }


def heard(update: object) -> Heard:
    """Read an update that is wanted."""
    envelope = wanted(update)
    assert envelope is not None
    return read("seller", envelope.payload, 5).heard


def test_an_inbound_is_complete() -> None:
    """Channel, talk, chat, unique id, name, language and time all come from the update."""
    envelope = wanted(message(text="bonjour"))
    assert envelope is not None
    assert read("scanner", envelope.payload, 1234) == Inbound(
        channel="telegram",
        talk="scanner",
        ref="7",
        message_id="u9",
        heard=Text("bonjour"),
        received_ms=1234,
        language="fr",
        name="Awa D.",
    )
    assert (envelope.ref, envelope.message_id) == ("7", "u9")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bonjour", Text("bonjour")),
        ("/start", Start()),
        ("/start e_3f", Start("e_3f")),
        ("/START@seller_bot  e_3f ", Start("e_3f")),
        ("/menu", Text("/menu")),
        ("/menu@seller_bot", Text("/menu")),
        ("/annuler@seller_bot  3 \n4", Text("/annuler 3 \n4")),
        ("/ menu", Text("/ menu")),
        ("/é", Text("/é")),
        ("5/6", Text("5/6")),
        ("a\0b", Text("ab")),
        ("\ud800", Text("?")),
        ("x" * 5000, Text("x" * 5000)),
    ],
)
def test_words_and_commands(text: str, expected: Heard) -> None:
    """A command loses the bot's name; only /start opens; no database chokes on what is kept."""
    assert heard(message(text=text)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("fr", "fr"), ("fr-CA", "fr"), ("EN", "en"), ("fil", None), ("", None), ("?!", None)],
)
def test_the_language_has_two_letters(code: str, expected: str | None) -> None:
    """A regional form is its language; what is not two letters is unknown."""
    update = message(text="x")
    update["message"]["from"] = SENDER | {"language_code": code}
    envelope = wanted(update)
    assert envelope is not None
    assert read("seller", envelope.payload, 0).language == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {"document": {"file_id": "D", "mime_type": "image/png"}, "caption": "ici"},
            Photo(("D",), "ici"),
        ),
        ({"document": {"file_id": "D", "file_name": "a.JPG"}}, Photo(("D",))),
        ({"document": {"file_id": "D", "mime_type": "application/pdf"}}, Unsupported("document")),
        (
            {"document": {"file_id": "D", "mime_type": "image/png", "file_size": LARGE}},
            Unsupported("too_large"),
        ),
        ({"animation": {}, "document": {"mime_type": "image/gif"}}, Unsupported("other")),
        ({"voice": {}}, Unsupported("voice")),
        ({"sticker": {}}, Unsupported("sticker")),
        ({"venue": {}, "location": {}}, Unsupported("location")),
        ({"location": {"latitude": 91, "longitude": 0.5}}, Unsupported("location")),
        (
            {"venue": {}, "location": {"latitude": -6, "longitude": 0.5}},
            Location(-6_000_000, 500_000),
        ),
        ({"something_new": 1}, Unsupported("other")),
    ],
)
def test_contents(content: dict[str, object], expected: Heard) -> None:
    """Pictures are pictures however they are sent; the rest is named for a clear answer."""
    assert heard(message(**content)) == expected


def test_the_largest_size_within_the_limit_is_taken() -> None:
    """A bot can download 20 MB: a larger size is passed over, unless there is no other."""
    small = {"file_id": "S", "width": 90, "height": 90, "file_size": 900}
    right = {"file_id": "R", "width": 900, "height": 900}
    large = {"file_id": "L", "width": 9000, "height": 900, "file_size": LARGE}
    assert heard(message(photo=[large, right, small], caption="x")) == Photo(("R",), "x")
    assert heard(message(photo=[large])) == Unsupported("too_large")


async def test_pictures_as_people_send_them(awa: Person) -> None:
    """An album is a picture an update, told together; beyond 20 MB a smaller size is taken."""
    out = io.BytesIO()
    Image.new("RGB", (2000, 1000)).save(out, "PNG")
    [first, second] = await awa.send_album([out.getvalue()] * 2)
    large = await awa.send_photo(out.getvalue(), size=LARGE)
    for update in (first, second):
        album = update["message"]["media_group_id"]
        assert heard(update) == Photo((update["message"]["photo"][-1]["file_id"],), album=album)
        assert album == first["message"]["media_group_id"]
    assert heard(large) == Photo((large["message"]["photo"][0]["file_id"],))


# ---- Wanted --------------------------------------------------------------------------------------


async def test_what_people_do_is_wanted(double: TelegramDouble, awa: Person) -> None:
    """All that somebody can send in a private chat is heard, as the vendor shapes it."""
    awa.account.messages.clear()
    menu = awa.account.message(7, awa.account.user, text="Menu")
    updates = [
        await awa.say("bonjour"),
        await awa.start("e_1"),
        await awa.voice(),
        await awa.sticker(),
        await awa.location(),
        await awa.send_document(b"%PDF", "a.pdf", "application/pdf"),
    ]
    assert double.faults == []
    assert [heard(update) for update in updates] == [
        Text("bonjour"),
        Start("e_1"),
        Unsupported("voice"),
        Unsupported("sticker"),
        Location(6_370_300, 2_391_200),
        Unsupported("document"),
    ]
    query = {"id": "1", "from": SENDER, "message": menu, "chat_instance": "1", "data": "qty:2"}
    assert heard({"update_id": 1, "callback_query": query}) == Tap("qty:2")


async def test_a_group_hears_of_the_bot_once(double: TelegramDouble, awa: Person) -> None:
    """Joining and `/start` are wanted; the talk of a group never is, nor the second report."""
    await awa.add_to_group(-100)
    await awa.say_in_group(-100, "quelqu'un vient au concert ?")
    await awa.say_in_group(-100, "/menu")
    await awa.say_in_group(-100, "/start@seller_bot")
    envelopes = [wanted(update) for update in awa.account.updates]
    kept = [envelope for envelope in envelopes if envelope]
    assert [envelope is not None for envelope in envelopes] == [True, False, False, False, True]
    assert {envelope.ref for envelope in kept} == {"-100"}
    assert [read("seller", envelope.payload, 0).heard for envelope in kept] == [JoinedGroup()] * 2
    assert double.faults == []


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ({"status": "left"}, {"status": "member"}, True),
        ({"status": "kicked"}, {"status": "administrator"}, True),
        ({"status": "left"}, {"status": "restricted", "is_member": True}, True),
        ({"status": "left"}, {"status": "restricted", "is_member": False}, False),
        ({"status": "member"}, {"status": "administrator"}, False),
        ({"status": "member"}, {"status": "kicked"}, False),
        ({"status": "restricted", "is_member": False}, {"status": "left"}, False),
    ],
)
def test_joining_is_told_from_other_changes(
    before: dict[str, object], after: dict[str, object], *, joined: bool
) -> None:
    """Becoming administrator or leaving is no joining."""
    group = {"id": -1, "type": "group", "title": "x"}
    change = {"chat": group, "from": SENDER, "old_chat_member": before, "new_chat_member": after}
    assert (wanted({"update_id": 1, "my_chat_member": change}) is not None) == joined


async def test_what_nobody_said_is_not_wanted(awa: Person) -> None:
    """Edits, blocks, and reports of the app itself leave no trace."""
    await awa.edit("bonsoir")
    await awa.block()
    await awa.unblock()
    assert [wanted(update) for update in awa.account.updates] == [None] * 3
    assert wanted(message(pinned_message={})) is None
    channel = {"id": -5, "type": "channel", "title": "x"}
    assert wanted({"update_id": 1, "channel_post": {"chat": channel, "text": "x"}}) is None
    assert wanted({"update_id": 1, "message": {"chat": channel, "text": "x"}}) is None


# ---- Junk ----------------------------------------------------------------------------------------

no_hurry = settings(deadline=None)
"""The promise is about what is raised, not about how fast a busy machine is."""

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
names = st.sampled_from(
    [
        *("update_id", "message", "callback_query", "my_chat_member", "chat", "from", "id"),
        *("type", "text", "photo", "document", "file_id", "file_size", "data", "caption"),
        *("first_name", "language_code", "new_chat_member", "old_chat_member", "status", "width"),
    ]
)
junk = st.recursive(
    leaves | st.sampled_from(["private", "supergroup", "/start x", 10**30]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names, inner, max_size=6)
        | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=20,
)


def _read_or_refuse(payload: str) -> None:
    try:
        inbound = read("seller", payload, 0)
    except Unreadable:
        return
    assert isinstance(inbound, Inbound)
    # Whatever was understood can be stored.
    repr(inbound).encode()


@no_hurry
@given(junk)
def test_junk_is_unreadable_at_worst(value: object) -> None:
    """No JSON at all makes `read` or `wanted` raise anything else."""
    _read_or_refuse(json.dumps(value))
    envelope = wanted(value)
    assert envelope is None or "\0" not in envelope.payload


@no_hurry
@given(st.dictionaries(names, junk, max_size=6), st.dictionaries(names, junk, max_size=6))
def test_a_spoilt_message_is_unreadable_at_worst(
    spoilt: dict[str, object], sender: dict[str, object]
) -> None:
    """Nor does an update that is nearly right."""
    update = message(**spoilt)
    update["message"]["from"] = sender
    _read_or_refuse(json.dumps(update))
    envelope = wanted(update)
    if envelope is not None:
        _read_or_refuse(envelope.payload)
        envelope.payload.encode("ascii")


@no_hurry
@given(st.text())
def test_text_that_is_not_json_is_unreadable(payload: str) -> None:
    """A payload that is broken is refused like one that means nothing."""
    _read_or_refuse(payload)


@pytest.mark.parametrize(
    "payload",
    ["", "[]", "null", "[" * 100_000, '{"update_id": ' + "9" * 5000 + "}", '{"update_id": 1}'],
)
def test_hostile_json_is_unreadable(payload: str) -> None:
    """Depth and size of JSON are limits too."""
    with pytest.raises(Unreadable):
        read("seller", payload, 0)


def test_a_shared_contact_is_a_number_and_perhaps_an_account() -> None:
    """Telegram says whose account a card is, when it knows; a card without one is a number."""
    card = {"phone_number": "+22901970000", "first_name": "Kofi"}
    assert heard(message(contact=card)) == Contact("+22901970000")
    assert heard(message(contact=card | {"user_id": 7001})) == Contact("+22901970000", "7001")
