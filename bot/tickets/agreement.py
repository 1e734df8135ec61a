"""What stands on the written agreement of a transfer, already in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """What one side confirmed: as whom, and the words that say when and where."""

    role: str
    name: str
    confirmed: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Everything that stands on the page, already in words."""

    title: str
    between: str
    facts: tuple[tuple[str, str], ...]
    """What is transferred: a label and a value a row."""
    clauses: tuple[str, ...]
    signatures: tuple[Signature, Signature]
    foot: str
