"""Heavy work made light: tickets as bare codes, blank paper, and every picture read once.

A storm tries what becomes of a ticket when processes die, thousands of times; how one looks, and
that a gate reads it even as chats hand it on, is tried by the calm plays through the apps, where
the real pictures are drawn and checked, and by `tests/tickets/`. Drawn whole they would take two
thirds of every storm, and of the plays that use these too (see `drawing` in `test_transcripts.py`).
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import numpy as np
import zxingcpp
from PIL import Image

from bot.charts.drawing import draw_chart
from bot.reports.card import draw_card
from bot.reports.closing_facts import make_closing
from bot.reports.tables import csv_file, xlsx_file
from bot.tickets.making import make_agreement, make_paper, make_receipt, make_ticket
from gate_scanner.decoding import Decoded, Shape, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.tickets.face import TicketFace

P = ParamSpec("P")
R = TypeVar("R")

KEPT = 512
"""Pictures of a few plays."""

MODULE_PX = 4
"""As small as a code can be and be read at once."""


class Sketches:
    """A Runner that draws no more than a ticket's code, and reads no picture twice."""

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function here and now, or its light double."""
        light = _LIGHT.get(fn)
        return fn(*args, **kwargs) if light is None else cast("R", light(*args, **kwargs))


class ReadingOnce:
    """A Runner that draws everything whole, and reads no picture twice."""

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function here and now, but for what was read before."""
        read = cast("Callable[P, R]", seen) if fn is decode else fn
        return read(*args, **kwargs)


def sketch(face: TicketFace) -> bytes:
    """Draw a ticket's code, level Q as on the ticket, and nothing else."""
    code = zxingcpp.create_barcode(face.code, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    drawn = zxingcpp.write_barcode_to_image(code, scale=MODULE_PX, add_quiet_zones=True)
    out = io.BytesIO()
    Image.fromarray(np.asarray(drawn)).save(out, "PNG")
    return out.getvalue()


def blank(*_facts: object) -> bytes:
    """A chart: nothing of it is looked at in a storm but that it arrives."""
    return BLANK


def blank_paper(*_facts: object) -> bytes:
    """A PDF, the same: apps look at its first bytes alone."""
    return b"%PDF-1.7\n%%EOF\n"


def blank_card(*_facts: object) -> bytes:
    """A JPEG, the same."""
    return BLANK_CARD


def blank_table(*_facts: object) -> bytes:
    """A workbook, the same: an archive."""
    return b"PK\x03\x04"


@lru_cache(maxsize=KEPT)
def seen(photo: bytes, *, accept: Shape) -> Decoded:
    """Read a picture, once: the same bytes hold the same codes."""
    return decode(photo, accept=accept)


def _blank(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("L", (8, 8), 255).save(out, kind)
    return out.getvalue()


BLANK, BLANK_CARD = _blank("PNG"), _blank("JPEG")

_LIGHT: Mapping[object, Callable[..., object]] = {
    make_ticket: sketch,
    decode: seen,
    draw_chart: blank,
    make_paper: blank_paper,
    make_receipt: blank_paper,
    draw_card: blank_card,
    make_closing: blank_paper,
    csv_file: blank,
    xlsx_file: blank_table,
    make_agreement: blank_paper,
}
