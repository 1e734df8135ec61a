"""Reading what buyers type and what buttons carry: ids, numbers, `2 VIP`."""

import re
from collections.abc import Sequence

from boxoffice.model import Kind
from chat.understanding import fold, near
from storage.ids import from_text

NUMBER_DIGITS_MAX = 6
"""No button of ours carries a larger number."""

TYPED_DIGITS_MAX = 4
"""A number that is all that was typed is a quantity, far too large or not."""

COUNT_DIGITS_MAX = 3
"""Nobody buys a thousand tickets by chat; a longer number is something else."""

PLURAL_CHARS_MIN = 3
"""Shorter words end in s by nature (`bus`), not by number."""

_NO_COUNT = re.compile(
    r"(?<![\w-])[-\u2212\u2013]\s?\d|\d\s?[.,]\s?\d|(?<!\d)0+(?!\d)|\d?[\u00bc\u00bd\u00be]|\bdemie?\b|\bhalf\b|\bz[eé]ro\b"
)

_BESIDE = frozenset({"billet", "place", "ticket", "de", "pour", "le", "la", "x", "svp", "please"})
"""What people write around a kind and its number, and what says nothing of either."""

_SO_MANY = re.compile(
    r"(?P<before>.*?)\b(?P<count>\w+) (?:billet|place|ticket|seat|entree)s?\b"
    r"(?: (?:pour|for|to|a|de|du|d)\b)? ?(?P<after>.*)"
)
"""A number of tickets and what they are for, folded."""

_BETWEEN_KINDS = re.compile(r"\s*(?:[,;+&]|\b(?:et|and|plus|avec)\b)\s*", re.IGNORECASE)


def quantity_and_kind(text: str, kinds: Sequence[Kind]) -> tuple[int | None, Kind] | None:
    """Read `2 VIP`, `je veux deux billets étudiants`, `VIP 2` or `VIP`; one kind needs no name.

    A question orders nothing: the kind it names is all that is read of it.
    """
    said = _singular(text)
    found = _of_a_kind(said, kinds) or _of_a_kind(
        [word for word in said if word not in _WISHING], kinds
    )
    return (None, found[1]) if found and is_question(text) else found


def _of_a_kind(said: list[str], kinds: Sequence[Kind]) -> tuple[int | None, Kind] | None:
    named = []
    for kind in kinds:
        rest = _without(said, _singular(kind.name))
        if rest is not None and len(rest) <= 1 and all(_number(word) is not None for word in rest):
            named.append((rest, kind))
    if not named:
        counts = [word for word in said if _number(word) is not None]
        rest = [word for word in said if word not in counts and word not in _BESIDE]
        if len(counts) > 1 or not (rest or (counts and len(kinds) == 1)):
            return None
        part = " ".join(rest)
        named = [(counts, kind) for kind in kinds if _names(part, " ".join(_singular(kind.name)))]
    if len(named) != 1:
        return None
    counts, kind = named[0]
    return (_number(counts[0]) or None) if counts else None, kind


def several_kinds(text: str, kinds: Sequence[Kind]) -> list[tuple[int, Kind]]:
    """Read `2 standard et 1 vip`: a number of each of several kinds; nothing where it is not so."""
    wishes = [quantity_and_kind(part, kinds) for part in _BETWEEN_KINDS.split(text) if part]
    found = {wish[1].id: (wish[0], wish[1]) for wish in wishes if wish and wish[0]}
    return list(found.values()) if len(found) == len(wishes) > 1 else []


def _names(part: str, name: str) -> bool:
    """Say whether words are some of a kind's name, or the whole of it but for one letter."""
    return not part or f" {part} " in f" {name} " or near(part, name)


def _singular(text: str) -> list[str]:
    """Fold words and take the mark of the plural off, so that `étudiants` is `étudiant`."""
    return [
        word[:-1]
        if _number(word) is None and len(word) > PLURAL_CHARS_MIN and word[-1] in "sx"
        else word
        for word in fold(text).split()
    ]


