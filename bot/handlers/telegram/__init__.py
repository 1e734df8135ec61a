"""Telegram: one bot a talk, by long polling or webhook, through python-telegram-bot's `Bot` alone.

`channel` is what delivery and preparation call, `receiving` brings updates to the intake, `reading`
says what an update means, `rendering` what a message becomes, `failures` what a call
failed of; `secrets` keeps tokens out of sight.
"""

from bot.handlers.telegram.channel import (
    API_URL,
    PACE,
    Command,
    Menu,
    TelegramChannel,
)
from bot.handlers.telegram.failures import Conflict, Unanswered
from bot.handlers.telegram.receiving import WEBHOOK_PATH, Receiver, Toast
from bot.handlers.telegram.secrets import InvalidToken

__all__ = [
    "API_URL",
    "PACE",
    "WEBHOOK_PATH",
    "Command",
    "Conflict",
    "InvalidToken",
    "Menu",
    "Receiver",
    "TelegramChannel",
    "Toast",
    "Unanswered",
]
