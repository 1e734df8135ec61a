"""The pack: what a terminal needs to judge without network, sealed for it alone.

Inside, after decryption: the signature (64 bytes, ECDSA P-256 with SHA-256, r then s), the length
of the header (4 bytes, big-endian), the header (JSON), then one record a ticket, sorted by hash:

    hash      8 bytes   the first of SHA-256 of the ticket's code
    sort      2 bytes   which kind, window and rule of entry of the header's `sorts`
    state     1 byte    which of the header's `states`; 128 more when the holder's paper is seen,
                        64 when the holder is too young, 32 when inside
    gate      1 byte    which of the header's `gates` let it in last; 255 for none
    scanned   4 bytes   when it came in last, seconds since 1970 UTC; 0 for not yet
    entries   1 byte    how often it came in; 255 for more

Outside: a nonce of 12 bytes, then AES-256-GCM under the terminal's own key. Codes are kept as
hashes of 80 random bits, names only where staff must compare them, and of our keys only those that
check this one event's codes.
"""

import base64
import json
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from boxoffice.codes import Keyring, Mode, event_check_keys
from boxoffice.rules import HOUR_MS, age_day, event_day, latest_birth_date
from storage import packs, terminals
from storage.database import Database
from storage.packs import PackGate, PackKind, PackTicket
from storage.terminals import Terminal, TerminalStory

PACK_VERSION = 2

PACK_MS = 12 * HOUR_MS
"""How long a copy may be judged from: a night; after it, too much may have changed."""

TICKETS_MAX = 200_000
"""A stadium twice over: 3.4 MB of records."""

HASH_BYTES = 8
NO_GATE = 255
NOMINATIVE = 128
TOO_YOUNG = 64
INSIDE = 32
ENTRIES_MAX = 255
RECORD = struct.Struct(">8sHBBIB")

_SIGNING_PURPOSE = b"guichet pack signature 1"
_NONCE_BYTES = 12
_COORDINATE_BYTES = 32
_STATES = ("valid", "revoked", "cancelled", "refunded", "charged_back", "blocked", "under_review")

# The order of the group P-256 (FIPS 186-5, SP 800-186): a private key lies below it.
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class PackTooLarge(Exception):
    """An event has more tickets than a terminal can keep."""


@dataclass(slots=True)
class PackSigner:
    """Signs packs with a key derived from the newest ticket key: nothing more to keep secret."""

    keyring: Keyring
    _private: ec.EllipticCurvePrivateKey = field(init=False)

    def __post_init__(self) -> None:
        """Derive the key."""
        derived = HKDF(hashes.SHA256(), length=48, salt=None, info=_SIGNING_PURPOSE).derive(
            self.keyring.newest
        )
        number = int.from_bytes(derived) % (_P256_ORDER - 1) + 1
        self._private = ec.derive_private_key(number, ec.SECP256R1())

    def public_key(self) -> bytes:
        """Return the point that checks our signatures, uncompressed: WebCrypto's `raw`."""
        return self._private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    def sign(self, body: bytes) -> bytes:
        """Sign as WebCrypto verifies: r then s, 32 bytes each (IEEE P1363)."""
        r, s = decode_dss_signature(self._private.sign(body, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)


async def make_pack(
    database: Database,
    signer: PackSigner,
    terminal: Terminal,
    story: TerminalStory,
    *,
    mode: Mode,
    now_ms: int,
) -> bytes:
    """Read an event's tickets and seal them for one terminal.

    Raises:
        PackTooLarge: it has more tickets than a terminal keeps.
    """
    kinds, gates = await database.read(packs.kinds_and_gates, terminal.event_id)
    unlisted = await database.read(terminals.offline_unlisted, terminal.event_id)
    counted = await database.read(packs.occupancy, terminal.event_id)
    event_date = event_day(story.starts_ms, ZoneInfo(story.zone))
    records = _Records(kinds, gates, story)
    after_id = 0
    while chunk := await database.read(packs.tickets_after, terminal.event_id, after_id):
        after_id = chunk[-1].id
        records.add(chunk)
        if len(records.rows) > TICKETS_MAX:
            raise PackTooLarge(f"event {terminal.event_id} has more than {TICKETS_MAX} tickets")
    keys = event_check_keys(signer.keyring, story.event_tag)
    header = {
        "version": PACK_VERSION,
        "terminal": str(terminal.id),
        "issued_ms": now_ms,
        "expires_ms": min(now_ms + PACK_MS, terminal.expires_ms),
        "mode": mode.value,
        "unlisted": unlisted,
        "event": {
            "tag": story.event_tag,
            "title": story.event_title,
            "zone": story.zone,
            "status": story.event_status,
            "mode": story.mode,
            "age_min": story.age_min,
            "day": event_date.isoformat(),
        },
        "occupancy": None if counted is None else {"inside": counted[0], "max": counted[1]},
        "staff": {
            "bound_gate": _text(story.bound_gate_id),
            "from_ms": story.from_ms,
            "until_ms": story.until_ms,
            "revoked": story.revoked_ms is not None,
        },
        "keys": [[key_id, base64.b64encode(key).decode()] for key_id, key in keys],
        "gates": [_gate(gate, kinds) for gate in gates],
        "states": _STATES,
        "sorts": records.sorts,
        "holders": records.holders,
        "tickets": len(records.rows),
    }
    return seal(signer, terminal.pack_key, header, records.packed())


def seal(signer: PackSigner, key: bytes, header: dict[str, Any], records: bytes) -> bytes:
    """Sign and encrypt a header and its records."""
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    body = len(head).to_bytes(4) + head + records
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, signer.sign(body) + body, None)


