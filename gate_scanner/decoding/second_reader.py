"""A second reader, zbar, for photos that the first gives up: it bears other kinds of damage.

It is used where its system library is installed (Debian's libzbar0) and nowhere missed: without
it, everything here answers nothing.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from gate_scanner.decoding.opening import Grey
from gate_scanner.decoding.reading import TEXT_MAX, Code, Reading

Look = Callable[[Grey], Reading]


@cache
def second_reader() -> Look | None:
    """Load the second reader; None where its library is not installed."""
    try:
        from pyzbar import pyzbar  # noqa: PLC0415 loads a system library that may be absent
    except (ImportError, OSError):
        return None

    def look(grey: Grey) -> Reading:
        found = pyzbar.decode(np.ascontiguousarray(grey), symbols=[pyzbar.ZBarSymbol.QRCODE])
        codes = []
        for one in found:
            corners = tuple((float(point.x), float(point.y)) for point in one.polygon)
            text = one.data.decode("utf-8", "replace")
            if len(corners) == 4 and 0 < len(text) <= TEXT_MAX:  # noqa: PLR2004 a quadrangle
                codes.append(Code(text, corners))
        return Reading(tuple(codes))

    return look
