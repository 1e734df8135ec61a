"""One running process a SQLite file: an operating system's lock on a file beside it."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.database import CannotOpen, FileInUse

if TYPE_CHECKING:
    from pathlib import Path

HOLDER_BYTES_MAX = 20
"""The lock file holds the digits of one process id."""


@dataclass(frozen=True, slots=True)
class LockFile:
    """A lock that is held; the system lets go of it when the process ends, however it ends."""

    descriptor: int

    def release(self) -> None:
        """Let go. The file stays: were it removed, two processes could each lock one."""
        os.close(self.descriptor)


def hold(database: Path) -> LockFile:
    """Hold ``<database>.lock``; raises ``FileInUse`` if another process does, or ``CannotOpen``."""
    path = database.with_name(database.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotOpen(f"The lock file {path} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, HOLDER_BYTES_MAX, 0).decode("ascii", "replace") or "unknown"
        os.close(descriptor)
        raise FileInUse(
            f"Guichet already runs on {database} (process {holder}): stop it first, "
            "or give this one another DATABASE_URL."
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
    return LockFile(descriptor)
