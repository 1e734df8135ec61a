"""The whole making of a ticket's picture or paper, for a worker process."""

from collections.abc import Sequence

from bot.tickets import checking, png
from bot.tickets.agreement import Agreement
from bot.tickets.face import TicketFace
from bot.tickets.receipt import ReceiptFace


def make_ticket(face: TicketFace) -> bytes:
    """Draw a ticket, prove that a gate can read it, and give its PNG.

    Argument, result and errors can be pickled, so that a pool may run this in another process.
    Raises ValueError when the code fits no small QR, `UnreadableTicket` when the picture, as drawn
    or as a chat hands it on, does not read as exactly its code.
    """
    picture = png.draw(face)
    checking.check(picture, face.code)
    return picture


def make_paper(faces: Sequence[TicketFace], paper: str, title: str, *lines: str) -> bytes:
    """Draw an order's tickets on A4 and give the PDF; `lines` are the cutting word, then advice.

    Raises as `make_ticket` does: every code is read before it is drawn.
    """
    from bot.tickets import pdf  # noqa: PLC0415 (fpdf2 takes half a second: only who draws waits)

    for face in faces:
        checking.check_modules(face.code)
    return pdf.draw(faces, pdf.Paper(paper), pdf.PaperWords(title, lines[1:], lines[0]))


def make_agreement(agreement: Agreement) -> bytes:
    """Draw the written agreement of a transfer."""
    from bot.tickets import agreement_page  # noqa: PLC0415 (fpdf2 takes half a second, as above)

    return agreement_page.draw(agreement)


def make_receipt(face: ReceiptFace) -> bytes:
    """Draw a receipt and give the PDF."""
    from bot.tickets import receipt_pdf  # noqa: PLC0415 (fpdf2 takes half a second, as above)

    return receipt_pdf.draw_receipt(face)
