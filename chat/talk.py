"""A talk: its steps and its texts. The seller is one, the scanner another."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat.messages import Chat, Heard, Inbound, Start, TalkName, Tap, Text, Turn
from chat.texts import Texts
from storage.database import Tx

Step = Callable[[Tx, Chat, Any], Awaitable[Turn]]
"""`async def step(tx, chat, heard) -> Turn`: no network, no clock, no sleeping inside."""

Prepare = Callable[[Inbound], Awaitable[Heard]]
"""Far preparation before the turn: a Photo becomes the Codes read in it."""

AS_IT_CAME = (Text, Tap, Start)
"""What no preparation changes: its turn can be taken the moment it comes in."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What a conversation can hear and where each thing leads."""

    name: TalkName
    texts: Texts
    actions: Mapping[str, Step]
    """By the first word of an action (`kind` of `kind:3F:2`): what a button does."""
    steps: Mapping[str, Step]
    """By the chat's step: what free text means there."""
    heard: Mapping[type, Step]
    """By class: Start, Photo, Codes, ..., every fact; Text when no step takes it."""
    lost: Step
    """A button that means nothing any more."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """Folded words that work everywhere (`menu`, `annuler`), with the action each stands for."""
    openings: Mapping[str, Step] = field(default_factory=dict)
    """By the first word of a longer text: `jauge VIP 350`, where no answer is awaited."""
    insists: Callable[[Chat, str], bool] = lambda _chat, _text: False
    """Whether a text means its opening even where an answer is awaited: `aide K7M2P9X ...`."""
    light: frozenset[str] = frozenset()
    """The first words of actions that show or lead and bind nobody: see chat/understanding.py."""
    phrases: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Folded sentences that press a button by the first word of its action, where it is shown."""
    confirms: Callable[[str], bool] = lambda _action: False
    """Whether an action says yes to the question above its button: `oui` presses it then, if no
    other button there does, and what is not understood is answered with the same buttons."""
    final: Callable[[str], bool] = lambda _action: False
    """Whether an action does what a figure alone must not: its button is pressed, or said in words.
    On the channels in `numbered` a message may list its buttons by figures, and there they do."""
    numbered: frozenset[str] = frozenset()
    asks_first: Mapping[str, Step] = field(default_factory=dict)
    """What cannot be undone, by the first word of its action: the step that asks once more, taken
    where its button is not among those shown last."""
    is_code: Callable[[str], bool] = lambda _text: False
    """Whether a text can be nothing but a code: it is not compared with buttons and commands."""
    number_steps: frozenset[str] = frozenset()
    """The steps where a typed number is an answer, not the choice of that rank."""
    figure_steps: frozenset[str] = frozenset()
    """The steps where a figure is an answer, if the app draws buttons; words still press them."""
    hurried: frozenset[str] = frozenset()
    """The first words of actions whose answers go before other dialogue: in a rush, who is about
    to take a seat goes on, and who asks after the last one hears at once that it is gone."""
    burst_max: int | None = None
    """Messages of one person that are answered in a minute; None where as many come as can."""
    hears_albums: bool = False
    """Whether photos sent together are heard as one message, and get one reply."""
    too_fast: str = "too_fast"
    """What is said, once a minute, to who sends more than is answered, by its key."""
    sorry: str = "sorry"
    """What is said when a message could not be worked, by its key."""
