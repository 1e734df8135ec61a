"""The questions of supervisors and monitors, answered truly and to whom they concern."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from bot.watch.metrics import CONTENT_TYPE, Metrics
from bot.watch.readiness import LATE_MAX_MS, Readiness
from bot.web.health import health_routes, metrics_routes
from chat.messages import Say, words
from chat.saying import PRIORITY_DIALOGUE, queue_say
from tests.transcripts.stage import InThisProcess, open_stage

if TYPE_CHECKING:
    from storage.database import Database, Tx

TOKEN = "visibly-a-test-token"


async def _asked(
    routes: list[Route], path: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    transport = httpx.ASGITransport(app=Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers=headers)


async def test_health_is_the_databases_health() -> None:
    """A read that works is ok; one that fails is 503, and tells nobody why."""

    async def works() -> None:
        return

    async def fails() -> None:
        raise ConnectionError("password=hunter2")

    well = await _asked(health_routes(works), "/healthz")
    assert (well.status_code, well.json()) == (200, {"status": "ok"})
    ill = await _asked(health_routes(fails), "/healthz")
    assert (ill.status_code, ill.json()) == (503, {"status": "unavailable"})
    assert (await _asked(health_routes(works), "/readyz")).status_code == 404


async def test_ready_tells_what_is_not(database: Database) -> None:
    """A queue that nobody works, an app that is silent, a process that stops: each is told."""
    async with open_stage(database) as stage:
        await stage.hear("awa", "bonjour")
        ready = Readiness(database, stage.clock)
        routes = health_routes(ready.look, ready.look)
        assert (await _asked(routes, "/readyz")).json() == {
            "status": "ready",
            "checks": {"database": "ok", "outbox": "ok"},
        }
        await database.write(_queue, stage.clock())
        stage.clock.now_ms += LATE_MAX_MS + 1
        ready.channels["telegram"] = lambda: "no answer for the seller bot"
        ready.stop()
        answer = await _asked(routes, "/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"] == {
            "database": "ok",
            "outbox": "stuck",
            "telegram": "no answer for the seller bot",
            "process": "stopping",
        }
        # A long queue that moves is no fault.
        await stage.settle()
        await database.write(_queue, stage.clock() - LATE_MAX_MS - 1)
        assert (await ready.look())["outbox"] == "ok"


async def test_a_database_that_takes_no_writes_is_not_ready(database: Database) -> None:
    """Reading still works on a full disk: readiness writes."""
    ready = Readiness(database, lambda: 1)
    assert (await ready.look())["database"] == "ok"
    await database.close()
    assert await ready.look() == {"database": "takes no writes"}


async def test_figures_are_for_who_shows_the_token(database: Database) -> None:
    """Without the token there is no page; with it, turns, holds, payments, scans and times."""
    async with open_stage(database) as stage:
        metrics = Metrics(database, stage.clock, "alone")
        await stage.world("événement jazz: Jazz | 12/06/2027 20:30 | Standard 5000 x 30")
        await stage.world("porte jazz")
        await stage.world("awa achète 1 pour jazz")
        await stage.hear("porte", "(photo de awa)")
        for text in ("/start e_jazz", "1 Standard", "j'accepte"):
            await stage.hear("koffi", text)
        await metrics.timed(InThisProcess()).run(sum, [1, 2])
        routes = metrics_routes(metrics.page, CONTENT_TYPE, TOKEN)
        assert (await _asked(routes, "/metrics")).status_code == 404
        wrong = {"authorization": f"Bearer {TOKEN}x"}
        assert (await _asked(routes, "/metrics", wrong)).status_code == 404
        closed = metrics_routes(metrics.page, CONTENT_TYPE, None)
        assert (
            await _asked(closed, "/metrics", {"authorization": "Bearer None"})
        ).status_code == 404
        page = (await _asked(routes, "/metrics", {"authorization": f"Bearer {TOKEN}"})).text
    for line in (
        'guichet_payments_today{state="paid"} 1.0',
        'guichet_payments_today{state="open"} 1.0',
        'guichet_scans_today{verdict="admitted"} 1.0',
        "guichet_holds 1.0",
        "guichet_outbox_late_seconds 0.0",
        'guichet_heavy_seconds_count{process="alone",work="sum"} 1.0',
    ):
        assert line in page
    assert 'guichet_turns_total{process="alone"} 0.0' not in page
    assert 'function="chat.turns.take_turn"' in page


async def _queue(tx: Tx, now_ms: int) -> None:
    [chat] = await tx.rows("SELECT id FROM chats LIMIT 1")
    await queue_say(tx, chat["id"], Say(words("menu.head")), PRIORITY_DIALOGUE, now_ms)
