"""What the settings must name before anything real can run, looked at before anything is loaded."""

from bot.settings import Settings
from bot.watch import refusals
from boxoffice.codes import Keyring


def required(settings: Settings) -> Keyring:
    """Check the settings that nothing can run without, all asked for at once.

    Raises:
        Refusal: some are missing; the sentences say what to put where.
    """
    telegram = {
        "TELEGRAM_BOT_TOKEN": settings.telegram_bot_token,
        "SCANNER_BOT_TOKEN": settings.scanner_bot_token,
    }
    wants_telegram = any(telegram.values())
    wants_whatsapp = whatsapp_wanted(settings)
    if not wants_telegram and not wants_whatsapp:
        raise refusals.no_tokens()
    missing = [name for name, value in telegram.items() if wants_telegram and value is None]
    missing += whatsapp_missing(settings) if wants_whatsapp else []
    keys = settings.ticket_keys
    if keys is None or missing:
        raise refusals.missing_settings([*missing, *([] if keys else ["TICKET_KEYS"])])
    return Keyring.parse(keys.get_secret_value())


def whatsapp_wanted(settings: Settings) -> bool:
    """Say whether the operator set anything of WhatsApp."""
    named = (
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        settings.whatsapp_seller_number,
        settings.whatsapp_scanner_number,
    )
    return any(one is not None for one in named)


def whatsapp_missing(settings: Settings) -> list[str]:
    """Name what WhatsApp lacks."""
    needed = {
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token,
        "WHATSAPP_SELLER_NUMBER": settings.whatsapp_seller_number,
        "PUBLIC_URL": settings.public_url,
    }
    return [name for name, value in needed.items() if value is None]
