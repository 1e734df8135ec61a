"""What is written for other machines speaks of this program: folders, settings, addresses."""

import re
from pathlib import Path

import pytest

from bot.settings import Settings

ROOT = Path(__file__).parent.parent
FILES = ("Dockerfile", "deploy/compose.yaml", "deploy/guichet.service", "docs/operations.md")

NOT_OURS = {"PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"} | {
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
    "THE_TOKEN",
}
"""The shell's, Python's and PostgreSQL's own."""


@pytest.mark.parametrize("name", FILES)
def test_every_setting_named_exists(name: str) -> None:
    """A setting that was renamed is not left behind in a file for servers."""
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|[\s=`{])([A-Z]{2,}(?:_[A-Z]+)+)\b(?=[=:`}}?\s])", text))
    known = {one.upper() for one in Settings.model_fields}
    assert named - known - NOT_OURS - {"HEALTHCHECK", "AF_INET", "AF_UNIX"} == set()
    assert named & known


def test_the_image_has_every_folder_the_program_imports() -> None:
    """A new package is copied too, and let past the list of what may be copied."""
    packages = {
        path.parent.name
        for path in ROOT.glob("*/__init__.py")
        if path.parent.name not in {"tests", "scripts"}
    }
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert packages == set(re.findall(r"^COPY (\w+) \1$", dockerfile, re.MULTILINE))
    assert {f"!{one}" for one in packages} <= set(allowed)


def test_the_image_runs_as_nobody_and_asks_for_health() -> None:
    """Not root, stopped as a service is, and the address it asks exists."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER guichet$", dockerfile, re.MULTILINE)
    assert re.search(r"^STOPSIGNAL SIGTERM$", dockerfile, re.MULTILINE)
    assert "/healthz" in dockerfile
    assert "--require-hashes" in dockerfile
