"""Reading a `.chat` file: what people type, what they must hear, and what the world does meanwhile.

    > bonjour                     the buyer types; `awa >` and `porte >` are other people
    > salle 9 ⏎ position 6.3, 2.4     ... or several lines in one message
    > [Payer]                     ... or taps a button by its label
    > [Annuler] de awa            ... or taps awa's button, as a forged app would
    > (photo)                     ... or sends the picture received last; pictures.py knows others
    > (photo de awa) (photo noire)   ... or several at once, as an album
    > (code de awa)               ... or types the short code of awa's ticket, perhaps `mal tapé`
    > (contact de kofi)          ... or shares kofi's contact out of the phone's list
    > (lien de kofi)              ... or opens the link that kofi received
    > (chiffres de kofi)          ... or types the eight digits that kofi sees, or `mal tapés`
    > (référence de awa)          ... or types the reference of awa's order
    > (chiffres du courriel)      ... or types the eight digits of the newest e-mail
    > (délier)                    ... or taps the button that undoes a link, whatever app it names
    > (position 6.3654, 2.4183)  ... or shares a point on the map
    > (vocal), (autocollant), (texte de 5000 caractères)
    < Quel événement ?            the bot says a message that has this line,
      5 000 F CFA                 ... and this one below it
      (image)                     ... and a picture (or `(fichier)`)
      [Payer 5 000 F CFA] [Non]   ... and exactly these buttons, or these among others with [...]
      [Jazz · 1 billet · …]       ... whose label goes on with a reference drawn by lot
    < ...                         a message, whatever it says
      ~ Rappel : Nuit du Jazz     ... what stands for it on WhatsApp after 24 hours of silence
    ! payé                        the world moves: world.py lists the words it knows
    ! sauf web                    not on this channel, for the reason in the comment above it
    ! sur whatsapp                what follows happens on this channel alone,
    ! hors whatsapp               ... or on every other one,
    ! partout                     ... until here
    # a comment

Every message must be expected: one that is not is a failure, as is one that does not come.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
BUYER = "acheteuse"

_SPOKEN = re.compile(r"^(?:(?P<who>[\w-]+) )?(?P<mark>[<>])(?: (?P<text>.*))?$")
_BUTTON = re.compile(r"\[([^\]]+)\]")
ANY = "..."


@dataclass(frozen=True, slots=True)
class Says:
    """Somebody types, taps `[label]`, or sends a picture `(photo)`."""

    line: int
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Hears:
    """Somebody must hear a message with these lines, in order, and these buttons."""

    line: int
    who: str
    lines: tuple[str, ...]
    buttons: tuple[str, ...] | None
    media: str | None
    approved: tuple[str, ...] = ()
    """The lines of the approved sentence that stands for it, where an app wants one."""


@dataclass(frozen=True, slots=True)
class World:
    """Something happens outside the chat."""

    line: int
    words: str


Move = Says | Hears | World


WHERE: Mapping[str, Callable[[str, str], bool]] = {
    "sur": lambda channel, named: channel == named,
    "hors": lambda channel, named: channel != named,
    "partout": lambda _channel, _named: True,
}
"""Words that say where the lines below them are played."""


@dataclass(frozen=True, slots=True)
class Script:
    """One transcript, ready to be played."""

    name: str
    moves: tuple[Move, ...]
    without: frozenset[str] = frozenset()
    """Channels on which it cannot be played."""

    @property
    def shows_pictures(self) -> bool:
        """Whether somebody holds up a picture, perhaps one that they received."""
        return any(isinstance(move, Says) and "(photo" in move.text for move in self.moves)

    def on(self, channel: str) -> "Script":
        """Tell the script as this channel plays it: without what is for other channels alone."""
        here, moves = True, []
        for move in self.moves:
            words = move.words if isinstance(move, World) else ""
            verb, _, named = words.partition(" ")
            if verb in WHERE:
                here = WHERE[verb](channel, named)
            elif here:
                moves.append(move)
        return replace(self, moves=tuple(moves))


@cache
def scripts() -> list[Script]:
    """Read every transcript of the folder, once a process."""
    return [read_script(path) for path in sorted(FOLDER.glob("*.chat"))]


def read_script(path: Path) -> Script:
    """Read one transcript; raises ValueError with the line that cannot be read."""
    moves: list[Move] = []
    block: list[str] = []
    head: tuple[int, str] | None = None

    def close() -> None:
        nonlocal head
        if head is not None:
            moves.append(_hears(head[0], head[1], block))
        head = None
        block.clear()

    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if raw.startswith("  ") and head is not None and raw.strip():
            block.append(raw.strip())
            continue
        close()
        if not raw.strip() or raw.startswith("#"):
            continue
        if raw.startswith("! "):
            moves.append(World(number, raw[2:].strip()))
            continue
        spoken = _SPOKEN.match(raw)
        if spoken is None:
            raise ValueError(f"{path.name}:{number}: cannot read {raw!r}")
        who, text = spoken["who"] or BUYER, (spoken["text"] or "").strip()
        if spoken["mark"] == ">":
            moves.append(Says(number, who, text.replace(" ⏎ ", "\n")))
        else:
            head = (number, who)
            block.append(text)
    close()
    left_out = [move.words for move in moves if isinstance(move, World)]
    without = {words.split()[1] for words in left_out if words.startswith("sauf ")}
    return Script(path.stem, tuple(moves), frozenset(without))


def _hears(number: int, who: str, block: list[str]) -> Hears:
    lines: list[str] = []
    approved: list[str] = []
    buttons: list[str] | None = None
    media = None
    for one in block:
        if one in {"(image)", "(fichier)"}:
            media = one.strip("()")
        elif one.startswith("~ "):
            approved.append(one[2:])
        elif _BUTTON.sub("", one).strip() == "" and one:
            buttons = [*(buttons or []), *_BUTTON.findall(one)]
        elif one:
            lines.append(one)
    pressed = None if buttons is None else tuple(buttons)
    return Hears(number, who, tuple(lines), pressed, media, tuple(approved))
