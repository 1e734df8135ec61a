"""Photos in, codes out: `decode(photo, accept=Shape.TICKET)`, a pure function run in a worker.

The readers and the image libraries are heavy and read hostile input, so they are loaded only when
`decode` is called, and the running program calls it in a worker process (chat/workers.py).
"""

from gate_scanner.decoding.answer import TICKET_SHAPE, Decoded, Fault, Shape

__all__ = ["TICKET_SHAPE", "Decoded", "Fault", "Shape", "decode"]


def decode(photo: bytes, *, accept: Shape) -> Decoded:
    """Find the QR codes of the accepted shape in a photo (a JPEG, PNG, WebP... file's bytes).

    Never raises for what `photo` holds: an answer without texts says why in its fault.
    """
    from gate_scanner.decoding import photo as photos  # noqa: PLC0415 heavy, for workers only

    return photos.decode(photo, accept)
