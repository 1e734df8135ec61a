"""What typed words mean below the conditions: a yes must be a clear act, everything else is helped.

Accepted is by the button, its words, or a sentence that says so ("j'accepte"), a slip of the hand
at most; by its number only where the app lists buttons so. `oui`, `ok` and `d'accord` agree to
anything and declare no age: they are told the one word that is missing. A question can be sent to
the organiser and costs the buyer nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, auto

from bot.flows.choosing.asking import Asked
from chat.messages import Chat, Choice, Say, Then, Turn, words
from chat.understanding import fold

ACCEPTANCES: Mapping[str, frozenset[str]] = dict.fromkeys(
    (
        "j accepte",
        "accepte",
        "oui j accepte",
        "ok j accepte",
        "d accord j accepte",
        "j accepte les conditions",
        "oui j accepte les conditions",
        "i accept",
        "accept",
        "yes i accept",
        "ok i accept",
        "i accept the conditions",
        "yes i accept the conditions",
    ),
    frozenset({"accept", "taken"}),
)
"""Folded sentences that press the button below the conditions: a buyer's, or a receiver's."""

_NO = re.compile(
    r"no|nope|non|nan|non merci|no thanks|no thank you|jamais|je refuse|i refuse|pas d accord"
    r"|(?:non )?(?:je |j )?(?:n )?accepte pas(?: .*)?|(?:no )?i (?:do not|don t) accept(?: .*)?"
)
_ASSENT = re.compile(
    r"(?:(?:oui|ouais|ok|okay|d accord|daccord|dac|ca marche|bien sur|c est bon|parfait|yes|yep"
    r"|yeah|sure|fine|agreed)(?: |$))+"
)
_ASKING_WORDS = """est quand comment pourquoi combien ou quel quelle quels quelles qui que puis peut
pouvez y what when how can is are do does where why which who"""
_ASKS = frozenset(_ASKING_WORDS.split())

CHANGES = frozenset(
    {"changer", "changer la quantite", "modifier", "retour", "revenir", "change", "back"}
)
"""Folded words that lead back to the quantity."""

ASKING_WORDS_MIN = 3
"""Fewer words without a question mark ask nothing that somebody could answer."""

QUESTION_CHARS_MAX = 1_500
"""A question kept until its button is pressed; a longer text goes by `aide`."""

QUESTION = "question"
"""What a chat remembers of the question typed below the conditions."""


class Answer(Enum):
    """What somebody typed where an acceptance was awaited."""

    NO = auto()
    ASSENT = auto()
    QUESTION = auto()
    OTHER = auto()


def read_answer(text: str) -> Answer:
    """Tell a no, a bare yes and a question from anything else; pure."""
    folded = fold(text)
    if _NO.fullmatch(folded):
        return Answer.NO
    spoken = folded.split()
    if len(text) <= QUESTION_CHARS_MAX and spoken:
        asks = spoken[0] in _ASKS and len(spoken) >= ASKING_WORDS_MIN
        if asks or text.rstrip().endswith("?"):
            return Answer.QUESTION
    if _ASSENT.fullmatch(folded):
        return Answer.ASSENT
    return Answer.OTHER


def answered(chat: Chat, text: str, answer: Answer, choices: tuple[Choice, ...]) -> Turn:
    """Say in one sentence what can be typed or pressed; the conversation stays where it stands."""
    match answer:
        case Answer.ASSENT:
            return Turn((Say(words("accepting.almost"), choices),))
        case Answer.QUESTION:
            memory = {**Asked.remembered(chat).memory(), QUESTION: text}
            say = Say(words("accepting.question"), (_send(), *choices))
            return Turn((say,), Then(chat.step, memory))
        case _:
            return Turn((Say(words("accepting.other"), choices),))


def question_offered(turn: Turn, text: str) -> Turn:
    """Offer to send a question typed where something else is asked, which is asked again below."""
    if turn.then is None or len(text) > QUESTION_CHARS_MAX:
        return turn
    first, *others = turn.say
    lines = (words("accepting.question"), first.words)
    say = Say(words("asking.lines", lines=lines), (_send(), *first.choices))
    then = Then(turn.then.step, {**turn.then.memory, QUESTION: text})
    return replace(turn, say=(say, *others), then=then)


def _send() -> Choice:
    return Choice(words("accepting.send_question"), "ask:this")
