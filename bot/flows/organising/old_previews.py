"""A preview left behind: its button shows it again, as things stand now."""

from bot.flows.organising.announcing import Announcing
from bot.flows.organising.edit_fields import stands
from bot.flows.organising.event_panel import panel
from bot.flows.organising.organiser_words import event_run_by, foreign
from bot.flows.organising.postponing import LATER, would_move
from chat.messages import Chat, Tap, Turn, words
from storage import event_changes
from storage.database import Tx
from storage.event_changes import Wanted
from storage.ids import from_text, to_text


async def ask_move_again(tx: Tx, chat: Chat, tap: Tap) -> Turn:
    """Show once more what an older button would postpone: `postponeok:EVENT:CHANGE`."""
    event = await event_run_by(tx, chat, tap.action)
    if event is None:
        return await foreign(tx, chat, tap.action)
    ask = Tap(f"postpone:{to_text(event.id)}")
    what = tap.action.rpartition(":")[2]
    if what == LATER:
        return await Announcing().postpone(tx, chat, Tap(f"{ask.action}:{LATER}"))
    change_id = from_text(what)
    asked = await event_changes.asked_together(tx, change_id) if change_id is not None else []
    change = asked[0] if asked else None
    if change is None or change.event_id != event.id or change.field != "when":
        return await Announcing().postpone(tx, chat, ask)
    if change.made_ms is not None:
        return await panel(tx, chat, event, words("announcing.done_already"))
    if int(change.new["starts_ms"]) <= chat.now_ms:
        return await Announcing().postpone(tx, chat, ask)
    wanted = Wanted(field="when", old=stands("when", event), new=change.new)
    return await would_move(tx, chat, event, wanted)
