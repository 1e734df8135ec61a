"""A double of Twilio's Messages and Content APIs, with WhatsApp behind: HTTP, state, facts."""

from tests.doubles.twilio.ordered import Cut, Fail, Refuse, Slow, Trouble
from tests.doubles.twilio.people import Customer, Seen
from tests.doubles.twilio.server import TwilioDouble

__all__ = ["Customer", "Cut", "Fail", "Refuse", "Seen", "Slow", "Trouble", "TwilioDouble"]
