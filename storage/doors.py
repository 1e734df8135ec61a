"""An event's gates as who runs the event sees them: their state, kinds and stewards."""

from dataclasses import dataclass

from storage.database import Tx
from storage.staff import GATES_MAX


@dataclass(frozen=True, slots=True)
class Door:
    """A gate, with the kinds it admits (none named: every kind) and how many stewards."""

    id: int
    name: str
    status: str
    leads_out: bool
    kind_ids: frozenset[int]
    people: int
    """Stewards who may stand here: those of this gate, and those of every one."""

    def admits(self, kind_id: int) -> bool:
        """Say whether tickets of a kind come in here, now."""
        return (
            self.status == "open"
            and not self.leads_out
            and (not self.kind_ids or kind_id in self.kind_ids)
        )


async def doors_of(tx: Tx, event_id: int) -> list[Door]:
    """Read the gates of an event, by name."""
    rows = await tx.rows(
        "SELECT gates.id, gates.name, gates.status, gates.direction, (SELECT COUNT(*) FROM staff"
        "  WHERE staff.event_id = gates.event_id AND staff.role = 'steward'"
        "  AND staff.revoked_ms IS NULL"
        "  AND (staff.bound_gate_id IS NULL OR staff.bound_gate_id = gates.id)) AS people"
        " FROM gates WHERE gates.event_id = :event_id ORDER BY gates.name, gates.id LIMIT :limit",
        event_id=event_id,
        limit=GATES_MAX,
    )
    kinds = await tx.rows(
        "SELECT gate_kinds.gate_id, gate_kinds.kind_id FROM gate_kinds"
        " JOIN gates ON gates.id = gate_kinds.gate_id WHERE gates.event_id = :event_id",
        event_id=event_id,
    )
    return [
        Door(
            row["id"],
            row["name"],
            row["status"],
            row["direction"] == "out",
            frozenset(one["kind_id"] for one in kinds if one["gate_id"] == row["id"]),
            row["people"],
        )
        for row in rows
    ]


async def rename(tx: Tx, gate_id: int, name: str) -> None:
    """Call a gate something else."""
    await tx.run("UPDATE gates SET name = :name WHERE id = :id", id=gate_id, name=name)
