"""The talk at the door: joining, choosing a gate, and one answer a message, read at a glance."""

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
import qrcode
from babel.messages.pofile import read_po
from qrcode.util import MODE_ALPHA_NUM, QRData

from boxoffice.codes import Keyring, Mode, ShortCode, make_code, new_key
from boxoffice.rules import HOUR_MS, MINUTE_MS
from boxoffice.verdicts import Light, Verdict
from chat.messages import Codes, Inbound, JoinedGroup, Photo, Start, Tap, Text, Unsupported, words
from chat.texts import LANGUAGES
from chat.turns import take_turn
from gate_scanner import talk
from gate_scanner.decoding import decode
from gate_scanner.decoding.answer import Shape
from gate_scanner.talk import is_attempt
from gate_scanner.telling import _KNOWN_FAULTS
from storage import inbox, invitations, staff
from storage.ids import to_text
from storage.opening import open_database
from tests.gate_scanner.door import KEYRING, NOW_MS, TALK, Doors, Phone

DAY_MS = 24 * HOUR_MS


@pytest.fixture
async def doors(house_sqlite_url: str) -> AsyncIterator[Doors]:
    """An event with a kind, a gate and a steward; the engines are compared below the talk."""
    database = await open_database(house_sqlite_url)
    yield await Doors(database).build()
    await database.close()


@pytest.fixture
async def phone(doors: Doors) -> Phone:
    """The phone of a steward who has joined and stands at the only gate."""
    phone = Phone(doors.database, "steward")
    await joined(doors, phone)
    return phone


async def invited(doors: Doors, role: str = "steward", gate_id: int | None = None) -> Start:
    """Make an invitation to the team; answers what opening its link says to the scanner."""
    token = invitations.new_token()
    await doors.database.write(
        invitations.invite,
        token,
        purpose="staff",
        event_id=doors.event_id,
        gate_id=gate_id,
        role=role,
        expires_ms=NOW_MS + DAY_MS,
        now_ms=NOW_MS,
    )
    return Start(f"s_{token}")


async def joined(doors: Doors, phone: Phone, role: str = "steward") -> str:
    """Let a phone join the team; answers what it was told."""
    ask = await phone.hear(await invited(doors, role))
    return (await phone.tap(ask, "Rejoindre l’équipe")).text


async def team_size(doors: Doors) -> int:
    """Count the team."""
    rows = await doors.rows("SELECT id FROM staff WHERE revoked_ms IS NULL")
    return len(rows)


# ---- The team ------------------------------------------------------------------------------------


async def test_opening_a_link_changes_nothing_and_its_button_joins_once(doors: Doors) -> None:
    """A link preview burns no invitation; the first who presses is in, the next is told so."""
    kofi, awa = Phone(doors.database, "kofi"), Phone(doors.database, "awa")
    link = await invited(doors)
    asks = [await kofi.hear(link), await kofi.hear(link), await awa.hear(link)]
    assert await team_size(doors) == 1
    assert "Nuit du Jazz" in asks[0].text
    told = await kofi.tap(asks[0], "Rejoindre l’équipe")
    assert told.text.startswith("Prêt\u00a0: Porte Nord")
    assert await team_size(doors) == 2
    refused = await awa.tap(asks[2], "Rejoindre l’équipe")
    assert "déjà servi" in refused.text
    assert await team_size(doors) == 2
    again = await kofi.tap(asks[1], "Rejoindre l’équipe")
    assert again.text.startswith("Prêt")


async def test_a_link_ends_after_its_time(doors: Doors) -> None:
    """An old link, or an invented one, is told from a good one, and says whom to ask."""
    link = await invited(doors)
    late = Phone(doors.database, "late", now_ms=NOW_MS + DAY_MS)
    assert "plus valable" in (await late.hear(link)).text
    assert "plus valable" in (await late.hear(Start("s_nothing"))).text
    assert "plus valable" in (await late.hear(Tap("join:0000"))).text


