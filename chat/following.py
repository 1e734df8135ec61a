"""What the installation does about messages, in the transactions that lease and mark them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from storage.database import Tx
from storage.outbox import OutboxRow

Delivered = Callable[[Tx, OutboxRow, str, int], Awaitable[None]]
"""Keeps what became of a message `about` something (`sent`, `text_only`, `failed`), and when, in
the transaction that marks its row."""

GivenUp = Callable[[Tx, OutboxRow, int], Awaitable[None]]
"""Queues whatever must follow a row that failed for ever, in the transaction that marks it."""

Outdated = Callable[[Tx, OutboxRow], Awaitable[bool]]
"""Says of a message `about` something whether it is untrue by now, in the transaction that leases
it: then it is dropped."""


@dataclass(frozen=True, slots=True)
class Follows:
    """What follows from giving up, from sending, and from what is untrue by now."""

    given_up: GivenUp
    delivered: Delivered
    outdated: Outdated
