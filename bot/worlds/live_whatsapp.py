"""WhatsApp in the real world: its account, its numbers, its routes, and the links into it."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.routing import Route

from bot.far_work.undelivered import take_back
from bot.handlers.whatsapp import (
    INBOUND_PATH,
    Arrivals,
    CredentialsRefused,
    Numbers,
    Receiver,
    SignedForms,
    TwilioApi,
    Unanswered,
    WhatsAppChannel,
    parse_registry,
    submit_templates,
)
from bot.installation import Installation
from bot.settings import Settings
from bot.watch import refusals
from bot.worlds.required import whatsapp_missing
from chat.channel import SendLater, SendRefused
from chat.clock import wall_clock
from chat.messages import TalkName
from storage.database import Database
from storage.opening import open_database

LINK_MARK = "🎟 "
"""What stands before a link's payload in the message it types: people see that it is meant."""


@dataclass(frozen=True, slots=True)
class LiveWhatsApp:
    """The channel and what must be served for it."""

    api: TwilioApi
    channel: WhatsAppChannel
    database: Database
    public_url: str

    def link(self, talk: TalkName, payload: str) -> str:
        """A link that opens a conversation with the message typed already."""
        number = self.channel.numbers.number(talk).removeprefix("whatsapp:+")
        text = f"?text={quote(LINK_MARK + payload)}" if payload else ""
        return f"https://wa.me/{number}{text}"

    @property
    def webhook(self) -> str:
        """The address to put into Twilio's console; the end asks it to try again when we fail."""
        return f"{self.public_url}{INBOUND_PATH}#rc=5&rp=5xx,ct,rt"

    def routes(self, guichet: Installation) -> list[Route]:
        """The routes that Twilio calls: messages, statuses, pictures."""
        arrivals = Arrivals(
            self._forms(),
            self.database,
            numbers=self.channel.numbers,
            lost=take_back,
            clock=guichet.clock,
        )
        return [
            *self.receiver(guichet).routes(),
            *arrivals.routes(),
            *self.channel.shelf.routes(),
        ]

    def receiver(self, guichet: Installation) -> Receiver:
        """What takes messages to the engine, and keeps up after them."""
        return Receiver(
            self._forms(),
            self.api,
            self.database,
            guichet.engine,
            numbers=self.channel.numbers,
            clock=guichet.clock,
        )

    def _forms(self) -> SignedForms:
        return SignedForms(self.api.is_signed, public_url=self.public_url)


async def open_whatsapp(
    stack: contextlib.AsyncExitStack, database: Database, settings: Settings
) -> LiveWhatsApp:
    """Prepare WhatsApp; nothing is asked of Twilio yet.

    Raises:
        Refusal: half of it is set.
    """
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token
    seller, public_url = settings.whatsapp_seller_number, settings.public_url
    if sid is None or token is None or seller is None or public_url is None:
        raise refusals.missing_settings(whatsapp_missing(settings))
    api = await stack.enter_async_context(
        TwilioApi(sid, token.get_secret_value(), url=settings.twilio_api_url)
    )
    channel = WhatsAppChannel(
        api,
        database,
        numbers=Numbers.of(seller, settings.whatsapp_scanner_number),
        public_url=public_url,
        registry=parse_registry(settings.whatsapp_templates),
        clock=wall_clock,
    )
    return LiveWhatsApp(api, channel, database, public_url)


async def make_templates(settings: Settings) -> Sequence[str]:
    """Make and submit the templates; answers the lines to show.

    Raises:
        Refusal: the settings lack something, or Twilio says no.
    """
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token
    if sid is None or token is None:
        lacking = [name for name in whatsapp_missing(settings) if name.startswith("TWILIO_")]
        raise refusals.missing_settings(lacking)
    async with contextlib.AsyncExitStack() as stack:
        database = await open_database(settings.database_url, beside=True)
        stack.push_async_callback(database.close)
        api = await stack.enter_async_context(
            TwilioApi(sid, token.get_secret_value(), url=settings.twilio_api_url)
        )
        try:
            registry, statuses = await submit_templates(api, database, wall_clock)
        except CredentialsRefused as error:
            raise refusals.Refusal(str(error)) from None
        except (Unanswered, SendLater, SendRefused) as error:
            raise refusals.Refusal(
                f"Twilio did not take the templates ({error}): run this again later. "
                "What was made is kept, nothing is made twice."
            ) from None
    setting = ",".join(f"{name}.{language}={sid}" for (name, language), sid in registry.items())
    return [
        *(f"{name}.{language}: {status}" for (name, language), status in statuses.items()),
        "WhatsApp judges them within a day; run this again to see how. Put this line in .env:",
        f"WHATSAPP_TEMPLATES={setting}",
    ]
