"""Photos taken at a door: most of what light, hands and weather do to a ticket is borne."""

from functools import cache
from itertools import islice

import cv2
import numpy as np
import pytest
import qrcode
import zxingcpp
from PIL import Image

from gate_scanner.decoding import Shape, decode
from gate_scanner.decoding.eyes import find_eyes, squares
from gate_scanner.decoding.mending import mended
from gate_scanner.decoding.opening import Opened, open_grey
from gate_scanner.decoding.second_reader import second_reader
from gate_scanner.decoding.treatments import Looks
from tests.gate_scanner.door_photos import dark
from tests.gate_scanner.hardships import HARDSHIPS, QR, Subject, subject, suffered
from tests.gate_scanner.pictures import card, code, qr, saved

TRIED = 5

BORNE = dict.fromkeys(HARDSHIPS, TRIED) | {"wrinkled": 2, "unfocused": 1}
"""How many of five are read at least: all, but for paper crumpled by a module, and heavy blur."""


UNHURRIED_S = 10.0
"""What the reader can is tried here; how fast it is, `make bench` says."""


@cache
def tickets() -> list[Subject]:
    """Our own tickets, as phones show them."""
    found = (subject(saved(card(code(seed))), code(seed)) for seed in range(TRIED))
    return [one for one in found if one is not None]


@pytest.mark.parametrize("name", HARDSHIPS)
def test_a_ticket_bears_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five tickets, five ways to suffer: as many as promised are read, however slow the machine."""
    monkeypatch.setattr("gate_scanner.decoding.photo.PATIENCE_S", UNHURRIED_S)
    read = (
        one
        for seed, one in enumerate(tickets())
        if decode(suffered(name, one, seed), accept=Shape.TICKET).texts == (one.text,)
    )
    assert len(list(islice(read, BORNE[name]))) == BORNE[name]


def matrix(text: str, level: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Make the modules of a code: 0 dark, 255 light."""
    drawing = qrcode.QRCode(error_correction=level, border=0)
    drawing.add_data(text)
    drawing.make()
    return np.where(np.array(drawing.modules, np.bool_), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("level", [1, 0, 3, 2])
@pytest.mark.parametrize("length", [20, 40, 60])
def test_what_is_known_to_be_lost_is_mended(level: int, length: int) -> None:
    """A stain twice as large as the reader bears alone is mended, in every level and size."""
    whole = matrix("A" * length, level)
    count = whole.shape[0]
    y, x = np.mgrid[:count, :count]
    stain = (y - count * 0.62) ** 2 + (x - count * 0.62) ** 2 < (0.12 * count) ** 2
    stained = np.where(stain, 255, whole).astype(np.uint8)
    found = mended(stained, stain.astype(np.float32))
    assert found is not None
    assert np.array_equal(found, whole)


def test_chance_is_not_mended_into_a_text() -> None:
    """Of two hundred codes made of chance, none becomes a code however much is given up."""
    whole = matrix(code(1), 3)
    chance = np.random.default_rng(1)
    for _ in range(200):
        noise = np.where(chance.random(whole.shape) < 0.5, 0, 255).astype(np.uint8)
        noise[:9, :9] = whole[:9, :9]  # the format stays: it is what would let chance pass
        assert mended(noise, chance.random(whole.shape).astype(np.float32)) is None


def test_two_eyes_show_where_the_code_lies() -> None:
    """With one of three eyes gone, the other two still tell the code's square."""
    picture = np.asarray(qr(code(1), module_px=8))
    lost = picture.copy()
    lost[:100, :100] = 255
    eyes = find_eyes(lost)
    assert len(eyes) == 2
    first, last = 4 * 8, picture.shape[0] - 4 * 8
    true = np.array([(first, first), (last, first), (last, last), (first, last)], np.float32)
    off = min(
        float(np.abs(square - np.roll(true, turn, 0)).max())
        for square in squares(eyes)
        for turn in range(4)
    )
    assert off < 8


def test_a_negative_with_a_lost_eye_is_read() -> None:
    """A phone in night mode, a thumb on one corner."""
    picture = 255 - np.asarray(qr(code(3), module_px=8))
    hurt = cv2.circle(picture.copy(), (48, 48), 30, (128,), -1)
    photo = saved(Image.fromarray(np.asarray(hurt, np.uint8)))
    assert decode(photo, accept=Shape.TICKET).texts == (code(3),)


def test_every_treatment_tells_the_same_place() -> None:
    """However an image is turned or stretched, a code lies where it lies in the photo."""
    photo = saved(card(code(1)))
    opened = open_grey(photo)
    assert isinstance(opened, Opened)
    looks = Looks(photo, opened)
    (first,) = looks.first().codes
    read = [(name, one) for name, reading in looks.treated() for one in reading.codes]
    assert {"wider", "turned by 45, higher", "refocused by 2"} <= {name for name, _ in read}
    for name, one in read:
        off = np.abs(np.subtract(one.middle, first.middle)).max()
        assert off < 0.1 * first.side, name


def test_a_ticket_in_the_dark_is_read() -> None:
    """A twentieth of the light and the grain of a small sensor: no plain look reads it."""
    one = subject(saved(card(code(0), module_px=5)), code(0))
    assert one is not None
    pixels = dark(one, np.random.default_rng(1), 0.95)
    assert not zxingcpp.read_barcodes(pixels, formats=QR)
    assert decode(saved(Image.fromarray(pixels)), accept=Shape.TICKET).texts == (one.text,)


def test_the_second_reader_is_never_required() -> None:
    """Where its system library is absent there is none; where it is, it reads too."""
    look = second_reader()
    if look is not None:
        assert [one.text for one in look(np.asarray(qr(code(1)))).codes] == [code(1)]
