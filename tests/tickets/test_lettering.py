"""Letters: what the fonts cannot draw is never a box, and text fits its place."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.tickets.lettering import BOLD, ELLIPSIS, REGULAR, drawable, drawable_points, fit, font

# French, and the letters of Fon, Ewe, Hausa, Bambara and Yoruba beyond it.
NEEDED = "éèêëàâçùûüîïôöœæÉÈÀÇŒ«»’–—·…€₦₵\u00a0\u202f\u2009ƊɗƁɓƘƙŊŋƐɛƆɔƑƒƔɣƲʋƉɖƝɲẸẹỌọṢṣ"


@pytest.mark.parametrize("name", [REGULAR, BOLD])
def test_the_fonts_have_the_letters_of_the_market(name: str) -> None:
    """Every needed letter is in the font and is not drawn as its box."""
    box = bytes(font(name, 40).getmask("\ufffe"))
    for letter in NEEDED:
        assert ord(letter) in drawable_points(name), letter
        assert letter.isspace() or bytes(font(name, 40).getmask(letter)) != box, letter


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Nuit du Jazz 🎷🎉", "Nuit du Jazz"),
        ("👩🏽‍🎤 Awa", "Awa"),
        ("𝓜𝓪𝓻𝓲𝓮 ①", "Marie 1"),
        ("李小龙 Bruce", "… Bruce"),
        ("حفل موسيقى", ELLIPSIS),
        ("20\u202fh\u202f30", "20\u202fh\u202f30"),
        ("deux\nlignes\t", "deux lignes"),
        ("e\u0301", "é"),
        ("\u202eabc\u200b", "abc"),
        ("\ud800x", "x"),
        ("🎉🎉", ""),
    ],
)
def test_what_the_font_lacks_is_replaced(text: str, drawn: str) -> None:
    """Plain forms are taken, signs go, a run of unknown letters is one ellipsis."""
    assert drawable(text) == drawn


@given(st.text(max_size=500))
def test_whatever_is_typed_can_be_drawn(text: str) -> None:
    """Nothing remains that the font would draw as a box, and no space hangs at an end."""
    drawn = drawable(text)
    assert all(ord(char) in drawable_points(REGULAR) for char in drawn)
    assert drawn == drawn.strip(" ")


@given(st.text(max_size=300), st.integers(120, 900), st.integers(1, 3))
@example("000111 \xa00", 120, 1)  # cut behind a no-break space
def test_fitted_text_fits(text: str, width: int, lines_max: int) -> None:
    """No line is wider than its place, there are no more than allowed, and whole says the truth."""
    fitted = fit(text, BOLD, width=width, sizes=(60, 40, 30), lines_max=lines_max)
    assert len(fitted.lines) <= lines_max
    letters = font(BOLD, fitted.size)
    assert all(letters.getlength(line) <= width * 1.02 for line in fitted.lines)
    if fitted.whole:
        joined = "".join(fitted.lines).replace(" ", "")
        assert joined == drawable(text, BOLD).replace(" ", "")


def test_titles_break_in_balance() -> None:
    """A title of two lines does not leave one word alone."""
    fitted = fit("Festival des Rythmes du Lac", BOLD, width=880, sizes=(104,), lines_max=2)
    assert fitted.lines == ("Festival des", "Rythmes du Lac")


def test_narrow_spaces_never_break() -> None:
    """A time or an amount stays on one line."""
    fitted = fit("à 20\u202fh\u202f30", BOLD, width=150, sizes=(40,), lines_max=2)
    assert "20\u202fh\u202f30" in fitted.lines
