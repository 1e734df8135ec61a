"""Links that nobody has opened yet, under one message; a button withdraws each."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.flows.organising.organiser_words import ask_sure, in_lines
from chat.messages import Choice, Moment, Say, Then, Turn, Words, words

SHOWN_MAX = 7
"""Links under one message: the oldest, the likeliest lost."""

GONE = words("links.gone")


@dataclass(frozen=True, slots=True)
class Unused:
    """A link that still opens something."""

    token_hash: str
    role: Words
    until: Moment
    terms: tuple[Words, ...] = ()
    """Which gate and which hours it is for, where it says so."""


def unused_page(
    head: Words, links: Sequence[Unused], off: str, ways: Sequence[Choice], *said: Words
) -> Say:
    """List unused links; a button each leads to `OFF:HASH`."""
    lines, choices = [head], []
    for rank, link in enumerate(links[:SHOWN_MAX], 1):
        lines.append(words("links.line", rank=rank, role=link.role, until=link.until))
        lines += link.terms
        choices.append(Choice(words("links.withdraw", rank=rank), f"{off}:{link.token_hash}"))
    return Say(in_lines(*said, *lines), (*choices, *ways))


def ask_withdraw(link: Unused, off: str, back: str, then: Then) -> Turn:
    """Ask before a link opens nothing any more: `OFF:HASH:yes` does it."""
    said = words("links.ask", role=link.role, until=link.until)
    action = f"{off}:{link.token_hash}"
    return ask_sure(said, words("links.withdraw_now"), action, back, then)


def links_button(count: int, action: str) -> tuple[Choice, ...]:
    """Lead to the unused links, where there are any."""
    return (Choice(words("links.label", n=count), action),) if count else ()
