"""WhatsApp's own memory: windows and talks of people, media at Twilio, contents, statuses."""

from dataclasses import dataclass

from storage.database import Row, Tx

VISIT_MS = 3_600_000
"""How long somebody without a post stays with a shared number's scanner: to press its button."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody and one of our numbers. `called_ms`: since when a template asks them to write."""

    heard_ms: int
    called_ms: int | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A message that did not arrive, with Twilio's code; `outbox_id` is the row it came from."""

    sid: str
    outbox_id: int
    error: int


@dataclass(frozen=True, slots=True)
class Noted:
    """What a message led to: its talk, whether its sender was there before, how much had waited."""

    talk: str
    was_there: bool
    waited: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """The chat of a message that was sent, and when."""

    talk: str
    ref: str
    sent_ms: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Something a person sent that Twilio still keeps."""

    url: str


async def hear(
    tx: Tx,
    *,
    number: str,
    ref: str,
    message_sid: str,
    talk: str | None,
    visits: bool,
    media_urls: tuple[str, ...],
    now_ms: int,
) -> Noted:
    """Note that somebody wrote: the window opens, what waited for it is due, the talk is settled.

    `talk` is the one their message names, or None for the one they are in. Who `visits` stays with
    it for a while, post or none. A message that comes again gets the talk it got first.
    """
    was_there = False
    known = await tx.row(
        "SELECT talk FROM whatsapp_heard WHERE message_sid = :message_sid", message_sid=message_sid
    )
    is_new = known is None
    if known is None:
        there = await _talk_of(tx, number, ref, now_ms)
        asked = talk or there
        was_there = asked == there
        await _open_window(tx, number, ref, asked, now_ms, visits=visits)
        known = await tx.row(
            "INSERT INTO whatsapp_heard (message_sid, talk, heard_ms)"
            " VALUES (:message_sid, :talk, :now_ms)"
            " ON CONFLICT (message_sid) DO UPDATE SET heard_ms = whatsapp_heard.heard_ms"
            " RETURNING talk",
            message_sid=message_sid,
            talk=asked,
            now_ms=now_ms,
        )
        for url in media_urls:
            await tx.run(
                "INSERT INTO whatsapp_media (url, message_sid, heard_ms, due_ms)"
                " VALUES (:url, :message_sid, :now_ms, :now_ms) ON CONFLICT (url) DO NOTHING",
                url=url,
                message_sid=message_sid,
                now_ms=now_ms,
            )
    waited = await tx.run(
        "UPDATE outbox SET due_ms = :now_ms WHERE state = 'new' AND due_ms > :now_ms"
        " AND chat_id IN (SELECT id FROM chats WHERE channel = 'whatsapp' AND ref = :ref)",
        ref=ref,
        now_ms=now_ms,
    )
    return Noted(str(known["talk"]) if known else "seller", was_there, waited, is_new)


async def person(tx: Tx, number: str, ref: str) -> Person | None:
    """Read when somebody wrote to one of our numbers; None if they never did."""
    row = await tx.row(
        "SELECT heard_ms, called_ms FROM whatsapp_people WHERE number = :number AND ref = :ref",
        number=number,
        ref=ref,
    )
    return Person(row["heard_ms"], row["called_ms"]) if row else None


async def chat_of_sent(tx: Tx, outbox_id: int) -> Sent | None:
    """Read the chat that a message went to."""
    row = await tx.row(
        "SELECT talk, ref, done_ms FROM outbox JOIN chats ON chats.id = outbox.chat_id"
        " WHERE outbox.id = :id",
        id=outbox_id,
    )
    return Sent(row["talk"], row["ref"], row["done_ms"] or 0) if row else None


async def close_window(tx: Tx, number: str, ref: str, before_ms: int) -> None:
    """Note that WhatsApp holds the window closed, whatever our own clock says.

    A window that was opened again since `before_ms` stays open.
    """
    await tx.run(
        "UPDATE whatsapp_people SET heard_ms = 0"
        " WHERE number = :number AND ref = :ref AND heard_ms <= :before_ms",
        number=number,
        ref=ref,
        before_ms=before_ms,
    )


async def call(tx: Tx, number: str, ref: str, now_ms: int) -> None:
    """Note that a template asks somebody to write, unless one does already."""
    await tx.run(
        "INSERT INTO whatsapp_people (number, ref, heard_ms, called_ms, talk, talk_ms)"
        " VALUES (:number, :ref, 0, :now_ms, 'seller', 0) ON CONFLICT (number, ref)"
        " DO UPDATE SET called_ms = COALESCE(whatsapp_people.called_ms, excluded.called_ms)",
        number=number,
        ref=ref,
        now_ms=now_ms,
    )


async def _talk_of(tx: Tx, number: str, ref: str, now_ms: int) -> str:
    """Read the talk somebody is in; the scanner's only while they have a post, or just came."""
    row = await tx.row(
        "SELECT 1 AS there FROM whatsapp_people AS one WHERE number = :number AND ref = :ref"
        " AND talk = 'scanner' AND (talk_ms > :since_ms OR EXISTS ("
        "  SELECT 1 FROM chats JOIN staff ON staff.person_id = chats.person_id"
        "  JOIN events ON events.id = staff.event_id"
        "  WHERE chats.channel = 'whatsapp' AND chats.ref = one.ref"
        "  AND staff.revoked_ms IS NULL AND events.ends_ms > :now_ms))",
        number=number,
        ref=ref,
        since_ms=now_ms - VISIT_MS,
        now_ms=now_ms,
    )
    return "scanner" if row else "seller"


