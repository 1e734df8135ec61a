"""What is asked of the holders before the conditions: names, birth dates, seats with numbers.

The answers are kept in the chat's memory; whatever is missing, of whatever kind, is asked next, so
that an old button leads on from wherever it is pressed.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from babel.dates import get_month_names

from bot.flows.choices import back_to
from boxoffice import rules, seating
from boxoffice.model import Event, Kind, Naming, Seat
from boxoffice.seating import Place
from chat.messages import Chat, Choice, Moment, Say, Then, Turn, Words, words
from chat.texts import LANGUAGES
from chat.understanding import fold
from storage import orders, places
from storage.database import Tx
from storage.ids import to_text

HOLDER_CHARS_MIN = 2
HOLDER_CHARS_MAX = 60
"""A name that fits on a ticket, on two lines."""

NAME_WORDS_MIN = 2
"""What an identity card shows: a first name and a surname."""

_NO_NAME = re.compile(
    r"(?:je )?(?:ne |n )?(?:sais|connais) pas.*|j en sais rien|aucune? (?:idee|nom).*"
    r"|pas (?:encore|d idee|de nom|decide).*|plus tard.*|n importe .*|comme (?:vous|tu) .*"
    r"|(?:mon|ma|mes) (?:mari|femme|amie?s?|frere|soeur|pere|mere|fils|fille|enfants?).*"
    r"|no idea.*|(?:i )?don t know.*|not (?:yet|sure).*|my (?:friend|wife|husband).*|later on"
    r"|j accepte.*|i accept.*|d accord.*|non merci|no thanks?"
)
"""What is typed instead of a name, folded."""

_CODE = re.compile(r"(?=.*\d)[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}")
"""A ticket's code, given where a name is asked for."""

_BETWEEN_NAMES = re.compile(r"[\n,;&+]|\s(?:et|and)\s", re.IGNORECASE)

_SENTENCE = re.compile(
    r"\b(?:rembours\w*|refund\w*|est ce que|comment|pourquoi|combien|problemes?|problems?)\b"
    r"|\b(?:je|j en) (?:ne |n )?(?:veux|voudrais|peux|souhaite|dois|ai|suis pas)\b"
    r"|\bi (?:want|would|can|need|have|do)\b|\b(?:can|could|how|why|what) (?:i|you|do|is)\b"
)
"""Folded words of a wish or a question: whoever asks for something signs nothing."""

_INTRODUCED = re.compile(
    r"^(?:je m['’ ]appelle|je suis|(?:moi )?c['’ ]est|(?:mon|son) nom est|(?:il|elle) s['’ ]appelle"
    r"|(?:my|his|her) name is|i['’]m|i am|it['’]s|it is)\s+",
    re.IGNORECASE,
)
"""How a name is said in a sentence."""

READY = "buying.accept"
"""Where a chat stands whose answers are all there: the conditions are shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A quantity of a kind, and what has been answered for it so far, by rank."""

    kind_id: int
    count: int
    names: tuple[str, ...] = ()
    births: tuple[str, ...] = ()
    """Birth dates, ISO 8601."""
    places: tuple[int, ...] = ()
    proposed: tuple[int, ...] = ()
    """Seats that were offered and not yet taken."""

    @staticmethod
    def remembered(chat: Chat) -> "Asked":
        """Read the answers from the chat's memory."""
        memory = chat.memory
        return Asked(
            int(memory["kind"]),
            int(memory["count"]),
            tuple(memory.get("names", ())),
            tuple(memory.get("births", ())),
            tuple(memory.get("places", ())),
            tuple(memory.get("proposed", ())),
        )

    @staticmethod
    def for_(chat: Chat, kind: Kind, count: int) -> "Asked":
        """Read the answers for this kind and quantity, if the conversation still stands there."""
        if chat.memory.get("kind") == kind.id and chat.memory.get("count") == count:
            return Asked.remembered(chat)
        return Asked(kind.id, count)

    def memory(self) -> dict[str, object]:
        """Return what the chat remembers."""
        return {
            "kind": self.kind_id,
            "count": self.count,
            "names": list(self.names),
            "births": list(self.births),
            "places": list(self.places),
            "proposed": list(self.proposed),
        }

    def with_proposed(self) -> "Asked":
        """Take the seats that were offered."""
        if len(self.proposed) != self.count:
            return self
        return replace(self, places=self.proposed, proposed=())

    def seats(self, kind: Kind) -> list[Seat]:
        """Return one seat a ticket, with its holder's name and birth date and its number."""
        return [
            Seat(
                rank + 1,
                kind.id,
                kind.price.amount_minor,
                self.names[rank] if self.names else None,
                date.fromisoformat(self.births[rank]) if self.births else None,
                self.places[rank] if self.places else None,
            )
            for rank in range(self.count)
        ]


