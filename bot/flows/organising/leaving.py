"""A new event left in mid-way: nothing is made; its answers wait until something else begins."""

from dataclasses import asdict, replace

from bot.flows.organising.draft import Draft, remembered
from bot.flows.organising.organiser_words import create_button, list_button
from chat.messages import Chat, Choice, Say, Then, Turn, words

NEW = "new."
"""How the names of a new event's questions begin, as steps of the conversation."""

TAKE_UP = "takeup"
"""What stands for a question in the button that goes on with it."""

_LEFT = "left"
"""Where the chat remembers it."""


def leave(chat: Chat, question: str) -> Turn:
    """Leave a new event at its open question, or a change of one; a new one may be taken up."""
    draft = remembered(chat)
    then = Then()
    if chat.step == f"{NEW}{question}" and draft.title and draft.event_id is None:
        then = Then("", {_LEFT: {"question": question, "answers": asdict(draft)}})
    again = (Choice(words("creating.take_up"), f"new:{TAKE_UP}:go"),) if then.memory else ()
    say = Say(words("creating.cancelled"), (*again, create_button(), list_button()))
    return Turn((say,), then)


def left(chat: Chat) -> tuple[str, Draft] | None:
    """Read the question and the answers of a new event that was left; None if they are gone."""
    kept = chat.memory.get(_LEFT)
    if kept is None:
        return None
    return kept["question"], remembered(replace(chat, memory=kept["answers"]))
