"""The commands of Guichet, and the composition root: settings in, one running installation out.

python -m bot demo          three phones on one page, nothing to set up
python -m bot run           the bots for real, with the settings of .env
python -m bot admin keys    make a line for TICKET_KEYS
python -m bot admin owner   make the first owner's one-use link
python -m bot whatsapp templates   make and submit WhatsApp's templates
python -m bot backup [FILE]          copy the SQLite database while it runs
python -m bot restore FILE           put a copy in its place
python -m bot migrate-data sqlite:///... postgresql://...   move an installation over
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import webbrowser

from bot.operator import money_desk, platform_desk, safekeeping
from bot.operator.moving_over import move_data
from bot.operator.smoke import smoke
from bot.settings import Settings, SettingsRefused, read_settings
from bot.watch.logs import set_up_logs
from bot.watch.refusals import Refusal
from bot.worlds import side_by_side
from boxoffice.codes import new_key
from storage.database import CannotOpen


def main(arguments: list[str] | None = None) -> int:
    """Run one command; answers the process's exit code."""
    asked = _parser().parse_args(arguments)
    try:
        settings = read_settings()
        set_up_logs(settings.log_format, settings.log_level)
        return _do(asked, settings)
    except (SettingsRefused, Refusal, CannotOpen) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2


def _do(asked: argparse.Namespace, settings: Settings) -> int:
    match asked.command, getattr(asked, "what", None):
        case "demo", _:
            from bot.worlds import demo_world  # noqa: PLC0415 (no world weighs on another)

            asyncio.run(_until_told(demo_world.serve(settings, _opened)))
        case "run", _:
            asyncio.run(_run(asked, settings))
        case "admin", "keys":
            sys.stdout.write(f"TICKET_KEYS={new_key()}\n")
        case "smoke", _:
            return asyncio.run(smoke(asked.service, settings, asked.to))
        case "admin", "owner":
            from bot.worlds import live_world  # noqa: PLC0415 (as above)

            sys.stdout.write(f"{asyncio.run(live_world.owner_link(settings))}\n")
        case "migrate-data", _:
            sys.stdout.write(asyncio.run(move_data(asked.source, asked.target)))
        case "backup" | "restore" as what, _:
            work = safekeeping.restore if what == "restore" else safekeeping.back_up
            sys.stdout.write(work(settings, asked.file))
        case "whatsapp", "templates":
            from bot.worlds import live_whatsapp  # noqa: PLC0415 (as above)

            lines = asyncio.run(live_whatsapp.make_templates(settings))
            sys.stdout.write("\n".join([*lines, ""]))
        case "admin", _:
            desk = platform_desk if asked.what in platform_desk.WORDS else money_desk
            sys.stdout.write(f"{asyncio.run(desk.do(asked, settings))}\n")
    return 0


async def _run(asked: argparse.Namespace, settings: Settings) -> None:
    """Run for real: alone, as the parent of several workers, or as one of them."""
    from bot.worlds import live_world  # noqa: PLC0415 (as above)

    if asked.number is not None:
        place = side_by_side.Place(asked.listener, asked.lifeline, asked.number)
        await _until_told(live_world.serve(settings, place), place.lifeline)
    elif settings.workers > 1:
        await _until_told(side_by_side.serve(settings))
    else:
        await _until_told(live_world.serve(settings))


async def _until_told(
    world: contextlib.AbstractAsyncContextManager[None], lifeline: int | None = None
) -> None:
    """Run a world until SIGTERM, Ctrl-C or its parent's end; then it stops in its own order."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    if lifeline is not None:
        loop.add_reader(lifeline, told.set)
    async with world:
        await told.wait()


def _opened(url: str) -> None:
    """Say where the demo is, and open it when somebody sits before this machine."""
    sys.stdout.write(f"Guichet, la démo : {url}\n(Ctrl-C pour arrêter)\n")
    sys.stdout.flush()
    if sys.stdout.isatty():
        webbrowser.open(url)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot", description="A box office that lives in Telegram and WhatsApp."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="three phones on one page, nothing to set up")
    run = commands.add_parser("run", help="the bots for real, with the settings of .env")
    for handed in ("--listener", "--lifeline", "--number"):
        # What `WORKERS=n` hands to its workers; nobody else needs them.
        run.add_argument(handed, type=int, help=argparse.SUPPRESS)
    admin = commands.add_parser("admin", help="what an operator does from a shell")
    what = admin.add_subparsers(dest="what", required=True)
    what.add_parser("keys", help="make a line for TICKET_KEYS")
    what.add_parser("owner", help="make the first owner's one-use link, good for 24 hours")
    whatsapp = commands.add_parser("whatsapp", help="what WhatsApp needs once")
    whatsapp.add_subparsers(dest="what", required=True).add_parser(
        "templates", help="make and submit what may be said after 24 hours of silence"
    )
    moved = commands.add_parser("migrate-data", help="move an installation to PostgreSQL")
    moved.add_argument("source", help="sqlite:///guichet.db, with nothing running on it")
    moved.add_argument("target", help="postgresql://user:password@host/name, new and empty")
    kept = commands.add_parser("backup", help="copy the SQLite database while it runs, checked")
    kept.add_argument("file", nargs="?", help="where to; else backups/, by the time of day")
    back = commands.add_parser("restore", help="put a checked copy in the database's place")
    back.add_argument("file", help="the copy; Guichet must be stopped")
    check = commands.add_parser("smoke", help="try a service with real test credentials")
    check.add_argument("service", choices=("stripe", "telegram", "twilio", "pawapay"))
    check.add_argument(
        "--to", metavar="NUMBER", help="twilio: a phone that wrote to our number today"
    )
    for desk in (money_desk, platform_desk):
        for name, described in desk.WORDS.items():
            desk.take_words(name, what.add_parser(name, help=described))
    return parser


if __name__ == "__main__":
    sys.exit(main())
