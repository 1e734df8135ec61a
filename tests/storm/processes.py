"""A process in a storm: wired behind its crossings, and buried when it died at one."""

import asyncio
from dataclasses import replace

from bot.installation import Installation, install
from bot.payments.protocol import Provider
from chat.albums import AlbumPatience
from tests.storm.edges import Crossings, EdgeChannel, EdgeDatabase, EdgePost, EdgeProvider
from tests.storm.screens import StormScreens
from tests.storm.sketching import Sketches
from tests.transcripts.stage import Stage

RETURN_URL = "https://guichet.example/"

BURIAL_S = 30
"""Tasks of a dead process end at their next crossing, long before this."""


def behind(
    stage: Stage, screens: StormScreens, crossings: Crossings, provider: Provider | None = None
) -> Installation:
    """Wire a process whose every way to the world leads through these crossings.

    `provider` takes money in the sandbox's place.
    """
    channel, till = screens.channel, provider or stage.sandbox
    return install(
        EdgeDatabase(stage.database, crossings),
        replace(stage.guichet.house, providers=(till.name,)),
        channels={channel.name: EdgeChannel(channel, crossings, channel.name)},
        providers={till.name: EdgeProvider(till, crossings, till.name)},
        workers=Sketches(),
        clock=stage.clock,
        return_urls={channel.name: RETURN_URL},
        post=EdgePost(stage.post, crossings),
        albums=AlbumPatience(stage.acting.quiet, follows_ms=0),  # a script's clock stands still
    )


async def bury(tasks: set[asyncio.Task[None]]) -> None:
    """Wait until nothing of a dead process runs any more."""
    if not tasks:
        return
    done, left = await asyncio.wait(tasks, timeout=BURIAL_S)
    assert not left, f"tasks outlive their process: {left}"
    for task in done:
        if not task.cancelled():
            task.exception()  # looked at: what a dead process thought of it does not matter
