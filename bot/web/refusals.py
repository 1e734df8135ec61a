"""How a route says no: a code for programs and one sentence for people, in JSON."""

from __future__ import annotations

from starlette.responses import JSONResponse


class Refused(Exception):  # noqa: N818 (an answer of a route, not a failure)
    """A request that is not served: its status, its code and its sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code

    def answer(self) -> JSONResponse:
        """Turn it into the answer to send."""
        return JSONResponse({"error": self.code, "sentence": str(self)}, status_code=self.status)
