"""Tickets on paper: every rendered page reads, in black alone where promised, clear of folds."""

import io
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pypdfium2
import pytest
from PIL import Image

from bot.tickets import pdf
from bot.tickets.checking import UnreadableTicket, check_modules
from bot.tickets.face import TicketFace
from gate_scanner.decoding import Shape, decode
from tests.tickets.faces import CASES

WORDS = pdf.PaperWords("Billets", ("Imprimez à 100 %.", "Ne pliez pas."), "découpez ici")
BAD_PRINTER_DPI = 150


def order() -> list[TicketFace]:
    """Seven tickets, each with a code of its own: two sheets to cut, seven pages."""
    return [
        replace(face, code=f"{face.code[:-2]}{rank:02}")
        for rank, face in enumerate(CASES.values(), start=10)
    ]


def pages(body: bytes, dpi: int = BAD_PRINTER_DPI) -> list[Image.Image]:
    """Render a PDF as a printer does."""
    document = pypdfium2.PdfDocument(body)
    try:
        return [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in document]
    finally:
        document.close()


def read(image: Image.Image) -> tuple[str, ...]:
    """Read every code of a picture."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return decode(out.getvalue(), accept=Shape.ANY).texts


@pytest.mark.parametrize("paper", pdf.Paper)
def test_every_code_reads_where_it_is_said_to_stand(paper: pdf.Paper) -> None:
    """At 150 dpi, cut out of its page with its quiet zone, each code is its ticket's and alone."""
    faces = order()
    sheets = pages(pdf.draw(faces, paper, WORDS))
    places = pdf.symbol_places(len(faces), paper)
    assert len(sheets) == places[-1].page + 1
    dots = BAD_PRINTER_DPI / 25.4
    for face, place in zip(faces, places, strict=True):
        quiet = 4 * pdf.MODULE
        box = (
            round((place.left - quiet) * dots),
            round((place.top - quiet) * dots),
            round((place.left + place.side + quiet) * dots),
            round((place.top + place.side + quiet) * dots),
        )
        cut = sheets[place.page].crop(box)
        assert read(cut) == (face.code,)
        red, green, blue = cut.split()
        assert red.tobytes() == green.tobytes() == blue.tobytes()


@pytest.mark.parametrize("paper", pdf.Paper)
def test_no_fold_and_no_cut_runs_through_a_code(paper: pdf.Paper) -> None:
    """A sheet folded in half, in three or in four keeps its codes flat, quiet zone included."""
    for place in pdf.symbol_places(7, paper):
        first = place.top - 1, place.left - 1
        for folds, start in ((pdf.FOLDS_ACROSS, first[0]), (pdf.FOLDS_DOWN, first[1])):
            end = start + place.side + 2
            assert not [fold for fold in folds if start <= fold <= end], place


@pytest.mark.parametrize("paper", [pdf.Paper.PAGES_BLACK, pdf.Paper.CUT_BLACK])
def test_black_versions_have_no_colour_and_no_grey(paper: pdf.Paper) -> None:
    """What is drawn is black or white: grey is the soft edge of a letter, never a surface."""
    for sheet in pages(pdf.draw(order(), paper, WORDS), dpi=300):
        red, green, blue = sheet.split()
        assert red.tobytes() == green.tobytes() == blue.tobytes()
        greys = red.point(lambda value: 255 if 8 < value < 247 else 0)
        assert not cv2.erode(np.asarray(greys), np.ones((5, 5), np.uint8)).any()


def test_our_fonts_are_in_the_file() -> None:
    """A printer without Inter prints Inter: both weights are embedded as subsets."""
    body = pdf.draw(order(), pdf.Paper.PAGES, WORDS)
    assert body.count(b"/FontFile2") == 2
    assert b"Inter" in body
    assert b"Helvetica" not in body


def test_a_page_says_what_the_ticket_says() -> None:
    """Title, date, place, holder, order and short code can be read and searched in the PDF."""
    face = CASES["nominative"]
    document = pypdfium2.PdfDocument(pdf.draw([face], pdf.Paper.PAGES, WORDS))
    text = document[0].get_textpage().get_text_range()
    document.close()
    for wanted in ("Séminaire", "Palais des Congrès", "Étudiante", "7K2P9", "ABCD-EFG7"):
        assert wanted in text


def test_a_long_title_is_said_whole_on_every_strip() -> None:
    """The longest title an event can have finds room above its dates, one evening or three days."""
    title = "Concours interuniversitaire d’éloquence francophone, grande finale nationale 2027"
    for name in ("demo", "three days"):
        face = replace(CASES[name], title=title)
        document = pypdfium2.PdfDocument(pdf.draw([face], pdf.Paper.CUT, WORDS))
        assert title in " ".join(document[0].get_textpage().get_text_bounded().split())
        document.close()


def test_a_long_kind_is_said_whole() -> None:
    """In two lines where one would cut it, with the seat and the age behind it."""
    face = CASES["long kind"]
    document = pypdfium2.PdfDocument(pdf.draw([face], pdf.Paper.CUT, WORDS))
    said = " ".join(document[0].get_textpage().get_text_bounded().split())
    document.close()
    assert f"{face.kind} · {face.age}" in said


def test_a_hundred_dots_an_inch_still_read() -> None:
    """Two thirds of the promised resolution: a tired fax machine."""
    face = CASES["short"]
    [sheet] = pages(pdf.draw([face], pdf.Paper.CUT_BLACK, WORDS), dpi=100)
    assert read(sheet) == (face.code,)


def test_what_cannot_be_read_is_not_drawn() -> None:
    """The modules are read before they are drawn; a code outside the alphabet is refused."""
    check_modules(CASES["short"].code)
    with pytest.raises((ValueError, UnreadableTicket)):
        check_modules("é")


def test_the_second_sheet_begins_with_the_fifth_ticket() -> None:
    """Four to a sheet, in the order of their ranks."""
    places = pdf.symbol_places(9, pdf.Paper.CUT)
    assert [place.page for place in places] == [0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert all(first.top < second.top for first, second in pairwise(places[:4]))
