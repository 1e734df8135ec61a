"""One photo, from bytes to an answer: read it as it is, and work harder only if that fails."""

import time
from typing import Final

from gate_scanner.decoding import faults, opening, treatments
from gate_scanner.decoding.answer import Decoded, Fault, Shape
from gate_scanner.decoding.reading import Code, Reading

PATIENCE_S: Final = 0.5
"""Work on one photo after which it is given up: a person sends another before that. It is counted
in the worker's own time, so that a busy machine reads no worse."""


def decode(photo: bytes, accept: Shape) -> Decoded:
    """Find the codes of the accepted shape; stop at the first treatment that shows one."""
    opened = opening.open_grey(photo)
    if isinstance(opened, Fault):
        return Decoded((), (), opened)
    looks = treatments.Looks(photo, opened)
    first = looks.first()
    texts, others = _accepted(first, accept), first.codes
    if not texts:
        started_s = time.thread_time()
        for look in looks.harder():
            texts, others = _accepted(look, accept), others + look.codes
            if texts or time.thread_time() - started_s > PATIENCE_S:
                break
    rest = _texts(tuple(code for code in others if not accept.takes(code.text)))
    if texts:
        return Decoded(texts, rest, None)
    if rest:
        return Decoded((), rest, Fault.OTHER_SHAPE)
    if not opened.complete:
        return Decoded((), (), Fault.INCOMPLETE)
    return Decoded((), (), faults.why(opened.grey, first))


def _accepted(reading: Reading, accept: Shape) -> tuple[str, ...]:
    return _texts(tuple(code for code in reading.codes if accept.takes(code.text)))


def _texts(codes: tuple[Code, ...]) -> tuple[str, ...]:
    """Put codes in reading order, line by line, and keep each text once.

    Two codes stand on one line when the middle of one lies within the height of the other.
    """
    lines: list[list[Code]] = []
    for code in sorted(codes, key=lambda code: code.middle[1]):
        if lines and abs(code.middle[1] - lines[-1][0].middle[1]) < lines[-1][0].side / 2:
            lines[-1].append(code)
        else:
            lines.append([code])
    ordered = (code for line in lines for code in sorted(line, key=lambda code: code.middle[0]))
    return tuple(dict.fromkeys(code.text for code in ordered))
