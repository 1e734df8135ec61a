"""How far a message to many has come, in words."""

from bot.flows.organising.event_panel import sales_button
from bot.flows.organising.organiser_words import in_lines
from chat.messages import Choice, Say, words
from storage import broadcasts, events
from storage.database import Tx
from storage.ids import to_text


async def cast_tally(tx: Tx, cast_id: int) -> tuple[Say | None, bool]:
    """Tell how far a message has come, with the buttons that ask again and that stop it.

    Answers too whether it is over.
    """
    cast = await broadcasts.broadcast_by_id(tx, cast_id)
    event = await events.event_by_id(tx, cast.event_id or 0) if cast else None
    if cast is None or event is None:
        return None, True
    going = cast.state == "running" or (cast.state == "queued" and cast.waiting > 0)
    lines = [
        words(
            "casting.tally",
            state=words(f"casting.state_{'running' if going else cast.state}"),
            people=cast.people,
            n=cast.sent,
        )
    ]
    if going:
        left = cast.people - cast.sent - cast.failed - cast.withdrawn
        lines.append(words("casting.left", n=max(0, left)))
    if cast.failed:
        lines.append(words("casting.failed", n=cast.failed))
    if cast.state == "stopped":
        lines.append(words("casting.withdrawn", n=max(0, cast.people - cast.sent - cast.failed)))
    again = Choice(words("organising.refresh"), f"casttally:{to_text(cast.id)}")
    stop = (Choice(words("casting.stop"), f"caststop:{to_text(cast.id)}"),) if going else ()
    return Say(in_lines(*lines), (again, *stop, sales_button(event))), not going