async def test_strangers_learn_only_whom_to_ask(doors: Doors) -> None:
    """Without an invitation nothing is judged or told, and what they sent is journalled."""
    stranger = Phone(doors.database, "stranger")
    _, code = await doors.ticket(holder="Awa Dossou")
    assert "réservé aux équipes" in (await stranger.hear(Start())).text
    assert "réservé aux équipes" in (await stranger.say("bonjour")).text
    told = await stranger.hear(Codes((code,)))
    assert "NON AUTORISÉ" in told.text
    assert "Awa" not in told.text
    rows = await doors.rows("SELECT verdict FROM scans")
    assert [row["verdict"] for row in rows] == ["staff_not_allowed"]


async def test_event_and_gate_are_chosen_by_buttons_or_words(doors: Doors) -> None:
    """With several of each, one is asked after the other; a number or a name typed is a tap."""
    await doors.gate("Porte Sud")
    gala = await Doors(doors.database).build(event={"title": "Gala"})
    phone = Phone(doors.database, "steward")
    told = await joined(doors, phone)
    assert "à quelle porte" in told
    ready = await phone.say("2")
    assert ready.text.startswith("Prêt\u00a0: Porte Sud")
    other = await phone.hear(await invited(gala))
    await phone.tap(other, "Rejoindre l’équipe")
    events = await phone.tap(await phone.say("menu"), "Changer d’événement")
    assert len(events.buttons) == 2
    gates = await phone.say("nuit du jazz")
    assert set(gates.buttons) == {"Porte Nord", "Porte Sud"}
    ready = await phone.say("porte nord")
    assert ready.text.startswith("Prêt\u00a0: Porte Nord")


async def test_who_is_bound_to_a_gate_stands_there(doors: Doors) -> None:
    """A team member bound to one gate is offered no other, not even by an old button."""
    south = await doors.gate("Porte Sud")
    phone = Phone(doors.database, "steward")
    ask = await phone.hear(await invited(doors, gate_id=south))
    ready = await phone.tap(ask, "Rejoindre l’équipe")
    assert ready.text.startswith("Prêt\u00a0: Porte Sud")
    mine = await doors.rows("SELECT MAX(id) AS id FROM staff")
    elsewhere = f"gate:{to_text(mine[0]['id'])}:{to_text(doors.gate_id)}"
    assert (await phone.hear(Tap(elsewhere))).text.startswith("Prêt\u00a0: Porte Sud")
    _, code = await doors.ticket()
    await phone.hear(Codes((code,)))
    scans = await doors.rows("SELECT gate_id, verdict FROM scans")
    assert scans == [{"gate_id": south, "verdict": "admitted"}]


async def test_a_photo_before_a_gate_is_chosen_uses_nothing(doors: Doors) -> None:
    """Nothing is judged nowhere: the choice comes first, and the photo is asked for again."""
    await doors.gate("Porte Sud")
    phone = Phone(doors.database, "steward")
    await joined(doors, phone)
    ticket_id, code = await doors.ticket()
    first, choice = await phone.hear_all(Codes((code,)))
    assert first.text.startswith("Rien n’a été validé")
    await phone.tap(choice, "Porte Sud")
    assert "VALIDÉ" in (await phone.hear(Codes((code,)))).text
    rows = await doors.rows("SELECT scanned_at_ms FROM tickets WHERE id = :id", id=ticket_id)
    assert rows[0]["scanned_at_ms"] == NOW_MS


async def test_leaving_the_gate_stops_scanning(doors: Doors, phone: Phone) -> None:
    """After leaving, the only gate is found again by one button."""
    left = await phone.say("quitter")
    assert (await phone.tap(left, "Reprendre")).text.startswith("Prêt")
    assert "VALIDÉ" in (await phone.hear(Codes(((await doors.ticket())[1],)))).text


