"""`python -m bot backup` and `restore`: copies of a SQLite installation, checked both ways."""

from datetime import UTC, datetime
from pathlib import Path

from bot.settings import Settings
from bot.watch.refusals import Refusal
from storage import backup
from storage.backup import BadCopy, Copy
from storage.opening import sqlite_path

FOLDER = Path("backups")
"""Where copies go that were given no name."""

_POSTGRES = (
    "DATABASE_URL is a PostgreSQL address: copy it with PostgreSQL's own pg_dump and pg_restore, "
    "as docs/operations.md shows."
)


def back_up(settings: Settings, name: str | None) -> str:
    """Copy the database, running or not; answers with what to print.

    Raises:
        Refusal: it is not SQLite, or the copy could not be made or checked.
    """
    source = _source(settings)
    if name is None:
        FOLDER.mkdir(mode=0o700, exist_ok=True)
        target = FOLDER / f"guichet-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    else:
        target = Path(name)
    try:
        copy = backup.back_up(source, target)
    except BadCopy as error:
        raise Refusal(str(error)) from None
    return f"Copied and checked: {_told(copy)}\n"


def restore(settings: Settings, name: str) -> str:
    """Put a copy in the database's place; answers with what to print.

    Raises:
        Refusal: it is not SQLite, Guichet runs on it, or the copy does not check.
    """
    target = _source(settings)
    try:
        copy = backup.restore(Path(name), target)
    except BadCopy as error:
        raise Refusal(str(error)) from None
    return (
        f"Restored and checked: {_told(copy)}\n"
        f"What stood there before is kept beside it as {target.name}.before-… .\n"
    )


def _source(settings: Settings) -> Path:
    path = sqlite_path(settings.database_url)
    if path is None:
        raise Refusal(_POSTGRES)
    return path


def _told(copy: Copy) -> str:
    rows = ", ".join(f"{count} {table}" for table, count in copy.rows.items())
    return f"{copy.path} ({rows}; up to {copy.migration})"
