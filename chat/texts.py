"""The words of a talk: gettext catalogues, filled with money, times and counts by Babel.

A folder holds `fr/*.po` and `en/*.po`, a file a conversation. A msgid is a key (`buying.accept`), a
msgstr a sentence with `{facts}` in it; a Moment takes a style, `{starts:day}`. A message with a
plural is chosen by its fact `n`. Every language has the same keys and the same facts; a test
compares them.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from boxoffice.money import Money
from chat.messages import Moment, Span, Words

_NO_BREAK = " \u00a0\u202f"
_QUOTES = re.compile(f"(«[{_NO_BREAK}]?|[{_NO_BREAK}]?»)")

LANGUAGES = ("fr", "en")
"""The first is the house's own: what is not told otherwise is said in it."""

OWN_WORDS = Path(__file__).parent / "words"
"""What every talk says: sorry, and how a price stands in a sentence."""

_MOMENTS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "short": "EEE d\u00a0MMM,\u00a0{time}",
        "shortyear": "EEE d\u00a0MMM y,\u00a0{time}",
        "day": "EEEE d\u00a0MMMM",
        "dayshort": "EEE d\u00a0MMM",
        "dayyear": "EEE d\u00a0MMM y",
        "dayonly": "d\u00a0MMMM",
        "written": "d MMMM y {time}",
        "month": "MMMM y",
        "date": "EEEE d\u00a0MMMM y",
        "full": "EEEE d\u00a0MMMM y, {time}",
        "time": "{time}",
        "clock": "HH:mm:ss",
        "typed": "dd/MM/y HH:mm",
    },
    "en": {
        "short": "EEE d MMM,\u00a0{time}",
        "shortyear": "EEE d MMM y,\u00a0{time}",
        "day": "EEEE d MMMM",
        "dayshort": "EEE d MMM",
        "dayyear": "EEE d MMM y",
        "dayonly": "d MMMM",
        "written": "d MMMM y {time}",
        "month": "MMMM y",
        "date": "EEEE d MMMM y",
        "full": "EEEE d MMMM y, {time}",
        "time": "{time}",
        "clock": "HH:mm:ss",
        "typed": "dd/MM/y HH:mm",
    },
}
SAID_MAX = 4096
"""Times said before and kept, because thousands of buyers read of the same evening."""

JUST_NOW_MS = 1_000
"""Less than a second ago is just now."""

_JUST_NOW = {"fr": "à l’instant", "en": "just now"}

_TIMES = {"fr": ("H'\u00a0h\u00a0'mm", "H'\u00a0h'"), "en": ("h:mm\u00a0a", "h\u00a0a")}
"""How people write a time of day: with minutes, and at the full hour."""


def language_of(hint: str | None) -> str:
    """Choose the language to speak from what an app says of itself: `en-GB` -> `en`."""
    short = (hint or "")[:2].lower()
    return short if short in LANGUAGES else LANGUAGES[0]


class Texts:
    """The sentences of one talk in every language."""

    def __init__(self, *folders: Path) -> None:
        """Read every catalogue of each folder, and the few words every talk has.

        Raises:
            OSError: a folder has no catalogue of one of the languages.
        """
        self._languages = {
            language: _read(
                tuple(
                    file
                    for folder in (OWN_WORDS, *folders)
                    for file in sorted((folder / language).glob("*.po"))
                )
            )
            for language in LANGUAGES
        }

    def render(self, words: Words, language: str) -> str:
        """Say a sentence in a language.

        Raises:
            KeyError: the sentence or one of its facts does not exist.
        """
        if not words.key:
            return ""
        catalogue = self._languages.get(language) or self._languages[LANGUAGES[0]]
        number = words.facts.get("n")
        sentence = words.key
        if isinstance(number, int):
            sentence = catalogue.ngettext(words.key, words.key, number)
        if sentence == words.key:
            # No number, or a sentence that is the same for every number.
            sentence = catalogue.gettext(words.key)
        if sentence == words.key:
            raise KeyError(words.key)
        if not words.facts:
            return sentence
        facts = {
            name: value if type(value) is str else _Said(value, language, self)
            for name, value in words.facts.items()
        }
        said = sentence.format_map(facts)
        return _nested(said) if "«" in sentence else said


def _nested(said: str) -> str:
    """Write quotation marks inside others as “ ”: a title may have its own « ».

    A mark that is never closed, or closes nothing, leaves the sentence as it is.
    """
    if said.count("«") < 2 or said.count("«") != said.count("»"):  # noqa: PLR2004 (one inside another)
        return said
    found: list[str] = []
    depth = 0
    for part in _QUOTES.split(said):
        depth += part.startswith("«")
        inside = {"«": "“", "»": "”"}.get(part.strip(_NO_BREAK)) if depth > 1 else None
        found.append(inside or part)
        depth -= part.endswith("»")
        if depth < 0:
            return said
    return "".join(found)


class _Said:
    """A fact that knows how to stand in a sentence."""

    __slots__ = ("language", "texts", "value")

    def __init__(self, value: object, language: str, texts: Texts) -> None:
        self.value = value
        self.language = language
        self.texts = texts

    def __format__(self, style: str) -> str:
        value = self.value
        match value:
            case str():
                return value
            case int():
                return say_count(value, self.language)
            case Money():
                return value.format(self.language)
            case Moment():
                return say_moment(value, style or "short", self.language)
            case Span():
                return say_span(value, style, self.language)
            case Words():
                return self.texts.render(value, self.language)
            case tuple() | list():
                return "\n".join(self.texts.render(line, self.language) for line in value)
        raise TypeError(f"{type(value).__name__} cannot stand in a sentence")


@lru_cache(maxsize=SAID_MAX)
def say_count(number: int, language: str) -> str:
    """Say a number as people write it: `1 250`."""
    return format_decimal(number, locale=language)


@lru_cache(maxsize=SAID_MAX)
def say_moment(moment: Moment, style: str, language: str) -> str:
    """Say a point in time as people at its place write it; `style` is a key of the table above."""
    local = datetime.fromtimestamp(moment.ms / 1000, UTC).astimezone(ZoneInfo(moment.zone))
    time = _TIMES[language][0 if local.minute else 1]
    pattern = _MOMENTS[language][style].replace("{time}", time)
    if language == "fr" and local.day == 1:
        pattern = re.sub(r"d(?=\sMMM)", "d'er'", pattern)
    return format_datetime(local, pattern, locale=language)


@lru_cache(maxsize=SAID_MAX)
def say_span(span: Span, style: str, language: str) -> str:
    """Say a length of time: `30 minutes`, or with style `ago` `il y a 3 minutes`."""
    length = timedelta(milliseconds=span.ms)
    if style == "ago":
        if span.ms < JUST_NOW_MS:
            return _JUST_NOW[language]
        return format_timedelta(-length, add_direction=True, threshold=1, locale=language)
    return format_timedelta(length, threshold=1.5, locale=language)


@cache
def _read(files: tuple[Path, ...]) -> GNUTranslations:
    """Read .po files into one gettext catalogue, through Babel, without a build step.

    Once a process: it takes a tenth of a second, and the files are the program's own.
    """
    if not files:
        raise OSError("a talk needs a folder of texts with a catalogue for each language")
    with files[0].open("rb") as source:
        whole: Catalog = read_po(source)
    for file in files[1:]:
        with file.open("rb") as source:
            catalogue = read_po(source)
        for message in catalogue:
            if message.id:
                whole[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return GNUTranslations(compiled)
