"""What a test orders of Twilio, what Twilio keeps, and how it answers when it refuses."""

from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Slow:
    """The call is worked, late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Refuse:
    """The call is not worked; the answer is Twilio's error body with this code."""

    status: int
    code: int
    message: str = "ordered by a test"


@dataclass(frozen=True, slots=True)
class Cut:
    """The call is worked, and the connection breaks before the answer is whole."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The message is taken, and its status says later that it failed; nobody sees it."""

    code: int
    status: str = "undelivered"
    before_answer: bool = False
    """The status is told before the call is answered, as a fast network may do."""


Trouble = Slow | Refuse | Cut | Fail


class Refused(Exception):
    """An error that Twilio answers with."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class BrokenOff(Response):
    """An answer that promises more than it brings: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half an answer."""
        del scope, receive
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"sid":', "more_body": True})


@dataclass(slots=True)
class Content:
    """A content as it was made."""

    sid: str
    body: dict[str, Any]
    status: str = "unsubmitted"
    uses: int = 0


@dataclass(slots=True)
class Kept:
    """Something a person sent, as Twilio keeps it."""

    body: bytes
    mime: str
    size: int | None = None


def refuse(trouble: Trouble | None) -> None:
    """Refuse, if that was ordered."""
    if isinstance(trouble, Refuse):
        raise Refused(trouble.status, trouble.code, trouble.message)


def error_of(refused: Refused) -> Response:
    """Answer as Twilio answers an error."""
    body = {
        "code": refused.code,
        "message": str(refused),
        "more_info": f"https://www.twilio.com/docs/errors/{refused.code}",
        "status": refused.status,
    }
    return JSONResponse(body, refused.status)