def _without(said: list[str], name: list[str]) -> list[str] | None:
    """What was said beside a name, words that say nothing left out; None without the name."""
    for at in range(len(said) - len(name) + 1):
        if said[at : at + len(name)] == name:
            rest = said[:at] + said[at + len(name) :]
            return [word for word in rest if word not in _BESIDE]
    return None


def _number(word: str) -> int | None:
    if word.isdecimal():
        return int(word) if len(word) <= COUNT_DIGITS_MAX else None
    return _WORD_NUMBERS.get(word)


def id_at(action: str, place: int) -> int | None:
    """Read an id written in base32 at a place of an action; None if it is not one."""
    parts = action.split(":")
    return from_text(parts[place]) if len(parts) > place else None


def number_at(action: str, place: int) -> int | None:
    """Read a small decimal number at a place of an action; None if it is not one."""
    parts = action.split(":")
    fits = len(parts) > place and parts[place].isascii() and parts[place].isdecimal()
    return int(parts[place]) if fits and len(parts[place]) <= NUMBER_DIGITS_MAX else None


def read_phone(text: str) -> str | None:
    """Read a number with its country, `+229...` or `00229...`, without its spaces; else None."""
    digits = re.sub(r"[\s().-]", "", text.strip())
    found = re.fullmatch(r"(?:\+|00)([1-9]\d{6,14})", digits)
    return f"+{found[1]}" if found and digits.isascii() else None


def is_no_count(text: str) -> bool:
    """Say whether a number was typed that no quantity can be: `-1`, `2,5`, `0`, `deux et demi`."""
    return _NO_COUNT.search(text.casefold()) is not None


def is_question(text: str) -> bool:
    """Say whether something was asked: who asks does not order."""
    return "?" in text and bool(fold(text))


def counted(text: str) -> int | None:
    """Read a number of tickets that is all that was typed: `3`, `trois`, `j'en veux 3 svp`.

    `-1` and `2,5` are none, nor is the number of a sentence about something else.
    """
    if is_no_count(text) or is_question(text):
        return None
    said = [word for word in _singular(text) if not _is_wishing(word)]
    if len(said) != 1:
        return None
    if said[0].isdecimal() and len(said[0]) <= TYPED_DIGITS_MAX:
        return int(said[0])
    return _number(said[0]) or _slipped(said[0])


def count_and_rest(text: str) -> tuple[int, str] | None:
    """Part `je veux 2 places pour samedi` into a number of tickets and the folded rest."""
    found = None if is_no_count(text) or is_question(text) else _SO_MANY.fullmatch(fold(text))
    count = _number(found["count"]) if found else None
    if not found or not count or not all(map(_is_wishing, _singular(found["before"]))):
        return None
    after = found["after"]
    return count, "" if all(map(_is_wishing, _singular(after))) else after


def _is_wishing(word: str) -> bool:
    return word in _WISHING or any(near(word, one) for one in ("billet", "place", "ticket"))


def _slipped(word: str) -> int | None:
    """Read a number with a letter astray: `quattre`."""
    found = {number for one, number in _WORD_NUMBERS.items() if near(word, one)}
    return found.pop() if len(found) == 1 else None


_WORD_NUMBERS = {
    word: number
    for number, variants in enumerate(
        (
            ("un", "une", "one"),
            ("deux", "two"),
            ("trois", "three"),
            ("quatre", "four"),
            ("cinq", "five"),
            ("six",),
            ("sept", "seven"),
            ("huit", "eight"),
            ("neuf", "nine"),
            ("dix", "ten"),
        ),
        start=1,
    )
    for word in variants
}

_WISHING_WORDS = """j je en il me m nous faut faudra faudrait aimerais aimerions veux voulons
voudrais voudrions prends prendrai prenons achete vais prendre acheter donnez moi donne seulement
juste alors finalement donc on est sera sommes serons ok oui merci s vous plait personnes entrees
total i d like ll take want need we are just only of for people person thank you thanks"""
_WISHING = frozenset(_singular(_WISHING_WORDS)) | _BESIDE - {"le", "la"}
"""What people write around a number they wish: a whole message of these is a quantity."""
