"""What an operator does about organisers from a shell: who may publish, how much, and health."""

import argparse

from bot.flows.team.platform import ANSWERS, health_words, limit_words
from bot.operator.desk_journal import note_by_shell
from bot.operator.money_desk import beside
from bot.settings import Settings
from bot.watch.refusals import Refusal
from boxoffice.rules import DAY_MS
from chat.clock import wall_clock
from chat.messages import words
from storage import platform
from storage.database import Tx
from storage.ids import from_text, to_text

WORDS = {
    "health": "say how the installation is doing",
    "organisers": "list the organisers, those who wait first",
    "organiser": "approve, refuse or suspend an organiser, or limit its seats",
}

LANGUAGE = "en"
"""What a shell is spoken to in, as everywhere on the command line."""


def take_words(name: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of one command."""
    if name == "organiser":
        parser.add_argument("id")
        parser.add_argument("answer", choices=(*ANSWERS, "limit"))
        parser.add_argument("seats", nargs="?", type=int, help="with limit: seats of one event")


async def do(asked: argparse.Namespace, settings: Settings) -> str:
    """Do one command; answers with what to print.

    Raises:
        Refusal: there is no such organiser.
    """
    now_ms = wall_clock()
    async with beside(settings) as database:
        match asked.what:
            case "health":
                found = await database.read(platform.health, now_ms, now_ms - DAY_MS)
                said = health_words(found, now_ms, settings.zone)
                # Imported when asked for: no other command needs the conversations.
                from bot.flows.seller import seller_texts  # noqa: PLC0415 the line above

                return seller_texts().render(said, LANGUAGE)
            case "organisers":
                return "\n".join(await database.read(_listed, now_ms))
            case _:
                return await database.write(_change, asked.id, asked.answer, asked.seats, now_ms)


async def _listed(tx: Tx, now_ms: int) -> list[str]:
    lines, skip = [], 0
    while True:
        found = await platform.organisers_listed(tx, skip=skip, now_ms=now_ms)
        lines += [
            f"{to_text(one.id)}  {one.status:9}  {one.on_sale} on sale, {one.sold} tickets"
            f"  {one.name}"
            for one in found[: platform.LISTED_MAX]
        ]
        if len(found) <= platform.LISTED_MAX:
            return lines
        skip += platform.LISTED_MAX


async def _change(tx: Tx, organiser: str, answer: str, seats: int | None, now_ms: int) -> str:
    organiser_id = from_text(organiser)
    row = (
        await platform.organiser_row(tx, organiser_id, now_ms) if organiser_id is not None else None
    )
    if row is None:
        raise Refusal(f"There is no organiser {organiser}: see admin organisers.")
    if answer == "limit":
        await platform.set_limit(tx, row.id, seats)
        await note_by_shell(tx, row.id, limit_words(seats), now_ms)
        return f"{row.name}: {'no limit' if seats is None else f'{seats} seats an event'}."
    if await platform.set_status(tx, row.id, ANSWERS[answer]):
        await note_by_shell(tx, row.id, words(f"journal.organiser_{ANSWERS[answer]}"), now_ms)
    return f"{row.name} is {ANSWERS[answer]}."