Hear = Callable[[Tx, Chat, Event, Kind, Asked, str], Awaitable[Asked | Turn]]
"""Takes an answer: what is known then, or the question again with what was wrong."""


async def ask(tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked) -> Turn | None:
    """Ask the next thing that is missing; None when all is there."""
    if event.naming is Naming.NOMINATIVE and len(asked.names) < asked.count:
        return _ask_name(event, asked)
    if event.checks_age and len(asked.births) < asked.count:
        return _ask_birth(event, asked)
    if kind.is_numbered and len(asked.places) < asked.count:
        return await _propose(tx, chat, event, kind, asked)
    return None


async def spoken(tx: Tx, asked: Asked) -> list[str]:
    """Say each holder as the conditions list them: the name, the seat, or both; else nothing."""
    seats = await places.named(tx, asked.places)
    lines = [
        " · ".join(part for part in (name, seat) if part)
        for name, seat in zip(
            asked.names or [""] * asked.count, seats or [""] * asked.count, strict=True
        )
    ]
    return [line for line in lines if line]


async def nothing_more(
    _tx: Tx, _chat: Chat, _event: Event, _kind: Kind, asked: Asked, _text: str
) -> Asked | Turn:
    """Take words where nothing more is asked: whatever is missing, or the conditions, comes."""
    return asked


# ---- Names ---------------------------------------------------------------------------------------


def read_holder(text: str) -> str | None:
    """Read a beneficiary's name; None if it is a sentence, a ticket's code, or does not fit."""
    name = " ".join(text.split())
    fits = HOLDER_CHARS_MIN <= len(name) <= HOLDER_CHARS_MAX and not _is_sentence(name)
    is_name = any(char.isalpha() for char in name) and not _CODE.fullmatch(name)
    return name if fits and is_name else None


def _is_sentence(text: str) -> bool:
    folded = fold(text)
    return _SENTENCE.search(folded) is not None or ("?" in text and bool(folded))


def why_no_holder(text: str) -> Words:
    """Say why a text is no name that fits on a ticket."""
    if len(" ".join(text.split())) > HOLDER_CHARS_MAX:
        return words("renaming.too_long", n=HOLDER_CHARS_MAX)
    if _is_sentence(text):
        return words("renaming.sentence")
    return Words("renaming.unreadable")


def read_full_name(text: str) -> str | None:
    """Read a first name and a surname, as a gate compares them; None if it is not both."""
    name = read_holder(_INTRODUCED.sub("", " ".join(text.split()), count=1))
    if name is None or "?" in name or _NO_NAME.fullmatch(folded := fold(name)):
        return None
    return name if len(folded.split()) >= NAME_WORDS_MIN else None


def read_full_names(text: str) -> list[str]:
    """Read one first name and surname, or several beside each other; nothing where one is not."""
    names = [read_full_name(part) for part in _BETWEEN_NAMES.split(text) if part.strip()]
    if len(names) < 2 or None in names:  # noqa: PLR2004 (beside each other stand two)
        names = [read_full_name(text)]
    return [name for name in names if name is not None]


async def hear_name(
    _tx: Tx, _chat: Chat, event: Event, _kind: Kind, asked: Asked, text: str
) -> Asked | Turn:
    """Take the next beneficiary's name, or those of several; never two for one ticket."""
    left = asked.count - len(asked.names)
    names = read_full_names(text)
    if left > 0 and not 1 <= len(names) <= left:
        return _ask_name(event, asked, key="buying.name_again")
    return replace(asked, names=(*asked.names, *names)) if left > 0 else asked


def _ask_name(event: Event, asked: Asked, key: str = "buying.name") -> Turn:
    """Ask for the next beneficiary's name, remembering those given."""
    question = words(
        key if asked.count > 1 else f"{key}_only",
        rank=len(asked.names) + 1,
        count=asked.count,
        title=event.title,
    )
    return _question(event, asked, question, "buying.name")


# ---- Birth dates ---------------------------------------------------------------------------------


_MONTHS = {
    fold(name): number
    for language in LANGUAGES
    for width in ("wide", "abbreviated")
    for number, name in get_month_names(width, locale=language).items()
}


