"""A server that answers everything with the same few bytes: what HTTP itself costs."""

import asyncio
import sys

from starlette.types import Receive, Scope, Send

from bot.web.serving import listen, serving

ANSWER = b'{"verdict":"admitted"}'


async def empty(_scope: Scope, receive: Receive, send: Send) -> None:
    """Read a request to its end and answer it."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


async def _serve() -> None:
    listener = listen("127.0.0.1", 0)
    async with serving(empty, listener, before_stop=lambda: None):
        sys.stdout.write(f"open {listener.getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
