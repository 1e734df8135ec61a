"""A door and a steward's phone for the tests of the talk."""

from collections.abc import AsyncIterator

import pytest

from storage.opening import open_database
from tests.gate_scanner.door import Doors, Phone
from tests.gate_scanner.joining import joined


@pytest.fixture
async def doors(house_sqlite_url: str) -> AsyncIterator[Doors]:
    """An event with a kind, a gate and a steward; the engines are compared below the talk."""
    database = await open_database(house_sqlite_url)
    yield await Doors(database).build()
    await database.close()


@pytest.fixture
async def phone(doors: Doors) -> Phone:
    """The phone of a steward who has joined and stands at the only gate."""
    phone = Phone(doors.database, "steward")
    await joined(doors, phone)
    return phone
