"""Logs hold no code, token, number or name: by shape, by key, and in the lines of whole runs."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.watch.logs import MASK, masked, set_up_logs
from boxoffice.codes import Keyring, Mode, make_code, new_event_tag, new_key
from boxoffice.tokens import new_token
from boxoffice.typed_codes import make_short_code
from storage.database import Database, Tx
from storage.opening import open_database
from tests.transcripts.on_telegram import open_telegram_stage
from tests.transcripts.on_whatsapp import open_whatsapp_stage
from tests.transcripts.playing import play
from tests.transcripts.script import FOLDER, read_script
from tests.transcripts.stage import Stage

RUNS = (
    ("seminaire_nominatif", "telegram"),
    ("mes_donnees", "telegram"),
    ("relier_deux_comptes", "whatsapp"),
    ("recuperer_par_l_organisateur", "whatsapp"),
)
"""Names of holders, codes at the door, one-time digits, accounts, and somebody forgotten."""


@pytest.fixture(autouse=True)
def libraries_as_before() -> Iterator[None]:
    """A test that sets logs up leaves the libraries' handlers as they were."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    root.handlers.clear()
    yield
    root.handlers[:] = before
    root.setLevel(level)


@given(st.sampled_from([Mode.LIVE, Mode.DEMO]), st.sampled_from(["{}", "no {}.", "[{}]", "a={}"]))
def test_every_code_is_masked(mode: Mode, around: str) -> None:
    """Whatever code we make, long or short, and wherever it stands."""
    code = make_code(Keyring.parse(new_key()), mode, new_event_tag())
    short = make_short_code()
    for secret in (code, code.lower(), f"{short[:4]}-{short[4:]}"):
        assert masked(around.format(secret)) == around.format(MASK)


@pytest.mark.parametrize(
    "secret",
    [
        "123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi",
        "+229 01 97 00 00 01",
        "+22997000001",
        "awa.dossou@example.org",
        "4821 0937",
        new_token(),
        f"o_{new_token()}",
        new_key(),
        "whsec_visibly_a_test_secret_1A",
        "Bearer visibly-a-test-token",
    ],
    ids=[
        "bot token",
        "spaced number",
        "number",
        "address",
        "digits",
        "token",
        "owner link",
        "key",
        "webhook",
        "bearer",
    ],
)
def test_what_opens_or_reaches_is_masked(secret: str) -> None:
    """Tokens, numbers, addresses, one-time digits, keys, headers."""
    said = masked(f"POST https://api.example/{secret} said no")
    assert secret not in said
    assert MASK in said


@pytest.mark.parametrize("make", [new_token, new_key])
def test_whatever_is_drawn_is_masked(make: Callable[[], str]) -> None:
    """No draw of a token or a key reads as a long name: one in a hundred would."""
    for secret in [make() for _ in range(2000)]:
        assert masked(f"[{secret}] said no").startswith(f"[{MASK}")


@pytest.mark.parametrize(
    "plain",
    [
        datetime(2027, 6, 1, 10, 0, tzinfo=UTC).isoformat(),
        "storage/sqlite.py:123",
        "319414956198343723",
        "SM0123456789abcdef0123456789abcdef",
        "5000 XOF",
        "test_what_opens_or_reaches_is_masked",
        "00000000-0000-4000-8000-000000000000",
    ],
)
def test_what_an_operator_needs_stays(plain: str) -> None:
    """Times, ids, places in the code, Twilio's names."""
    assert masked(plain) == plain


def fail(holder: str) -> None:
    """Fail with a number in the error's words, and a name in a variable."""
    raise LookupError(f"nobody at +2299700000{len(holder) - 9}")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_exception_tells_no_variables(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback names places, never what stood in variables; a value by a private key goes."""
    logging.getLogger().handlers.clear()  # the test runner's own, put there just now
    set_up_logs(log_format, "debug")
    log = structlog.get_logger()
    holder = "Awa Dossou"
    try:
        fail(holder)
    except LookupError:
        log.exception("trial", name=holder, more={"phone": "22997000001", "list": ["4821 0937"]})
    logging.getLogger("library").warning("sent to %s", "whatsapp:+22997000001")
    said = capsys.readouterr().err
    assert "LookupError" in said
    assert "test_logs.py" in said
    assert "library sent to whatsapp:***" in said
    for private in ("Awa", "Dossou", "97000001", "4821"):
        assert private not in said
    if log_format == "json":
        assert json.loads(said.splitlines()[0])["event"] == "trial"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_nobody_writes_a_line_of_our_log(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line end or a terminal's colour in what somebody sent stays inside its value."""
    logging.getLogger().handlers.clear()
    set_up_logs(log_format, "debug")
    forged = "x\n2027-06-01 [error] paid everything\r\x1b[31m\u2028done"
    structlog.get_logger().info("heard", why=forged)
    logging.getLogger("library").warning("got %s", forged)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 2
    assert "\x1b" not in said


async def secrets_of(database: Database) -> set[str]:
    """Everything in a database that no log may hold."""

    async def read(tx: Tx) -> set[str]:
        found: set[str] = set()
        for sql in (
            "SELECT code AS a, short_code AS b FROM tickets",
            "SELECT ref AS a, ref AS b FROM chats",
            "SELECT name AS a, name AS b FROM people",
            "SELECT holder AS a, holder AS b FROM seats",
            "SELECT token AS a, token AS b FROM sandbox_payments",
        ):
            for row in await tx.rows(sql):
                found |= {str(row["a"]), str(row["b"])}
        return found - {"None", ""}

    return await database.read(read)


async def digits_seen(stage: Stage) -> set[str]:
    """One-time digits that somebody was shown."""
    seen: set[str] = set()
    for who in ("awa", "tablette", "koffi"):
        for one in await stage.seen(who):
            seen |= set(re.findall(r"^\d{4} \d{4}$", one.text, re.MULTILINE))
    return seen


@pytest.mark.parametrize(("name", "channel"), RUNS)
async def test_the_logs_of_a_whole_run_hold_nothing_private(
    name: str, channel: str, house_sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """At debug, through the real payloads: not one code, token, account or name is in a line."""
    open_stage = {"telegram": open_telegram_stage, "whatsapp": open_whatsapp_stage}[channel]
    script = read_script(FOLDER / f"{name}.chat")
    set_up_logs("json", "debug")
    database = await open_database(house_sqlite_url)
    try:
        async with open_stage(database, served=True) as stage:
            await play(script, stage)
            private = await secrets_of(database) | await digits_seen(stage)
        assert len(private) > 5
    finally:
        await database.close()
    said = capsys.readouterr().err
    found = {one for one in private if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", said)}
    assert not found
