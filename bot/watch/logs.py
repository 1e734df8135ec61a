"""Log lines: structlog, for a person or for a machine; never a secret, a code, a number or a name.

Our own lines carry ids. What a library or an exception says is masked by its shape, last of all,
when the line is as it will be written.
"""

import logging
import re
import sys
from collections.abc import Callable

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"

PRIVATE_KEYS = frozenset(
    {"name", "holder", "buyer", "person_name", "text", "body", "words", "payload", "caption"}
    | {"ref", "chat_ref", "phone", "email", "address", "birth_date"}
    | {"token", "code", "short_code", "secret", "password", "key", "keys", "authorization"}
)
"""Keys whose value is never written, whatever it is."""

SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # A bot's token: its id, a colon, 35 letters.
    (re.compile(r"\b\d{5,20}:[A-Za-z0-9_-]{20,80}"), MASK),
    # What was drawn: a link's word, a page's address, a key. Before what a part of it looks like.
    (re.compile(r"(?<![A-Za-z0-9_-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{26,}"), MASK),
    # A ticket's code, and the short one that is typed.
    (re.compile(r"\b[GD][0-9A-Z]{28}\b", re.IGNORECASE), MASK),
    (re.compile(r"(?<![\w-])[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}(?![\w-])"), MASK),
    # One-time digits, as they are shown.
    (re.compile(r"(?<![\d.:-])\d{4} \d{4}(?![\d.:-])"), MASK),
    # Who can be reached where.
    (re.compile(r"whatsapp:\+?\d+"), f"whatsapp:{MASK}"),
    (re.compile(r"\+\d(?:[ .-]?\d){6,14}\b"), MASK),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), MASK),
    # What signs or opens: a link's word, a provider's key, a header.
    (re.compile(r"\b[a-z]{1,3}_[A-Za-z0-9_-]{20,}"), MASK),
    (re.compile(r"(?i)\b(bearer|basic)\s+\S+"), MASK),
    # A password in an address.
    (re.compile(r"(?<=://)[^/@\s:]+:[^/@\s]+(?=@)"), MASK),
)
"""What is masked wherever it stands, in our lines and in the libraries'."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Signs that begin a line of their own, or paint a terminal: nobody writes our log but we."""

_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
"""Twilio's names for a message or a content: they open nothing, and support asks for them."""


def masked(text: str) -> str:
    """Give a text without anything that looks like a secret, a code or somebody's address."""
    for shape, instead in SHAPES:
        text = shape.sub(_unless_sid(instead), text)
    return text


def mask_line(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Mask a whole line: values by their key, and every text in it by its shape."""
    return {
        # In a traceback `name` is a function's.
        key: _mask_value(value, keys=frozenset() if key == "exception" else PRIVATE_KEYS)
        if key not in PRIVATE_KEYS or not value
        else MASK
        for key, value in line.items()
    }


def set_up_logs(log_format: str, level: str = "info") -> None:
    """Write log lines to standard error, as `console` or `json`, for us and for the libraries.

    `level` is ours; libraries speak from `warning` on, because below it they tell what they carry.
    """
    is_json = log_format == "json"
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if is_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    exceptions: Processor = (
        # Without the values of variables: those are names, numbers and codes.
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        if is_json
        else structlog.processors.format_exc_info
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            exceptions,
            mask_line,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masking("%(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _Masking(logging.Formatter):
    """Masks what a library logs, its traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        said = _CONTROLS.sub("?", record.getMessage())
        record.msg, record.args = said, ()
        return masked(super().format(record))


def _mask_value(value: object, keys: frozenset[str]) -> object:
    match value:
        case str():
            return masked(_CONTROLS.sub("?", value) if keys else value)
        case dict():
            return {
                key: MASK if key in keys and one else _mask_value(one, keys)
                for key, one in value.items()
            }
        case list() | tuple():
            return [_mask_value(one, keys) for one in value]
        case bool() | int() | float() | None:
            return value
        case _:
            return masked(str(value))


def _unless_sid(instead: str) -> Callable[[re.Match[str]], str]:
    def replace(found: re.Match[str]) -> str:
        return found[0] if _SID.fullmatch(found[0]) else instead

    return replace
