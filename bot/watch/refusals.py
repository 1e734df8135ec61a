"""Why Guichet does not start, in words that say what to do."""

from pathlib import Path

PORT_MAX = 65_535
"""The highest port there is."""


class Refusal(Exception):
    """One or more sentences for the operator; the program ends with code 2."""


def no_tokens() -> Refusal:
    """Neither bot has a token."""
    return Refusal(
        "There is nothing to run yet. In a file named .env (see .env.example) put:\n"
        "  TELEGRAM_BOT_TOKEN=  the seller bot's token, from @BotFather on Telegram\n"
        "  SCANNER_BOT_TOKEN=   a second bot's token, for the people at the door\n"
        "and, or instead, for WhatsApp:\n"
        "  TWILIO_ACCOUNT_SID=      from Twilio's console, with the next one\n"
        "  TWILIO_AUTH_TOKEN=\n"
        "  WHATSAPP_SELLER_NUMBER=  the number that sells (Twilio's sandbox: +14155238886)\n"
        "  PUBLIC_URL=              the https address where Twilio reaches this server\n"
        "and always:\n"
        "  TICKET_KEYS=         printed by: make keys\n"
        "To look around first, with nothing to set up: make demo"
    )


def missing_settings(names: list[str]) -> Refusal:
    """Some settings that `run` cannot do without are empty."""
    where = {
        "TELEGRAM_BOT_TOKEN": "the seller bot's token, from @BotFather on Telegram",
        "SCANNER_BOT_TOKEN": "a second bot's token, from @BotFather, for the people at the door",
        "TICKET_KEYS": "the keys that sign tickets, printed by: make keys",
        "TWILIO_ACCOUNT_SID": "the account's SID, from Twilio's console",
        "TWILIO_AUTH_TOKEN": "the account's auth token, beside its SID",
        "WHATSAPP_SELLER_NUMBER": "the number that sells (Twilio's sandbox: +14155238886)",
        "PUBLIC_URL": "the https address where Twilio reaches this server: WhatsApp needs one",
    }
    lines = [f"  {name}=  {where[name]}" for name in names]
    return Refusal(
        "\n".join(
            [
                "Not started. In the file .env (see .env.example) put:",
                *lines,
                "To look around first, with nothing to set up: make demo",
            ]
        )
    )


def wrong_mode(settled: str, wanted: str) -> Refusal:
    """The database belongs to the other mode."""
    return Refusal(
        f"This database belongs to a {settled} installation, and this is a {wanted} one: "
        "give DATABASE_URL another database. Demo tickets and real ones are never mixed."
    )


def missing_keys(fingerprints: list[str]) -> Refusal:
    """Keys that signed tickets here are not in TICKET_KEYS any more."""
    return Refusal(
        "TICKET_KEYS lacks keys that have signed tickets here (fingerprints: "
        f"{', '.join(fingerprints)}): those tickets would be refused at the gate. "
        "Put the old keys back, behind the newest one."
    )


def port_taken(host: str, port: int, reason: str) -> Refusal:
    """The port cannot be listened on."""
    return Refusal(
        f"Cannot listen on {host}, port {port} ({reason}). "
        f"Try another port: make demo PORT={port + 1 if port < PORT_MAX else PORT_MAX - 1}"
    )


def demo_port_taken(host: str, port: int, *, is_used: bool, reason: str) -> Refusal:
    """The demo's port cannot be listened on: said in the demo's language, and in English."""
    other = port + 1 if port < PORT_MAX else PORT_MAX - 1
    why = "un autre programme s’en sert déjà" if is_used else reason
    return Refusal(
        f"La démo ne démarre pas : le port {port} ({host}) n’est pas libre, {why}.\n"
        f"Essayez un autre port : make demo PORT={other}\n"
        f"(Port {port} cannot be listened on. Try another one: make demo PORT={other})"
    )


def demo_folder(folder: Path, reason: str) -> Refusal:
    """The demo's folder cannot be made: said in the demo's language, and in English."""
    return Refusal(
        f"La démo ne démarre pas : elle ne peut pas écrire dans {folder} ({reason}).\n"
        "Lancez-la dans un dossier où vous pouvez écrire.\n"
        f"(The demo cannot write to {folder}. Start it in a folder that you may write to.)"
    )


def many_on_sqlite(workers: int) -> Refusal:
    """Several processes were asked for on a SQLite file."""
    return Refusal(
        f"WORKERS={workers} needs PostgreSQL: a SQLite file belongs to one process. Put "
        "postgresql://user:password@host/name into DATABASE_URL, or leave WORKERS at 1: "
        "one process carries a busy box office (docs/scaling.md)."
    )


def half_moved() -> Refusal:
    """The database was to become a copy of another, and the copying was cut off."""
    return Refusal(
        "This database is the unfinished copy of another one: drop it, make it anew, and run "
        "migrate-data again. The one it was copied from is untouched."
    )
