"""Ticket codes: unguessable, tolerant to hands and eyes, and never fooled."""

import base64
import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice import codes
from boxoffice.codes import (
    CODE_LENGTH,
    Code,
    Keyring,
    Mode,
    authentic,
    code_hash,
    event_check_key,
    make_code,
    new_event_tag,
    new_key,
    read_code,
)
from boxoffice.errors import KeyringError
from boxoffice.spelling import ALPHABET, NotACode, WhyNot
from boxoffice.typed_codes import ShortCode, is_slip, make_short_code, read_short_code


def visible_test_key(name: str) -> str:
    """Return a key that anyone can see is a test's."""
    return base64.urlsafe_b64encode(f"test key {name}".encode().ljust(32, b".")).decode()


RING = Keyring.parse(visible_test_key("one"))
TAG = "3KQ9"

characters = st.sampled_from(ALPHABET)
positions = st.integers(0, CODE_LENGTH - 1)


def read(text: str) -> Code:
    """Read a text that must have our shape."""
    code = read_code(text)
    assert isinstance(code, Code)
    return code


@given(st.sampled_from(Mode))
def test_a_new_code_is_authentic_and_says_what_it_carries(mode: Mode) -> None:
    """A code we made reads back as itself, with its mode and its event's tag."""
    text = make_code(RING, mode, TAG)
    code = read(text)
    assert (code.text, code.mode, code.event_tag) == (text, mode, TAG)
    assert authentic(RING, code)


def test_a_code_fits_the_smallest_qr_that_a_phone_reads_well() -> None:
    """29 characters of QR's alphanumeric alphabet fill version 2 at level Q."""
    text = make_code(RING, Mode.LIVE, TAG)
    assert len(text) == 29
    assert set(text) <= set(string.digits + string.ascii_uppercase)


def test_a_code_as_it_is_printed_is_told_from_all_that_people_type() -> None:
    """Only the letters of the QR themselves: a code typed otherwise may still be other words."""
    code = make_code(RING, Mode.DEMO, TAG)
    assert codes.is_printed(code)
    spelled = (code.lower(), f"{code[:10]} {code[10:]}", f"{code}!", code[1:], "menu", "")
    assert not any(codes.is_printed(text) for text in spelled)


def test_codes_do_not_repeat() -> None:
    """Eighty random bits: thousands of codes of one event are all different."""
    assert len({make_code(RING, Mode.LIVE, TAG) for _ in range(5000)}) == 5000


@given(positions, characters)
def test_one_changed_character_is_a_forgery(position: int, character: str) -> None:
    """Whichever character is changed, the code is no longer ours, or no code at all."""
    text = make_code(RING, Mode.LIVE, TAG)
    changed = text[:position] + character + text[position + 1 :]
    code = read_code(changed)
    assert changed == text or isinstance(code, NotACode) or not authentic(RING, code)


@given(st.text(alphabet=ALPHABET, min_size=28, max_size=28))
def test_an_invented_code_is_a_forgery(rest: str) -> None:
    """Our shape without our key is not enough."""
    assert not authentic(RING, read("G" + rest))


def test_a_check_made_for_another_event_does_not_pass() -> None:
    """The key is derived per event: a leaked event key signs nothing for another event."""
    stolen = event_check_key(RING, "AAAA")
    assert stolen != event_check_key(RING, "BBBB")
    signed = make_code(RING, Mode.LIVE, "BBBB")[: codes.SIGNED_LENGTH]
    assert not authentic(RING, read(signed + codes._check(stolen, signed)))


