"""How many an album let in so far, where its photos come as messages and nobody tells its end."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from boxoffice.verdicts import Verdict
from chat.messages import Chat, Codes, Part, Then
from gate_scanner.judging import Answer
from storage.ids import new_id

TALLY = "tally"
"""Where a chat remembers it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The codes of an album that were answered, and how many of them came in."""

    codes: int = 0
    admitted: int = 0
    answer_id: int | None = None
    """What the journal knows them together by."""

    def plus(self, answers: Sequence[Answer]) -> "Tally":
        """Count more of the album."""
        return Tally(
            self.codes + len(answers),
            self.admitted + sum(one.verdict is Verdict.ADMITTED for one in answers),
            self.answer_id,
        )


NOTHING = Tally()


def before(chat: Chat, heard: Codes) -> Tally:
    """Read what was answered of the album that these codes go on with."""
    kept = chat.memory.get(TALLY) if heard.part is Part.MORE else None
    if not isinstance(kept, dict):
        return Tally(answer_id=new_id(chat.now_ms))
    return Tally(kept["codes"], kept["admitted"], kept.get("answer_id"))


def kept(chat: Chat, heard: Codes, tally: Tally, then: Then | None) -> Then | None:
    """Remember it in the chat, beside where the person stands, if more of the album may come."""
    if heard.part is Part.WHOLE:
        return then
    step, memory = (then.step, then.memory) if then else (chat.step, chat.memory)
    return Then(step, dict(memory) | {TALLY: asdict(tally)})
