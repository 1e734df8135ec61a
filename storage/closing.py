"""What became of an event, counted once it is over: sold, refunded, came, stayed away, refused."""

from dataclasses import dataclass

from storage.database import Tx
from storage.organisers import INVITED


@dataclass(frozen=True, slots=True)
class ClosedKind:
    """One kind at the end."""

    name: str
    quota: int
    sold: int
    """Valid tickets that were not given as invitations, whoever has them now."""
    invited: int
    refunded: int
    came: int
    """Of the sold and the invited."""
    money_minor: int

    @property
    def away(self) -> int:
        """Tickets that could have been used and were not."""
        return self.sold + self.invited - self.came


@dataclass(frozen=True, slots=True)
class Closing:
    """The whole event at the end."""

    kinds: tuple[ClosedKind, ...]
    verdicts: dict[str, int]
    """Judgements at the gates, by verdict."""
    conflicts: int
    """Entries made without network that the house knew otherwise."""


async def closing_of(tx: Tx, event_id: int) -> Closing:
    """Count an event."""
    kinds = await tx.rows(
        "SELECT kinds.name, kinds.quota,"
        " (SELECT COUNT(*) FROM tickets WHERE tickets.kind_id = kinds.id"
        "  AND tickets.status = 'valid') AS valid,"
        " (SELECT COUNT(*) FROM orders JOIN tickets ON tickets.order_id = orders.id"
        f"  WHERE orders.event_id = :event_id AND {INVITED}"
        "  AND tickets.kind_id = kinds.id AND tickets.status = 'valid') AS invited,"
        " (SELECT COUNT(*) FROM tickets JOIN orders ON orders.id = tickets.order_id"
        "  WHERE tickets.kind_id = kinds.id AND orders.source <> 'invitation'"
        "  AND tickets.status IN ('refunded', 'charged_back', 'cancelled')) AS refunded,"
        " (SELECT COUNT(*) FROM tickets WHERE tickets.kind_id = kinds.id"
        "  AND tickets.status = 'valid' AND tickets.scanned_at_ms IS NOT NULL) AS came,"
        " (SELECT CAST(COALESCE(SUM(seats.price_minor), 0) AS BIGINT) FROM seats"
        "  JOIN orders ON orders.id = seats.order_id WHERE seats.kind_id = kinds.id"
        "  AND orders.status = 'paid' AND seats.returned_ms IS NULL) AS money_minor"
        " FROM kinds WHERE kinds.event_id = :event_id ORDER BY kinds.position",
        event_id=event_id,
    )
    verdicts = await tx.rows(
        "SELECT verdict, COUNT(*) AS count FROM scans WHERE event_id = :event_id GROUP BY verdict",
        event_id=event_id,
    )
    conflicts = await tx.row(
        "SELECT COUNT(*) AS count FROM offline_entries"
        " JOIN terminals ON terminals.id = offline_entries.terminal_id"
        " WHERE terminals.event_id = :event_id AND offline_entries.outcome = 'conflict'",
        event_id=event_id,
    )
    return Closing(
        tuple(
            ClosedKind(
                row["name"],
                row["quota"],
                row["valid"] - row["invited"],
                row["invited"],
                row["refunded"],
                row["came"],
                row["money_minor"],
            )
            for row in kinds
        ),
        {row["verdict"]: row["count"] for row in verdicts},
        int(conflicts["count"]) if conflicts else 0,
    )
