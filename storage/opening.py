"""One address opens either engine: ``sqlite:///file.db`` or ``postgresql://user@host/name``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from storage.database import CannotOpen
from storage.migrate import MIGRATIONS, migrations_in

if TYPE_CHECKING:
    from storage.database import Database
    from storage.migrate import Migration

_ADDRESSES = (
    "DATABASE_URL is sqlite:///guichet.db (beside the program), sqlite:////var/lib/guichet.db "
    "(an absolute path, four slashes) or postgresql://user:password@host/name"
)


async def open_database(
    url: str, *, beside: bool = False, migrations: Path | None = None
) -> Database:
    """Open the database at this address, with its tables brought up to date.

    A SQLite file is held by one running process; ``beside=True`` opens it next to that one, for the
    command line. Raises ``CannotOpen`` and its kinds, each with a sentence that never shows the
    address's password.
    """
    scheme, found, rest = url.partition("://")
    known = _own_migrations() if migrations is None else migrations_in(migrations)
    if scheme in {"postgresql", "postgres"} and found:
        # Imported when asked for: who uses SQLite waits for no PostgreSQL driver at the start.
        from storage.postgres import open_postgres  # noqa: PLC0415 the line above

        return await open_postgres(url, known)
    if scheme == "sqlite" and found:
        from storage.sqlite import open_sqlite  # noqa: PLC0415 the same, the other way round

        return await open_sqlite(_path(rest), known, beside=beside)
    raise CannotOpen(f"{_ADDRESSES}; not {scheme or 'nothing'!r}.")


@cache
def _own_migrations() -> list[Migration]:
    """Read the program's own, once a process: tests open thousands of databases in one."""
    return migrations_in(MIGRATIONS)


def sqlite_path(url: str) -> Path | None:
    """Read which file an address names; None for PostgreSQL's. Raises ``CannotOpen``."""
    scheme, found, rest = url.partition("://")
    return _path(rest) if scheme == "sqlite" and found else None


def _path(rest: str) -> Path:
    path = unquote(rest.removeprefix("/"))
    if not rest.startswith("/") or path in {"", "/"} or path.endswith("/") or "?" in rest:
        raise CannotOpen(f"{_ADDRESSES}; not sqlite://{rest}.")
    return Path(path)
