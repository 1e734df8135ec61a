"""The channel `telegram`: what delivery and preparation call, for one bot a talk."""

import asyncio
import json
import os
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlencode

import httpx
import structlog
from telegram import BotCommand, BotCommandScopeChat, InlineKeyboardMarkup, LabeledPrice
from telegram import error as vendor
from telegram.constants import FileSizeLimit
from telegram.request import HTTPXRequest

from bot.handlers.telegram import reading
from bot.handlers.telegram.connecting import (
    ANSWER_MAX_S,
    CONNECTIONS_MAX,
    certificates_for,
    request_over,
)
from bot.handlers.telegram.failures import Unanswered, failure_of
from bot.handlers.telegram.rendering import (
    CAPTION_MAX,
    keyboard,
    links_in_words,
    pieces,
)
from bot.handlers.telegram.secrets import (
    TOKEN,
    InvalidToken,
    QuietBot,
    quieten_libraries,
    redacted,
    webhook_secret,
)
from boxoffice.money import Money
from chat.channel import SendLater, SendRefused
from chat.messages import Inbound, Media, Outgoing, Place, TalkName
from storage.outbox import Pace

API_URL = "https://api.telegram.org"

PHOTO_BYTES_MAX = int(FileSizeLimit.PHOTOSIZE_UPLOAD)
"""A picture over 10 MB is refused by sendPhoto; it goes as a file."""

UPLOAD_BYTES_MAX = int(FileSizeLimit.FILESIZE_UPLOAD)
"""A file over 50 MB is refused by sendDocument."""

POLL_S = 50
"""How long Telegram holds a poll open when nothing happens; it allows about a minute at most."""

UPDATES_MAX = 100
"""Bot API, getUpdates: 1-100 a call."""

PHOTO_MIMES = frozenset({"image/png", "image/jpeg", "image/webp"})

PACE = Pace(per_s=27, burst=2)
"""Telegram lets a bot send about 30 messages a second: in no second do these make more."""