async def test_who_was_dismissed_scans_no_more(doors: Doors, phone: Phone) -> None:
    """From the moment of the dismissal, the next scan is refused and uses nothing."""
    _, code = await doors.ticket()
    rows = await doors.rows("SELECT MAX(id) AS id FROM staff")
    assert await doors.database.write(staff.dismiss, rows[0]["id"], NOW_MS)
    assert "NON AUTORISÉ" in (await phone.hear(Codes((code,)))).text
    assert "réservé aux équipes" in (await phone.say("changer de porte")).text


# ---- The answers ---------------------------------------------------------------------------------


async def test_green_then_red_with_the_whole_story(doors: Doors, phone: Phone) -> None:
    """First scan: green, kind and holder. Again: red, when, where, by whom, how long ago."""
    _, code = await doors.ticket(holder="Awa Dossou")
    green = await phone.hear(Codes((code,)))
    assert green.text == "🟢🟢🟢 VALIDÉ\nVIP — Awa Dossou\nLaissez entrer une personne."
    phone.now_ms += 4 * MINUTE_MS
    red = await phone.hear(Codes((code,)))
    assert red.text == (
        "🔴🔴🔴 DÉJÀ UTILISÉ\nVIP — Awa Dossou\n"
        "Premier passage\u00a0: à 23\u00a0h, Porte Nord (contrôleur), il y a 4 minutes.\n"
        "Ne laissez pas entrer\u00a0: seul le premier passage compte."
    )


async def test_a_picture_of_the_code_opens_the_gate(doors: Doors, phone: Phone) -> None:
    """Our code fills a version 2 QR at level Q exactly; its picture is read, and green."""
    _, code = await doors.ticket()
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, box_size=8, border=4)
    data = QRData(code)
    assert data.mode == MODE_ALPHA_NUM
    drawn.add_data(data)
    drawn.make(fit=True)
    assert drawn.version == 2
    picture = BytesIO()
    drawn.make_image().save(picture)
    read = decode(picture.getvalue(), accept=Shape.TICKET)
    assert read.texts == (code,)
    assert "VALIDÉ" in (await phone.hear(Codes(read.texts, read.others))).text


async def test_the_same_in_english(doors: Doors) -> None:
    """The chat's language is the app's, and can be changed by a word."""
    phone = Phone(doors.database, "steward", language="en")
    ask = await phone.hear(await invited(doors))
    await phone.tap(ask, "Join the team")
    _, code = await doors.ticket()
    assert (await phone.hear(Codes((code,)))).text == "🟢🟢🟢 VALID\nVIP\nLet one person in."
    assert (await phone.say("français")).text == "Je parle français."
    phone.now_ms += MINUTE_MS
    assert "DÉJÀ UTILISÉ" in (await phone.hear(Codes((code,)))).text


async def test_a_replay_is_blue(doors: Doors, phone: Phone) -> None:
    """Sent twice within five seconds: one person, and never plain green."""
    _, code = await doors.ticket()
    await phone.hear(Codes((code,)))
    phone.now_ms += 3000
    told = (await phone.hear(Codes((code,)))).text
    assert told.startswith("🔵🔵🔵")
    assert "il y a 3 secondes" in told
    assert "Une seule personne" in told


async def test_the_same_message_gives_one_answer_for_ever(doors: Doors, phone: Phone) -> None:
    """A message delivered again and again, whole or half done, admits once and answers once."""
    _, code = await doors.ticket()
    arrival = {"channel": "telegram", "talk": "scanner", "ref": phone.ref, "message_id": "same"}
    row = await doors.database.write(inbox.put, **arrival, payload="{}", now_ms=NOW_MS)
    assert row is not None
    inbound = Inbound("telegram", "scanner", phone.ref, "same", Codes((code,)), NOW_MS)
    turns = [
        await doors.database.write(take_turn, TALK, row.id, inbound, NOW_MS + wait)
        for wait in (0, 1, 60_000)
    ]
    assert turns == [True, False, False]
    assert await doors.database.write(inbox.put, **arrival, payload="{}", now_ms=NOW_MS) is None
    assert [shown.text.splitlines()[0] for shown in await phone.received()] == ["🟢🟢🟢 VALIDÉ"]
    assert len(await doors.rows("SELECT id FROM scans")) == 1


