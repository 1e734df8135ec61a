"""Where tests keep what no test asks to survive a power cut."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108 (folders in it are made by tempfile, each for one user)
"""Linux's folder in memory: nothing there waits for a disk."""

ROOM_MIN_BYTES = 1 << 30
"""A container may give it 64 MB only: too little for a server and a hundred small databases."""


def quick_root() -> Path | None:
    """The folder in memory, if there is one with room; None is the usual place."""
    if not IN_MEMORY.is_dir() or not os.access(IN_MEMORY, os.W_OK):
        return None
    return IN_MEMORY if shutil.disk_usage(IN_MEMORY).free >= ROOM_MIN_BYTES else None
