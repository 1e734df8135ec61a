"""The web chat's memory: visitors, their phones, what was said on them, and who may see a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from storage.ids import new_id

if TYPE_CHECKING:
    from storage.database import Row, Tx

PhoneName = Literal["buyer", "gate", "organiser"]
Kind = Literal["bot", "text", "tap", "start", "photos"]

VISITORS_MAX = 10_000
"""A demo put on the open net by somebody must not fill its disk with visitors who never speak."""

MESSAGES_MAX = 20_000
"""What one visitor's three phones may hold: a week of somebody typing without a pause."""

FILE_KEPT_MS = 30 * 24 * 3600 * 1000
"""A picture in a demo's conversation is shown for thirty days."""

OFFERED_BUTTONS_MAX = 200
"""How many of the bot's last messages are searched for the words on a button that was pressed."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One of a visitor's three phones; `ref` is its chat's key on the channel `web`."""

    ref: str
    visitor_id: int
    name: PhoneName
    talk: Literal["seller", "scanner"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is kept: `buttons` and `files` are JSON lists, the channel's own."""

    number: int
    phone: PhoneName
    kind: Kind
    client_id: str | None
    body: str
    buttons: str
    files: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Untaken:
    """A message that was kept, of which nobody knows whether the engine took it."""

    phone: Phone
    client_id: str
    payload: str


@dataclass(frozen=True, slots=True)
class File:
    """The bytes behind a file's address."""

    mime: str
    name: str
    body: bytes


async def add_visitor(
    tx: Tx, token_hash: str, phones: tuple[tuple[str, PhoneName, str], ...], now_ms: int
) -> tuple[Phone, ...] | None:
    """Make a visitor with these phones (ref, name, talk); None when the demo is full."""
    visitor_id = new_id(now_ms)
    made = await tx.row(
        """INSERT INTO web_visitors (id, token_hash, messages, created_ms)
           SELECT :id, :token_hash, 0, :now_ms
           WHERE (SELECT count(*) FROM web_visitors) < :visitors_max
           RETURNING id""",
        id=visitor_id,
        token_hash=token_hash,
        now_ms=now_ms,
        visitors_max=VISITORS_MAX,
    )
    if made is None:
        return None
    for ref, name, talk in phones:
        await tx.run(
            """INSERT INTO web_phones (ref, visitor_id, name, talk)
               VALUES (:ref, :visitor_id, :name, :talk)""",
            ref=ref,
            visitor_id=visitor_id,
            name=name,
            talk=talk,
        )
    return await phones_of(tx, token_hash)


async def phones_of(tx: Tx, token_hash: str) -> tuple[Phone, ...]:
    """Find the phones of the visitor with this token; none when there is no such visitor."""
    rows = await tx.rows(
        """SELECT p.ref, p.visitor_id, p.name, p.talk
           FROM web_phones p JOIN web_visitors v ON v.id = p.visitor_id
           WHERE v.token_hash = :token_hash ORDER BY p.name""",
        token_hash=token_hash,
    )
    return tuple(_phone(row) for row in rows)


async def phone_by_ref(tx: Tx, talk: str, ref: str) -> Phone | None:
    """Find the phone a chat stands for."""
    row = await tx.row(
        "SELECT ref, visitor_id, name, talk FROM web_phones WHERE ref = :ref AND talk = :talk",
        ref=ref,
        talk=talk,
    )
    return None if row is None else _phone(row)


async def say(
    tx: Tx, phone: Phone, *, body: str, buttons: str, files: str, now_ms: int
) -> int | None:
    """Keep what the bot says; answers its number, None when the conversation is full."""
    number = await _next_number(tx, phone.visitor_id)
    if number is not None:
        await tx.run(
            """INSERT INTO web_messages
                 (visitor_id, number, ref, kind, client_id, body, buttons, files, payload, at_ms)
               VALUES (:visitor_id, :number, :ref, 'bot', NULL, :body, :buttons, :files, NULL,
                       :at)""",
            visitor_id=phone.visitor_id,
            number=number,
            ref=phone.ref,
            body=body,
            buttons=buttons,
            files=files,
            at=now_ms,
        )
    return number


async def hear(
    tx: Tx,
    phone: Phone,
    *,
    kind: Kind,
    client_id: str,
    body: str,
    files: str,
    payload: str,
    now_ms: int,
) -> Message | None:
    """Keep what a person says, once a client id; None when the conversation is full."""
    known = await _by_client_id(tx, phone, client_id)
    if known is not None:
        return known
    number = await _next_number(tx, phone.visitor_id)
    if number is None:
        return None
    await tx.run(
        """INSERT INTO web_messages
             (visitor_id, number, ref, kind, client_id, body, buttons, files, payload, at_ms)
           VALUES (:visitor_id, :number, :ref, :kind, :client_id, :body, '[]', :files, :payload,
                   :at)
           ON CONFLICT (ref, client_id) DO NOTHING""",
        visitor_id=phone.visitor_id,
        number=number,
        ref=phone.ref,
        kind=kind,
        client_id=client_id,
        body=body,
        files=files,
        payload=payload,
        at=now_ms,
    )
    return await _by_client_id(tx, phone, client_id)


async def taken(tx: Tx, phone: Phone, client_id: str) -> None:
    """Note that the engine holds this message from now on."""
    await tx.run(
        "UPDATE web_messages SET payload = NULL WHERE ref = :ref AND client_id = :client_id",
        ref=phone.ref,
        client_id=client_id,
    )


async def untaken(tx: Tx, rows_max: int) -> tuple[Untaken, ...]:
    """List what was kept and perhaps never reached the engine: a kill fell between the two."""
    rows = await tx.rows(
        """SELECT p.ref, p.visitor_id, p.name, p.talk, m.client_id, m.payload
           FROM web_messages m JOIN web_phones p ON p.ref = m.ref
           WHERE m.payload IS NOT NULL ORDER BY m.at_ms, m.number LIMIT :rows_max""",
        rows_max=rows_max,
    )
    return tuple(Untaken(_phone(row), row["client_id"], row["payload"]) for row in rows)


async def messages_since(tx: Tx, visitor_id: int, since: int, rows_max: int) -> tuple[Message, ...]:
    """Read what was said on a visitor's phones after this number, in order."""
    rows = await tx.rows(
        f"""{_MESSAGE} WHERE m.visitor_id = :visitor_id AND m.number > :since
            ORDER BY m.number LIMIT :rows_max""",
        visitor_id=visitor_id,
        since=since,
        rows_max=rows_max,
    )
    return tuple(_message(row) for row in rows)


async def offered_buttons(tx: Tx, phone: Phone) -> tuple[str, ...]:
    """Read the buttons of the bot's last messages on this phone, newest first, each a JSON list."""
    rows = await tx.rows(
        """SELECT buttons FROM web_messages
           WHERE visitor_id = :visitor_id AND ref = :ref AND buttons <> '[]'
           ORDER BY number DESC LIMIT :rows_max""",
        visitor_id=phone.visitor_id,
        ref=phone.ref,
        rows_max=OFFERED_BUTTONS_MAX,
    )
    return tuple(row["buttons"] for row in rows)


async def add_file(
    tx: Tx, visitor_id: int, token: str, *, mime: str, name: str, body: bytes, now_ms: int
) -> None:
    """Keep bytes that one visitor may see under this token."""
    media_id = new_id(now_ms)
    await tx.run(
        """INSERT INTO media (id, mime, body, created_ms, expires_ms)
           VALUES (:id, :mime, :body, :now_ms, :expires_ms)""",
        id=media_id,
        mime=mime,
        body=body,
        now_ms=now_ms,
        expires_ms=now_ms + FILE_KEPT_MS,
    )
    await tx.run(
        """INSERT INTO web_files (token, visitor_id, media_id, name)
           VALUES (:token, :visitor_id, :media_id, :name)""",
        token=token,
        visitor_id=visitor_id,
        media_id=media_id,
        name=name,
    )


async def file_of_visitor(tx: Tx, visitor_id: int, token: str) -> File | None:
    """Read the file under this token, if it is this visitor's."""
    row = await tx.row(
        """SELECT m.mime, f.name, m.body FROM web_files f JOIN media m ON m.id = f.media_id
           WHERE f.token = :token AND f.visitor_id = :visitor_id""",
        token=token,
        visitor_id=visitor_id,
    )
    return None if row is None else File(row["mime"], row["name"], row["body"])


async def file_by_token(tx: Tx, token: str) -> File | None:
    """Read the file under this token, for the engine, which acts for whoever sent it."""
    row = await tx.row(
        """SELECT m.mime, f.name, m.body FROM web_files f JOIN media m ON m.id = f.media_id
           WHERE f.token = :token""",
        token=token,
    )
    return None if row is None else File(row["mime"], row["name"], row["body"])


_MESSAGE = """SELECT m.number, p.name, m.kind, m.client_id, m.body, m.buttons, m.files, m.at_ms
              FROM web_messages m JOIN web_phones p ON p.ref = m.ref"""


async def _next_number(tx: Tx, visitor_id: int) -> int | None:
    """Take the visitor's next number: the row stays locked until the message is there."""
    row = await tx.row(
        """UPDATE web_visitors SET messages = messages + 1
           WHERE id = :id AND messages < :messages_max RETURNING messages""",
        id=visitor_id,
        messages_max=MESSAGES_MAX,
    )
    return None if row is None else int(row["messages"])


async def _by_client_id(tx: Tx, phone: Phone, client_id: str) -> Message | None:
    row = await tx.row(
        f"{_MESSAGE} WHERE m.ref = :ref AND m.client_id = :client_id",
        ref=phone.ref,
        client_id=client_id,
    )
    return None if row is None else _message(row)


def _phone(row: Row) -> Phone:
    return Phone(row["ref"], row["visitor_id"], row["name"], row["talk"])


def _message(row: Row) -> Message:
    return Message(
        row["number"],
        row["name"],
        row["kind"],
        row["client_id"],
        row["body"],
        row["buttons"],
        row["files"],
        row["at_ms"],
    )
