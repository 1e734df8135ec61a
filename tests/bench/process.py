"""What a process costs: how soon it answers, and what it weighs when nothing happens."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx

ROOT = Path(__file__).parents[2]
RUNS = 5
ANSWER_WITHIN_S = 20
IDLE_AFTER_S = 2.0
"""Long enough for what a start leaves behind to be let go of."""


async def process_figures() -> dict[str, float]:
    """Start the demo and time its first answer; weigh it idle, where Linux tells."""
    starts, weights = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            start_ms, weight_mb = await start_once(folder)
            starts.append(start_ms)
            weights.append(weight_mb)
    return {"start_ms": median(starts), "idle_rss_mb": median(weights)}


async def start_once(folder: str) -> tuple[float, float]:
    """Start the demo on the folder's `demo.db`; its first answer in ms, and its weight in MB."""
    port = _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/demo.db",
    }
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: ASYNC220 (our own program, and its start is what is timed)
        [sys.executable, "-m", "bot", "demo"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await _answered(port)
        start_ms = (time.perf_counter() - began) * 1000
        await asyncio.sleep(IDLE_AFTER_S)  # it is the idle process that is weighed
        return start_ms, resident_mb(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, ANSWER_WITHIN_S)


async def _answered(port: int) -> None:
    """Ask until the process answers."""
    url = f"http://127.0.0.1:{port}/healthz"
    async with asyncio.timeout(ANSWER_WITHIN_S), httpx.AsyncClient(trust_env=False) as client:
        while True:
            try:
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.005)


def resident_mb(pid: int | str = "self") -> float:
    """Read the resident memory of a process, this one if none is named, from Linux's /proc."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not tell what a process weighs")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
