"""Every column that names a person is known to whoever moves people or forgets them."""

import sqlite3
from contextlib import closing

from storage.opening import open_database
from storage.people import MOVED, STAYS


async def test_every_reference_to_a_person_is_known(sqlite_url: str) -> None:
    """A table made later says whether its rows go with a person who links, or stay and why."""
    await (await open_database(sqlite_url)).close()
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        found = {
            f"{table}.{key[3]}"
            for table in tables
            for key in connection.execute(f"PRAGMA foreign_key_list({table})")
            if key[2] == "people"
        }
    assert found == {one.name for one in MOVED} | set(STAYS)
    assert len({one.name for one in MOVED}) == len(MOVED)
    assert MOVED[0].table == "chats", "the lock comes first"
