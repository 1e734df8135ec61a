"""What a message becomes on Telegram: texts within limits, buttons in rows, links that it takes."""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, WebAppInfo

from chat.messages import Button

TEXT_MAX = 4096
"""Bot API, sendMessage: 1-4096 characters. Counted in UTF-16 units, as Telegram's clients do."""

CAPTION_MAX = 1024
"""Bot API, sendPhoto and sendDocument: 0-1024 characters, counted likewise."""

LABEL_MAX_BY_ROW = {4: 4, 3: 8, 2: 13}
"""How long labels may be for so many buttons to share a row: Telegram cuts a label that does not
fit, and on a phone 360 dp wide a row shows about 32 letters less the margins of each button."""


def pieces(text: str, first_max: int = TEXT_MAX) -> list[str]:
    """Cut a text into messages at line ends, else at spaces, else where it must be.

    The first piece has at most `first_max` UTF-16 units, the others `TEXT_MAX`. A text that is
    blank has no piece.
    """
    found = []
    rest, limit = text.strip(), first_max
    while _units(rest) > limit:
        end = _end(rest, limit)
        found.append(rest[:end].rstrip())
        rest, limit = rest[end:].lstrip(), TEXT_MAX
    return [piece for piece in (*found, rest) if piece]


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Set buttons in rows: one a row, or up to four when their labels are short."""
    if not buttons:
        return None
    rows = []
    left = list(buttons)
    while left:
        together = _together(left)
        rows.append([_key(button) for button in left[:together]])
        left = left[together:]
    return InlineKeyboardMarkup(rows)


def links_in_words(text: str, buttons: Sequence[Button]) -> tuple[str, tuple[Button, ...]]:
    """Move the links that Telegram refuses on a button into the text, where they can be copied."""
    kept = tuple(button for button in buttons if button.url is None or _openable(button.url))
    moved = (f"{button.label}\n{button.url}" for button in buttons if button not in kept)
    return "\n\n".join(filter(None, (text, *moved))), kept


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _end(text: str, limit: int) -> int:
    """Find where to cut so that what stands before has at most `limit` UTF-16 units."""
    units = end = 0
    for letter in text:
        units += _units(letter)
        if units > limit:
            break
        end += 1
    for parting in ("\n", " "):
        # One more letter is looked at: the parting itself is dropped, it may stand past the limit.
        cut = text.rfind(parting, 1, end + 1)
        if cut > 0:
            return cut
    return end


def _together(buttons: Sequence[Button]) -> int:
    for count, label_max in LABEL_MAX_BY_ROW.items():
        row = buttons[:count]
        if len(row) == count and all(len(button.label) <= label_max for button in row):
            return count
    return 1


def _key(button: Button) -> InlineKeyboardButton:
    if button.app is not None and button.app.startswith("https://"):
        # Bot API, InlineKeyboardButton.web_app: an HTTPS address, in private chats only.
        return InlineKeyboardButton(button.label, web_app=WebAppInfo(button.app))
    if button.url is not None:
        return InlineKeyboardButton(button.label, url=button.url)
    return InlineKeyboardButton(button.label, callback_data=button.action)


def _openable(url: str) -> bool:
    """Tell whether a phone could open this link, which is about what Telegram takes on a button."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or host == "localhost":
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".")
