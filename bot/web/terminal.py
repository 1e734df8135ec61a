"""The terminal over HTTP: what the page at `/gate` asks. The page itself is in terminal_page.py.

Who asks is decided by the cookie alone; it names a terminal, and the terminal a place in a team.
Nothing is changed by opening an address: a link's token stands after the `#`, which no browser
sends, and is exchanged for the cookie by a button.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.web.bodies import PHOTO_BYTES_MAX, picture_mime, read_bytes, read_json
from bot.web.refusals import Refused, answering
from bot.web.terminal_page import page_routes
from boxoffice.codes import Code, code_hash, read_code
from boxoffice.rules import event_day
from boxoffice.tokens import new_token
from chat.workers import WorkersError
from gate_scanner.decoding import decode
from gate_scanner.decoding.answer import Shape
from gate_scanner.terminal.entering import (
    gates_for,
    open_by_link,
    open_in_telegram,
    telegram_user,
)
from gate_scanner.terminal.pack import PackSigner, PackTooLarge, make_pack
from gate_scanner.terminal.scanning import Judged, Scan, TerminalJudge, Unread, share_name
from gate_scanner.terminal.scanning import Request as Asked
from gate_scanner.terminal.uploading import Uploader
from gate_scanner.terminal.wire import (
    Unfit,
    read_entries,
    read_id,
    read_lost,
    read_paper,
    read_party,
    read_request_id,
    read_rest,
    read_scan,
)
from storage import staff, terminal_links, terminals
from storage.database import ConstraintBroken

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from chat.clock import Clock
    from chat.workers import Runner
    from gate_scanner.judging import Gatekeeper
    from storage.database import Database
    from storage.terminals import Terminal, TerminalStory

V = TypeVar("V")
R = TypeVar("R")

PREFIX = "/gate"

COOKIE = "guichet_gate"

PHOTOS_AT_ONCE_MAX = 4
"""Photos read at once: each holds at most twenty megabytes in memory."""

CODES_MAX = 10
"""Codes judged in one photo: a family."""

TRIES_MAX = 3
"""A request that is answered on two processes at once is asked again: its answer is there."""


@dataclass(frozen=True, slots=True)
class TerminalParts:
    """What the terminal's routes work with."""

    database: Database
    gatekeeper: Gatekeeper
    judge: TerminalJudge
    uploader: Uploader
    signer: PackSigner
    workers: Runner
    clock: Clock
    queued: Callable[[], None]
    """Called after something was queued that somebody must hear now."""
    bot_token: str | None = None
    """The scanner bot's, to verify what Telegram says of a Mini App; None without Telegram."""
    is_https: bool = False


def terminal_routes(parts: TerminalParts) -> list[Route]:
    """Build `/gate` and everything under it; raises OSError when a file of the page is missing."""
    http = _TerminalHttp(parts)
    posts: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "look": http.look,
        "open": http.open,
        "enter": http.enter,
        "scan": http.scan,
        "paper": http.paper,
        "party": http.party,
        "rest": http.rest,
        "photo": http.photo,
        "entries": http.entries,
        "place": http.place,
        "leave": http.leave,
    }
    gets = {"session": http.session, "counts": http.counts, "pack": http.pack}
    return [
        *(
            Route(f"{PREFIX}/{name}", answering(one), methods=["POST"])
            for name, one in posts.items()
        ),
        *(Route(f"{PREFIX}/{name}", answering(one), methods=["GET"]) for name, one in gets.items()),
        *page_routes(PREFIX),
    ]


