"""What a promise about the database is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise, and the query whose every row breaks it; `what` of a row says where."""

    promise: str
    breaches: str
