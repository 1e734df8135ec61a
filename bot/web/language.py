"""Which of the house's two languages a browser asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from starlette.requests import Request

Language = Literal["fr", "en"]

HEADER_LENGTH_MAX = 500
"""Browsers send about fifty characters."""


def language_of(request: Request) -> Language:
    """Answer with `?lang=` if it is one of ours, else with what the browser likes; French first."""
    match request.query_params.get("lang"):
        case "fr":
            return "fr"
        case "en":
            return "en"
        case _:
            return preferred(request.headers.get("accept-language", ""))


def preferred(header: str) -> Language:
    """Read an Accept-Language header (RFC 9110, 12.5.4): English only if it is liked better."""
    liked = {"fr": 0.0, "en": 0.0}
    for part in header[:HEADER_LENGTH_MAX].split(","):
        tag, _, quality = part.partition(";")
        language = tag.strip().lower()[:2]
        if language in liked:
            liked[language] = max(liked[language], _quality(quality))
    return "en" if liked["en"] > liked["fr"] else "fr"


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
