"""The command `python -m gate_scanner decode`, as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gate_scanner.pictures import card, code, qr, saved, sheet

ROOT = Path(__file__).parents[2]
CODE = code(1)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(  # noqa: S603 our own program
        [sys.executable, "-m", "gate_scanner", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_one_line_a_code(tmp_path: Path) -> None:
    """Each code stands on a line behind its file's name, in reading order."""
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    one.write_bytes(saved(card(CODE)))
    two.write_bytes(saved(sheet([code(2), code(3)], columns=2)))
    done = run("decode", one, two)
    assert done.stdout == f"{one}\t{CODE}\n{two}\t{code(2)}\n{two}\t{code(3)}\n"
    assert (done.stderr, done.returncode) == ("", 0)


def test_any_text_only_when_asked_for(tmp_path: Path) -> None:
    """Without `--any` a web address is no ticket, and the answer says what would show it."""
    photo = tmp_path / "poster.png"
    photo.write_bytes(saved(qr("https://example.org/é")))
    plain = run("decode", photo)
    assert (plain.stdout, plain.returncode) == ("", 1)
    assert "--any" in plain.stderr
    wide = run("decode", "--any", photo)
    assert (wide.stdout, wide.returncode) == (f"{photo}\thttps://example.org/é\n", 0)


def test_tabs_and_newlines_are_escaped(tmp_path: Path) -> None:
    """One code is one line, whatever it holds."""
    photo = tmp_path / "odd.png"
    photo.write_bytes(saved(qr("a\tb\nc\\d\re")))
    assert run("decode", "--any", photo).stdout == f"{photo}\ta\\tb\\nc\\\\d\\re\n"


def test_a_photo_without_a_code_says_why(tmp_path: Path) -> None:
    """The others are still printed, and the exit code tells that one had none."""
    good, text = tmp_path / "good.png", tmp_path / "text.jpg"
    good.write_bytes(saved(card(CODE)))
    text.write_text("not a photo")
    done = run("decode", text, good)
    assert done.stdout == f"{good}\t{CODE}\n"
    assert done.stderr == f"{text}: not an image\n"
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"", "the file is empty"),
        (b"%PDF-1.7\n", "a PDF, not a photo: send a picture of the page"),
        (
            b"\x00\x00\x00\x18ftypheic\x00\x00",
            "a HEIC photo, which is not read: save it as JPEG or PNG",
        ),
        (b"\x00\x00\x00\x18ftypisom\x00\x00", "a video, not a photo: send a picture of it"),
        (b"<svg xmlns=''/>", "a drawing or a page, not a photo"),
        (b"PK\x03\x04....", "an archive or a document, not a photo"),
    ],
)
def test_what_is_no_photo_is_called_by_its_name(tmp_path: Path, start: bytes, said: str) -> None:
    """A page, a film, a phone's own format: one line each, which says what to send instead."""
    strange = tmp_path / "strange.jpg"
    strange.write_bytes(start)
    done = run("decode", "--any", strange)
    assert (done.stdout, done.stderr, done.returncode) == ("", f"{strange}: {said}\n", 1)


def test_an_endless_file_is_too_large() -> None:
    """No more is read than a photo may have: a wrong path cannot fill the memory."""
    done = run("decode", "/dev/zero")
    assert (done.stderr, done.returncode) == ("/dev/zero: too large\n", 1)


def test_a_name_that_is_no_unicode_is_printed_as_it_is(tmp_path: Path) -> None:
    """Names come from cameras and old disks; one of them must not stop the others."""
    odd = os.fsencode(tmp_path) + b"/caf\xe9.png"
    Path(os.fsdecode(odd)).write_bytes(saved(card(CODE)))
    done = subprocess.run(  # noqa: S603 our own program
        [sys.executable, "-m", "gate_scanner", "decode", odd],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == (odd + b"\t" + CODE.encode() + b"\n", b"")


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    """No traceback for a typing error, nor for a folder."""
    done = run("decode", tmp_path / "nowhere.png", tmp_path)
    assert done.stderr.splitlines() == [
        f"{tmp_path / 'nowhere.png'}: No such file or directory",
        f"{tmp_path}: Is a directory",
    ]
    assert done.returncode == 1


def test_wrong_usage_says_how(tmp_path: Path) -> None:
    """No word, no photo or an unknown option: the usage and exit code 2."""
    for arguments in ((), ("decode",), ("decode", "--all", tmp_path), ("encode", tmp_path)):
        done = run(*arguments)
        assert done.returncode == 2
        assert "usage: python -m gate_scanner" in done.stderr
