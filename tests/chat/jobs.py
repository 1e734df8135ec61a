"""Jobs for the worker tests: well-behaved, hostile, and stuck."""

import ctypes
import os
import sys
import time
from pathlib import Path


def double(number: int, *, times: int = 2) -> int:
    """Multiply."""
    return number * times


def pid() -> int:
    """Say which process this is."""
    return os.getpid()


def modules() -> list[str]:
    """List what this process has imported."""
    return sorted(sys.modules)


def session() -> int:
    """Say in which session this process runs."""
    return os.getsid(0)


def chatter(text: str) -> str:
    """Print where answers travel, as a careless library does."""
    print(text, flush=True)  # noqa: T201 the careless print is the point of this job
    os.write(1, text.encode())
    return text


def fail(message: str) -> None:
    """Raise."""
    raise LookupError(message)


def loop_forever(started: Path) -> None:
    """Never end, and say with a file that it began."""
    _begun(started)
    while True:
        pass


def hold_everything(started: Path) -> None:
    """Hang inside a C call that keeps Python's lock, so that no Python handler ever runs."""
    _begun(started)
    ctypes.PyDLL(None).sleep(60)


def sleep_holding(path: Path, seconds: float) -> str:
    """Wait a while, and say with a file that it began."""
    _begun(path)
    time.sleep(seconds)
    return "rested"


def eat(size: int) -> int:
    """Take memory and touch it."""
    return len(bytearray(size))


def crash() -> None:
    """Read address zero."""
    ctypes.string_at(0)


def leave(code: int) -> None:
    """End the process without a word."""
    os._exit(code)


def unpicklable() -> object:
    """Return what cannot travel."""
    return lambda: None


def long_answer(size: int) -> bytes:
    """Return many bytes."""
    return bytes(size)


def _begun(path: Path) -> None:
    """Leave our process id in a file that is there whole or not at all."""
    aside = path.with_suffix(".part")
    aside.write_text(str(os.getpid()))
    aside.rename(path)