Answer = TypeVar("Answer")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the menu that Telegram shows beside the text field."""

    name: str
    """1-32 of `a-z0-9_`, without the slash."""
    description: str
    """1-256 characters."""


Menu = Mapping[str, Sequence[Command]]
"""A talk's commands by language (two letters); the first language is also everybody else's."""


class TelegramChannel:
    """The bots of Telegram, one a talk. Open it before use: `async with TelegramChannel(...)`."""

    name = reading.CHANNEL

    def __init__(
        self,
        tokens: Mapping[TalkName, str],
        *,
        api_url: str = API_URL,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a bot for each talk that has a token; nothing is asked of Telegram yet.

        `transport` carries the calls to a Telegram in this process, for tests alone.

        Raises:
            InvalidToken: a token does not look like one.
        """
        quieten_libraries()
        # The library's own switch to its coming way of telling times; without it, it warns.
        os.environ["PTB_TIMEDELTA"] = "true"
        certificates = certificates_for(api_url)
        self.bots: dict[TalkName, QuietBot] = {}
        self._polls: dict[TalkName, HTTPXRequest] = {}
        self.usernames: dict[TalkName, str] = {}
        """The bots' names for deep links, known once the channel is open."""
        for talk, token in tokens.items():
            if not TOKEN.fullmatch(token):
                raise InvalidToken(talk)
            self._polls[talk] = request_over(certificates, 1, transport)
            self.bots[talk] = QuietBot(
                token,
                base_url=f"{api_url.rstrip('/')}/bot",
                base_file_url=f"{api_url.rstrip('/')}/file/bot",
                request=request_over(certificates, CONNECTIONS_MAX, transport),
                get_updates_request=self._polls[talk],
            )

    async def __aenter__(self) -> Self:
        """Ask each bot who it is.

        Raises:
            InvalidToken: Telegram refuses a token.
            Unanswered: Telegram cannot be reached.
        """
        opened = asyncio.gather(*(self._introduce(talk) for talk in self.bots))
        try:
            await opened
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(bot.shutdown() for bot in self.bots.values()))

    async def _introduce(self, talk: TalkName) -> None:
        bot = self.bots[talk]
        try:
            await self.ask(talk, bot.initialize())
        except (SendLater, SendRefused) as error:
            raise Unanswered(str(error)) from None
        self.usernames[talk] = bot.username

    async def offer(self, talk: TalkName, menu: Menu, ref: str | None = None) -> None:
        """Set the commands that Telegram shows in each language: to everybody, or in one chat."""
        bot = self.bots[talk]
        scope = BotCommandScopeChat(_chat_id(ref)) if ref is not None else None
        languages: list[str | None] = [None, *menu]
        for language in languages:
            listed = menu[language or next(iter(menu))]
            commands = [BotCommand(command.name, command.description) for command in listed]
            await self.ask(talk, bot.set_my_commands(commands, scope, language_code=language))

    # ---- The Channel's three words ---------------------------------------------------------------

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Turn one persisted update into what was heard. Raises Unreadable."""
        return reading.read(talk, payload, received_ms)

    async def fetch(self, talk: TalkName, ref: str) -> bytes:
        """Fetch the bytes of a picture by its file id.

        Raises:
            SendRefused: Telegram does not have it any more, or it is over 20 MB.
            Unanswered, SendLater: try again.
        """
        file = await self.ask(talk, self.bots[talk].get_file(ref))
        if (file.file_size or 0) > reading.FILE_BYTES_MAX:
            raise SendRefused("file is too big")
        if not file.file_path:
            raise SendRefused("file not found")
        try:
            return bytes(await self.ask(talk, file.download_as_bytearray()))
        except InvalidToken:
            # At a file's address 404 speaks of the file: the token was good a moment ago.
            raise SendRefused("file not found") from None

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Send one message: a text in as many pieces as it needs, or a picture or file under it.

        Raises:
            SendRefused: blocked, chat gone, or a content that Telegram does not take.
            SendLater: Telegram asks to wait.
            Unanswered: unknown; sending again is harmless.
        """
        text, buttons = links_in_words(outgoing.text, outgoing.buttons)
        chat_id = _chat_id(ref)
        texts = pieces(text, CAPTION_MAX) if outgoing.media else pieces(text)
        if not texts and outgoing.media is None:
            raise SendRefused("message text is empty")
        markup = keyboard(buttons)
        if outgoing.place is not None:
            await self._send_pin(talk, chat_id, outgoing.place)
        if outgoing.media is not None:
            caption, *texts = texts or [""]
            under = None if texts else markup
            await self._send_media(talk, chat_id, outgoing.media, caption, under)
        for place, piece in enumerate(texts, start=1):
            under = markup if place == len(texts) else None
            await self.ask(talk, self.bots[talk].send_message(chat_id, piece, reply_markup=under))

    async def show(self, talk: TalkName, ref: str, outgoing: Outgoing, message: str | None) -> str:
        """Change a message of ours, or send one where there is none any more; answers its id.

        Raises:
            SendRefused, SendLater, Unanswered: as `send` does.
        """
        text, buttons = links_in_words(outgoing.text, outgoing.buttons)
        [piece, *_], markup, bot = pieces(text), keyboard(buttons), self.bots[talk]
        if message is not None:
            call = bot.edit_message_text(
                piece, chat_id=_chat_id(ref), message_id=int(message), reply_markup=markup
            )
            try:
                await self.ask(talk, call)
            except SendRefused as refusal:
                if "not modified" in str(refusal):
                    return message
                if "message" not in str(refusal):
                    raise
            else:
                return message
        sent = await self.ask(talk, bot.send_message(_chat_id(ref), piece, reply_markup=markup))
        return str(sent.message_id)

    async def _send_pin(self, talk: TalkName, chat_id: int, place: Place) -> None:
        """Send a venue; one that Telegram does not take never holds up its words."""
        call = self.bots[talk].send_venue(
            chat_id,
            place.latitude_e6 / 1_000_000,
            place.longitude_e6 / 1_000_000,
            place.title,
            place.address or place.title,
        )
        try:
            await self.ask(talk, call)
        except SendRefused as refusal:
            log.warning("telegram.pin_refused", talk=talk, reason=str(refusal))

    async def _send_media(
        self,
        talk: TalkName,
        chat_id: int,
        media: Media,
        caption: str,
        markup: InlineKeyboardMarkup | None,
    ) -> None:
        if len(media.body) > UPLOAD_BYTES_MAX:
            raise SendRefused(f"a file of {len(media.body)} bytes is too big")
        bot = self.bots[talk]
        shown = media.mime in PHOTO_MIMES and len(media.body) <= PHOTO_BYTES_MAX
        if shown and not media.as_file:
            call = bot.send_photo(
                chat_id, media.body, caption or None, filename=media.name, reply_markup=markup
            )
        else:
            call = bot.send_document(
                chat_id, media.body, caption or None, filename=media.name, reply_markup=markup
            )
        await self.ask(talk, call)

    # ---- What receiving calls --------------------------------------------------------------------

    async def updates(self, talk: TalkName, offset: int | None) -> list[object]:
        """Confirm the updates before `offset` and wait for new ones, as Telegram wrote them.

        Not `Bot.get_updates`: that one fails on a whole batch when one update has a shape that the
        library does not know, and would fail on it again forever.

        Raises:
            Conflict: another program polls this bot, or a webhook is set.
            InvalidToken, SendLater, Unanswered: see each.
        """
        asked = {
            "timeout": POLL_S,
            "limit": UPDATES_MAX,
            "allowed_updates": json.dumps(reading.ALLOWED_UPDATES),
        } | ({} if offset is None else {"offset": offset})
        found: object = await self.ask(
            talk,
            self._polls[talk].post(
                f"{self.bots[talk].base_url}/getUpdates?{urlencode(asked)}",
                read_timeout=POLL_S + ANSWER_MAX_S,
            ),
        )
        return found if isinstance(found, list) else []

    async def set_webhook(self, talk: TalkName, url: str) -> None:
        """Have Telegram bring updates to an HTTPS address, with the bot's secret."""
        bot = self.bots[talk]
        call = bot.set_webhook(
            url, secret_token=webhook_secret(bot.token), allowed_updates=reading.ALLOWED_UPDATES
        )
        await self.ask(talk, call)

    async def drop_webhook(self, talk: TalkName) -> None:
        """Have Telegram keep updates for polling again; those that wait are kept."""
        await self.ask(talk, self.bots[talk].delete_webhook(drop_pending_updates=False))

    async def stop_spinning(self, talk: TalkName, query_id: str, toast: str | None = None) -> None:
        """Answer a tapped button, so that the app stops waiting; it never matters if this fails.

        `toast` is shown over the chat: at most 200 characters.
        """
        try:
            await self.ask(talk, self.bots[talk].answer_callback_query(query_id, toast))
        except (SendRefused, SendLater, Unanswered, InvalidToken) as error:
            # "query is too old" above all: the tap itself is persisted and worked.
            log.info("telegram.tap_unanswered", talk=talk, reason=str(error))

    # ---- Payments --------------------------------------------------------------------------------

    async def invoice_link(
        self, *, title: str, description: str, payload: str, provider_token: str, amount: Money
    ) -> str:
        """Make a link that opens an invoice of the seller's bot.

        Raises:
            SendRefused, SendLater, Unanswered: see each.
        """
        call = self.bots["seller"].create_invoice_link(
            title,
            description,
            payload,
            amount.currency,
            [LabeledPrice(title, amount.amount_minor)],
            provider_token=provider_token,
        )
        return await self.ask("seller", call)

    async def answer_checkout(self, talk: TalkName, query_id: str, why_not: str | None) -> None:
        """Let a checkout through, or say why not. Too late is harmless: no money was taken."""
        call = self.bots[talk].answer_pre_checkout_query(
            query_id, ok=why_not is None, error_message=why_not
        )
        try:
            await self.ask(talk, call)
        except (SendRefused, SendLater, Unanswered, InvalidToken) as error:
            log.warning("telegram.checkout_unanswered", talk=talk, reason=str(error))

    # ---- Every call to Telegram goes through here ------------------------------------------------

    async def ask(self, talk: TalkName, call: Awaitable[Answer]) -> Answer:
        """Await one call of the library and say in our words what went wrong.

        Our errors carry neither the token nor, as cause, an error whose request names it.

        Raises:
            SendRefused, SendLater, InvalidToken, Unanswered: see each.
        """
        try:
            return await call
        except vendor.TelegramError as error:
            failure = failure_of(talk, error)
        except (KeyError, TypeError, ValueError) as error:
            failure = Unanswered(f"an answer of unknown shape: {redacted(repr(error))}")
        raise failure


def _chat_id(ref: str) -> int:
    try:
        return int(ref)
    except ValueError:
        raise SendRefused("not a chat of Telegram") from None
