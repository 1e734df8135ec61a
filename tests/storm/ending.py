"""How a play ended: the facts in the database, and what people have heard."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boxoffice.codes import Code, read_code
from chat.messages import Outgoing
from gate_scanner.decoding.answer import Shape
from storage.database import Tx
from tests.storm.sketching import seen
from tests.transcripts.stage import SCANNER_PEOPLE

# What a play leaves behind, without what differs between two plays of it: ids, codes, times.
_FACTS = {
    "events": "SELECT title, status FROM events",
    "kinds": "SELECT name, price_minor, quota, taken FROM kinds",
    "orders": "SELECT chats.ref, events.title, orders.status, orders.quantity, orders.total_minor"
    " FROM orders JOIN chats ON chats.id = orders.chat_id"
    " JOIN events ON events.id = orders.event_id",
    # The page of an order that is over ends when its provider is next asked: sooner or later.
    "payments": "SELECT chats.ref, CASE WHEN payments.status = 'open'"
    " AND orders.status IN ('cancelled', 'expired') THEN 'failed' ELSE payments.status END"
    " AS status, payments.amount_minor FROM payments"
    " JOIN orders ON orders.id = payments.order_id JOIN chats ON chats.id = orders.chat_id",
    "tickets": "SELECT chats.ref, kinds.name, tickets.number, tickets.holder, tickets.status,"
    " tickets.scanned_at_ms IS NOT NULL AS used FROM tickets"
    " JOIN orders ON orders.id = tickets.order_id JOIN chats ON chats.id = orders.chat_id"
    " JOIN kinds ON kinds.id = tickets.kind_id",
    "transfers": "SELECT people.name, transfers.status, taker.name AS taker, tickets.number"
    " FROM transfers JOIN people ON people.id = from_id LEFT JOIN people AS taker"
    " ON taker.id = to_id JOIN tickets ON tickets.id = transfers.ticket_id",
    # Shown again a little later, what was just let in is used, and who just left is not inside.
    "scans": "SELECT people.name, CASE WHEN scans.verdict <> 'replay' THEN scans.verdict"
    " WHEN gates.direction = 'out' THEN 'not_inside' ELSE 'already_used' END AS verdict"
    " FROM scans JOIN people ON people.id = scans.person_id"
    " LEFT JOIN gates ON gates.id = scans.gate_id",
    "staff": "SELECT people.name, staff.role, staff.revoked_ms IS NOT NULL AS revoked FROM staff"
    " JOIN people ON people.id = staff.person_id",
    "questions": "SELECT chats.ref, questions.body, answered_ms IS NOT NULL AS answered"
    " FROM questions JOIN chats ON chats.id = questions.chat_id",
    "failed": "SELECT 'inbox' AS what, COUNT(*) AS count FROM inbox WHERE state = 'failed'",
}
_COLUMNS = {
    "events": ("title", "status"),
    "kinds": ("name", "price_minor", "quota", "taken"),
    "orders": ("ref", "title", "status", "quantity", "total_minor"),
    "payments": ("ref", "status", "amount_minor"),
    "tickets": ("ref", "name", "number", "holder", "status", "used"),
    "transfers": ("name", "status", "taker", "number"),
    "scans": ("name", "verdict"),
    "staff": ("name", "role", "revoked"),
    "questions": ("ref", "body", "answered"),
    "failed": ("what", "count"),
}

_SENDING_OVER = re.compile("📣 Envoi (arrêté|terminé)")
_LONG_CODE = re.compile(r"\S{24,40}")
_REFERENCE = re.compile(r"\b[0-9A-Z]{6,13}\b")
_ORDER = re.compile(r"(?:(?<=commande )|(?<=order ))[0-9A-Z]{7}\b")
_HOUR = re.compile(r"\d+\u00a0h(?:\u00a0\d+)?")
_INSTEAD = re.compile("ne passe pas ici|does not get through here")
_USED = re.compile("(?:DÉJÀ (?:VALIDÉ PAR VOUS|UTILISÉ)|ALREADY (?:LET IN BY YOU|USED))(?: ·|$)")
_LEFT = re.compile("SORTIE (?:DÉJÀ NOTÉE|SANS ENTRÉE)|EXIT (?:ALREADY NOTED|WITHOUT ENTRY)")
_WEEKDAY = re.compile(r"\b(?:lun|mar|mer|jeu|ven|sam|dim)\.")


@dataclass(frozen=True, slots=True)
class Ending:
    """What remains of a play: facts by name, and by person the first lines of what they heard."""

    facts: dict[str, list[str]]
    heard: dict[str, Counter[str]]
    unseen: list[str]
    """Living tickets whose owner has neither their image nor their words."""


async def read_facts(tx: Tx) -> dict[str, list[str]]:
    """Read what a play left behind."""
    return {
        name: sorted(
            # The key of a forgotten conversation is its own in every play.
            re.sub("forgotten:[0-9]+", "#", " | ".join(str(row[one]) for one in _COLUMNS[name]))
            for row in await tx.rows(sql)
        )
        for name, sql in _FACTS.items()
    }


async def living_codes(tx: Tx) -> list[tuple[str, str]]:
    """List the code of every living ticket with each chat of its owner: who linked has several."""
    rows = await tx.rows(
        "SELECT chats.ref, tickets.code FROM tickets"
        " JOIN chats ON chats.person_id = tickets.owner_id AND chats.talk = 'seller'"
        " JOIN orders ON orders.id = tickets.order_id AND orders.handed <> 'waiting'"
        # Whose money is still looked at has no ticket to show yet.
        " WHERE tickets.status IN ('valid', 'blocked')"
        " AND COALESCE(tickets.status_note, '') <> 'payment_under_review'"
        " AND chats.channel <> 'forgotten'"
    )
    return [(row["ref"], row["code"]) for row in rows]


def ending(
    facts: dict[str, list[str]],
    codes: Sequence[tuple[str, str]],
    sent: Mapping[str, list[Outgoing]],
) -> Ending:
    """Put together how a play ended."""
    shown = {who: tickets_shown(sent.get(who, ())) for who in {who for who, _ in codes}}
    arrived = {code for who, code in codes if code in shown[who]}
    return Ending(
        facts,
        {who: Counter(_gist(who, one) for one in messages) for who, messages in sent.items()},
        sorted({code for _, code in codes} - arrived),
    )


def differences(calm: Ending, stormy: Ending) -> list[str]:
    """Say how a stormy ending differs from the calm one: facts alike, nothing unheard."""
    found = [f"a ticket its owner never saw: {code[:8]}..." for code in stormy.unseen]
    for name, rows in calm.facts.items():
        if rows != stormy.facts[name]:
            found.append(f"{name}: calm {rows}, storm {stormy.facts[name]}")
    for who, gists in calm.heard.items():
        missing = gists - stormy.heard.get(who, Counter())
        found += [f"{who} never heard {gist!r} ({count} times)" for gist, count in missing.items()]
    return found


def tickets_shown(messages: Sequence[Outgoing]) -> set[str]:
    """The codes of the tickets somebody received, as images or in words."""
    return {
        code
        for message in messages
        for code in (
            codes_in(message.media.body) if message.media else codes_in_words(message.text)
        )
    }


def codes_in_words(text: str) -> tuple[str, ...]:
    """Find the whole ticket codes in a text."""
    return tuple(word for word in _LONG_CODE.findall(text) if isinstance(read_code(word), Code))


def codes_in(picture: bytes) -> tuple[str, ...]:
    """Read the ticket codes in a picture, once for each picture."""
    return seen(picture, accept=Shape.TICKET).texts


def _gist(who: str, message: Outgoing) -> str:
    """The first line without what differs between two plays: hours, minutes, references."""
    if _INSTEAD.search(message.text) or (message.media is not None and message.media.as_file):
        return "a file"  # or the words that say that it does not pass here
    if message.media is not None:
        if codes_in(message.media.body):
            return "a ticket"
        if not message.text:
            return "a picture"
        # A poster above its words, or the words alone when it did not pass: the same page.
    if codes_in_words(message.text):
        return "a ticket"
    first = message.text.partition("\n")[0]
    if who not in SCANNER_PEOPLE:  # whose verdicts stand in capitals too
        first = _REFERENCE.sub("#", first)
    if first.startswith("1. "):
        return "several tickets"  # a line each, in the order the picture was read
    first = _WEEKDAY.sub("#", _HOUR.sub("#", _ORDER.sub("#", first)))
    first = re.sub(r"\d+", "#", first)
    if _SENDING_OVER.match(first):
        return "a sending over"  # ten seconds to stop it: who waits for a lost answer is late
    # "Just now, by you" becomes "already used" as time passes: it is the same answer.
    if _LEFT.search(first):
        return "out again"
    return "already used" if _USED.search(first) else first
