"""Cut the two ticket fonts out of Inter's variable font (docs/decisions/0002-font.md).

Needs fonttools, skia-pathops and the file `Inter[opsz,wght].ttf` (4.1, as Google Fonts publishes
it), none of which Guichet needs to run: the results stand in bot/tickets/fonts, with the licence.

    python scripts/make_fonts.py "Inter[opsz,wght].ttf" bot/tickets/fonts
"""

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped] # it ships no types
from fontTools.ttLib import TTFont, newTable  # type: ignore[import-untyped] # the same
from fontTools.ttLib.tables.ttProgram import Program  # type: ignore[import-untyped] # the same
from fontTools.varLib import instancer  # type: ignore[import-untyped] # the same

# Name of the file: the place on the two axes. Display shapes for what is read from afar.
WEIGHTS = {
    "Inter-Regular.ttf": {"opsz": 14, "wght": 420},
    "Inter-Bold.ttf": {"opsz": 32, "wght": 700},
}

# Latin with every letter of the African reference alphabet and Vietnamese, Greek, Cyrillic,
# combining marks, punctuation and narrow spaces, currency signs, a few arrows and signs.
RANGES = (
    (0x0020, 0x007E),
    (0x00A0, 0x02FF),
    (0x0300, 0x036F),
    (0x0370, 0x03FF),
    (0x0400, 0x04FF),
    (0x1E00, 0x1EFF),
    (0x2000, 0x206F),
    (0x2070, 0x209F),
    (0x20A0, 0x20CF),
    (0x2100, 0x218F),
    (0x2190, 0x2193),
    (0x2212, 0x2212),
    (0x25CF, 0x25CF),
    (0x2605, 0x2606),
    (0x2713, 0x2713),
    (0xA720, 0xA7FF),
)

# French, English and their neighbours: what nearly every printed ticket is written in.
PRINT_POINTS = (
    *range(0x0020, 0x007F),
    *range(0x00A0, 0x0180),
    *(0x2009, 0x200A, 0x202F, 0x2010, 0x2011, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D),
    *(0x2022, 0x2026, 0x2030, 0x2039, 0x203A, 0x20AC, 0x2116, 0x2190, 0x2192, 0x2212, 0x2713),
)


def main(source: str, folder: str) -> None:
    """Write the static, subset, unhinted fonts of `WEIGHTS` into `folder`."""
    for name, place in WEIGHTS.items():
        # Overlapping outlines would make FreeType draw every letter at sixteen times its pixels.
        font = instancer.instantiateVariableFont(
            TTFont(source), place, overlap=instancer.OverlapMode.REMOVE
        )
        options = subset.Options()
        options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl"]
        options.hinting = False
        options.glyph_names = False
        options.notdef_outline = True
        cut = subset.Subsetter(options)
        cut.populate(unicodes=[point for low, high in RANGES for point in range(low, high + 1)])
        cut.subset(font)
        _give_anchors(font)
        _keep_from_autohinting(font)
        font.save(Path(folder) / name)
        print(name, (Path(folder) / name).stat().st_size, "bytes")
        _cut_for_print(font, Path(folder) / "print" / name)


def _cut_for_print(font: TTFont, path: Path) -> None:
    """Cut the font again to Latin without layout tables: paper opens two fonts for each order."""
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.glyph_names = False
    options.notdef_outline = True
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "gasp", "fpgm", "prep"]
    cut = subset.Subsetter(options)
    cut.populate(unicodes=[*PRINT_POINTS])
    cut.subset(font)
    path.parent.mkdir(exist_ok=True)
    font.save(path)


def _give_anchors(font: TTFont) -> None:
    """Let the open o of Fon and Ewe and the open u of Kabiye carry tone marks.

    Inter 4.1 gives them no anchors; they are as wide as o and u, whose anchors they take.
    """
    cmap = font.getBestCmap()
    number = font.getGlyphID
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for sub in lookup.SubTable:
            marks = getattr(sub, "ExtSubTable", sub)
            if type(marks).__name__ != "MarkBasePos":
                continue
            bases = dict(zip(marks.BaseCoverage.glyphs, marks.BaseArray.BaseRecord, strict=True))
            for bare, like in ("\u0254o", "\u0186O", "\u028au"):
                if cmap[ord(like)] in bases:
                    bases.setdefault(cmap[ord(bare)], bases[cmap[ord(like)]])
            ordered = sorted(bases, key=number)
            marks.BaseCoverage.glyphs = ordered
            marks.BaseArray.BaseRecord = [bases[name] for name in ordered]
            marks.BaseArray.BaseCount = len(ordered)


def _keep_from_autohinting(font: TTFont) -> None:
    """Give the font a program that does nothing (push 0, pop).

    A font without any makes FreeType hint every letter by itself, which takes several times as
    long as drawing it and bends the display shapes.
    """
    font["fpgm"] = newTable("fpgm")
    font["fpgm"].program = Program()
    font["fpgm"].program.fromBytecode(bytes([0xB0, 0x00, 0x21]))
    font["maxp"].maxStackElements = 1


if __name__ == "__main__":
    main(*sys.argv[1:])
