"""E-mail: one letter in plain words, refusals told apart, nothing secret in what is shown."""

import email
import email.policy

import pytest

from bot.far_work.mail import MailRefused, SmtpPost, open_post, write_message
from tests.doubles.mail import MailDouble

TO = "awa@example.org"


def post(double: MailDouble) -> SmtpPost:
    """A relay on this machine."""
    return open_post(f"smtp://127.0.0.1:{double.port}", "Guichet <box@example.org>")


async def test_a_letter_arrives_as_it_was_written() -> None:
    """Accents, lines, who it is from and for; and that a machine wrote it."""
    async with MailDouble.running() as double:
        await post(double).send(TO, "Votre code", "Le code de récupération :\n4821 0937\n")
    [raw] = double.letters
    letter = email.message_from_bytes(raw.removesuffix(b".\r\n"), policy=email.policy.default)
    body = letter.get_body()
    assert body is not None
    assert "Le code de récupération :\n4821 0937" in body.get_content().replace("\r\n", "\n")
    assert (letter["To"], letter["Subject"]) == (TO, "Votre code")
    assert letter["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("verb", "answer", "meaning"),
    [
        ("RCPT", f"550 no such mailbox {TO}", MailRefused),
        ("RCPT", "450 try later", ConnectionError),
        ("DATA", "554 spam", MailRefused),
        ("MAIL", "421 closing", ConnectionError),
    ],
)
async def test_for_ever_and_for_now_are_told_apart(
    verb: str, answer: str, meaning: type[Exception]
) -> None:
    """5xx is never tried again, 4xx is; neither repeats the address."""
    async with MailDouble.running() as double:
        double.answers[verb] = answer
        with pytest.raises(meaning) as refused:
            await post(double).send(TO, "Votre code", "4821 0937")
    assert TO not in repr(refused.value)


async def test_a_server_that_is_away_is_tried_again() -> None:
    """No connection is no refusal."""
    async with MailDouble.running() as double:
        away = post(double)
    with pytest.raises(OSError, match="refused"):
        await away.send(TO, "Votre code", "4821 0937")


@pytest.mark.parametrize("address", ["", "nobody", "a@b.c\r\nBcc: all@example.org", "@", "a@b@c"])
def test_what_is_no_address_is_refused(address: str) -> None:
    """Above all one that would write a line of its own into the letter."""
    with pytest.raises(MailRefused):
        write_message("box@example.org", address, "Votre code", "4821 0937")


def test_the_setting_says_how_to_connect() -> None:
    """TLS at once or after hello; the password is unquoted and never shown."""
    one = open_post("smtps://box:p%40ss@mail.example.org", "box@example.org")
    assert (one.host, one.port, one.is_tls, one.user, one.password) == (
        "mail.example.org",
        465,
        True,
        "box",
        "p@ss",
    )
    assert "p@ss" not in repr(one)
    assert open_post("smtp://mail.example.org", "").port == 587
    with pytest.raises(ValueError, match="must look like"):
        open_post("mail.example.org", "")
