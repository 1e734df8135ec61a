"""Films for the browser's fake camera: what a lens sees while people hold their tickets up."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import qrcode
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDTH, HEIGHT = 1280, 720
FRAMES_A_SECOND = 20


def shoot(path: Path, scenes: Sequence[tuple[str | None, float]]) -> Path:
    """Write an MJPEG film: each scene is a code (or an empty door) and its length in seconds."""
    with path.open("wb") as film:
        for code, seconds in scenes:
            frame = _frame(code)
            film.write(frame * round(seconds * FRAMES_A_SECOND))
    return path


def filmed(film: Path) -> tuple[str, ...]:
    """Give the arguments that put a film before a browser's camera."""
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )


def _frame(code: str | None) -> bytes:
    """Draw what the camera sees: a phone tilted a little in a dim room, slightly out of focus."""
    room = Image.new("RGB", (WIDTH, HEIGHT), "#3a3f44")
    if code is not None:
        drawn = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_Q, box_size=11, border=4)
        drawn.add_data(code)
        picture = drawn.make_image(fill_color="#20242a", back_color="#c9ced2").get_image()
        tilted = picture.convert("RGB").rotate(7, expand=True, fillcolor="#3a3f44")
        room.paste(tilted, ((WIDTH - tilted.width) // 2, (HEIGHT - tilted.height) // 2))
        room = room.filter(ImageFilter.GaussianBlur(1.2))
    out = io.BytesIO()
    room.save(out, "JPEG", quality=80)
    return out.getvalue()
