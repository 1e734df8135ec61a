"""How many persons a kind's own name lets in on one ticket: `Table de 5 personnes`.

Pure: text in, a number out. Only what is plainly said counts; a range or a bound says no number.
"""

import re

from chat.understanding import fold

PARTY_MAX = 50
"""A table, a class, a coach; more is an event of its own."""

_DASH = re.compile(r"(?<=[0-9])\s*[-–—/]\s*(?=[0-9])")
"""`4-6 personnes` is a range."""

_ONWARDS = re.compile(r"(?<=[0-9])\s*\+")
"""`10+ personnes` has no end."""

_PERSONS = r"(?:pers|personnes?|convives?|invites?|people|persons?|guests?)"
_SAID = re.compile(rf"\b(?:([0-9]+) (?:a|ou|to|or) )?([0-9]{{1,2}}) ?{_PERSONS}\b")
_TABLE = re.compile(r"\b(?:table|groupe|group|party) (?:de|of|pour|for) ([0-9]{1,2})$")
_BOUNDED = re.compile(
    r"\b(?:des|partir|au moins|moins de|plus de|(?:et|ou) plus|min|minimum"
    r"|from|at least|less|more|over|under|and up)\b"
)
"""`Groupe dès 10 personnes` is a price for each of them."""

_LEADS = frozenset("123456789")
"""What a price begins with: `5 000` is one number, `5 250 000` may be five and a price."""


def read_party(name: str) -> int:
    """Read how many come in on one ticket of a kind so named, 2 to the most; 1 if it is not said.

    `Table de 5 personnes`, `Loge (4 pers.)`, `Table for 5 people`, `Table de 5`.
    """
    said = fold(_DASH.sub(" à ", _ONWARDS.sub(" et plus", name)))
    if _BOUNDED.search(said):
        return 1
    found = _SAID.search(said)
    table = _TABLE.search(said)
    if found is not None and found[1] is None:
        size = int(found[2])
    elif found is None and table is not None:
        size = int(table[1])
    else:
        return 1
    return size if 1 < size <= PARTY_MAX else 1


def may_be_party(name: str, price: str) -> bool:
    """Say whether a price's first figure may be how many come in: `Table de` and `5 250 000`."""
    head, _, rest = price.partition(" ")
    return rest[:1] in _LEADS and read_party(f"{name.strip()} {head}") > 1
