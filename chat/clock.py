"""What time it is: handed to whoever needs it, so that tests and storms can set it."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Answers milliseconds since 1970, UTC."""


def wall_clock() -> int:
    """Read the machine's clock."""
    return time.time_ns() // 1_000_000
