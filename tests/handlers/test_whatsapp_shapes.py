"""What messages become on WhatsApp, within its limits whatever is said, and how fast they go."""

import asyncio
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handlers.whatsapp.limits import length, pieces
from bot.handlers.whatsapp.pacing import Pace
from bot.handlers.whatsapp.reading import payload_of, read
from bot.handlers.whatsapp.registry import LANGUAGES, TEMPLATES, parse_registry
from bot.handlers.whatsapp.rendering import Interactive, Plain, shapes
from bot.handlers.whatsapp.templates import samples_of, stand_in, types_of
from chat import codec
from chat.albums import ANY_ALBUM
from chat.channel import SendLater, Unreadable
from chat.messages import (
    Button,
    Choice,
    Location,
    Media,
    Outgoing,
    Photo,
    Say,
    Start,
    Tap,
    Template,
    Text,
    Unsupported,
    words,
)
from chat.together import joined, next_page, next_page_action, numbered
from storage import pacing
from storage.database import Database, Tx
from storage.opening import open_database
from tests.doubles.twilio.facts import (
    BODY_MAX,
    INTERACTIVE_MAX,
    Facts,
    approval_faults,
    content_faults,
    fill,
    variable_faults,
)

FACTS = Facts()

DRESSED = ("👩🏽‍🍳", "e\u0301", "é", "🇧🇯", "🎟", "Fête ", "Ñandú", "n°\n", "   ", "夜")
"""Letters of two halves, of several parts, with accents: what titles are made of today."""

dressed = st.lists(st.sampled_from(DRESSED), min_size=1, max_size=12).map("".join)