def spoilt(text: str, choices: list[int]) -> str:
    """Spell a code as a hurried hand does: cases, spaces, dashes, O for 0, I and L for 1."""
    spellings = {"0": "0oO", "1": "1iIlL"}
    gaps = ("", " ", "-", "\u00a0", "\u2011", " - ")[:2] if len(text) > 20 else ("", " ", "-")
    written = ""
    for place, character in enumerate(text):
        choice = choices[place % len(choices)]
        alike = spellings.get(character, character + character.lower())
        written += alike[choice % len(alike)] + gaps[choice % len(gaps)]
    return written


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_hands_and_eyes_are_forgiven(choices: list[int]) -> None:
    """Case, spaces, dashes and confused letters change nothing, for both sorts of code."""
    text = make_code(RING, Mode.LIVE, TAG)
    assert read(spoilt(text, choices)).text == text
    short = make_short_code()
    assert read_short_code(spoilt(short, choices)) == ShortCode(short)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", WhyNot.LENGTH),
        ("bonjour", WhyNot.LENGTH),
        ("G" * 5000, WhyNot.LENGTH),
        ("https://pay.example.com/abcdef", WhyNot.LENGTH),
        ("https://example.com/a?b=cdefg", WhyNot.CHARACTERS),
        ("G" * 28 + "U", WhyNot.CHARACTERS),
        ("G" * 28 + "ſ", WhyNot.CHARACTERS),
        ("G" * 28 + "٣", WhyNot.CHARACTERS),
        ("X" * 29, WhyNot.PREFIX),
    ],
)
def test_what_is_not_a_code_says_why(text: str, why: WhyNot) -> None:
    """A text without our shape is an answer, never an exception."""
    assert read_code(text) == NotACode(why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ABCD-EFG", WhyNot.MISTYPED),
        ("ABCD-EFG77", WhyNot.MISTYPED),
        ("ABCD-EF", WhyNot.LENGTH),
        ("bonjour", WhyNot.CHARACTERS),
    ],
)
def test_a_short_code_one_character_too_long_or_short_is_mistyped(text: str, why: WhyNot) -> None:
    """A forgotten character is read again on the ticket; what is shorter still is no code."""
    assert read_short_code(text) == NotACode(why)


@pytest.mark.parametrize("text", ["ABCD-EFG", "abcd e7", "ABCD-EFU7", "D7" * 14, "X7" * 15])
def test_a_slip_of_the_hand_is_known_from_another_code(text: str) -> None:
    """A character or two short or over, or a letter we never print: meant as a code of ours."""
    assert is_slip(text)


@pytest.mark.parametrize("text", ["", "bonjour", "2290197000000", "https://pay.example/12345678"])
def test_what_nobody_meant_as_a_code_is_no_slip(text: str) -> None:
    """A greeting, a telephone number or an address is not read again on the ticket."""
    assert not is_slip(text)


@given(st.text(max_size=120))
def test_no_text_crashes_the_readers(text: str) -> None:
    """Any text at all is read as a code or as none."""
    assert isinstance(read_code(text), Code | NotACode)
    assert isinstance(read_short_code(text), ShortCode | NotACode)
    assert len(code_hash(text)) == 64


def test_a_text_with_half_a_surrogate_is_hashed_too() -> None:
    """A broken text from a camera still gets its journal row."""
    assert code_hash("\ud800") == hashlib.sha256(b"\xed\xa0\x80").hexdigest()


@given(st.integers(0, 7), characters)
def test_one_wrong_character_in_a_typed_code_is_refused(position: int, character: str) -> None:
    """A slip of one key never finds another person's ticket."""
    short = make_short_code()
    changed = short[:position] + character + short[position + 1 :]
    read_back = read_short_code(changed)
    assert read_back == (ShortCode(short) if changed == short else NotACode(WhyNot.MISTYPED))


@given(st.integers(0, 6))
def test_two_neighbours_swapped_in_a_typed_code_are_refused(position: int) -> None:
    """The commonest slip of the hand never finds another person's ticket."""
    short = make_short_code()
    swapped = short[:position] + short[position + 1] + short[position] + short[position + 2 :]
    expected = ShortCode(short) if swapped == short else NotACode(WhyNot.MISTYPED)
    assert read_short_code(swapped) == expected


def test_a_typed_code_is_printed_in_two_halves() -> None:
    """Eight characters are read as two groups of four."""
    assert str(ShortCode("ABCDEFG7")) == "ABCD-EFG7"


