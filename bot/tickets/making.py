"""The whole making of a ticket's picture, for a worker process."""

from bot.tickets import checking, png
from bot.tickets.face import TicketFace


def make_ticket(face: TicketFace) -> bytes:
    """Draw a ticket, prove that a gate can read it, and give its PNG.

    Argument, result and errors can be pickled, so that a pool may run this in another process.
    Raises ValueError when the code fits no small QR, `UnreadableTicket` when the picture, as drawn
    or as a chat hands it on, does not read as exactly its code.
    """
    picture = png.draw(face)
    checking.check(picture, face.code)
    return picture
