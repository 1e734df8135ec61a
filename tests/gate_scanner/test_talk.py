"""The talk at the door: one answer a message, read at a glance, and no dead end."""

from io import BytesIO

import pytest
import qrcode
from qrcode.util import MODE_ALPHA_NUM, QRData

from boxoffice.codes import Keyring, Mode, make_code, new_key
from boxoffice.rules import HOUR_MS, MINUTE_MS
from boxoffice.typed_codes import ShortCode
from chat.messages import Codes, Inbound, JoinedGroup, Photo, Start, Tap, Text, Unsupported
from chat.turns import take_turn
from gate_scanner.decoding import decode
from gate_scanner.decoding.answer import Shape
from gate_scanner.talk import codes_of, is_attempt, scanner_talk
from gate_scanner.telling import _KNOWN_FAULTS
from storage import inbox
from tests.gate_scanner.door import KEYRING, NOW_MS, TALK, Doors, Phone
from tests.gate_scanner.joining import invited, joined


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
    row, again = (inbox.arrived("telegram", "scanner", phone.ref, "{}", NOW_MS) for _ in range(2))
    assert await doors.database.write(inbox.put, row, "same")
    inbound = Inbound("telegram", "scanner", phone.ref, "same", Codes((code,)), NOW_MS)
    turns = [
        await doors.database.write(take_turn, TALK, row.id, inbound, NOW_MS + wait)
        for wait in (0, 1, 60_000)
    ]
    assert turns == [True, False, False]
    assert not await doors.database.write(inbox.put, again, "same")
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
    assert "CODE MAL TAPÉ" in told.text
    assert "lettre par lettre" in told.text


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
    assert "Billet du dimanche 14\u00a0juin\u202f; nous sommes samedi 13\u00a0juin." in told
    phone.now_ms += 4 * HOUR_MS  # two in the morning: the night still belongs to Saturday
    told = (await phone.hear(Codes((code,)))).text
    assert "cette nuit compte encore pour le samedi 13\u00a0juin." in told


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


def test_codes_beside_each_other_are_each_judged() -> None:
    """Two codes of one line are two; one with a space in its middle is one; words are none."""
    assert codes_of("ABCD-EFG7, HJKM-NPQ2") == ["ABCD-EFG7", "HJKM-NPQ2"]
    assert codes_of("abcd efg1") == ["abcd efg1"]
    assert codes_of("il y a du monde") == []


def test_the_talk_needs_nothing_but_keys_and_mode() -> None:
    """A demo's scanner is the same talk with the demo's keys."""
    assert scanner_talk(KEYRING, Mode.DEMO).name == "scanner"
