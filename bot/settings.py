"""The settings of an installation, read once from the environment and `.env`."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.far_work.mail import MailRefused, open_post, write_message
from boxoffice.codes import Keyring
from boxoffice.errors import CurrencyError, KeyringError
from boxoffice.money import currency_exponent


class SettingsRefused(Exception):
    """What is wrong with the settings, one line a problem, without any secret."""


class Settings(BaseSettings):
    """What an operator may set. Each description stands in .env.example above its name."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True
    )

    telegram_bot_token: SecretStr | None = Field(
        None,
        description="The seller bot's token, from @BotFather. Buyers and organisers talk to it.",
    )
    scanner_bot_token: SecretStr | None = Field(
        None, description="The scanner bot's token, a second bot from @BotFather. Staff talk to it."
    )
    twilio_account_sid: str | None = Field(
        None,
        pattern="^AC[0-9a-fA-F]{32}$",
        description="For WhatsApp: the account's SID, from Twilio's console (AC and 32 digits).",
    )
    twilio_auth_token: SecretStr | None = Field(
        None, description="For WhatsApp: the account's auth token, beside its SID in the console."
    )
    whatsapp_seller_number: str | None = Field(
        None,
        description="The WhatsApp number that sells, e.g. +22901020304; in Twilio's sandbox "
        "+14155238886. WhatsApp needs PUBLIC_URL, to be called by Twilio.",
    )
    whatsapp_scanner_number: str | None = Field(
        None,
        description="A second WhatsApp number for the people at the door. Without it the first one "
        "does both: staff type porte and billetterie to change.",
    )
    whatsapp_templates: str = Field(
        "",
        description="What may be said after 24 hours of silence: the line that "
        "python -m bot whatsapp templates prints.",
    )
    ticket_keys: SecretStr | None = Field(
        None,
        description="The keys that sign ticket codes, newest first, comma-separated. "
        "Make one with: make keys. Never remove an old one: its tickets would die.",
    )
    database_url: str = Field(
        "sqlite:///guichet.db",
        description="Where everything is kept: sqlite:///FILE, or postgresql://USER@HOST/NAME.",
    )
    public_url: str | None = Field(
        None,
        description="The public https address of this server. With it Telegram calls a webhook; "
        "without it the bots poll, and nothing else is needed.",
    )
    port: int = Field(8000, ge=0, le=65535, description="The port the web server listens on.")
    host: str = Field(
        "127.0.0.1", description="The address it listens on: 0.0.0.0 inside a container."
    )
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="How many processes answer side by side: more than one needs PostgreSQL in "
        "DATABASE_URL. One carries a busy box office: docs/scaling.md.",
    )
    zone: str = Field(
        "Africa/Porto-Novo", description="The time zone of events, unless they say otherwise."
    )
    currency: str = Field(
        "XOF", description="The currency of prices, unless they say otherwise (ISO 4217)."
    )
    log_format: str = Field(
        "console", pattern="^(console|json)$", description="How log lines look: console or json."
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="What Prometheus shows as a bearer token to read PUBLIC_URL/metrics; without "
        "it there is no such page.",
    )
    log_level: str = Field(
        "info",
        pattern="^(debug|info|warning|error)$",
        description="From what on our own log lines are written: debug, info, warning or error.",
    )
    stripe_secret_key: SecretStr | None = Field(
        None,
        description="The secret (or restricted) key of a Stripe account: cards by link. "
        "Buyers pay into this account, unless an organiser has their own: admin account.",
    )
    stripe_webhook_secret: SecretStr | None = Field(
        None,
        description="What Stripe signs its notices with (whsec_...). Its endpoint: "
        "PUBLIC_URL/payments/stripe/notice, for checkout.session.*, refund.* and "
        "charge.dispute.*. Without it Stripe is asked every few seconds instead.",
    )
    stripe_api_url: str = Field(
        "https://api.stripe.com", description="Where Stripe's API is: change it for tests only."
    )
    pawapay_token: SecretStr | None = Field(
        None,
        description="The API token of a pawaPay account: mobile money. Callbacks are set in its "
        "dashboard: PUBLIC_URL/payments/pawapay/notice, for deposits and refunds.",
    )
    pawapay_api_url: str = Field(
        "https://api.pawapay.io",
        description="Where pawaPay's API is: https://api.sandbox.pawapay.io to try it.",
    )
    telegram_provider_token: SecretStr | None = Field(
        None,
        description="The payment provider token that @BotFather gives (Stripe behind it): cards "
        "inside Telegram, for the currencies Telegram has. Francs CFA go by link in any case.",
    )
    accounts_file: str = Field(
        "accounts.json",
        description="Where organisers' own provider keys are kept, readable by the operator "
        "alone. Written by: python -m bot admin account.",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="A mail server, smtps://USER:PASSWORD@HOST:465 or smtp://HOST:587: sends the "
        "codes by which a buyer who lost a phone recovers an order. Without it such codes go by "
        "WhatsApp where the payer's number is known, else the organiser decides.",
    )
    mail_from: str | None = Field(
        None, description="Who e-mails come from, e.g. Guichet <box@example.org>."
    )
    demo_expose: bool = Field(
        default=False,
        description="Set to 1 to let the demo listen on HOST instead of this machine alone.",
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org",
        description="Where the Bot API is: change it for a local Bot API server only.",
    )

    twilio_api_url: str = Field(
        "https://api.twilio.com", description="Where Twilio is: change it for tests only."
    )

    @field_validator("whatsapp_seller_number", "whatsapp_scanner_number")
    @classmethod
    def _a_number(cls, value: str | None) -> str | None:
        if value is None:
            return None
        number = re.sub(r"[\s.()-]", "", value.strip().removeprefix("whatsapp:"))
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
            raise ValueError("is not a number such as +22901020304, with + and the country")
        return number

    @field_validator("whatsapp_templates")
    @classmethod
    def _known_templates(cls, value: str) -> str:
        # Twilio's library comes along: only where there is WhatsApp.
        from bot.handlers.whatsapp.registry import parse_registry  # noqa: PLC0415 (as said)

        parse_registry(value)
        return value

    @field_validator("public_url")
    @classmethod
    def _https(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("https://"):
            raise ValueError("must begin with https://")
        return value.rstrip("/") if value else None

    @field_validator("smtp_url")
    @classmethod
    def _a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            open_post(value.get_secret_value(), "")
        return value

    @field_validator("mail_from")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                write_message(value, value, "", "")
            except MailRefused as error:
                raise ValueError("is no address such as Guichet <box@example.org>") from error
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not a time zone such as Africa/Porto-Novo") from error
        return value

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str) -> str:
        try:
            currency_exponent(value.upper())
        except CurrencyError as error:
            raise ValueError("is not a currency such as XOF or EUR") from error
        return value.upper()

    @field_validator("ticket_keys")
    @classmethod
    def _right_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                Keyring.parse(value.get_secret_value())
            except KeyringError as error:
                raise ValueError(str(error)) from None
        return value


def read_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Read the settings.

    Raises:
        SettingsRefused: some are wrong; every one of them is named.
    """
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg] # pydantic-settings' own way
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in one['loc']).upper()} {_reason(one['msg'])}"
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsRefused("\n".join(lines)) from None


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")
