"""What is whose: every column that names a person, and how all of it changes hands.

`MOVED` and `STAYS` together are every reference to `people` in the schema; a test compares them, so
that a table made later is not forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Owned:
    """A column that says whose a row is; `key` finds the row again.

    `one_per` are the columns with which the person is unique: where both have a row, each keeps
    theirs.
    """

    table: str
    column: str
    key: tuple[str, ...]
    one_per: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How a move names it: `orders.buyer_id`."""
        return f"{self.table}.{self.column}"


MOVED = (
    Owned("chats", "person_id", ("id",)),
    Owned("orders", "buyer_id", ("id",)),
    Owned("acceptances", "person_id", ("order_id",)),
    Owned("tickets", "owner_id", ("id",)),
    Owned("transfers", "from_id", ("id",)),
    Owned("transfers", "to_id", ("id",)),
    Owned("memberships", "person_id", ("organiser_id",), ("organiser_id",)),
    Owned("staff", "person_id", ("id",), ("event_id",)),
    Owned("terminals", "person_id", ("id",)),
    Owned("contests", "owner_id", ("id",)),
    Owned("reminders", "person_id", ("event_id", "what"), ("event_id", "what")),
    Owned("terminal_loans", "asked_by", ("event_id",)),
    Owned("orders", "sold_by", ("id",)),
    Owned("payments", "taken_by", ("id",)),
    Owned("refunds", "handed_by", ("id",)),
    Owned("sellers", "person_id", ("id",), ("event_id",)),
    Owned("cash_closings", "person_id", ("id",)),
    Owned("consents", "person_id", ("organiser_id",), ("organiser_id",)),
    Owned("answers", "person_id", ("announcement_id",), ("announcement_id",)),
    Owned("promo_claims", "person_id", ("event_id",), ("event_id",)),
    Owned("waiting", "person_id", ("id",)),
    Owned("offers", "person_id", ("id",)),
    Owned("rescue_contacts", "person_id", ("kind",), ("kind",)),
    Owned("recoveries", "holder_id", ("id",)),
)
"""What goes to the person who is kept when two are one; chats first: they are the lock."""

STAYS: Mapping[str, str] = {
    "invitations.invited_by": "who made a link, then",
    "invitations.used_by": "who used it, then",
    "typing_failures.person_id": "ten minutes, and then it is nothing",
    "event_refunds.asked_by": "who asked, then",
    "event_changes.asked_by": "who asked, then",
    "announcements.asked_by": "who announced it, then",
    "broadcasts.made_by": "who wrote it, then",
    "journal.person_id": "who did it, then",
    "ledger.person_id": "who wrote the line, then",
    "seller_links.invited_by": "who made a link, then",
    "seller_links.used_by": "who used it, then",
    "claims.made_by": "who made a link, then",
    "claims.claimed_by": "who used it, then",
    "cash_closings.closed_by": "who counted, then",
    "payouts.recorded_by": "who recorded it, then",
    "payouts.undone_by": "who undid it, then",
    "service_fees.set_by": "who set it, then",
    "legal_details.changed_by": "who changed it, then",
    "team_links.invited_by": "who made a link, then",
    "team_links.used_by": "who used it, then",
    "promos.made_by": "who made a code, then",
    "promo_buyers.person_id": "how often a code was used, as the orders made with it say",
    "orders.promo_by": "who used the code: its counter is theirs",
    "links.kept_id": "the history of links itself",
    "links.joined_id": "the history of links itself",
}
"""What a link leaves as it was written, each with its reason."""


async def lock_chats(tx: Tx, *person_ids: int) -> None:
    """Wait for the turns under way in these people's chats, and keep new ones out."""
    for person_id in sorted(person_ids):
        await tx.run("UPDATE chats SET turn = turn WHERE person_id = :id", id=person_id)


async def move(tx: Tx, owned: Owned, *, from_id: int, to_id: int) -> list[str]:
    """Give everything of one kind to another person; answers the keys of the rows that moved."""
    table, column = owned.table, owned.column
    taken = ""
    if owned.one_per:
        same = " AND ".join(f"theirs.{one} = {table}.{one}" for one in owned.one_per)
        taken = (
            f" AND NOT EXISTS (SELECT 1 FROM {table} AS theirs"
            f" WHERE theirs.{column} = :to_id AND {same})"
        )
    rows = await tx.rows(
        f"UPDATE {table} SET {column} = :to_id WHERE {column} = :from_id{taken}"
        f" RETURNING {', '.join(owned.key)}",
        from_id=from_id,
        to_id=to_id,
    )
    return [":".join(str(row[one]) for one in owned.key) for row in rows]


async def move_one(tx: Tx, owned: Owned, key: str, *, from_id: int, to_id: int) -> bool:
    """Give one row back, if it is still that person's."""
    parts = key.split(":")
    values: dict[str, int | str] = {
        f"key{place}": int(part) if part.isdecimal() else part for place, part in enumerate(parts)
    }
    found = " AND ".join(f"{one} = :key{place}" for place, one in enumerate(owned.key))
    changed = await tx.run(
        f"UPDATE {owned.table} SET {owned.column} = :to_id"
        f" WHERE {owned.column} = :from_id AND {found}",
        from_id=from_id,
        to_id=to_id,
        **values,
    )
    return changed > 0
