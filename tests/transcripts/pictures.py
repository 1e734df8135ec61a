"""The pictures people hold up at the gate: tickets they received, and things that are none."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from PIL import Image

from boxoffice.codes import Keyring, Mode, make_code, new_key
from boxoffice.spelling import ALPHABET
from storage import events
from tests.gate_scanner.pictures import card, saved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat.messages import Media
    from storage.database import Tx
    from tests.transcripts.stage import Stage


@runtime_checkable
class Squeezing(Protocol):
    """Phones whose app does not hand pictures on as they came."""

    def held_up(self, media: Media) -> bytes:
        """Give a picture as the phone shows it."""


PAYMENT_LINK = "https://pay.example/q/7F3K-merci"


async def shown(stage: Stage, who: str, asked: str) -> bytes:
    """Make the picture that a `(photo ...)` line names.

    `photo`, `photo 2`, `photo de awa`, `photo 2 de awa`: a picture received, the newest or the
    second. `photo de awa et de koffi`: two of them side by side. The rest says what it is: `photo
    d’un faux`, `d’un inconnu`, `d’un billet réel`, `d’un lien`, `noire`, `du ciel`, `d’une
    affiche`, `minuscule`, `qui n’en est pas une`, `du dernier billet` (made, and perhaps not handed
    over yet).
    """
    if found := re.fullmatch(r"photo(?: (\d+))?(?: de ([\w-]+))?", asked):
        return await received(stage, found[2] or who, int(found[1] or 0))
    if found := re.fullmatch(r"photo de ([\w-]+) et de ([\w-]+)", asked):
        return beside(*[await received(stage, name, 0) for name in found.groups()])
    made = asked.removeprefix("photo ")
    if made == "du dernier billet":
        return saved(card(await stage.database.read(_newest_code)))
    if made in OF_NO_TICKET:
        return OF_NO_TICKET[made]()
    match made:
        case "d’un faux":
            return saved(card(await forged(stage)))
        case "d’un inconnu":
            return saved(card(await made_up(stage, Mode.DEMO)))
        case "d’un billet réel":
            return saved(card(await made_up(stage, Mode.LIVE)))
    raise AssertionError(f"nobody can send ({asked})")


async def _newest_code(tx: Tx) -> str:
    row = await tx.row("SELECT code FROM tickets ORDER BY id DESC LIMIT 1")
    assert row is not None, "no ticket was ever made"
    return str(row["code"])


async def received(stage: Stage, who: str, place: int) -> bytes:
    """A picture that somebody received: the `place`th, or the newest for 0."""
    media = [one.media for one in await stage.seen(who) if one.media]
    assert len(media) >= max(place, 1), f"{who} has received {len(media)} pictures"
    one, screens = media[place - 1], stage.screens
    return screens.held_up(one) if isinstance(screens, Squeezing) else one.body


def beside(*bodies: bytes) -> bytes:
    """Lay pictures side by side, as on a table."""
    opened = [Image.open(io.BytesIO(body)).convert("RGB") for body in bodies]
    width = sum(image.width for image in opened) + 40 * (len(opened) - 1)
    table = Image.new("RGB", (width, max(image.height for image in opened)), (120, 96, 72))
    left = 0
    for image in opened:
        table.paste(image, (left, 0))
        left += image.width + 40
    return saved(table)


async def made_up(stage: Stage, mode: Mode) -> str:
    """A code that our key signed for the first event, and that no ticket has."""
    event = await stage.database.read(events.event_by_id, next(iter(stage.events.values())))
    assert event is not None
    return make_code(stage.guichet.house.keyring, mode, event.tag)


async def forged(stage: Stage) -> str:
    """A code with the right shape, event and key id, signed by nobody."""
    genuine = await made_up(stage, Mode.DEMO)
    other = make_code(Keyring.parse(new_key()), Mode.DEMO, genuine[2:6])
    end = other[-1] if other[-1] != genuine[-1] else ALPHABET[ALPHABET.index(genuine[-1]) - 1]
    return genuine[:-1] + end


def poster() -> Image.Image:
    """Draw something like a poster: portrait, coloured, with detail that does not compress away."""
    sky = Image.effect_mandelbrot((600, 800), (-1.6, -1.2, 0.6, 1.2), 60)
    return Image.merge("RGB", (sky, Image.linear_gradient("L").resize((600, 800)), sky))


OF_NO_TICKET: Mapping[str, Callable[[], bytes]] = {
    "d’un lien": lambda: saved(card(PAYMENT_LINK)),
    "noire": lambda: saved(Image.new("RGB", (640, 480), (4, 4, 6))),
    "du ciel": lambda: saved(Image.linear_gradient("L").resize((640, 480))),
    "d’une affiche": lambda: saved(poster()),
    "qui n’en est pas une": lambda: b"\xff\xd8\xff\xe0 une lettre, et aucune image",
    "minuscule": lambda: saved(Image.new("RGB", (120, 90), (200, 40, 40))),
}
"""Pictures that need nothing of the stage."""