class _TerminalHttp:
    """What the page asks."""

    def __init__(self, parts: TerminalParts) -> None:
        self._parts = parts
        self._photos = asyncio.Semaphore(PHOTOS_AT_ONCE_MAX)
        self._packing = asyncio.Lock()

    # ---- Opening ---------------------------------------------------------------------------------

    async def look(self, request: Request) -> Response:
        """Say what a link would open; nothing is used."""
        token = _token(await read_json(request))
        link = await self._parts.database.read(terminal_links.look_at, token, self._parts.clock())
        if link is None:
            raise Refused(410, "link_gone", "This link was used or is too old.")
        return JSONResponse({"event": link.event_title, "gate": link.gate_name})

    async def open(self, request: Request) -> Response:
        """Use a link: its terminal is open under a cookie."""
        token, cookie = _token(await read_json(request)), new_token()
        if not await self._parts.database.write(open_by_link, token, cookie, self._parts.clock()):
            raise Refused(410, "link_gone", "This link was used or is too old.")
        return await self._opened(cookie, in_frame=False)

    async def enter(self, request: Request) -> Response:
        """Open a terminal from the scanner bot, on Telegram's signed word."""
        fields = await read_json(request)
        init_data = fields.get("init_data")
        bot_token = self._parts.bot_token
        user_id = None
        if bot_token is not None and isinstance(init_data, str):
            user_id = telegram_user(init_data, bot_token, self._parts.clock())
        if user_id is None:
            raise Refused(403, "not_telegram", "Telegram did not sign this, or too long ago.")
        choice = None
        if fields.get("staff") is not None:
            choice = (_unfit(read_id, fields["staff"]), _unfit(read_id, fields.get("gate")))
        cookie = new_token()
        places = await self._parts.database.write(
            open_in_telegram, user_id, choice, cookie, self._parts.clock()
        )
        if places is None:
            return await self._opened(cookie, in_frame=True)
        if not places:
            raise Refused(403, "stranger", "This account is in no gate team.")
        listed = [
            {"staff": str(one.staff_id), "gate": str(one.gate_id), "label": one.label}
            for one in places
        ]
        return JSONResponse({"places": listed})

    async def session(self, request: Request) -> Response:
        """Say where this terminal stands."""
        terminal, story = await self._known(request)
        return JSONResponse(await self._told(terminal, story))

    async def place(self, request: Request) -> Response:
        """Stand at another gate of the same event."""
        terminal, story = await self._known(request)
        gate_id = _unfit(read_id, (await read_json(request)).get("gate"))
        if not await self._parts.database.write(terminals.move_terminal, terminal, gate_id):
            raise Refused(403, "not_your_gate", "This gate is not yours.")
        terminal, story = await self._known(request)
        return JSONResponse(await self._told(terminal, story))

    async def leave(self, request: Request) -> Response:
        """Close this terminal."""
        terminal, _ = await self._known(request)
        await self._parts.database.write(terminals.close_terminal, terminal.id, self._parts.clock())
        answer = JSONResponse({"closed": True})
        answer.delete_cookie(COOKIE, path=PREFIX)
        return answer

    # ---- Scanning --------------------------------------------------------------------------------

    async def scan(self, request: Request) -> Response:
        """Judge a text; a repeated request gets the answer it got."""
        return _answer(await self._judge(request, _unfit(read_scan, await read_json(request))))

    async def paper(self, request: Request) -> Response:
        """Judge a nominative ticket again, its holder's paper looked at."""
        return _answer(await self._judge(request, _unfit(read_paper, await read_json(request))))

    async def party(self, request: Request) -> Response:
        """Let more persons of a party in."""
        return _answer(await self._judge(request, _unfit(read_party, await read_json(request))))

    async def rest(self, request: Request) -> Response:
        """Let in the other tickets of an order of which one came in."""
        return _answer(await self._judge(request, _unfit(read_rest, await read_json(request))))

    async def photo(self, request: Request) -> Response:
        """Read the codes of one photo and judge each."""
        await self._known(request)
        request_id = _unfit(read_request_id, request.query_params.get("id"))
        lost = _unfit(read_lost, request.query_params.getlist("lost"))
        async with self._photos:
            photo = await read_bytes(request, PHOTO_BYTES_MAX)
            if picture_mime(photo) is None:
                raise Refused(415, "not_a_picture", "A photo is a JPEG, PNG, WebP, GIF or BMP.")
            try:
                decoded = await self._parts.workers.run(decode, photo, accept=Shape.TICKET)
            except WorkersError as error:
                raise Refused(503, "not_read", "The photo was not read; send it again.") from error
        found = (decoded.texts or decoded.others[:1])[:CODES_MAX]
        answers = [await self._judge_read(request, request_id, text, lost) for text in found]
        if not found:
            fault = decoded.fault.value if decoded.fault is not None else "none"
            judged = await self._judge(request, Unread(request_id, fault))
            answers = [json.loads(judged.answer)]
        return JSONResponse({"answers": answers, "left_over": len(decoded.texts) - len(found)})

    async def entries(self, request: Request) -> Response:
        """Take in what was judged without network."""
        uploaded = _unfit(read_entries, await read_json(request))
        taken = await self._parts.database.write(
            self._parts.uploader.take_in, _token_hash(request), uploaded, self._parts.clock()
        )
        if taken is None:
            raise _no_session()
        outcomes, queued = taken
        if queued:
            self._parts.queued()
        return JSONResponse({"outcomes": [asdict(one) for one in outcomes]})

    async def counts(self, request: Request) -> Response:
        """Count who came in."""
        terminal, story = await self._known(request)
        today = event_day(self._parts.clock(), ZoneInfo(story.zone))
        counted = await self._parts.database.read(
            terminals.counts, terminal.event_id, terminal.gate_id, today
        )
        revoked = story.revoked_ms is not None
        return JSONResponse(asdict(counted) | {"revoked": revoked})

    async def pack(self, request: Request) -> Response:
        """Answer with the sealed copy for the time without network."""
        terminal, story = await self._known(request)
        if story.revoked_ms is not None:
            raise Refused(403, "revoked", "This place in the team was taken back.")
        async with self._packing:
            try:
                sealed = await make_pack(
                    self._parts.database,
                    self._parts.signer,
                    terminal,
                    story,
                    mode=self._parts.gatekeeper.mode,
                    now_ms=self._parts.clock(),
                )
            except PackTooLarge as error:
                raise Refused(413, "pack_too_large", "Too many tickets for a copy.") from error
        return Response(sealed, media_type="application/octet-stream")

    # ---- Parts -----------------------------------------------------------------------------------

    async def _judge(self, request: Request, asked: Asked) -> Judged:
        token_hash = _token_hash(request)
        for tried in range(TRIES_MAX):
            try:
                judged = await self._parts.database.write(
                    self._parts.judge.judge, token_hash, asked, self._parts.clock()
                )
            except ConstraintBroken:
                if tried == TRIES_MAX - 1:
                    raise
                continue
            if judged is None:
                raise _no_session()
            if judged.queued:
                self._parts.queued()
            return judged
        raise AssertionError("unreachable")

    async def _judge_read(
        self, request: Request, photo_id: str, text: str, lost: tuple[str, ...]
    ) -> dict[str, Any]:
        """Judge what was read in a photo, under a name of its own in this and each lost request."""
        code = read_code(text)
        digest = code_hash(code.text if isinstance(code, Code) else text)
        before = tuple(share_name(one, digest) for one in lost)
        scan = Scan(share_name(photo_id, digest), text, lost=before, photo=photo_id)
        judged = await self._judge(request, scan)
        answer: dict[str, Any] = json.loads(judged.answer)
        return answer | {"digest": digest}

    async def _known(self, request: Request) -> tuple[Terminal, TerminalStory]:
        found = await self._find(_token_hash(request))
        if found is None:
            raise _no_session()
        return found

    async def _find(self, token_hash: str) -> tuple[Terminal, TerminalStory] | None:
        database = self._parts.database
        terminal = await database.read(terminals.terminal_by_token, token_hash, self._parts.clock())
        if terminal is None:
            return None
        story = await database.read(terminals.terminal_story, terminal)
        return None if story is None else (terminal, story)

    async def _opened(self, cookie: str, *, in_frame: bool) -> Response:
        """Answer with the session and its cookie, which no script can read."""
        found = await self._find(terminals.hashed(cookie))
        if found is None:
            raise Refused(410, "link_gone", "This place in the team was taken back.")
        terminal, story = found
        answer = JSONResponse(await self._told(terminal, story), status_code=201)
        kept_s = (terminal.expires_ms - self._parts.clock()) // 1000
        crumb = f"{COOKIE}={cookie}; Path={PREFIX}; Max-Age={kept_s}; HttpOnly"
        # Telegram on the web shows the page in its own frame: there a cookie must say that it may.
        if not self._parts.is_https:
            crumb += "; SameSite=Strict"
        elif in_frame:
            crumb += "; Secure; SameSite=None; Partitioned"
        else:
            crumb += "; Secure; SameSite=Strict"
        answer.raw_headers.append((b"set-cookie", crumb.encode("latin-1")))
        return answer

    async def _told(self, terminal: Terminal, story: TerminalStory) -> dict[str, Any]:
        post = await self._parts.database.read(
            staff.post_by_id, terminal.staff_id, terminal.person_id
        )
        gates = await self._parts.database.read(gates_for, post) if post else []
        return {
            "terminal": str(terminal.id),
            "event": story.event_title,
            "zone": story.zone,
            "gate": str(terminal.gate_id),
            "gates": [{"id": str(one.id), "name": one.name} for one in gates],
            "staff": story.staff_name,
            "role": story.role,
            "language": terminal.language,
            "now_ms": self._parts.clock(),
            "expires_ms": terminal.expires_ms,
            "pack_key": list(terminal.pack_key),
            "signer": list(self._parts.signer.public_key()),
            "revoked": story.revoked_ms is not None,
        }


def _answer(judged: Judged) -> Response:
    return Response(judged.answer, media_type="application/json")


def _token(fields: dict[str, Any]) -> str:
    token = fields.get("token")
    if not (isinstance(token, str) and token):
        raise Refused(400, "bad_token", "`token` is what stands in the link.")
    return token


def _token_hash(request: Request) -> str:
    token = request.cookies.get(COOKIE)
    if not token:
        raise _no_session()
    return terminals.hashed(token)


def _no_session() -> Refused:
    return Refused(401, "no_session", "This terminal is closed: ask the scanner bot for a link.")


def _unfit(read: Callable[[V], R], value: V) -> R:
    try:
        return read(value)
    except Unfit as unfit:
        raise Refused(400, "unfit", str(unfit)) from unfit
