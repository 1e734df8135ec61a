"""Lettering: the two fonts of a ticket, what they can draw, and text made to fit its place."""

import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

FONTS = Path(__file__).parent / "fonts"
REGULAR = "Inter-Regular.ttf"
BOLD = "Inter-Bold.ttf"

ELLIPSIS = "…"

# No place on a ticket shows more than this many characters; longer texts are cut before any work.
TEXT_CHARS_MAX = 400

# An accent over an accent over an accent is a prank that paints over its neighbours.
MARKS_MAX = 2


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines of text that fit their place, the size in pixels they fit at, and if all is there."""

    lines: tuple[str, ...]
    size: int
    whole: bool = True


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Open a font of the ticket at a size in pixels, once a process."""
    return ImageFont.truetype(FONTS / name, size)


@cache
def drawable_points(name: str) -> frozenset[int]:
    """Read which code points a font can draw out of its cmap table, format 4 (OpenType 1.9)."""
    raw = (FONTS / name).read_bytes()
    tables = {
        raw[at : at + 4]: struct.unpack_from(">I", raw, at + 8)[0]
        for at in range(12, 12 + 16 * struct.unpack_from(">H", raw, 4)[0], 16)
    }
    cmap = tables[b"cmap"]
    table = cmap + struct.unpack_from(">I", raw, cmap + 8)[0]
    kind, _, _, twice = struct.unpack_from(">4H", raw, table)
    if kind != 4:  # noqa: PLR2004 -- the format's own number
        raise ValueError(f"{name}: cmap format {kind}, expected 4")
    ends = struct.unpack_from(f">{twice // 2}H", raw, table + 14)
    starts = struct.unpack_from(f">{twice // 2}H", raw, table + 16 + twice)
    ranges = zip(starts, ends, strict=True)
    return frozenset(point for low, high in ranges for point in range(low, high + 1)) - {0xFFFF}


def drawable(text: str, name: str = REGULAR) -> str:
    """Put `text` into characters that the font can draw: never a box in place of a letter.

    What has a plainer form takes it (𝓐 is A, ① is 1). Emoji and invisible signs go. A run of
    letters in a script that the font does not know becomes one ellipsis, so that it shows that
    something stood there. Line breaks become spaces; narrow and no-break spaces stay.
    """
    known = drawable_points(name)
    cut = text[:TEXT_CHARS_MAX] + (ELLIPSIS if len(text) > TEXT_CHARS_MAX else "")
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", cut):
        category = unicodedata.category(char)
        marks = marks + 1 if category == "Mn" else 0
        if category in {"Cc", "Zl", "Zp"}:
            kept.append(" ")
        elif category in {"Cf", "Cs", "Co", "Cn", "Me"} or marks > MARKS_MAX:
            continue
        elif ord(char) in known:
            kept.append(char)
        else:
            kept.append(_plainer(char, category, known))
    whole = re.sub(rf"{ELLIPSIS}(?:\s?{ELLIPSIS})+", ELLIPSIS, "".join(kept))
    return re.sub(r" {2,}", " ", whole).strip()


def _plainer(char: str, category: str, known: frozenset[int]) -> str:
    """Give the compatible characters the font has, an ellipsis for a letter, nothing for a sign."""
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and all(ord(each) in known for each in plain):
        return plain
    if category[0] in "LN":
        return ELLIPSIS
    return " " if category[0] == "Z" else ""


@lru_cache(maxsize=4096)  # the words of a few hundred events: the next ticket has the same ones
def measured(text: str, name: str) -> float:
    """Measure a text in parts of its size: the fonts are not hinted, so widths grow with it."""
    return font(name, 100).getlength(text) / 100


def fit(text: str, name: str, *, width: int, sizes: tuple[int, ...], lines_max: int) -> Fitted:
    """Set `text` in at most `lines_max` lines of `width` pixels, at the largest of `sizes` it fits.

    `sizes` go from large to small. Lines break at spaces, never at no-break or narrow ones, and are
    balanced, so that no word stands alone; a word longer than a line is broken. What fits at no
    size ends in an ellipsis at the smallest.
    """
    words = [word for word in drawable(text, name).split(" ") if word]
    for size in sizes:
        widths = [measured(word, name) * size for word in words]
        if max(widths, default=0) > width and size != sizes[-1]:
            continue
        lines = _wrapped(words, widths, font(name, size), width)
        if len(lines) <= lines_max:
            return Fitted(_balanced(words, widths, font(name, size), lines, width), size)
    lines = _wrapped(words, widths, font(name, size), width)
    last = shortened(" ".join(lines[lines_max - 1 :]), name, size=size, width=width)
    return Fitted((*lines[: lines_max - 1], last), size, whole=False)


def shortened(text: str, name: str, *, size: int, width: float) -> str:
    """Cut `text` to `width` pixels at `size`, an ellipsis saying so; whole when it fits."""
    if measured(text, name) * size <= width:
        return text
    letters = font(name, size)
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if letters.getlength(text[:middle].rstrip() + ELLIPSIS) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip().rstrip(" ,.;:-–—…") + ELLIPSIS


def _wrapped(
    words: list[str], widths: list[float], letters: ImageFont.FreeTypeFont, width: float
) -> list[str]:
    """Fill line after line; a word wider than a line is broken where the line ends."""
    space = measured(" ", BOLD) * letters.size
    lines: list[str] = []
    line, used = "", 0.0
    for word, word_width in _broken(words, widths, letters, width):
        if line and used + space + word_width > width:
            lines.append(line)
            line, used = word, word_width
        else:
            line, used = (
                (f"{line} {word}", used + space + word_width) if line else (word, word_width)
            )
    return [*lines, line] if line else lines


def _broken(
    words: list[str], widths: list[float], letters: ImageFont.FreeTypeFont, width: float
) -> Iterator[tuple[str, float]]:
    """Give each word with its width, those wider than a line in pieces that fit."""
    for word, word_width in zip(words, widths, strict=True):
        rest, rest_width = word, word_width
        while rest_width > width and len(rest) > 1:
            count = max(1, int(len(rest) * width / rest_width))
            while count > 1 and letters.getlength(rest[:count]) > width:
                count -= 1
            yield rest[:count], letters.getlength(rest[:count])
            rest = rest[count:]
            rest_width = letters.getlength(rest)
        yield rest, rest_width


def _balanced(
    words: list[str],
    widths: list[float],
    letters: ImageFont.FreeTypeFont,
    lines: list[str],
    width: int,
) -> tuple[str, ...]:
    """Narrow the lines as long as their number stays, so that they come out of like length."""
    if len(lines) < 2 or max(widths) > width:  # noqa: PLR2004 -- one line is balanced as it is
        return tuple(lines)
    low, high, best = max(width // len(lines), int(max(widths))), width, lines
    while high - low > 8:  # noqa: PLR2004 -- pixels, finer than the eye
        middle = (low + high) // 2
        narrower = _wrapped(words, widths, letters, middle)
        if len(narrower) == len(lines):
            high, best = middle, narrower
        else:
            low = middle
    return tuple(best)
