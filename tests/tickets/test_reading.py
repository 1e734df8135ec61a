"""A ticket's picture opens the gate, whatever a chat, a printer or a hand does to it."""

import io
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from bot.tickets.checking import UnreadableTicket, as_a_chat_sends_it, check
from bot.tickets.face import TicketFace
from bot.tickets.making import make_ticket
from bot.tickets.png import draw
from gate_scanner.decoding import Shape, decode
from tests.tickets.faces import CASES, JAZZ

each_case = pytest.mark.parametrize("face", CASES.values(), ids=CASES.keys())


def saved(image: Image.Image) -> bytes:
    """Write an image as PNG."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def printed_grey(picture: bytes) -> bytes:
    """Give a worn grey print: toner on greyish paper, a narrow range of tones."""
    with Image.open(io.BytesIO(picture)) as image:
        return saved(image.convert("L").point(lambda value: 70 + value * 110 // 255))


def turned(picture: bytes) -> bytes:
    """Turn a phone held on its side."""
    with Image.open(io.BytesIO(picture)) as image:
        return saved(image.convert("RGB").transpose(Image.Transpose.ROTATE_90))


MANGLED = {
    "as drawn": bytes,
    "800 px, quality 60": as_a_chat_sends_it,
    "480 px, quality 40": lambda picture: as_a_chat_sends_it(picture, width=480, quality=40),
    "turned": turned,
    "printed grey": printed_grey,
}


@each_case
@pytest.mark.parametrize("way", MANGLED.values(), ids=MANGLED.keys())
def test_every_ticket_reads_as_its_code(face: TicketFace, way: Callable[[bytes], bytes]) -> None:
    """A gate reads exactly the code, and nothing else, out of what became of the picture."""
    assert decode(way(draw(face)), accept=Shape.TICKET).texts == (face.code,)


def test_making_a_ticket_crosses_processes() -> None:
    """The face goes to a worker and the picture comes back: both can be pickled."""
    face = pickle.loads(pickle.dumps(CASES["nominative"]))  # noqa: S301 -- our own bytes
    assert make_ticket(face) == draw(CASES["nominative"])
    assert pickle.loads(pickle.dumps(UnreadableTicket("no"))).args == ("no",)  # noqa: S301 -- ours


def test_a_picture_with_another_code_is_not_sent() -> None:
    """A ticket that reads as another code raises, without telling the code."""
    with pytest.raises(UnreadableTicket) as raised:
        check(draw(JAZZ), replace(JAZZ, code="G73KQ90123456789ABCDEFXY12346").code)
    assert "G73" not in str(raised.value)


def test_a_picture_that_only_survives_unmangled_is_not_sent() -> None:
    """A code so small that a chat's compression destroys it is caught before it is sent."""
    with Image.open(io.BytesIO(draw(JAZZ))) as image:
        tiny = image.convert("RGB").crop((240, 1000, 840, 1600)).resize((58, 58))
    wide = Image.new("RGB", (4000, 1000), "white")
    wide.paste(tiny.resize((116, 116), Image.Resampling.NEAREST), (1000, 400))
    with pytest.raises(UnreadableTicket, match="holds 0 codes"):
        check(saved(wide), JAZZ.code)