async def _open_window(
    tx: Tx, number: str, ref: str, talk: str, now_ms: int, *, visits: bool
) -> None:
    await tx.run(
        "INSERT INTO whatsapp_people (number, ref, heard_ms, called_ms, talk, talk_ms)"
        " VALUES (:number, :ref, :now_ms, NULL, :talk, :talk_ms) ON CONFLICT (number, ref)"
        " DO UPDATE SET heard_ms = excluded.heard_ms, called_ms = NULL, talk = excluded.talk,"
        " talk_ms = CASE WHEN excluded.talk_ms > 0 THEN excluded.talk_ms"
        "  ELSE whatsapp_people.talk_ms END",
        number=number,
        ref=ref,
        now_ms=now_ms,
        talk=talk,
        talk_ms=now_ms if visits else 0,
    )


# ---- Media that Twilio keeps ---------------------------------------------------------------------


async def take_worked_media(
    tx: Tx, *, now_ms: int, again_ms: int, old_ms: int, limit: int
) -> list[Kept]:
    """Take media whose message is worked (or heard before `old_ms`), not to be taken again soon."""
    rows = await tx.rows(
        "UPDATE whatsapp_media SET due_ms = :again_ms WHERE url IN ("
        " SELECT url FROM whatsapp_media AS kept WHERE due_ms <= :now_ms AND (heard_ms < :old_ms"
        "  OR NOT EXISTS (SELECT 1 FROM inbox WHERE channel = 'whatsapp'"
        "   AND talk IN ('seller', 'scanner') AND message_id = kept.message_sid"
        "   AND state = 'new')) ORDER BY due_ms LIMIT :limit)"
        " AND due_ms <= :now_ms RETURNING url",
        now_ms=now_ms,
        again_ms=again_ms,
        old_ms=old_ms,
        limit=limit,
    )
    return [Kept(row["url"]) for row in rows]


async def forget_media(tx: Tx, url: str) -> None:
    """Note that Twilio does not keep this any more."""
    await tx.run("DELETE FROM whatsapp_media WHERE url = :url", url=url)


# ---- Contents ------------------------------------------------------------------------------------


async def content(tx: Tx, digest: str) -> str | None:
    """Read the SID under which a shape of message was made at Twilio."""
    row = await tx.row("SELECT sid FROM whatsapp_contents WHERE digest = :digest", digest=digest)
    return str(row["sid"]) if row else None


async def keep_content(tx: Tx, digest: str, sid: str, now_ms: int) -> str:
    """Keep the SID of a shape; answers the one that counts if two were made at once."""
    row = await tx.row(
        "INSERT INTO whatsapp_contents (digest, sid, made_ms) VALUES (:digest, :sid, :now_ms)"
        " ON CONFLICT (digest) DO UPDATE SET sid = whatsapp_contents.sid RETURNING sid",
        digest=digest,
        sid=sid,
        now_ms=now_ms,
    )
    return str(row["sid"]) if row else sid


async def forget_content(tx: Tx, sid: str) -> None:
    """Forget a shape that Twilio does not have any more."""
    await tx.run("DELETE FROM whatsapp_contents WHERE sid = :sid", sid=sid)


# ---- What became of messages ---------------------------------------------------------------------


async def note_sent(tx: Tx, *, sid: str, outbox_id: int, status: str, now_ms: int) -> Failed | None:
    """Note a message that Twilio took; answers its failure if that was told before."""
    row = await tx.row(
        "INSERT INTO whatsapp_messages (sid, outbox_id, rank, status, error, changed_ms)"
        " VALUES (:sid, :outbox_id, 0, :status, NULL, :now_ms)"
        " ON CONFLICT (sid) DO UPDATE SET outbox_id = excluded.outbox_id RETURNING *",
        sid=sid,
        outbox_id=outbox_id,
        status=status,
        now_ms=now_ms,
    )
    return _failed(row) if row else None


async def note_status(
    tx: Tx, *, sid: str, rank: int, status: str, error: int | None, now_ms: int
) -> Failed | None:
    """Note what Twilio tells of a message, if it is news; answers a failure that must be acted on.

    None too while the sending of the message is not noted: whoever notes it is told then.
    """
    row = await tx.row(
        "INSERT INTO whatsapp_messages (sid, outbox_id, rank, status, error, changed_ms)"
        " VALUES (:sid, NULL, :rank, :status, :error, :now_ms) ON CONFLICT (sid) DO UPDATE"
        " SET rank = excluded.rank, status = excluded.status, error = excluded.error,"
        " changed_ms = excluded.changed_ms WHERE whatsapp_messages.rank < excluded.rank"
        " RETURNING *",
        sid=sid,
        rank=rank,
        status=status,
        error=error,
        now_ms=now_ms,
    )
    return _failed(row) if row else None


async def forget(tx: Tx, *, before_ms: int, limit: int) -> None:
    """Drop the statuses of messages, and the talks of messages heard, before a time."""
    await tx.run(
        "DELETE FROM whatsapp_messages WHERE sid IN (SELECT sid FROM whatsapp_messages"
        " WHERE changed_ms < :before_ms LIMIT :limit)",
        before_ms=before_ms,
        limit=limit,
    )
    await tx.run(
        "DELETE FROM whatsapp_heard WHERE message_sid IN (SELECT message_sid FROM whatsapp_heard"
        " WHERE heard_ms < :before_ms LIMIT :limit)",
        before_ms=before_ms,
        limit=limit,
    )


def _failed(row: Row) -> Failed | None:
    if row["status"] not in {"failed", "undelivered"} or row["outbox_id"] is None:
        return None
    return Failed(row["sid"], row["outbox_id"], row["error"] or 0)