async def test_a_paused_gate_admits_nobody(doors: Doors, phone: Phone) -> None:
    """Paused, closed or out of its hours: white, nothing used; open again: green."""
    ticket_id, code = await doors.ticket()
    for closed in (
        {"status": "paused"},
        {"status": "closed"},
        {"status": "open", "opens_ms": NOW_MS + 1},
        {"opens_ms": None, "closes_ms": NOW_MS},
    ):
        await doors.set("gates", doors.gate_id, **closed)
        assert "PORTE FERMÉE" in (await phone.hear(Codes((code,)))).text
    await doors.set("gates", doors.gate_id, closes_ms=None)
    assert "VALIDÉ" in (await phone.hear(Codes((code,)))).text
    rows = await doors.rows("SELECT scanned_at_ms FROM tickets WHERE id = :id", id=ticket_id)
    assert rows == [{"scanned_at_ms": NOW_MS}]


async def test_several_codes_get_a_line_each_and_a_total(doors: Doors, phone: Phone) -> None:
    """A family's photo is one message: each ticket in order, then how many come in."""
    _, good = await doors.ticket()
    _, used = await doors.ticket(holder="Awa Dossou")
    await phone.hear(Codes((used,)))
    phone.now_ms += 2 * MINUTE_MS
    forged = make_code(Keyring.parse(new_key()), Mode.LIVE, doors.tag)
    told = await phone.hear(Codes((good, used, forged), others=("https://pay.example.com",)))
    assert told.text.splitlines() == [
        "1. 🟢 VALIDÉ · VIP",
        (
            "2. 🔴 DÉJÀ UTILISÉ · VIP — Awa Dossou · Premier passage\u00a0: à 23\u00a0h, Porte Nord"
            " (contrôleur), il y a 2 minutes."
        ),
        "3. 🚨 FAUX BILLET",
        "Entrées\u00a0: 1 sur 3.",
    ]


async def test_an_album_beyond_the_limit_is_told(doors: Doors, phone: Phone) -> None:
    """What was not judged is said, and not used."""
    codes = [(await doors.ticket())[1] for _ in range(22)]
    told = await phone.hear(Codes(tuple(codes)))
    assert told.text.splitlines()[-2:] == [
        "Entrées\u00a0: 20 sur 20.",
        "2 codes n’ont pas été jugés\u00a0: renvoyez-les.",
    ]
    rows = await doors.rows("SELECT id FROM tickets WHERE scanned_at_ms IS NULL")
    assert len(rows) == 2


async def test_typed_codes_are_judged_too(doors: Doors, phone: Phone) -> None:
    """A short code, a whole one with slips of the eye, several on lines of their own."""
    rows = [await doors.ticket() for _ in range(3)]
    shorts = await doors.rows("SELECT short_code FROM tickets ORDER BY id")
    short = str(ShortCode(shorts[0]["short_code"]))
    assert "VALIDÉ" in (await phone.say(short.lower())).text
    spelt = rows[1][1].lower().replace("0", "o").replace("1", "l")
    assert "VALIDÉ" in (await phone.say(f"{spelt[:10]} {spelt[10:]}")).text
    phone.now_ms += MINUTE_MS
    told = await phone.say(f"{rows[2][1]}\n{short}\n")
    assert told.text.splitlines()[-1] == "Entrées\u00a0: 1 sur 2."


async def test_a_mistyped_code_is_asked_again(doors: Doors, phone: Phone) -> None:
    """A slip of the hand says so, in words about the hand."""
    await doors.ticket()
    told = await phone.say("ABCD-EF12")
    assert "PAS UN BILLET" in told.text
    assert "mal tapé" in told.text


