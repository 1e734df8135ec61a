"""An order that changes hands: new codes, one living ticket a seat, and no second entry."""

from boxoffice.codes import Keyring
from storage.database import Database, Row, Tx
from storage.reissuing import Hands, reissue
from tests.transcripts.stage import TEST_KEY, open_stage

KEYRING = Keyring.parse(TEST_KEY)


async def every_ticket(tx: Tx) -> list[Row]:
    """Every ticket, oldest first."""
    return await tx.rows("SELECT * FROM tickets ORDER BY number, id")


async def test_a_used_pass_keeps_its_history_and_a_used_ticket_its_code(
    database: Database,
) -> None:
    """Of three tickets: a fresh one, a used once-only one, and a pass used yesterday."""
    async with open_stage(database) as stage:
        await stage.world("événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9")
        await stage.world("porte jazz")
        await stage.world("awa achète 3 pour jazz")
        await stage.hear("porte", "(photo 2 de awa)")
        await stage.hear("porte", "(photo 3 de awa)")
        await stage.hear("koffi", "bonjour")
    people = await database.read(_people)

    async def as_a_pass(tx: Tx) -> None:
        await tx.run("UPDATE tickets SET entry = 'daily' WHERE number = 3")

    await database.write(as_a_pass)
    order_id = (await database.read(every_ticket))[0]["order_id"]
    hands = Hands(people["Awa"], people["Koffi"], "recovered")
    made = await database.write(reissue, order_id, hands, keyring=KEYRING, now_ms=1)
    again = await database.write(reissue, order_id, hands, keyring=KEYRING, now_ms=2)
    tickets = await database.read(every_ticket)

    living = {row["number"]: row for row in tickets if row["status"] == "valid"}
    dead = {row["number"]: row for row in tickets if row["status"] == "revoked"}
    assert (len(made), again) == (3, [])
    assert set(made) == {row["id"] for row in living.values()}
    assert {row["owner_id"] for row in living.values()} == {people["Koffi"]}
    assert set(dead) == {1, 3}
    assert {dead[one]["successor_id"] for one in dead} == {living[1]["id"], living[3]["id"]}
    assert living[1]["entries"] == 0
    assert living[2]["scanned_at_ms"] is not None
    assert living[3]["entries"] == dead[3]["entries"] == 1
    assert living[3]["scanned_at_ms"] == dead[3]["scanned_at_ms"]
    assert living[3]["code"] != dead[3]["code"]


async def _people(tx: Tx) -> dict[str, int]:
    rows = await tx.rows("SELECT id, name FROM people")
    return {row["name"]: row["id"] for row in rows}
