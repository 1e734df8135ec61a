"""What organisers put on their receipts: who they are by law, and the tax that prices include."""

from dataclasses import dataclass
from typing import Literal

from storage.database import Tx

LegalField = Literal["name", "address", "tax_number", "note"]

_SETTING: dict[LegalField, str] = {
    field: (
        f"INSERT INTO legal_details (organiser_id, {field}, changed_by, changed_ms)"
        " VALUES (:organiser_id, :value, :by, :now_ms)"
        f" ON CONFLICT (organiser_id) DO UPDATE SET {field} = :value, changed_by = :by,"
        " changed_ms = :now_ms"
    )
    for field in ("name", "address", "tax_number", "note")
}


@dataclass(frozen=True, slots=True)
class LegalDetails:
    """An organiser as a receipt names them; without a legal name, as the box office does."""

    name: str
    address: str = ""
    tax_number: str = ""
    note: str = ""
    tax_name: str = ""
    tax_rate_bp: int = 0


async def legal_of(tx: Tx, organiser_id: int) -> LegalDetails:
    """Read what stands on an organiser's receipts."""
    row = await tx.row(
        "SELECT organisers.name AS organiser, legal_details.* FROM organisers LEFT JOIN"
        " legal_details ON legal_details.organiser_id = organisers.id WHERE organisers.id = :id",
        id=organiser_id,
    )
    if row is None:
        raise LookupError(f"there is no organiser {organiser_id}")
    if row["changed_ms"] is None:
        return LegalDetails(row["organiser"])
    return LegalDetails(
        row["name"] or row["organiser"],
        row["address"],
        row["tax_number"],
        row["note"],
        row["tax_name"],
        row["tax_rate_bp"],
    )


async def set_detail(
    tx: Tx, organiser_id: int, field: LegalField, value: str, *, by: int, now_ms: int
) -> None:
    """Set one of an organiser's details; an empty one is left off the receipt."""
    await tx.run(_SETTING[field], organiser_id=organiser_id, value=value, by=by, now_ms=now_ms)


async def set_tax(
    tx: Tx, organiser_id: int, name: str, rate_bp: int, *, by: int, now_ms: int
) -> None:
    """Set the tax that prices include; a rate of nought leaves it off."""
    await tx.run(
        "INSERT INTO legal_details (organiser_id, tax_name, tax_rate_bp, changed_by, changed_ms)"
        " VALUES (:organiser_id, :name, :rate_bp, :by, :now_ms)"
        " ON CONFLICT (organiser_id) DO UPDATE SET tax_name = :name, tax_rate_bp = :rate_bp,"
        " changed_by = :by, changed_ms = :now_ms",
        organiser_id=organiser_id,
        name=name,
        rate_bp=rate_bp,
        by=by,
        now_ms=now_ms,
    )
