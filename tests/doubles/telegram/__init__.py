"""A double of Telegram's Bot API: an HTTP server with state, checked by the vendor's facts."""

from tests.doubles.telegram.accounts import Account, Heard
from tests.doubles.telegram.people import Person
from tests.doubles.telegram.server import Cut, Refuse, Slow, TelegramDouble, Trouble, too_many

__all__ = [
    "Account",
    "Cut",
    "Heard",
    "Person",
    "Refuse",
    "Slow",
    "TelegramDouble",
    "Trouble",
    "too_many",
]