def long(most: int) -> st.SearchStrategy[str]:
    """Draw a text that may be as long as people's titles and stories are, and longer."""
    repeated = st.tuples(dressed, st.integers(1, most // 8)).map(lambda two: two[0] * two[1])
    return st.one_of(st.text(max_size=most), repeated)


labels = long(90).filter(lambda text: bool(text.strip()))
choices = st.lists(labels, max_size=25).map(
    lambda found: [Button(label, action=f"a:{at}") for at, label in enumerate(found)]
)
links = st.lists(
    st.tuples(labels, st.sampled_from(["https://pay.example/p/1?x=2", "http://127.0.0.1:9/p"])).map(
        lambda pair: Button(pair[0], url=pair[1])
    ),
    max_size=2,
)


@given(long(4000), choices, links, st.booleans(), st.booleans())
def test_every_shape_keeps_to_the_limits(
    text: str,
    offered: list[Button],
    linked: list[Button],
    plain: bool,  # noqa: FBT001 (drawn)
    pictured: bool,  # noqa: FBT001 (drawn)
) -> None:
    """Twilio's schemas and WhatsApp's limits hold, and no choice is lost."""
    media = Media(b"", "image/png", "x.png") if pictured else None
    outgoing = Outgoing(text, (*linked, *offered), media, language="fr", plain=plain)
    most = INTERACTIVE_MAX if pictured else BODY_MAX
    found = shapes("seller", outgoing)
    told = ""
    for shape in found:
        match shape:
            case Plain(body):
                assert 1 <= length(body) <= most or (pictured and not body)
                told += body
            case Interactive(types, variables):
                request = {"language": "fr", "types": types, "variables": variables}
                assert FACTS.check("content_body", request) == []
                assert variable_faults("", variables) == []
                name, filled = fill(types, variables)
                if "{{" not in text and not any("{{" in one.label for one in outgoing.buttons):
                    assert content_faults(name, filled, in_session=True) == []
                told += json.dumps(filled)
    if len(offered) <= 9:
        numbers = told if "1. " in told else ""
        for at, one in enumerate(offered, 1):
            assert f"seller/{one.action}" in told or f"{at}. " in numbers


@given(long(5000))
def test_pieces_lose_no_word(text: str) -> None:
    """A long text is cut between words where it can be; what is not blank stays."""
    found = pieces(text)
    assert all(1 <= length(piece) <= BODY_MAX for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_an_emoji_is_not_cut_in_two() -> None:
    """What phones show as one letter stays one, whichever half of it the limit would be in."""
    for letter in ("👩🏽‍🍳", "e\u0301"):
        for before in range(len(letter) * 2):
            for piece in pieces("x" * before + letter * 900):
                assert piece.strip("x").replace(letter, "") == ""


@given(long(400), long(400))
def test_a_template_holds_any_title(title: str, when: str) -> None:
    """Whatever an event is called, its approved sentence stays within the limits when filled."""
    registry = dict.fromkeys(((name, "fr") for name in TEMPLATES), "HX")
    facts = {"title": title, "when": when, "code": "12345678"}
    for name, approved in TEMPLATES.items():
        stand = stand_in(registry, Outgoing("x", language="fr", template=Template(name, facts)))
        assert stand is not None
        kind, filled = fill(types_of(approved, "fr"), stand.variables)
        assert variable_faults(kind, stand.variables) == []
        if "{{" not in title + when and title.strip() and when.strip():
            assert content_faults(kind, filled, in_session=False) == []


def test_templates_may_be_approved() -> None:
    """Every template keeps to what WhatsApp approves, in both languages."""
    for name, approved in TEMPLATES.items():
        for language in LANGUAGES:
            types = types_of(approved, language)
            samples, full_name = samples_of(approved, language), f"guichet_{name}_{language}"
            assert approval_faults(types, samples, full_name, approved.category) == []
            assert FACTS.check("content_body", {"language": language, "types": types}) == []


def test_the_registry_is_read_as_it_is_printed() -> None:
    """A line of the command is the setting; what is mistyped is named."""
    sid = "HX" + "0" * 32
    assert parse_registry(f"tickets.fr={sid}, news.en={sid}") == {
        ("tickets", "fr"): sid,
        ("news", "en"): sid,
    }
    for wrong in (f"tiquets.fr={sid}", "tickets.fr=HX1", f"tickets.de={sid}"):
        with pytest.raises(ValueError, match=r"tiquets|tickets"):
            parse_registry(wrong)


def test_words_of_a_turn_are_one_message() -> None:
    """Three bubbles are one; a picture and what is to be passed on stay alone; numbers go on."""
    one = Say(words("a"), (Choice(words("x"), "x"),))
    picture = Say(words("c"), (Choice(words("y"), "y"),), picture="ticket:1")
    together = joined((one, Say(words("b")), one, picture, Say(words("d"), alone=True), one))
    assert [say.picture for say in together] == [None, "ticket:1", None, None]
    assert [say.first_number for say in numbered(together)] == [1, 3, 4, 4]
    assert len(together[0].choices) == 2


def test_a_link_counts_where_choices_are_typed_by_number() -> None:
    """What is counted is what is shown, on every app: the link to pay on is the first of four."""
    pay = Button("Payer 10 000 F CFA", url="https://pay.example/p/1")
    others = (Button("Un proche paie", "share:1"), Button("Annuler la réservation", "cancel:1"))
    counted = "1. Payer 10 000 F CFA\n2. Un proche paie\n3. Annuler la réservation"
    (shape,) = shapes("seller", Outgoing("À payer", (pay, *others), language="fr"))
    assert isinstance(shape, Interactive | Plain)
    said = shape.variables["1"] if isinstance(shape, Interactive) else shape.text
    assert said.endswith(counted) or "1. Payer 10 000 F CFA\nhttps://pay.example/p/1" in said
    (plain,) = shapes("seller", Outgoing("À payer", (pay, *others), language="fr", plain=True))
    assert isinstance(plain, Plain)
    assert plain.text == (
        "À payer\n\n1. Payer 10 000 F CFA\nhttps://pay.example/p/1\n\n"
        "2. Un proche paie\n3. Annuler la réservation"
    )


async def test_a_page_follows_the_choices_it_was_shown_with() -> None:
    """The item `La suite…` shows the rest; under other choices it is an old button, not a guess."""
    offered = [Choice(words("x"), f"a:{at}") for at in range(25)]
    told = codec.to_json(offered)
    action = next_page_action([one.action for one in offered], 9)
    step = next_page(told, action)
    assert step is not None
    turn = await step(None, None, Tap(action))  # type: ignore[arg-type] # neither is looked at
    assert turn.say[0].choices == tuple(offered[9:])
    assert next_page(codec.to_json(offered[1:]), action) is None
    for odd in ("page:", "page:9", f"page:x:{action[-8:]}", f"page:99:{action[-8:]}"):
        assert next_page(told, odd) is None


async def refused_for_ms(
    database: Database, number: str, ref: str, at_ms: int, messages: int = 1
) -> int:
    """Take room for messages; answers how long to wait, 0 if there is room."""
    try:
        await Pace().take(database, number, ref, messages, at_ms)
    except SendLater as wait:
        return wait.after_ms
    return 0


async def test_one_person_is_not_flooded_and_others_do_not_wait(database: Database) -> None:
    """A burst, then one in six seconds to one person; eighty a second from one number."""
    assert [await refused_for_ms(database, "n", "awa", 1) for _ in range(11)] == [0] * 10 + [6_001]
    assert await refused_for_ms(database, "n", "koffi", 1) == 0
    assert await refused_for_ms(database, "n", "awa", 6_002) == 0
    assert await refused_for_ms(database, "n", "awa", 6_003) == 6_001
    waits = [await refused_for_ms(database, "m", f"p{at}", 1, messages=8) for at in range(11)]
    assert waits == [0] * 10 + [101]


async def test_several_processes_send_for_one_number_at_its_pace(postgres_url: str) -> None:
    """Four workers ask at once for a hundred messages: together they are given eighty."""
    workers = [await open_database(postgres_url) for _ in range(4)]
    asked = [refused_for_ms(workers[at % 4], "n", f"p{at}", 1) for at in range(100)]
    waits = await asyncio.gather(*asked)
    assert waits.count(0) == 80
    other = [refused_for_ms(workers[at % 4], "m", "awa", 1) for at in range(30)]
    assert (await asyncio.gather(*other)).count(0) == 10
    for worker in workers:
        await worker.close()


async def test_buckets_that_are_full_are_forgotten(database: Database) -> None:
    """A person's bucket says nothing of who they are, and is gone an hour later."""
    await refused_for_ms(database, "n", "whatsapp:+2290197000000", 1)

    async def senders(tx: Tx) -> list[str]:
        return [row["sender"] for row in await tx.rows("SELECT sender FROM paces ORDER BY sender")]

    kept = await database.read(senders)
    assert len(kept) == 2
    assert not any("229" in one for one in kept)
    assert await database.write(pacing.forget_rested, before_ms=2, limit=10) == 2


ZEROS = "0" * 32
URL = f"https://api.twilio.com/2010-04-01/Accounts/AC{ZEROS}/Messages/MM{ZEROS}/Media/ME{ZEROS}"


@pytest.mark.parametrize(
    ("form", "heard"),
    [
        ({"Body": "bonjour"}, Text("bonjour")),
        ({"Body": "🎟 e_0G4T"}, Start("e_0G4T")),
        ({"Body": "e_0G4T"}, Start("e_0G4T")),
        ({"Body": "/start"}, Start()),
        ({"Body": "Non", "ButtonPayload": "seller/no:1"}, Tap("no:1")),
        ({"Body": "Jazz", "ListId": "scanner/gate:1:2"}, Tap("gate:1:2")),
        ({"Body": "Oui", "ButtonPayload": "made elsewhere"}, Text("Oui")),
        (
            {"NumMedia": "1", "MediaUrl0": URL, "MediaContentType0": "image/jpeg"},
            Photo((URL,), album=ANY_ALBUM),
        ),
        (
            {
                "NumMedia": "1",
                "MediaUrl0": "https://evil.example/x",
                "MediaContentType0": "image/jpeg",
            },
            Unsupported("other"),
        ),
        (
            {"NumMedia": "1", "MediaUrl0": URL, "MediaContentType0": "audio/ogg"},
            Unsupported("voice"),
        ),
        (
            {"NumMedia": "1", "MediaContentType0": "image/webp", "MessageType": "sticker"},
            Unsupported("sticker"),
        ),
        ({"Latitude": "6.3", "Longitude": "-2.3"}, Location(6_300_000, -2_300_000)),
        ({"Latitude": "nan", "Longitude": "2.3"}, Unsupported("location")),
        ({"Latitude": "91", "Longitude": "2.3"}, Unsupported("location")),
        ({"Latitude": "?", "Longitude": "2.3"}, Unsupported("location")),
        ({"Body": " "}, Unsupported("other")),
    ],
)
def test_what_a_form_says(form: dict[str, str], heard: object) -> None:
    """Each kind of message becomes what a talk understands."""
    whole = {"MessageSid": "SM1", "From": "whatsapp:+229", "ProfileName": "Awa"} | form
    inbound = read("seller", payload_of(whole, opens=False), 5)
    assert (inbound.heard, inbound.ref, inbound.name) == (heard, "whatsapp:+229", "Awa")


@given(st.text(max_size=200))
def test_a_payload_that_is_no_form_is_unreadable(text: str) -> None:
    """Whatever stands in the inbox, reading it ends in an answer or in `Unreadable`."""
    with pytest.raises(Unreadable):
        read("seller", text, 0)
    with pytest.raises(Unreadable):
        read("seller", json.dumps({"form": {"Body": urlencode({"x": text})}}), 0)
