"""What a seed decides: which crossings of a play go wrong and how, and what people do twice."""

import random
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Protocol

Kind = Literal["write", "words", "picture", "fetch", "provider"]

FAULTS_MAX = 8
KILLS_MAX = 3
"""Three deaths delay a play by three leases: with more, holds end that did not in the calm."""


class Deed(Enum):
    """What happens at one crossing."""

    GO_ON = "goes on"
    DIE_BEFORE = "the process dies before"
    DIE_AFTER = "the process dies after"
    FAIL_BEFORE = "fails, nothing done"
    FAIL_AFTER = "done, but the answer is lost"
    ASK_PATIENCE = "the channel asks to wait"
    REFUSE_PICTURE = "the channel refuses the picture"
    ARRIVE_LATE = "so slow that it is given up, and arrives after what follows"


_SENDS = (Deed.FAIL_BEFORE, Deed.FAIL_AFTER, Deed.ASK_PATIENCE)

_DEEDS: dict[Kind, tuple[Deed, ...]] = {
    "write": (Deed.FAIL_BEFORE, Deed.FAIL_AFTER),
    "words": _SENDS,  # never refused for ever: that would be a person who blocked the bot
    "picture": (*_SENDS, Deed.REFUSE_PICTURE),
    "fetch": (Deed.FAIL_BEFORE,),
    "provider": (Deed.FAIL_BEFORE, Deed.FAIL_AFTER, Deed.ARRIVE_LATE),
}

FETCHES_FAILED_MAX = 2
"""A message whose picture cannot be fetched three times is given up with a sorry, rightly."""


class Weather(Protocol):
    """Decides what happens at each crossing, and in which order those that wait may go."""

    crossings: int
    """How many crossings there were so far."""

    def next(self, kind: Kind) -> Deed:
        """Say what happens at this crossing."""
        ...

    def pick(self, waiting: int) -> int:
        """Choose which of so many waiting goes first."""
        ...


@dataclass(slots=True)
class Calm:
    """Nothing ever goes wrong."""

    crossings: int = 0

    def next(self, kind: Kind) -> Deed:  # noqa: ARG002 (a weather's shape)
        """Go on."""
        self.crossings += 1
        return Deed.GO_ON

    def pick(self, waiting: int) -> int:  # noqa: ARG002 (a weather's shape)
        """First come, first served."""
        return 0


@dataclass(slots=True)
class KillAt:
    """One death, at one crossing, before or after it took effect; the rest is calm."""

    index: int
    deed: Literal[Deed.DIE_BEFORE, Deed.DIE_AFTER]
    crossings: int = 0

    def next(self, kind: Kind) -> Deed:  # noqa: ARG002 (a weather's shape)
        """Die at the one."""
        self.crossings += 1
        return self.deed if self.crossings == self.index else Deed.GO_ON

    def pick(self, waiting: int) -> int:  # noqa: ARG002 (a weather's shape)
        """First come, first served."""
        return 0


@dataclass(slots=True)
class Storm:
    """Deaths and failures at crossings that the seed draws among as many as the calm play had."""

    seed: int
    among: int
    chance: random.Random = field(init=False)
    deeds: dict[int, Deed | None] = field(init=False)
    """By crossing; None is a failure whose manner is drawn when its kind is known."""
    crossings: int = 0
    fetches_failed: int = 0

    def __post_init__(self) -> None:
        """Draw what will happen."""
        self.chance = random.Random(self.seed)
        places = range(1, self.among + 1)
        kills = self.chance.sample(places, self.chance.randint(0, min(KILLS_MAX, self.among)))
        faults = self.chance.sample(places, self.chance.randint(0, min(FAULTS_MAX, self.among)))
        self.deeds = dict.fromkeys(faults)
        for place in kills:
            self.deeds[place] = self.chance.choice((Deed.DIE_BEFORE, Deed.DIE_AFTER))

    def next(self, kind: Kind) -> Deed:
        """Say what the seed has for this crossing."""
        self.crossings += 1
        deed = self.deeds.get(self.crossings, Deed.GO_ON)
        if deed is not None:
            return deed
        if kind == "fetch":
            self.fetches_failed += 1
            if self.fetches_failed > FETCHES_FAILED_MAX:
                return Deed.GO_ON
        return self.chance.choice(_DEEDS[kind])

    def pick(self, waiting: int) -> int:
        """Let the seed reorder what happens at the same time."""
        return self.chance.randrange(waiting)
