"""Pictures of tickets for the decoder's tests, made from nothing and always the same."""

import io
import random
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import qrcode
from PIL import Image, ImageDraw

from gate_scanner.decoding import Decoded, Shape, decode

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def code(seed: int, *, first: str = "D") -> str:
    """Make up a text of a ticket's shape."""
    chance = random.Random(seed)
    return first + "".join(chance.choice(ALPHABET) for _ in range(28))


def qr(text: str, *, module_px: int = 8, quiet: int = 4) -> Image.Image:
    """Draw one QR code, level Q, black on white."""
    drawing = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_Q, box_size=module_px, border=quiet
    )
    drawing.add_data(text)
    drawing.make(fit=True)
    image: Image.Image = drawing.make_image().get_image()
    return image.convert("L")


def card(text: str, *, module_px: int = 8) -> Image.Image:
    """Draw a ticket as a phone shows it: a code among words and colours."""
    drawn = qr(text, module_px=module_px)
    image = Image.new("RGB", (drawn.width + 120, drawn.height + 260), (24, 78, 119))
    image.paste(drawn, (60, 180))
    pen = ImageDraw.Draw(image)
    pen.text((60, 60), "Nuit du Jazz", fill="white", font_size=48)
    pen.text((60, 130), "sam. 12 juin, 20 h 30", fill="white", font_size=24)
    return image


def sheet(texts: Sequence[str], *, columns: int) -> Image.Image:
    """Lay several codes out on one page, row by row."""
    drawn = [qr(text, module_px=5) for text in texts]
    side = max(image.width for image in drawn) + 40
    rows = -(-len(drawn) // columns)
    page = Image.new("L", (side * columns, side * rows), 255)
    for place, image in enumerate(drawn):
        page.paste(image, (place % columns * side + 20, place // columns * side + 20))
    return page


def bent(image: Image.Image, *, modules: float, module_px: int = 8) -> Image.Image:
    """Bend a picture as paper bends around a bottle: its middle sinks by so many modules."""
    pixels = np.asarray(image)
    height, width = pixels.shape
    across = np.linspace(-1, 1, width, dtype=np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    sunk = y - (1 - across[None, :] ** 2) * modules * module_px
    return Image.fromarray(cv2.remap(pixels, x, sunk, cv2.INTER_LINEAR, borderValue=(255,)))


def crumpled(image: Image.Image, seed: int, *, modules: float, module_px: int = 8) -> Image.Image:
    """Push a picture about in smooth waves, by so many modules (standard deviation)."""
    pixels = np.asarray(image)
    height, width = pixels.shape
    chance = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    right, down = (
        cv2.resize(waves, (width, height), interpolation=cv2.INTER_CUBIC)
        for waves in chance.normal(0, modules * module_px, (2, 5, 5)).astype(np.float32)
    )
    return Image.fromarray(
        cv2.remap(pixels, x + right, y + down, cv2.INTER_LINEAR, borderValue=(255,))
    )


def nonsense(seed: int, *, modules: int = 25, module_px: int = 6) -> Image.Image:
    """Draw what looks like a code to the last module and holds only chance."""
    chance = np.random.default_rng(seed)
    matrix = np.where(chance.random((modules, modules)) < 0.5, 0, 255).astype(np.uint8)
    real = np.asarray(qr(code(seed), module_px=1, quiet=0))
    matrix[:8, :8], matrix[:8, -8:], matrix[-8:, :8] = real[:8, :8], real[:8, -8:], real[-8:, :8]
    quiet = np.pad(matrix, 4, constant_values=255)
    return Image.fromarray(np.kron(quiet, np.ones((module_px, module_px), np.uint8)))


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Turn a picture into a file's bytes."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def ticket(photo: bytes) -> Decoded:
    """Decode a picture as the gate does."""
    return decode(photo, accept=Shape.TICKET)