class _Records:
    """The tickets of a pack while they are read."""

    def __init__(
        self, kinds: Sequence[PackKind], gates: Sequence[PackGate], story: TerminalStory
    ) -> None:
        self.rows: list[bytes] = []
        self.sorts: list[dict[str, Any]] = []
        self.holders: dict[str, str] = {}
        self._zone = ZoneInfo(story.zone)
        self._story = story
        self._kinds = {kind.id: kind for kind in kinds}
        self._gates = {gate.id: rank for rank, gate in enumerate(gates[:NO_GATE])}
        self._sorts: dict[tuple[int, int, int, str, int], int] = {}

    def add(self, tickets: Sequence[PackTicket]) -> None:
        """Take tickets in."""
        for ticket in tickets:
            digest = sha256(ticket.code.encode()).digest()[:HASH_BYTES]
            state = _STATES.index(ticket.status) | (NOMINATIVE if ticket.nominative else 0)
            state |= INSIDE if ticket.is_inside else 0
            if ticket.birth_date is not None and self._too_young(ticket, ticket.birth_date):
                state |= TOO_YOUNG
            gate = self._gates.get(ticket.scanned_gate_id or 0, NO_GATE)
            scanned_s = (ticket.scanned_at_ms or 0) // 1000
            entries = min(ticket.entries, ENTRIES_MAX)
            self.rows.append(
                RECORD.pack(digest, self._sort(ticket), state, gate, scanned_s, entries)
            )
            if ticket.holder:
                self.holders[digest.hex()] = ticket.holder

    def _too_young(self, ticket: PackTicket, birth_date: str) -> bool:
        """Say whether a holder has not the minimum age on the day it is asked for."""
        day = age_day(self._story.starts_ms, ticket.valid_from_ms, self._zone)
        return birth_date > latest_birth_date(self._story.age_min, day).isoformat()

    def packed(self) -> bytes:
        """Return the records sorted by hash, to be searched by halves."""
        return b"".join(sorted(self.rows))

    def _sort(self, ticket: PackTicket) -> int:
        about = (
            ticket.kind_id,
            ticket.valid_from_ms,
            ticket.valid_until_ms,
            ticket.entry,
            ticket.party_size,
        )
        rank = self._sorts.get(about)
        if rank is None:
            rank = self._sorts[about] = len(self.sorts)
            kind = self._kinds.get(ticket.kind_id)
            self.sorts.append(
                {
                    "kind_id": str(ticket.kind_id),
                    "kind": kind.name if kind else "",
                    "valid_from_ms": ticket.valid_from_ms,
                    "valid_until_ms": ticket.valid_until_ms,
                    "first_day": event_day(ticket.valid_from_ms, self._zone).isoformat(),
                    "last_day": event_day(ticket.valid_until_ms - 1, self._zone).isoformat(),
                    "entry": ticket.entry,
                    "party_size": ticket.party_size,
                }
            )
        return rank


def _gate(gate: PackGate, kinds: Sequence[PackKind]) -> dict[str, Any]:
    listed = [str(kind.id) for kind in kinds if kind.id in gate.kind_ids]
    return {
        "id": str(gate.id),
        "name": gate.name,
        "status": gate.status,
        "opens_ms": gate.opens_ms,
        "closes_ms": gate.closes_ms,
        "kinds": listed,
        "direction": gate.direction,
    }


def _text(number: int | None) -> str | None:
    """Write an id as text: JavaScript's numbers lose the last digits of ours."""
    return None if number is None else str(number)
