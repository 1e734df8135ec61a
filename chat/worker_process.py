"""One worker process: reads jobs on standard input, writes answers on standard output.

`workers.py` runs this file as a script, so that a worker imports nothing but the standard library
and what the job's function needs. A frame is eight bytes of length, then a pickle; an answer's
first byte tells its kind: R result, E the function raised, M out of memory (the worker ends).
"""

import ctypes
import os
import pickle
import resource
import signal
import struct
import sys
import traceback
from typing import BinaryIO, Final

_LENGTH: Final = struct.Struct("!Q")
_PR_SET_PDEATHSIG: Final = 1
"""From linux/prctl.h: the signal this process gets when its parent dies."""

_GRACE_S: Final = 1.0
"""The parent's deadline comes first; the alarm is for a parent that is gone or stuck."""


def main() -> None:
    """Answer jobs one by one until standard input ends."""
    jobs = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not land among the answers
    path, parent, memory_max_bytes, deadline_s, result_max = pickle.loads(_frame(jobs))  # noqa: S301 from our parent
    sys.path[:] = path
    _die_with(parent)
    resource.setrlimit(resource.RLIMIT_AS, (memory_max_bytes, memory_max_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold a person's photo
    while job := _frame(jobs):
        # The default action of SIGALRM ends the process even inside a library that holds the GIL.
        signal.setitimer(signal.ITIMER_REAL, deadline_s + _GRACE_S)
        answer = _answer(job, result_max)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(_LENGTH.pack(len(answer)))
        answers.write(answer)
        answers.flush()
        if answer == b"M":
            return
        del job, answer


def _answer(job: bytes, result_max: int) -> bytes:
    """Run one job and return its answer."""
    try:
        function, args, kwargs = pickle.loads(job)  # noqa: S301 from our parent
        answer = b"R" + pickle.dumps(function(*args, **kwargs), protocol=pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return b"M"
    except Exception as error:  # noqa: BLE001 whatever a job raises is an answer to its caller
        message = f"{type(error).__module__}.{type(error).__qualname__}: {error}"
        return b"E" + pickle.dumps((message, traceback.format_exc()))
    if len(answer) > result_max:
        return b"E" + pickle.dumps((f"a result of {len(answer)} bytes, over {result_max}", ""))
    return answer


def _frame(jobs: BinaryIO) -> bytes:
    """Read one frame; empty when the parent closed the pipe or died, even in mid-frame."""
    head = jobs.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return b""
    (length,) = _LENGTH.unpack(head)
    body = jobs.read(length)
    return body if len(body) == length else b""


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies, where it can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent died before the worker was ready")


if __name__ == "__main__":
    main()
