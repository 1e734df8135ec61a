"""What an organiser types of kinds that are on sale: `prix VIP 20000`, `renommer VIP en Or`.

Pure: text in, values out. What is not understood stays unread, and the question is asked again.
"""

import re
from dataclasses import dataclass

from bot.flows.organising.answers import (
    KIND_NAME_CHARS_MAX,
    LINE_CHARS_MAX,
    KindLine,
    NotAKind,
    QuotaLine,
    WhyNotKind,
    clean,
    read_kind,
    read_quota_line,
)
from bot.flows.organising.party_names import may_be_party
from boxoffice.money import Money, parse_money
from chat.messages import Words, words
from chat.understanding import fold


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A kind's name as it was typed, perhaps empty, and its new price."""

    name: str
    price: Money


@dataclass(frozen=True, slots=True)
class NameLine:
    """A kind's name as it was typed, and its new name."""

    name: str
    new: str


@dataclass(frozen=True, slots=True)
class DropLine:
    """A kind that is to go."""

    name: str


Line = PriceLine | NameLine | DropLine | KindLine | QuotaLine

_AMOUNT = (
    r"(?P<price>(?:[0-9]{1,3}(?:[ .][0-9]{3})+|[0-9]+)(?:[.,][0-9]{1,2})?(?:\s*[^\d\s]+){0,2})"
)
_PRICE = re.compile(rf"(?P<name>.*?)(?:^|\s*[:=]\s*|\s+)(?<![0-9]){_AMOUNT}")
_NAME = re.compile(r"(?P<name>.+?)\s+(?:en|to|as|→|->|=)\s+(?P<new>.+)", re.IGNORECASE)


def read_line(text: str, currency: str) -> Line | None:
    """Read one line; None if it is none of these."""
    said = clean(text)
    if len(said) > LINE_CHARS_MAX:
        return None
    first, _, rest = said.partition(" ")
    match fold(first):
        case "prix" | "price":
            return read_price(rest, currency)
        case "jauge" | "quota":
            return read_quota_line(rest)
        case "renommer" | "rename":
            found = _NAME.fullmatch(rest)
            fits = found is not None and len(found["new"]) <= KIND_NAME_CHARS_MAX
            return NameLine(found["name"], found["new"]) if found is not None and fits else None
        case "retirer" | "supprimer" | "remove":
            return DropLine(rest) if rest else None
        case "ajouter" | "add" | "tarif" | "kind":
            kind = read_kind(rest, currency)
        case _:
            kind = read_kind(said, currency)
    return kind if isinstance(kind, KindLine) else None


def why_unread(text: str, currency: str) -> Words:
    """Say what is wrong with a line that nothing was read from."""
    said = clean(text)[:LINE_CHARS_MAX]
    first = fold(said.partition(" ")[0])
    if first in {"prix", "price"}:
        return words("kinds.bad_price")
    if first in {"jauge", "quota"}:
        return words("kinds.bad_quota")
    kind = read_kind(said, currency)
    if isinstance(kind, NotAKind) and kind.why is not WhyNotKind.UNREADABLE:
        return words(f"creating.kind_{kind.why.value}", line=kind.line)
    return words("kinds.unread")


def read_price(text: str, currency: str) -> PriceLine | None:
    """Read `Standard 5000`, `Standard : 5 000 F`, `Standard gratuit`, or `5000` alone."""
    said = clean(text)[:LINE_CHARS_MAX]
    free = re.fullmatch(r"(?P<name>.*?)\s*[:=]?\s*\b(?:gratuite?s?|free)", said, re.IGNORECASE)
    if free is not None:
        return PriceLine(free["name"].strip(), Money(0, currency))
    found = _PRICE.fullmatch(said)
    price = parse_money(found["price"].strip(), currency) if found else None
    if found is None or not isinstance(price, Money):
        return None
    name = found["name"].strip(" :=")
    return None if may_be_party(name, found["price"]) else PriceLine(name, price)
