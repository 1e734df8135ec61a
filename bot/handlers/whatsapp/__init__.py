"""WhatsApp, through Twilio: one number a talk, or one number for both.

`channel` is what delivery and preparation call, `receiving` brings messages to the intake,
`statuses` what became of ours, `media` serves pictures to Twilio; `reading` says what a form means,
`rendering` what a message becomes, `templates` what may be said after a silence, `twilio_api` is
the one file that calls Twilio.
"""

from bot.handlers.whatsapp.channel import WhatsAppChannel
from bot.handlers.whatsapp.numbers import Numbers
from bot.handlers.whatsapp.pacing import Pace
from bot.handlers.whatsapp.receiving import INBOUND_PATH, Receiver
from bot.handlers.whatsapp.registry import TEMPLATES, parse_registry
from bot.handlers.whatsapp.signed import SignedForms
from bot.handlers.whatsapp.statuses import STATUS_PATH, Arrivals, Lost
from bot.handlers.whatsapp.templates import submit_templates
from bot.handlers.whatsapp.twilio_api import CredentialsRefused, TwilioApi, Unanswered

__all__ = [
    "INBOUND_PATH",
    "STATUS_PATH",
    "TEMPLATES",
    "Arrivals",
    "CredentialsRefused",
    "Lost",
    "Numbers",
    "Pace",
    "Receiver",
    "SignedForms",
    "TwilioApi",
    "Unanswered",
    "WhatsAppChannel",
    "parse_registry",
    "submit_templates",
]
