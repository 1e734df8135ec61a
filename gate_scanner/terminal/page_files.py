"""The page's files and its words, read once and served from memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

from boxoffice.verdicts import ANSWERS
from chat.texts import LANGUAGES

TEXTS = Path(__file__).parents[1] / "texts"
PAGE = Path(__file__).parent / "page"
READER = Path(__file__).parent / "reader"
"""A build of zxing for browsers, copied here by scripts/fetch_reader.py."""

MIMES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}

_SAID = (
    "page.",
    "title.",
    "do.",
    "kind",
    "role.",
    "moment.",
    "story.",
    "fault.",
    "total",
    "party.",
)


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page."""

    body: bytes
    mime: str
    etag: str


def page_files(fonts: Path) -> dict[str, PageFile]:
    """Read every file of the page by name, with the house's fonts; raises OSError without one."""
    found = {
        path.name: page_file(path.read_bytes(), MIMES[path.suffix])
        for folder in (PAGE, READER, fonts)
        for path in sorted(folder.iterdir())
        if path.suffix in MIMES and not path.name.startswith("package")
    }
    # The service worker keeps the files of one version together: its own bytes change with theirs.
    version = sha256("".join(one.etag for one in found.values()).encode()).hexdigest()[:16]
    worker = found["worker.js"].body.replace(b"{{version}}", version.encode())
    return found | {"worker.js": page_file(worker, MIMES[".js"])}


def page_file(body: bytes, mime: str) -> PageFile:
    """Name a file by its bytes."""
    return PageFile(body, mime, f'"{sha256(body).hexdigest()[:20]}"')


def page_words(language: str) -> dict[str, Any]:
    """Return what the page says: the patterns of the gate's own catalogues, and every light."""
    said: dict[str, str | list[str]] = {}
    for path in sorted((TEXTS / language).glob("*.po")):
        with path.open("rb") as source:
            for message in read_po(source):
                key = message.id if isinstance(message.id, str) else message.id[0]
                if not key.startswith(_SAID):
                    continue
                # A sentence that counts has a form for one, and one for several.
                forms = message.string or ""
                said[key] = forms if isinstance(forms, str) else list(forms)
    lights = {verdict.value: light.value for verdict, (light, _) in ANSWERS.items()}
    return {"language": language, "words": said, "lights": lights}


def languages() -> tuple[str, ...]:
    """The languages the page is served in."""
    return LANGUAGES
