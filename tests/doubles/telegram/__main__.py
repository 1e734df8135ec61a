"""Run the double as a process of its own; see control.py for what it answers."""

import argparse
import asyncio
import signal

from starlette.applications import Starlette

from tests.doubles.serving import serving
from tests.doubles.telegram.control import Control
from tests.doubles.telegram.server import TelegramDouble


async def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 lets the machine choose")
    parser.add_argument("--bot", action="append", default=[], metavar="USERNAME=TOKEN")
    asked = parser.parse_args()
    double = TelegramDouble()
    for bot in asked.bot:
        username, _, token = bot.partition("=")
        double.bot(username, token)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = Starlette(routes=[*double.routes(), *Control(double).routes()])
    async with serving(app, asked.port) as url:
        print(f"READY {url}", flush=True)  # noqa: T201 (the parent waits for this line)
        await stop.wait()
        await double.close()


if __name__ == "__main__":
    asyncio.run(main())