def read_birth(text: str, today: date) -> date | None:
    """Read `12/06/2005`, `12 juin 2005`, `June 12, 2005` or `2005-06-12`; None if it is no date.

    Numbers are day before month in both languages; a year has four digits, so that nobody is
    taken for a hundred years older.
    """
    parts = re.findall(r"[^\W_]+", fold(text))
    months = [_MONTHS[part] for part in parts if part in _MONTHS]
    numbers = [int(part) for part in parts if part.isdecimal() and len(part) <= 4]  # noqa: PLR2004 (a year's digits)
    known = len(months) + len(numbers) == len(parts)
    match (known, months, numbers):
        case (True, [month], [day, year]):
            pass
        case (True, [], [day, month, year]):
            if day > 31:  # noqa: PLR2004 (ISO 8601: the year comes first)
                day, year = year, day
        case _:
            return None
    try:
        born = date(year, month, day)
    except ValueError:
        return None
    return born if born <= today and rules.age_on(born, today) <= rules.AGE_MAX else None


async def hear_birth(
    _tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked, text: str
) -> Asked | Turn:
    """Take the next holder's birth date; who will be too young on the day is not sold a ticket."""
    if len(asked.births) >= asked.count:
        return asked
    zone = ZoneInfo(event.zone)
    born = read_birth(text, rules.event_day(chat.now_ms, zone))
    if born is None:
        return _ask_birth(event, asked, words("asking.birth_again"))
    at_day = rules.age_day(event.starts_ms, kind.valid_from_ms, zone)
    if rules.age_on(born, at_day) < event.age_min:
        day = Moment(max(event.starts_ms, kind.valid_from_ms), event.zone)
        return _ask_birth(event, asked, words("asking.too_young", years=event.age_min, day=day))
    return replace(asked, births=(*asked.births, born.isoformat()))


def _ask_birth(event: Event, asked: Asked, *said: Words) -> Turn:
    rank = len(asked.births)
    who = asked.names[rank] if asked.names else ""
    key = "asking.birth_of" if who else "asking.birth"
    question = words(key, rank=rank + 1, count=asked.count, name=who)
    return _question(event, asked, _below(*said, question), "buying.birth")


# ---- Numbered seats ------------------------------------------------------------------------------


async def hear_seats(
    tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked, text: str
) -> Asked | Turn:
    """Take typed seats, if they are free and leave nobody's neighbour alone."""
    free = await _free(tx, chat, event, kind)
    chosen = seating.find(free, text)
    if chosen is None:
        return await _propose(tx, chat, event, kind, asked, words("asking.not_free"))
    if len(chosen) != asked.count:
        wrong = words("asking.other_number", n=asked.count)
        return await _propose(tx, chat, event, kind, asked, wrong)
    if not seating.may_choose(free, chosen):
        alone = ", ".join(place.name for place in seating.holes(free, chosen))
        return await _propose(tx, chat, event, kind, asked, words("asking.hole", places=alone))
    return replace(asked, places=tuple(place.id for place in chosen), proposed=())


async def seats_gone(tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked) -> Turn:
    """Propose other seats: somebody was faster."""
    return await _propose(
        tx, chat, event, kind, replace(asked, places=()), words("asking.seats_gone")
    )


async def _propose(
    tx: Tx, chat: Chat, event: Event, kind: Kind, asked: Asked, *said: Words
) -> Turn:
    """Offer the best seats that are free, side by side where a row has so many."""
    free = await _free(tx, chat, event, kind)
    best = seating.best(free, asked.count)
    if not best:
        return _question(event, asked, words("asking.too_few", n=len(free)), "")
    names = ", ".join(place.name for place in best)
    beside = "asking.seats" if _are_beside(best) else "asking.seats_apart"
    example = " ".join(place.name for place in free[-asked.count :])
    question = words(beside, n=asked.count, places=names, example=example)
    take = Choice(words("asking.take", places=names), f"seats:{to_text(kind.id)}:{asked.count}")
    offered = replace(asked, places=(), proposed=tuple(place.id for place in best))
    return _question(event, offered, _below(*said, question), "buying.seat", take)


async def _free(tx: Tx, chat: Chat, event: Event, kind: Kind) -> list[Place]:
    """Read the free seats of a kind; those this buyer holds unpaid may be chosen again."""
    hold = await orders.active_hold(tx, event.id, chat.person_id)
    return await places.free_of(tx, kind.id, also_of=hold.id if hold else None)


def _are_beside(seats: Sequence[Place]) -> bool:
    one_row = len({place.row_name for place in seats}) == 1
    numbers = sorted(place.number for place in seats)
    return one_row and numbers[-1] - numbers[0] == len(seats) - 1


def _question(event: Event, asked: Asked, said: Words, step: str, *first: Choice) -> Turn:
    return Turn((Say(said, (*first, back_to(event.id))),), then=Then(step, asked.memory()))


def _below(*lines: Words) -> Words:
    """Set sentences one under the other."""
    return lines[0] if len(lines) == 1 else words("asking.lines", lines=lines)
