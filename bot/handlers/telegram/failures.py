"""What a call to Telegram fails of, in the words of the house."""

from datetime import timedelta

from telegram import error as vendor

from bot.handlers.telegram.secrets import InvalidToken, redacted
from chat.channel import SendRefused, SlowDown
from chat.messages import TalkName

MILLISECOND = timedelta(milliseconds=1)


class Unanswered(Exception):
    """Telegram did not answer, or answered that it is ill: the work may or may not be done."""


class Conflict(Exception):
    """Somebody else takes this bot's updates: a second program, or a webhook."""


def failure_of(talk: TalkName, error: vendor.TelegramError) -> Exception:
    """Say in our words what a call to Telegram failed of."""
    match error:
        case vendor.RetryAfter():
            return SlowDown(_milliseconds(error.retry_after), "Telegram asks to slow down")
        case vendor.InvalidToken():
            return InvalidToken(talk)
        case vendor.Conflict():
            return Conflict(redacted(error.message))
        case vendor.Forbidden() | vendor.BadRequest() | vendor.ChatMigrated():
            return SendRefused(redacted(error.message))
        case _:
            return Unanswered(f"{type(error).__name__}: {redacted(error.message)}")


def _milliseconds(wait: int | timedelta) -> int:
    return int((wait if isinstance(wait, timedelta) else timedelta(seconds=wait)) / MILLISECOND)