async def test_other_words_are_no_dead_end(phone: Phone) -> None:
    """What is not a code gets the choices; the words that work everywhere work here."""
    lost = await phone.say("est-ce que ça marche ?")
    assert set(lost.buttons) == {"Menu", "Aide"}
    assert "ABCD-EFG7" in (await phone.tap(lost, "Aide")).text
    assert "Défaire mon dernier passage" in (await phone.tap(lost, "Menu")).buttons
    assert "ABCD-EFG7" in (await phone.say("Aide !")).text
    assert (await phone.hear(Tap("nothing:any more"))).buttons


async def test_a_named_ticket_is_let_in_by_its_button(doors: Doors, phone: Phone) -> None:
    """Yellow with the name, then green at "pièce vue"; a refusal uses nothing."""
    _, code = await doors.ticket(naming="nominative", holder="Awa Dossou")
    asked = await phone.hear(Codes((code,)))
    assert asked.text.startswith("🟡🟡🟡 VÉRIFIEZ LA PIÈCE\nVIP — Awa Dossou")
    refused = await phone.tap(asked, "✖ Refuser")
    assert "PIÈCE REFUSÉE" in refused.text
    late, phone.now_ms = phone.now_ms, phone.now_ms + 6 * MINUTE_MS
    lapsed = await phone.tap(asked, "✔ Pièce vue")
    assert "VÉRIFIEZ LA PIÈCE" in lapsed.text
    assert (await phone.tap(lapsed, "✔ Pièce vue")).text.startswith("🟢🟢🟢 VALIDÉ")
    phone.now_ms = late + 20 * MINUTE_MS
    assert "VÉRIFIEZ" not in (await phone.tap(asked, "✔ Pièce vue")).text


async def test_named_tickets_of_one_photo_have_a_button_each(doors: Doors, phone: Phone) -> None:
    """Two names in one photo: each pair of buttons says whose it is."""
    codes = [(await doors.ticket(naming="nominative", holder=name))[1] for name in ("Awa", "Kofi")]
    asked = await phone.hear(Codes(tuple(codes)))
    assert [label for label in asked.buttons if "Pièce" in label] == [
        "✔ Pièce vue\u00a0: Awa",
        "✔ Pièce vue\u00a0: Kofi",
    ]
    assert "VIP — Kofi" in (await phone.tap(asked, "✔ Pièce vue\u00a0: Kofi")).text


async def test_the_wrong_day_is_said_in_words(doors: Doors, phone: Phone) -> None:
    """Sunday's ticket on Saturday: both days by name, so that nobody trusts the colour alone."""
    _, code = await doors.ticket(
        valid_from_ms=NOW_MS + 20 * HOUR_MS, valid_until_ms=NOW_MS + 30 * HOUR_MS
    )
    told = (await phone.hear(Codes((code,)))).text
    assert "Billet du dimanche 14 juin\u202f; nous sommes samedi 13 juin." in told
    phone.now_ms += 4 * HOUR_MS  # two in the morning: the night still belongs to Saturday
    told = (await phone.hear(Codes((code,)))).text
    assert "cette nuit compte encore pour le samedi 13 juin." in told


async def test_a_forgery_alarms_the_supervisor_once(doors: Doors, phone: Phone) -> None:
    """The supervisor hears of a forged code at once, and hears of it once."""
    chief = Phone(doors.database, "chief")
    await joined(doors, chief, role="supervisor")
    forged = make_code(Keyring.parse(new_key()), Mode.LIVE, doors.tag)
    for _ in range(2):
        told = await phone.hear(Codes((forged,)))
        assert told.text.startswith("🚨🔴🚨 FAUX BILLET")
    alarms = await chief.received()
    assert [alarm.text for alarm in alarms] == [
        "🚨 FAUX BILLET présenté à\u00a0: Porte Nord. Le contrôleur attend votre aide."
    ]


@pytest.mark.parametrize("fault", [*sorted(_KNOWN_FAULTS), "none", "of_a_later_version", None])
async def test_an_unreadable_photo_says_why(phone: Phone, fault: str | None) -> None:
    """Each fault has its sentence, and one nobody knows yet is still an answer."""
    told = await phone.hear(Codes(fault=fault))
    assert told.text.startswith("⚪⚪⚪ PAS DE CODE LU\n")
    assert len(told.text.splitlines()) == 3


