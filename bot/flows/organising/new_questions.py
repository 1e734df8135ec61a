"""The questions of a new event: how each is asked, with its example and the buttons it has."""

from dataclasses import asdict

from bot.flows.organising.dates import When
from bot.flows.organising.draft import DOORS_BEFORE_MS, Draft, remembered
from bot.flows.organising.organiser_words import in_lines
from boxoffice.model import Naming
from boxoffice.rules import EVENT_DAY_TURNS_MS
from chat.messages import Chat, Choice, Moment, Say, Then, Turn, Words, words

QUESTIONS = ("title", "when", "place", "kinds", "age", "naming", "description")
"""In the order in which they are asked; each is a step `new.QUESTION` of the chat."""


def first_question(*noted: Words) -> Turn:
    """Begin a new event: ask for its title."""
    return ask("title", Draft(), *noted)


def asked_on(chat: Chat) -> Turn:
    """Ask again what stands open of a new event, for words that would have left it."""
    return ask(chat.step.removeprefix("new."), remembered(chat), words("creating.begun"))


def ask(question: str, draft: Draft, *noted: Words) -> Turn:
    """Ask a question, under what has just been understood."""
    asked = words(f"creating.ask_{question}")
    if question == "kinds" and draft.kinds:
        asked = words("creating.ask_more_kinds")
    return refuse(question, draft, *noted, asked)


def refuse(question: str, draft: Draft, *said: Words) -> Turn:
    """Stay at a question and say why; its sentence holds an example, its buttons the ways on."""
    cancel = Choice(words("creating.cancel"), f"new:{question}:cancel")
    back = Choice(words("creating.back"), f"new:{question}:back")
    ways_out = (back, cancel) if question != QUESTIONS[0] or draft.event_id else (cancel,)
    say = Say(in_lines(*said), (*_answers(question, draft), *ways_out))
    return Turn((say,), Then(f"new.{question}", asdict(draft)))


def _answers(question: str, draft: Draft) -> tuple[Choice, ...]:
    """Give the buttons that answer a question."""
    match question:
        case "kinds" if draft.kinds:
            answers = ["done", "clear"]
        case "age":
            answers = ["21", "18", "0"]
        case "naming":
            answers = [Naming.TRANSFERABLE.value, Naming.NOMINATIVE.value]
        case "description":
            answers = ["skip"]
        case _:
            answers = []
    return tuple(
        Choice(words(f"creating.{question}_{answer}"), f"new:{question}:{answer}")
        for answer in answers
    )


def noted_when(when: When, zone: str) -> Words:
    """Repeat in words when the event is."""
    starts = Moment(when.starts_ms, zone)
    doors = Moment(when.starts_ms - DOORS_BEFORE_MS, zone)
    if not when.is_several_days:
        return words(
            "creating.noted_evening", starts=starts, doors=doors, ends=Moment(when.ends_ms, zone)
        )
    # The last night belongs to the last day.
    last = Moment(when.ends_ms - EVENT_DAY_TURNS_MS, zone)
    key = "creating.noted_days" if when.is_hour_given else "creating.noted_days_no_hour"
    return words(key, starts=starts, doors=doors, last=last)