def test_a_rotation_keeps_sold_tickets_authentic() -> None:
    """A code of the old key passes under a newer one, and fails once the old key is gone."""
    old, new = visible_test_key("old"), visible_test_key("new")
    sold = read(make_code(Keyring.parse(old), Mode.LIVE, TAG))
    assert authentic(Keyring.parse(f"{new},{old}"), sold)
    assert not authentic(Keyring.parse(new), sold)


def test_two_keys_may_share_an_id() -> None:
    """The id is one character: when two keys have the same one, both are tried."""
    keys: dict[str, str] = {}
    while True:
        key = visible_test_key(str(len(keys)))
        key_id = read(make_code(Keyring.parse(key), Mode.LIVE, TAG)).key_id
        if key_id in keys:
            break
        keys[key_id] = key
    both = Keyring.parse(f"{key},{keys[key_id]}")
    for single in (key, keys[key_id]):
        assert authentic(both, read(make_code(Keyring.parse(single), Mode.LIVE, TAG)))


def test_a_keyring_never_shows_a_key() -> None:
    """Its repr has the fingerprints, which are stored too, and nothing of the keys."""
    text = visible_test_key("secret")
    ring = Keyring.parse(text)
    make_code(ring, Mode.LIVE, TAG)
    assert repr(ring) == f"Keyring({ring.fingerprints()[0]})"
    assert text not in repr(ring)
    assert "test key" not in repr(ring)


def test_fingerprints_are_stable_and_distinct() -> None:
    """The database compares them at every start."""
    ring = Keyring.parse(f"{visible_test_key('a')}, {visible_test_key('b')}")
    assert ring.fingerprints() == (
        Keyring.parse(visible_test_key("a")).fingerprints()
        + Keyring.parse(visible_test_key("b")).fingerprints()
    )
    assert len(set(ring.fingerprints())) == 2


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("", "TICKET_KEYS is empty"),
        ("   ", "TICKET_KEYS is empty"),
        (f"{visible_test_key('a')},", "key 2 of 2 is empty"),
        ("pas une clé!", "key 1 of 1 is not urlsafe base64"),
        ("c2hvcnQ=", "key 1 of 1 has 5 bytes instead of 32"),
        (f"{visible_test_key('a')},{visible_test_key('a')}", "key 2 of 2 repeats an earlier one"),
        ("A" * 43 + "=", "key 1 of 1 is one byte repeated"),
        (",".join(visible_test_key(str(n)) for n in range(17)), "17 keys, 16 at most"),
    ],
)
def test_a_wrong_setting_is_named_by_its_position(setting: str, words: str) -> None:
    """The error says which key and what is wrong, without showing it."""
    with pytest.raises(KeyringError, match=words):
        Keyring.parse(setting)


def test_every_wrong_key_is_told_at_once() -> None:
    """One start shows all the problems of the setting."""
    with pytest.raises(KeyringError) as told:
        Keyring.parse("c2hvcnQ=,!!")
    assert "key 1" in str(told.value)
    assert "key 2" in str(told.value)
    assert "c2hvcnQ" not in str(told.value)


def test_a_new_key_is_good_as_printed() -> None:
    """What `new_key` prints can be pasted into the setting, with or without its padding."""
    key = new_key()
    assert key != new_key()
    assert Keyring.parse(key.rstrip("=")).fingerprints() == Keyring.parse(key).fingerprints()


def test_forged_tags_do_not_fill_the_memory() -> None:
    """The cache of derived keys stays under its limit whatever is scanned."""
    ring = Keyring.parse(visible_test_key("one"))
    for number in range(codes.DERIVED_KEYS_MAX + 10):
        event_check_key(ring, f"{number:04}")
    assert len(ring._derived) <= codes.DERIVED_KEYS_MAX


def test_event_tags_are_four_of_our_characters() -> None:
    """A new tag is accepted by `make_code`; anything else is refused there."""
    assert read(make_code(RING, Mode.DEMO, new_event_tag()))
    for wrong in ("", "ABC", "ABCDE", "abcd", "UUUU"):
        with pytest.raises(ValueError, match="event tag"):
            make_code(RING, Mode.LIVE, wrong)
