"""A new event begun: words about other events do not lose it, its question comes back."""

from collections.abc import Mapping

from bot.flows.organising.new_questions import asked_on
from chat.messages import Chat, Choice, Tap, Turn
from chat.talk import Step
from storage.database import Tx

_ELSEWHERE_WORDS = """postpone calloff maintain unmove sales rules cast organise figures guests
codes desk tickets greet events begin new clone journal team doors live quota kinds"""
_ELSEWHERE = frozenset(_ELSEWHERE_WORDS.split())
"""Commands that lead to other events, or begin another: typed words, no buttons of a question."""


def kept(actions: Mapping[str, Step]) -> dict[str, Step]:
    """Let what leads to other events give way to the open question of a new one."""
    return {verb: _kept(step) if verb in _ELSEWHERE else step for verb, step in actions.items()}


def _kept(step: Step) -> Step:
    async def go(tx: Tx, chat: Chat, heard: Tap) -> Turn:
        return asked_on(chat) if _would_lose(chat, heard.action) else await step(tx, chat, heard)

    return go


def _would_lose(chat: Chat, action: str) -> bool:
    """Say whether an action leaves a new event's question; without a title little is lost."""
    if action not in _ELSEWHERE or not chat.step.startswith("new."):
        return False
    if chat.memory.get("event_id") is not None or not (
        chat.memory.get("title") or action == "calloff"
    ):
        return False
    return not any(isinstance(one, Choice) and one.action == action for one in chat.offered)
