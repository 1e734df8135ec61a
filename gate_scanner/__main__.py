"""The scanner on the command line: `python -m gate_scanner decode [--any] PHOTO...`."""

import argparse
import io
import re
import sys
from pathlib import Path
from typing import Final

from gate_scanner.decoding import Fault, Shape, decode
from gate_scanner.decoding.answer import PHOTO_MAX_BYTES

_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_REASONS: Final = {
    Fault.NOT_AN_IMAGE: "not an image",
    Fault.TOO_LARGE: "too large",
    Fault.INCOMPLETE: "the file stops in the middle",
    Fault.DARK: "no code found, too dark",
    Fault.BLURRED: "no code found, blurred",
    Fault.TOO_SMALL: "a code is there, too small to be read",
    Fault.CUT: "a code is there, cut by the edge of the photo",
    Fault.DAMAGED: "a code is there, and cannot be read",
    Fault.NONE: "no code found",
    Fault.OTHER_SHAPE: "no ticket code found, only other codes (--any shows them)",
}

_STRANGERS: Final = (
    (re.compile(rb"\Z"), "the file is empty"),
    (re.compile(rb"\s*%PDF-"), "a PDF, not a photo: send a picture of the page"),
    (
        re.compile(rb"....ftyp(?:hei|hev|mif1|msf1)", re.DOTALL),
        "a HEIC photo, which is not read: save it as JPEG or PNG",
    ),
    (
        re.compile(rb"....ftyp(?!avi[fs])|\x1aE\xdf\xa3|RIFF....AVI ", re.DOTALL),
        "a video, not a photo: send a picture of it",
    ),
    (re.compile(rb"\s*<(?:\?xml|svg|!DOCTYPE)", re.IGNORECASE), "a drawing or a page, not a photo"),
    (re.compile(rb"PK\x03\x04"), "an archive or a document, not a photo"),
)
"""What people take for a photo, by its first bytes, and what to say of it."""


def main(arguments: list[str]) -> int:
    """Print `file<TAB>text` a code; 0 all photos have one, 1 some have none, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m gate_scanner", description=__doc__)
    words = parser.add_subparsers(dest="word", required=True)
    decoding = words.add_parser("decode", help="print the codes found in photos, one a line")
    decoding.add_argument("--any", action="store_true", help="every QR text, not only tickets")
    decoding.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # Whatever the terminal's language, and for names of files that are no Unicode.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    accept = Shape.ANY if options.any else Shape.TICKET
    found = [_decode_file(photo, accept) for photo in options.photos]
    return 0 if all(found) else 1


def _decode_file(path: Path, accept: Shape) -> bool:
    """Print one photo's codes, or on standard error why it has none."""
    try:
        with path.open("rb") as file:
            photo = file.read(PHOTO_MAX_BYTES + 1)  # a byte more says that it is too large
    except OSError as error:
        _say(f"{path}: {error.strerror or error}")
        return False
    decoded = decode(photo, accept=accept)
    for text in decoded.texts:
        sys.stdout.write(f"{path}\t{text.translate(_ESCAPES)}\n")
    if decoded.fault is not None:
        reason = _REASONS[decoded.fault]
        if decoded.fault is Fault.NOT_AN_IMAGE:
            reason = next((why for magic, why in _STRANGERS if magic.match(photo)), reason)
        _say(f"{path}: {reason}")
    return not decoded.fault


def _say(line: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
