"""What a terminal's page sends, read strictly: bad input is answered, and judged by nobody."""

import re
from typing import Any

from boxoffice.codes import code_hash
from boxoffice.scan_facts import IdCheck
from boxoffice.verdicts import Verdict
from gate_scanner.terminal.scanning import Companions, PaperSeen, RestOfOrder, Scan
from gate_scanner.terminal.uploading import ENTRIES_MAX, Entry
from storage.ids import from_text
from storage.scans import Paper, Together

RAW_LENGTH_MAX = 4_000
"""The largest QR holds 4,296 digits or 2,953 bytes; a ticket code has 29 characters."""

PARTY_MAX = 50
"""As many as a ticket may be for."""

LOST_MAX = 20
"""Requests of one terminal without an answer; `LOST_MAX` of the page's store keeps as many."""

TIME_MS_MAX = 4_102_444_800_000
"""The year 2100."""

ENTRY_LATEST_VERDICTS = frozenset(Verdict) - {Verdict.CONFLICT, Verdict.ANNULLED, Verdict.FORCED}

_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HASH = re.compile(r"[0-9a-f]{64}")


class Unfit(Exception):
    """A request that is not one of ours; the sentence says which part."""


def read_scan(fields: dict[str, Any]) -> Scan:
    """Read a scan; raises Unfit."""
    raw = fields.get("raw")
    if not (isinstance(raw, str) and 0 < len(raw) <= RAW_LENGTH_MAX):
        raise Unfit(f"`raw` is a text of 1 to {RAW_LENGTH_MAX} characters.")
    request_id, lost = read_request_id(fields.get("id")), read_lost(fields.get("lost", []))
    return Scan(request_id, raw, fields.get("typed") is True, lost)


def read_paper(fields: dict[str, Any]) -> PaperSeen:
    """Read what staff said of an identity paper; raises Unfit."""
    ticket, seen = _ticket(fields), fields.get("seen")
    if not isinstance(seen, bool):
        raise Unfit("`seen` is true or false.")
    paper = Paper(IdCheck.SEEN if seen else IdCheck.REFUSED, read_time(fields.get("asked_ms")))
    return PaperSeen(read_request_id(fields.get("id")), ticket, paper)


def read_party(fields: dict[str, Any]) -> Companions:
    """Read how many more of a party come in; raises Unfit."""
    ticket = _ticket(fields)
    persons, after = (_count(fields.get(name)) for name in ("persons", "after"))
    return Companions(read_request_id(fields.get("id")), ticket, Together(persons, after))


def read_rest(fields: dict[str, Any]) -> RestOfOrder:
    """Read of which ticket's order the rest comes in; raises Unfit."""
    return RestOfOrder(read_request_id(fields.get("id")), _ticket(fields))


def _ticket(fields: dict[str, Any]) -> str:
    ticket = fields.get("ticket")
    if isinstance(ticket, str) and from_text(ticket) is not None:
        return ticket
    raise Unfit("`ticket` is what the answer carried.")


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= PARTY_MAX:
        return value
    raise Unfit(f"Persons are 1 to {PARTY_MAX}.")


def read_entries(fields: dict[str, Any]) -> list[Entry]:
    """Read uploaded entries, in order; raises Unfit."""
    given = fields.get("entries")
    if not (isinstance(given, list) and 0 < len(given) <= ENTRIES_MAX):
        raise Unfit(f"`entries` are 1 to {ENTRIES_MAX}.")
    return [_entry(one) for one in given]


def read_request_id(value: object) -> str:
    """Read the name that a page gave its request; raises Unfit."""
    if isinstance(value, str) and _REQUEST_ID.fullmatch(value):
        return value
    raise Unfit("`id` is a UUID in lower case.")


def read_lost(lost: object) -> tuple[str, ...]:
    """Read the names of requests whose answers never came back; raises Unfit."""
    if not (isinstance(lost, list) and len(lost) <= LOST_MAX):
        raise Unfit(f"`lost` are at most {LOST_MAX} names.")
    return tuple(read_request_id(one) for one in lost)


def read_time(value: object) -> int:
    """Read a time in ms; raises Unfit."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TIME_MS_MAX:
        return value
    raise Unfit("A time is a number of milliseconds since 1970 UTC.")


def read_id(value: object) -> int:
    """Read one of our ids, written as digits because JavaScript would round it; raises Unfit."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:  # noqa: PLR2004 (2**63 - 1 has 19 digits)
        number = int(value)
        if number < 1 << 63:
            return number
    raise Unfit("An id is a text of digits.")


def _entry(one: object) -> Entry:
    if not isinstance(one, dict):
        raise Unfit("An entry is an object.")
    try:
        verdict = Verdict(str(one.get("verdict")))
    except ValueError:
        raise Unfit("`verdict` is one of the gate's.") from None
    if verdict not in ENTRY_LATEST_VERDICTS:
        raise Unfit("`verdict` is not one that a terminal gives.")
    code, raw_hash = one.get("code"), one.get("hash")
    if code is not None and not (isinstance(code, str) and len(code) <= RAW_LENGTH_MAX):
        raise Unfit("`code` is a text.")
    if not (isinstance(raw_hash, str) and _HASH.fullmatch(raw_hash)):
        raise Unfit("`hash` is SHA-256 in hexadecimal.")
    return Entry(
        id=read_request_id(one.get("id")),
        terminal_id=read_id(one.get("terminal")),
        verdict=verdict,
        at_ms=read_time(one.get("at_ms")),
        code=code,
        raw_hash=code_hash(code) if code else raw_hash,
        typed=one.get("typed") is True,
        gate_id=None if one.get("gate") is None else read_id(one.get("gate")),
        asked_as=None if one.get("of") is None else read_request_id(one.get("of")),
        lost=read_lost(one.get("lost", [])),
    )
