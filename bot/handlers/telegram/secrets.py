"""Tokens stay out of every log line, error and repr.

A Bot API address carries the token, the HTTP library logs each address, and the bot library puts
the token into its own repr and into the error of a refused token.
"""

import hashlib
import hmac
import logging
import re

from telegram import Bot

TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{20,80}")
"""What BotFather gives: the bot's id, a colon, 35 letters (a little slack on both)."""

CHATTY = ("httpx", "httpcore", "telegram")
"""The loggers that name addresses at INFO and below. What they say is said by our own lines."""

FILTERED = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "telegram.Bot",
    "telegram.request.HTTPXRequest",
)
"""A filter acts on its own logger alone, not on those below it: so each is named."""


class InvalidToken(Exception):
    """Telegram does not know this token: it was mistyped, or revoked at BotFather."""

    def __init__(self, talk: str) -> None:
        super().__init__(f"Telegram refuses the token of the {talk} bot; ask @BotFather for it.")
        self.talk = talk


class QuietBot(Bot):
    """The library's bot, whose repr does not tell its token."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"QuietBot({self.token.split(':')[0]})"


class Redacting(logging.Filter):
    """Replace what looks like a token in a log record, arguments included."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, without tokens."""
        said = record.getMessage()
        if TOKEN.search(said):
            record.msg, record.args = redacted(said), ()
        return True


def redacted(text: str) -> str:
    """Give a text without anything that looks like a token."""
    return TOKEN.sub("<token>", text)


def quieten_libraries() -> None:
    """Silence the loggers that name addresses, and redact what is still logged when woken up."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in FILTERED:
        logger = logging.getLogger(name)
        if not any(isinstance(known, Redacting) for known in logger.filters):
            logger.addFilter(Redacting())


def webhook_secret(token: str) -> str:
    """Derive what Telegram must show with each webhook call: one secret a bot, nothing to set.

    Telegram takes 1-256 of `A-Za-z0-9_-`; these are 64 hexadecimal digits.
    """
    return hmac.new(token.encode(), b"guichet telegram webhook", hashlib.sha256).hexdigest()
