"""Where a person wants a code sent who lost their phone: what they left for that, and no more."""

from dataclasses import dataclass
from typing import Literal

from storage.database import Tx

Kind = Literal["email", "phone"]


@dataclass(frozen=True, slots=True)
class RescueContact:
    """An e-mail, or a number with its country and its plus."""

    kind: Kind
    address: str


async def leave(tx: Tx, person_id: int, contact: RescueContact, now_ms: int) -> None:
    """Keep a contact, in place of one of the same kind."""
    await tx.run(
        "INSERT INTO rescue_contacts (person_id, kind, address, left_ms)"
        " VALUES (:person_id, :kind, :address, :now_ms) ON CONFLICT (person_id, kind)"
        " DO UPDATE SET address = excluded.address, left_ms = excluded.left_ms",
        person_id=person_id,
        kind=contact.kind,
        address=contact.address,
        now_ms=now_ms,
    )


async def take_away(tx: Tx, person_id: int) -> int:
    """Drop what a person left; answers how many there were."""
    return await tx.run("DELETE FROM rescue_contacts WHERE person_id = :id", id=person_id)


async def contacts_of(tx: Tx, person_id: int) -> list[RescueContact]:
    """Read what a person left, the e-mail first."""
    rows = await tx.rows(
        "SELECT kind, address FROM rescue_contacts WHERE person_id = :id ORDER BY kind",
        id=person_id,
    )
    return [RescueContact(row["kind"], row["address"]) for row in rows]
