"""`python -m bot migrate-data`: an installation moves from its SQLite file to PostgreSQL."""

from bot.watch.refusals import Refusal
from storage import moving
from storage.opening import open_database

_NEXT = """\
Put the new address into DATABASE_URL and start. Keep the old file as it is until you have seen the
new one work.
"""


async def move_data(source_url: str, target_url: str) -> str:
    """Move everything over and check it; answers with what to print.

    The source is opened as the running process opens it, so that nothing can run on it meanwhile;
    it is only read.

    Raises:
        Refusal: the addresses are not one of each, the target is not empty, or the copy differs.
        CannotOpen: one of them does not open, or a process still runs on the source.
    """
    if not source_url.startswith("sqlite:") or not target_url.startswith("postgres"):
        raise Refusal("Moving goes from sqlite:///FILE to postgresql://USER@HOST/NAME.")
    source = await open_database(source_url)
    try:
        target = await open_database(target_url)
        try:
            counts = await moving.move(source, target)
        except moving.MoveRefused as error:
            raise Refusal(str(error)) from None
        finally:
            await target.close()
    finally:
        await source.close()
    lines = [f"  {name} {count}" for name, count in sorted(counts.items()) if count]
    return "\n".join(["Moved, and compared by rows, sums and lengths:", *lines, _NEXT])
