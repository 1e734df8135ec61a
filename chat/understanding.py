"""What typed words mean, given what was offered: `1`, `J'ACCEPTE` and `mes bilets` are taps.

Pure: text and labels in, an action or nothing out. How far words may be from a button depends on
what it does. One that only shows or leads (`light`) is pressed by a part of its label, or by words
with a slip or two. One that binds (accepts, cancels, gives away, refunds, ...) wants its whole
label, its number, or a sentence that stands for it (`phrases`), with one letter too few, too many
or two swapped at the most; a letter replaced makes another word, so that is no slip. What is not
known to be light binds.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

TEXT_CHARS_MAX = 4096
"""The longest message any channel carries; what is longer is cut before it is looked at."""

ASSENTS = frozenset(
    {"oui", "ouais", "oui oui", "oui merci", "oui d accord", "ok", "okay", "ok d accord"}
    | {"d accord", "daccord", "bien sur", "c est bon", "je confirme", "confirmer", "confirme"}
    | {"yes", "yes please", "yep", "sure", "confirm", "i confirm"}
)
"""Folded words that say yes to a question, where one button alone says yes to it."""

REFUSALS = frozenset({"non", "non merci", "nan", "no", "no thanks", "nope"})
"""Folded words that say no to it, where one button alone is left."""

VERB_CHARS_MIN = 3
"""A label's first word says what it does: `rendre`, not the `j` of `J'accepte`."""

BACK = frozenset({"retour", "revenir", "back"})
"""Folded words that press the button whose label begins with one: nobody is called so."""

RANK_DIGITS_MAX = 3
"""Nobody is offered a thousand choices."""

CONTAINED_CHARS_MIN = 3
"""Shorter words say too little to be found inside a label."""

TYPO_RATIO_MIN = 0.82
"""Two folded phrases this alike are one with a slip: a letter in five or six."""

TYPO_CHARS_MIN = 5
"""Shorter words differ by one letter and mean another thing."""

NEAR_CHARS_MIN = 5
"""As above, where a single letter is forgiven: `tikets` is, `non` is not."""


_BELOW_NOTHING = re.compile(r"\s*[-\u2212\u2013]\s*\d")
"""A number with a minus is not the button of that number: `-1` is not `1`."""

_COMBINING = re.compile("[\u0300-\u036f]+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Fold case, accents, punctuation and spaces away, so that `J’ACCEPTE !` is `j accepte`.

    This is also how search columns are folded, so that both engines compare the same bytes.
    """
    plain = text[:TEXT_CHARS_MAX].casefold()
    if not plain.isascii():
        plain = _COMBINING.sub("", unicodedata.normalize("NFKD", plain))
    return plain if plain.isalnum() else _BETWEEN_WORDS.sub(" ", plain).strip()


def choose(
    text: str,
    offered: Sequence[tuple[str, str]],
    commands: Mapping[str, str],
    *,
    numbers_choose: bool,
    light: Collection[str] = (),
    phrases: Mapping[str, Collection[str]] | None = None,
    confirms: Callable[[str], bool] = lambda _action: False,
) -> str | None:
    """Find the action a person means by typing, or None.

    Args:
        text: what was typed.
        offered: the (label, action) pairs last shown, in order.
        commands: words that work everywhere, folded, with their action.
        numbers_choose: whether `2` means the second choice; false where a number is asked for.
        light: the first words of actions that bind nobody.
        phrases: folded sentences, and how the action begins of the button that each presses.
        confirms: whether an action says yes to the question above it.
    """
    folded = fold(text)
    if not folded or _BELOW_NOTHING.match(text):
        return None
    labels = [(fold(label), action) for label, action in offered]
    if numbers_choose and (answer := _answer(folded, labels, confirms)) is not None:
        return answer
    if (found := _exactly(folded, labels, commands)) is not None:
        return found
    if not numbers_choose:
        return _only({action for label, action in labels if _leads_back(folded, label)})
    if folded.isdecimal():
        is_rank = len(folded) <= RANK_DIGITS_MAX and 1 <= int(folded) <= len(labels)
        return labels[int(folded) - 1][1] if is_rank else _alike(folded, _lights(labels, light))
    return (
        _only(_pressed(folded, labels, phrases or {}))
        or _alike(folded, _lights(labels, light))
        or _only(_commanded(folded, commands, light))
    )


def near(one: str, other: str) -> bool:
    """Say whether two phrases differ by one letter too many or by two neighbours swapped."""
    if abs(len(one) - len(other)) > 1:  # most pairs, and every turn compares dozens
        return False
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < NEAR_CHARS_MIN:
        return False
    at = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), None)
    if at is None:
        return True
    if len(shorter) < len(longer):
        return shorter[at:] == longer[at + 1 :]
    swapped = shorter[at + 1 : at + 2] + shorter[at : at + 1]
    return longer[at : at + 2] == swapped and longer[at + 2 :] == shorter[at + 2 :]


def _exactly(
    folded: str, labels: Sequence[tuple[str, str]], commands: Mapping[str, str]
) -> str | None:
    """Find what a command or a whole label means.

    A button shown that does what the command does says to what. One label on several buttons
    (three tickets, each with `Corriger le nom`) is the command that asks which, where there is one.
    """
    command = commands.get(folded)
    shown = [action for label, action in labels if label == folded]
    if command is not None:
        return _only({one for one in shown if _verb(one) == _verb(command)}) or command
    if len(set(shown)) > 1 and (verb := _verb(shown[0])) in commands.values():
        return verb
    return shown[0] if shown else None


def _leads_back(folded: str, label: str) -> bool:
    """Say whether a word typed where words are an answer is the button that leads back."""
    return folded in BACK and label.partition(" ")[0] in BACK


def _answer(
    folded: str, labels: Sequence[tuple[str, str]], confirms: Callable[[str], bool]
) -> str | None:
    """Find the button that a yes, a no, or the verb of the yes presses below a plain question."""
    sure = [(label, action) for label, action in labels if confirms(action)]
    if len(sure) != 1:
        return None
    label, action = sure[0]
    verb = label.partition(" ")[0]
    if folded in ASSENTS or folded == label or (folded == verb and len(verb) >= VERB_CHARS_MIN):
        return action
    others = {other for _, other in labels if other != action}
    return _only(others) if folded in REFUSALS else None


def _pressed(
    folded: str, labels: Sequence[tuple[str, str]], phrases: Mapping[str, Collection[str]]
) -> set[str]:
    """Find the buttons that words press but for one slip: by the whole label, or a phrase."""
    said = [verbs for phrase, verbs in phrases.items() if phrase == folded or near(folded, phrase)]
    verbs = {verb for one in said for verb in one}
    return {action for label, action in labels if _verb(action) in verbs or near(folded, label)}


def _commanded(folded: str, commands: Mapping[str, str], light: Collection[str]) -> set[str]:
    """Find the light commands that words are but for one slip."""
    if len(folded) > max(map(len, commands), default=0) + 1:
        return set()  # a sentence, or a gate's every typed code: not compared with dozens of words
    return {
        action for word, action in commands.items() if near(folded, word) and _verb(action) in light
    }


def _lights(pairs: Iterable[tuple[str, str]], light: Collection[str]) -> list[tuple[str, str]]:
    return [(words, action) for words, action in pairs if _verb(action) in light]


def _verb(action: str) -> str:
    return action.partition(":")[0]


def _only(found: set[str]) -> str | None:
    """Take what is found if it is one thing: two are no answer."""
    return found.pop() if len(found) == 1 else None


def _alike(folded: str, labels: Sequence[tuple[str, str]]) -> str | None:
    """Find the one label that contains the words, or is them but for a slip; two are no answer."""
    if len(folded) >= CONTAINED_CHARS_MIN:
        inside = {action for label, action in labels if f" {folded} " in f" {label} "}
        if len(inside) == 1:
            return inside.pop()
    if len(folded) >= TYPO_CHARS_MIN:
        return _only({action for label, action in labels if _slip(folded, label)})
    return None


def _slip(folded: str, label: str) -> bool:
    """Say whether the words are the label, or a run of its words, with a letter or two astray.

    A number is never a slip: `standard 3` is not the button `Standard · 5 000 F CFA`.
    """
    words, wanted = label.split(), len(folded.split())
    runs = (" ".join(words[at : at + wanted]) for at in range(max(1, len(words) - wanted + 1)))
    return any(_numbers(run) == _numbers(folded) and alike(folded, run) for run in runs)


def alike(one: str, other: str) -> bool:
    """Say whether two phrases differ by a slip; most pairs are told apart by their lengths alone.

    The matcher takes milliseconds over a long text, and a gate's every typed code comes by here:
    its two upper bounds are asked first, the one of the lengths before it is even made.
    """
    both = len(one) + len(other)
    if 2 * min(len(one), len(other)) < TYPO_RATIO_MIN * both:
        return False
    matcher = SequenceMatcher(None, one, other)
    return matcher.quick_ratio() >= TYPO_RATIO_MIN and matcher.ratio() >= TYPO_RATIO_MIN


def _numbers(text: str) -> list[str]:
    return [word for word in text.split() if word.isdecimal()]


ENGLISH_GREETINGS = frozenset({"hello", "hi"})
"""First words of a greeting that only English has: not every app says what a phone speaks."""


def language_words(verb: str) -> dict[str, str]:
    """Words that ask for a language, with the action of each: `VERB:fr`, or `VERB` to be asked."""
    french = ("francais", "fr", "en francais", "french", "in french", "parler francais")
    english = ("english", "en", "anglais", "en anglais", "in english", "english please")
    asked = ("langue", "la langue", "changer de langue", "language", "change language")
    return (
        dict.fromkeys(french, f"{verb}:fr")
        | dict.fromkeys(english, f"{verb}:en")
        | dict.fromkeys(asked, verb)
    )
