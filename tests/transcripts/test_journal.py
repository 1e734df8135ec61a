"""Every change of money or access that a team makes is written where the owner reads it.

Triggers of this test's own mark each such change in the database, whatever code made it.
Transcripts in which teams do all they can are played; after each message of theirs that changed
something the journal must have grown, and in the end every kind of change was made by one of them.
"""

from pathlib import Path

from storage.database import Database, Tx
from tests.storm.databases import fresh_database
from tests.transcripts.script import FOLDER, Says, World, read_script
from tests.transcripts.stage import open_stage

WATCHED = {
    # On sale or not, for how much, under which rules, how many.
    "event": "UPDATE OF status, equipment, entry, refund_percent, refund_before_ms, age_min,"
    " checks_age, sales_from_ms, sales_until_ms, per_buyer_max ON events"
    " WHEN OLD.status <> 'draft' OR NEW.status <> 'draft' OR NEW.equipment <> OLD.equipment",
    "price or quota": "UPDATE OF price_minor, quota ON kinds"
    " WHEN (SELECT status FROM events WHERE id = NEW.event_id) <> 'draft'",
    "promo code": "INSERT ON promos",
    "promo code over": "UPDATE OF revoked_ms ON promos",
    "announced": "INSERT ON announcements",
    # Who comes in, and where.
    "gate": "UPDATE OF name, status ON gates WHEN NEW.name <> OLD.name OR NEW.status <> OLD.status",
    "kinds of a gate": "INSERT ON gate_kinds",
    "door team joined": "INSERT ON staff",
    "door team changed": "UPDATE OF role, bound_gate_id, from_ms, until_ms, revoked_ms ON staff",
    "blocked or freed": "UPDATE OF status ON tickets"
    " WHEN (OLD.status = 'blocked') <> (NEW.status = 'blocked')",
    "forced or undone": "INSERT ON scans WHEN NEW.verdict IN ('forced', 'annulled')",
    "link to the door": "INSERT ON invitations WHEN NEW.purpose = 'staff'",
    "rule of terminals": "INSERT ON gate_rules",
    "loan asked": "INSERT ON terminal_loans",
    "loan": "UPDATE OF status ON terminal_loans",
    "loan withdrawn": "DELETE ON terminal_loans",
    # Who works for an organiser, and who sells.
    "member": "INSERT ON memberships",
    "member out": "UPDATE OF revoked_ms, role ON memberships",
    "link into a team": "INSERT ON team_links",
    "seller": "INSERT ON sellers",
    "seller changed": "UPDATE OF quota, revoked_ms ON sellers",
    "link to sell": "INSERT ON seller_links",
    "organiser": "UPDATE OF status, seats_max ON organisers WHEN NEW.status <> 'asked'",
    # Money taken by hand, given away, sent back, decided on, handed over.
    "sold or given": "INSERT ON orders WHEN NEW.source IN ('counter', 'invitation')",
    "sale taken back": "UPDATE OF status ON orders"
    " WHEN NEW.source IN ('counter', 'invitation') AND NEW.status IN ('refunded', 'cancelled')",
    "handed back": "UPDATE OF handed_by ON refunds",
    "decided": "UPDATE OF choice ON reviews WHEN NEW.choice = 'accepted'",
    "till": "INSERT ON cash_closings",
    "fee": "INSERT ON service_fees",
    "payout": "INSERT ON payouts",
    "payout undone": "UPDATE OF undone_ms ON payouts",
}
"""What is watched, each as the event of a trigger."""

PLAYED = (
    "annuler_puis_maintenir",
    "argent_incomplet",
    "codes_promo",
    "commandes_et_participants",
    "equipe",
    "equipe_de_porte",
    "equipe_retirer",
    "especes_rendues",
    "invitations",
    "liens_de_porte",
    "modifier_un_evenement",
    "organiser_un_evenement",
    "portes_et_terminaux",
    "proprietaire",
    "quota_rendu",
    "regles_de_vente",
    "reporter_un_evenement",
    "reversement",
    "superviseur",
    "terminaux_pretes",
    "vente_en_especes",
)
"""Where teams work; buyers, who change money and access of their own, do so elsewhere."""


async def test_whatever_a_team_changes_stands_in_the_journal(sqlite_template: Path) -> None:
    """Some twenty evenings of work are played: seconds, for every change that a team can make."""
    made: set[str] = set()
    for name in PLAYED:
        async with fresh_database(sqlite_template) as database:
            await database.write(_watch)
            made |= await _work(name, database)
    assert made == set(WATCHED)


async def _work(name: str, database: Database) -> set[str]:
    """Say what a transcript's people say; answers what that changed, all of it noted."""
    made: set[str] = set()
    async with open_stage(database) as stage:
        for move in read_script(FOLDER / f"{name}.chat").on("listed").moves:
            if isinstance(move, World):
                await stage.world(move.words)
                await database.write(_changes)
            elif isinstance(move, Says):
                noted = await database.read(_noted)
                await stage.hear(move.who, move.text)
                changes = await database.write(_changes)
                if changes:
                    where = f"{name}.chat:{move.line} {move.who} > {move.text}"
                    assert await database.read(_noted) > noted, f"{where}: {sorted(changes)}"
                made |= changes
    return made


async def _watch(tx: Tx) -> None:
    """Have the database mark every change that is watched."""
    await tx.run("CREATE TABLE watched (what TEXT NOT NULL)")
    for number, (what, event) in enumerate(WATCHED.items()):
        event, when, condition = event.partition(" WHEN ")  # noqa: PLW2901 (its two parts)
        await tx.run(
            f"CREATE TRIGGER watch{number} AFTER {event}{when}{condition}"  # noqa: S608 (constants)
            f" BEGIN INSERT INTO watched (what) VALUES ('{what}'); END"
        )


async def _changes(tx: Tx) -> set[str]:
    """Take what was marked since the last look."""
    rows = await tx.rows("DELETE FROM watched RETURNING what")
    return {row["what"] for row in rows}


async def _noted(tx: Tx) -> int:
    row = await tx.row("SELECT COUNT(*) AS lines FROM journal")
    return int(row["lines"]) if row else 0
