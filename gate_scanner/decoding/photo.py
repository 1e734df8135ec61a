"""One photo, from bytes to an answer: read it as it is, and work harder only if that fails."""

import time
from typing import Final

from gate_scanner.decoding import faults, opening, treatments
from gate_scanner.decoding.answer import Decoded, Fault, Shape
from gate_scanner.decoding.reading import Code, Reading

PATIENCE_S: Final = 0.5
"""Work on one photo after which it is given up: a person sends another before that. It is counted
in the worker's own time, so that a busy machine reads no worse."""

MORE_PATIENCE_S: Final = 0.2
"""Work on the codes of a photo that are still unread when others are."""


def decode(photo: bytes, accept: Shape) -> Decoded:
    """Find the codes of the accepted shape; work harder while one is missing, as long as allowed.

    One is missing when none was read at all, or when one more shows that nothing has read yet: a
    family holds up four tickets, and a lamp shines on one.
    """
    opened = opening.open_grey(photo)
    if isinstance(opened, Fault):
        return Decoded((), (), opened)
    looks = treatments.Looks(photo, opened)
    first = looks.first()
    found, started_s = first, time.thread_time()
    is_missing = _is_missing(looks, found, accept)
    for look in looks.harder() if is_missing else ():
        more = Reading(found.codes + look.codes, first.unread)
        if len(_texts(more.codes)) > len(_texts(found.codes)):
            found = more
            is_missing = _is_missing(looks, found, accept)
        patience_s = MORE_PATIENCE_S if _accepted(found, accept) else PATIENCE_S
        if not is_missing or time.thread_time() - started_s > patience_s:
            break
    texts = _accepted(found, accept)
    rest = _texts(tuple(code for code in found.codes if not accept.takes(code.text)))
    if texts:
        return Decoded(texts, rest, None)
    if rest:
        return Decoded((), rest, Fault.OTHER_SHAPE)
    if not opened.complete:
        return Decoded((), (), Fault.INCOMPLETE)
    return Decoded((), (), faults.why(opened.grey, first))


def _is_missing(looks: treatments.Looks, found: Reading, accept: Shape) -> bool:
    """Say whether there is more to find: a first code, or one that shows and is not read."""
    if not _accepted(found, accept):
        return True
    if not all(found.covers(seen) for seen in found.unread):
        return True
    return looks.shows_more_than(found)


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