async def test_a_foreign_code_is_not_a_ticket(phone: Phone) -> None:
    """A payment's QR alone is told for what it is not."""
    told = await phone.hear(Codes(others=("https://pay.example.com",), fault="other_shape"))
    assert "PAS UN BILLET" in told.text


@pytest.mark.parametrize(
    "heard",
    [Photo(("x",)), Unsupported("voice"), Unsupported("too_large"), JoinedGroup(), Start("x" * 60)],
)
async def test_everything_heard_is_answered(
    phone: Phone, heard: Photo | Unsupported | JoinedGroup | Start
) -> None:
    """Voice, stickers, groups, unknown links: an answer, never silence and never a crash."""
    assert (await phone.hear(heard)).text


@pytest.mark.parametrize(
    "text", ["x" * 5000, "🎷" * 200, "1" * 41, "G" + "0" * 28, "a/b1c2d3", "\0"]
)
async def test_hostile_texts_are_answered(phone: Phone, text: str) -> None:
    """Whatever is typed gets one message."""
    assert len(await phone.hear_all(Text(text))) == 1


@pytest.mark.parametrize(
    "action", ["seen:", "seen:x", "seen:U:U", "refuse:1:1", "gate::", "post:!"]
)
async def test_buttons_that_were_tampered_with_use_nothing(
    doors: Doors, phone: Phone, action: str
) -> None:
    """A button's action is data from outside: wrong ids end in the menu or a refusal."""
    assert (await phone.hear(Tap(action))).text
    rows = await doors.rows("SELECT verdict FROM scans WHERE verdict = 'admitted'")
    assert rows == []


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("ABCD-EFG7", True),
        ("abcd efg1", True),
        ("G" + "0" * 28, True),
        ("bonjour", False),
        ("question", False),
        ("12", False),
        ("on est 12 ici", True),
        ("https://example.com/a1b2c3", False),
        ("réservé 12", False),
    ],
)
def test_a_line_meant_as_a_code_is_told_from_words(line: str, meant: bool) -> None:  # noqa: FBT001 (a case)
    """Digits among letters are an attempt at a code; words are words."""
    assert is_attempt(line) is meant


# ---- The words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_has_its_words(language: str) -> None:
    """Each verdict has a title in capitals and says what to do; each light has its two sizes."""
    for verdict in Verdict:
        title = TALK.texts.render(words(f"title.{verdict}"), language)
        assert title == title.upper()
        assert TALK.texts.render(words(f"do.{verdict}"), language).endswith(".")
    for light in Light:
        valid = words("title.admitted")
        assert TALK.texts.render(words(f"headline.{light}", verdict=valid), language)
        assert TALK.texts.render(words(f"line.{light}", rank=1, verdict=valid), language)


@pytest.mark.parametrize("name", sorted(path.name for path in (talk.TEXTS / "fr").glob("*.po")))
def test_the_languages_say_the_same(name: str) -> None:
    """Same keys, same facts, nothing empty, in French and in English."""
    said = {language: _catalogue(talk.TEXTS / language / name) for language in LANGUAGES}
    assert said["fr"] == said["en"]


def _catalogue(path: Path) -> dict[str, set[str | None]]:
    """Read the facts of every key; a key without words fails."""
    with path.open("rb") as source:
        messages = [message for message in read_po(source) if message.id]
    keys: dict[str, set[str | None]] = {}
    for message in messages:
        key = message.id if isinstance(message.id, str) else message.id[0]
        forms = [message.string] if isinstance(message.string, str) else message.string or [""]
        assert all(forms), key
        keys[key] = {fact for form in forms for _, fact, _, _ in Formatter().parse(str(form))}
    return keys


def test_the_talk_needs_nothing_but_keys_and_mode() -> None:
    """A demo's scanner is the same talk with the demo's keys."""
    assert talk.scanner_talk(KEYRING, Mode.DEMO).name == "scanner"
