"""Organisers' own accounts at providers: a file beside the settings, written from the shell alone.

Keys are never typed in a chat, where they would stay on phones and in the inbox, and never kept
in the database, whose copies travel: to backups, to whoever looks into a fault. So they stand in
one file that nobody but the operator can read (`ACCOUNTS_FILE`), as the installation's do in .env.
"""

import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.watch.refusals import Refusal
from storage.ids import from_text

KINDS = ("stripe", "pawapay")
"""The providers an organiser may have an account of their own at."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account: whose (an organiser's id as text), where, and its keys."""

    organiser: str
    kind: str
    secret: str
    webhook_secret: str | None = None

    @property
    def name(self) -> str:
        """What payments call the provider on this account."""
        return f"{self.kind}.{self.organiser}"


def read_accounts(path: Path) -> list[Account]:
    """Read the file; none is no account.

    Raises:
        Refusal: others may read it, or it is not what this module writes.
    """
    if not path.exists():
        return []
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Refusal(f"{path} holds keys and others may read it: chmod 600 {path}")
    try:
        return [Account(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError):
        raise Refusal(f"{path} cannot be read: write it with python -m bot admin account") from None


def keep_account(path: Path, account: Account) -> None:
    """Add an account to the file, or replace the one of the same organiser and provider.

    Raises:
        Refusal: the organiser's id or the provider is none.
    """
    if account.kind not in KINDS or from_text(account.organiser) is None:
        raise Refusal(f"An account is of an organiser's id, at one of: {', '.join(KINDS)}.")
    others = [one for one in read_accounts(path) if one.name != account.name]
    text = json.dumps([asdict(one) for one in (*others, account)], indent=1)
    fresh = path.with_name(f"{path.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
