"""E-mail, for the few words that no chat can carry: sent by SMTP from the settings, on a thread."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol
from urllib.parse import unquote, urlsplit

SMTP_TIMEOUT_S = 20
"""A mail server that greets slowly against spam still answers within this."""

SMTP_PORT = 587
SMTPS_PORT = 465

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""A relay on this machine may speak without TLS."""

PERMANENT_MIN = 500
"""SMTP's 5xx replies: the same again will be refused again (RFC 5321, 4.2.1)."""


class MailRefused(Exception):
    """This address will never take it; the message has neither the address nor the words."""


class Post(Protocol):
    """Something that sends e-mail."""

    async def send(self, to: str, subject: str, body: str) -> None:
        """Send one message in words.

        Raises:
            MailRefused: never try this again.
            Any other exception: try again; a repeat is harmless.
        """
        ...


@dataclass(frozen=True, slots=True)
class SmtpPost:
    """A mail server; its password never shows."""

    host: str
    port: int
    sender: str
    is_tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    async def send(self, to: str, subject: str, body: str) -> None:
        """Send one message: see Post."""
        message = write_message(self.sender, to, subject, body)
        try:
            await asyncio.to_thread(self._deliver, message)
        except smtplib.SMTPRecipientsRefused as refused:
            raise _meaning([code for code, _ in refused.recipients.values()]) from None
        except smtplib.SMTPResponseException as refused:
            # Its words may repeat the address.
            raise _meaning([refused.smtp_code]) from None

    def _deliver(self, message: EmailMessage) -> None:
        context = ssl.create_default_context()
        if self.is_tls:
            with smtplib.SMTP_SSL(
                self.host, self.port, timeout=SMTP_TIMEOUT_S, context=context
            ) as server:
                self._hand_over(server, message)
            return
        with smtplib.SMTP(self.host, self.port, timeout=SMTP_TIMEOUT_S) as server:
            if self.host not in LOOPBACK:
                server.starttls(context=context)
            self._hand_over(server, message)

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        if self.user:
            server.login(self.user, self.password)
        server.send_message(message)


def open_post(url: str, sender: str) -> SmtpPost:
    """Read `smtp://USER:PASSWORD@HOST:587` (TLS begun after hello) or `smtps://...` (TLS at once).

    Raises:
        ValueError: it is written otherwise.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("must look like smtps://USER:PASSWORD@HOST:465 or smtp://HOST:587")
    is_tls = parts.scheme == "smtps"
    return SmtpPost(
        host=parts.hostname,
        port=parts.port or (SMTPS_PORT if is_tls else SMTP_PORT),
        sender=sender,
        is_tls=is_tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def write_message(sender: str, to: str, subject: str, body: str) -> EmailMessage:
    """Write one message; raises MailRefused for an address that is none."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = sender
        message["To"] = to
        message["Subject"] = subject
    except (ValueError, IndexError):
        # A line end in an address would write headers of its own.
        raise MailRefused("no address") from None
    if not message["To"].addresses or message["To"].defects:
        raise MailRefused("no address")
    message["Auto-Submitted"] = "auto-generated"  # no holiday note comes back (RFC 3834)
    message.set_content(body)
    return message


def _meaning(codes: list[int]) -> Exception:
    if codes and all(code >= PERMANENT_MIN for code in codes):
        return MailRefused(f"SMTP {codes[0]}")
    return ConnectionError(f"SMTP {codes[0] if codes else 'no answer'}")
