"""`python -m bot ...` as a process of its own, and waiting for what it must do."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).parent.parent.parent

WAIT_MAX_S = 40
"""Nothing waited for takes a fifth of this on a busy machine."""

LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Running:
    """A program under way."""

    process: asyncio.subprocess.Process

    async def first_line(self) -> str:
        """Wait for the first line it prints."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), WAIT_MAX_S)
        return line.decode()

    async def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self.process.kill()
        out, err = await self.process.communicate()
        sys.stdout.write(f"{out.decode()}\n{err.decode()}\n")  # shown when the test fails

    async def ended(self) -> tuple[int, str]:
        """Wait for its end: the exit code, and all it said."""
        out, err = await asyncio.wait_for(self.process.communicate(), WAIT_MAX_S)
        assert self.process.returncode is not None
        return self.process.returncode, (out + err).decode()

    def ask_to_stop(self) -> None:
        """SIGTERM, as a service manager does."""
        self.process.send_signal(signal.SIGTERM)


@asynccontextmanager
async def running(
    command: str, folder: Path, settings: Mapping[str, str]
) -> AsyncIterator[Running]:
    """Run `python -m bot COMMAND` in a folder of its own with these settings alone."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", command),
        cwd=folder,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    one = Running(process)
    try:
        yield one
    finally:
        if process.returncode is None:
            await one.kill()


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Look again and again until something is there; raises AssertionError after WAIT_MAX_S."""
    try:
        async with asyncio.timeout(WAIT_MAX_S):
            while True:
                found = await look()
                if found:
                    return found
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        raise AssertionError(f"waited {WAIT_MAX_S} s for {what}") from None


def free_port() -> int:
    """Find a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
