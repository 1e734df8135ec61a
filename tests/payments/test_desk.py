"""The operator's desk: statements that sum, lists compared, keys kept apart."""

import argparse
import contextlib
import csv
import io
import stat
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.__main__ import main
from bot.far_work.statement import Table, statement
from bot.flows.seller import seller_texts
from bot.operator import money_desk
from bot.operator.smoke import smoke
from bot.payments.protocol import Movement
from bot.payments.reconciling import Reconciling, differ
from bot.reports.tables import csv_file
from bot.settings import Settings
from bot.watch.refusals import Refusal
from bot.worlds.accounts import Account, keep_account, read_accounts
from bot.worlds.providers import open_providers
from boxoffice.model import Payment, PaymentStatus
from boxoffice.money import Money
from chat import codec
from storage import ledger
from storage.database import Database, Tx
from storage.ids import to_text
from storage.opening import open_database
from tests.doubles.pawapay import PawaPayDouble
from tests.doubles.stripe import StripeDouble
from tests.doubles.troubles import Refuse
from tests.houses import house_file
from tests.storm.invariants import breaches
from tests.transcripts.stage import Stage, open_stage
from tests.transcripts.world import ZONE

EVENT = "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 9"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Give an installation on a file of its own, where two people bought and one was refunded."""
    database = await open_database(house_file(tmp_path / "desk.db"))
    async with open_stage(database) as opened:
        await opened.world(EVENT)
        await opened.world("awa achète 2 Standard pour jazz")
        await opened.world("bob achète 1 Standard pour jazz")
        await opened.world("rembourse")
        yield opened
    await database.close()


async def _table(stage: Stage) -> Table:
    return await statement(stage.database, stage.events["jazz"], ZONE, seller_texts(), "fr")


async def test_a_statement_sums_to_the_minor_unit(stage: Stage) -> None:
    """Every line is there, and the totals are the lines' sums: taken, fees, organiser, held."""
    table = await _table(stage)
    lines = [row for row in table.rows if row[0] is not None]
    assert [row[2] for row in lines] == ["Encaissé", "Vendu"] * 2 + ["À rendre", "Rendu"]
    totals = {str(row[2]): row[8] for row in table.rows if row[0] is None and row[2]}
    assert totals["Total encaissé"] == Decimal(15_000)
    assert totals["Total rendu"] == Decimal(5_000)
    assert totals["Solde de l’organisateur"] == Decimal(10_000)
    assert totals["Détenu par le prestataire"] == Decimal(10_000)


async def test_a_statement_opens_as_a_table_and_as_a_book(stage: Stage, tmp_path: Path) -> None:
    """Both files have every line; in the book money is a number that sums, and nothing runs."""
    table = await _table(stage)
    rows = list(
        csv.reader(io.StringIO(csv_file(table.head, table.rows).decode("utf-8-sig")), delimiter=";")
    )
    assert len(rows) == len(table.rows) + 1
    settings = Settings.model_validate({"database_url": f"sqlite:///{tmp_path}/desk.db"})
    event = to_text(stage.events["jazz"])
    await money_desk.statement(settings, event, tmp_path / "jazz.xlsx")
    sheet = load_workbook(tmp_path / "jazz.xlsx").active
    assert sheet is not None
    amounts = [cell.value for row in sheet.iter_rows(min_row=2) for cell in row if cell.column == 9]
    assert sum(one for one in amounts[:6] if isinstance(one, int | float)) == 40_000
    assert not any(
        str(cell.value).startswith(("=", "+", "@")) for row in sheet.iter_rows() for cell in row
    )


async def test_a_list_that_agrees_has_no_difference(stage: Stage) -> None:
    """The sandbox's books say what ours say; compared again, still nothing."""
    reconciling = Reconciling(stage.database, {"sandbox": stage.sandbox})
    for _ in range(2):
        found = await reconciling.compare("sandbox", stage.sandbox, stage.clock())
        assert found == []


async def test_a_difference_is_found_once(stage: Stage) -> None:
    """Money in the provider's books that was never credited: reported the first time."""
    await stage.world("organisateur olga")
    await stage.hear("cleo", "/start e_jazz")
    await stage.hear("cleo", "1 standard")
    await stage.hear("cleo", "j'accepte")

    async def pay_unheard(tx: Tx) -> None:
        await tx.run("UPDATE sandbox_payments SET status = 'paid' WHERE status = 'open'")

    await stage.database.write(pay_unheard)
    reconciling = Reconciling(stage.database, {"sandbox": stage.sandbox})
    [found] = await reconciling.compare("sandbox", stage.sandbox, stage.clock())
    assert found.what.startswith("not_credited:")
    assert (found.ours_minor, found.theirs_minor) == (0, 5_000)
    await stage.settle()
    told = [said.text for said in await stage.seen("olga")]
    assert len(told) == 1
    assert "ne s’accordent pas" in told[0]
    assert await reconciling.compare("sandbox", stage.sandbox, stage.clock()) == []


def test_lists_are_compared_both_ways() -> None:
    """Another amount, and money of ours that their list lacks."""
    money = Money(5_000, "XOF")

    def payment(number: int) -> Payment:
        return Payment(
            id=number,
            order_id=1,
            provider="stripe",
            status=PaymentStatus.PAID,
            amount=money,
            provider_ref="cs",
            url=None,
            paid=money,
            back_minor=0,
            page_until_ms=0,
        )

    theirs = [Movement(1, "ch", Money(4_000, "XOF"), None, 0, is_refund=False)]
    found = differ("stripe", [payment(1), payment(2)], theirs)
    assert [one.what for one in found] == ["another_amount:1", "not_in_their_list:2"]


async def test_money_that_went_back_unbooked_is_found(stage: Stage) -> None:
    """Somebody sent money back at the provider's desk and its notice was lost: reported, once."""
    await stage.world("organisateur olga")

    async def send_back_unheard(tx: Tx) -> None:
        await tx.run("UPDATE sandbox_payments SET refunded_minor = amount_minor")

    await stage.database.write(send_back_unheard)
    reconciling = Reconciling(stage.database, {"sandbox": stage.sandbox})
    found = await reconciling.compare("sandbox", stage.sandbox, stage.clock())
    assert {one.what.partition(":")[0] for one in found} == {"not_booked_back"}
    await stage.settle()
    assert "étaient à rendre" in (await stage.seen("olga"))[-1].text
    assert await reconciling.compare("sandbox", stage.sandbox, stage.clock()) == []


def test_keys_are_readable_by_the_operator_alone(tmp_path: Path) -> None:
    """Written so, replaced whole, and refused once somebody opened them to others."""
    path = tmp_path / "accounts.json"
    keep_account(path, Account(to_text(7), "stripe", "sk_test_one", "whsec_test"))
    keep_account(path, Account(to_text(7), "stripe", "sk_test_two", "whsec_test"))
    keep_account(path, Account(to_text(8), "pawapay", "test-token"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.secret for one in read_accounts(path)] == ["sk_test_two", "test-token"]
    with pytest.raises(Refusal):
        keep_account(path, Account("not an id", "stripe", "sk_test"))
    path.chmod(0o644)
    with pytest.raises(Refusal, match="chmod 600"):
        read_accounts(path)


async def test_every_account_is_a_provider(tmp_path: Path) -> None:
    """The installation's own under the plain name, an organiser's under their id."""
    path = tmp_path / "accounts.json"
    keep_account(path, Account(to_text(7), "pawapay", "test-token"))
    settings = Settings.model_validate(
        {"accounts_file": str(path), "stripe_secret_key": "sk_test_one", "pawapay_token": "test"}
    )
    async with contextlib.AsyncExitStack() as stack:
        providers = await open_providers(stack, settings, "here")
    assert list(providers) == [f"pawapay.{to_text(7)}", "pawapay", "stripe"]
    assert all(provider.name == name for name, provider in providers.items())


async def test_a_refund_from_the_shell(tmp_path: Path, stage: Stage) -> None:
    """The running installation takes it up and tells the buyer; an unknown order is refused."""
    settings = Settings.model_validate({"database_url": f"sqlite:///{tmp_path}/desk.db"})

    async def awas_order(tx: Tx) -> str:
        row = await tx.row("SELECT reference FROM orders WHERE quantity = 2")
        assert row is not None
        return str(row["reference"])

    reference = await stage.database.read(awas_order)
    assert reference in await money_desk.refund(settings, reference, 1)
    stage.clock.now_ms += 5_000
    await stage.chores()
    await stage.settle()
    texts = [said.text for said in await stage.seen("awa")]
    assert any(text.startswith("1 billet pour Nuit du Jazz est remboursé") for text in texts)
    with pytest.raises(Refusal):
        await money_desk.refund(settings, "UNKNOWN", None)


async def test_a_payout_never_exceeds_the_balance(stage: Stage, tmp_path: Path) -> None:
    """Recorded once a key, out of what is the organiser's; undone by a line the other way."""
    settings = Settings.model_validate({"database_url": f"sqlite:///{tmp_path}/desk.db"})
    organiser = to_text(await _organiser(stage.database))

    async def pay(amount: str, key: str) -> str:
        asked = argparse.Namespace(
            organiser=organiser, provider="sandbox", amount=amount, key=key, way="", day=None
        )
        return await money_desk.pay_out(settings, asked)

    with pytest.raises(Refusal, match="10000"):
        await pay("10 001", "june")
    assert (await pay("4 000", "june")).startswith("Recorded: payout ")
    again = await pay("4 000", "june")
    assert again.startswith("A payout with this key is recorded already")
    sums = await stage.database.read(ledger.balances)
    assert sums["sandbox", "XOF", "organiser"] == 6_000
    payout = again.rpartition(" ")[2].rstrip(".")
    await money_desk.undo_payout(settings, payout)
    with pytest.raises(Refusal):
        await money_desk.undo_payout(settings, payout)
    sums = await stage.database.read(ledger.balances)
    assert sums["sandbox", "XOF", "organiser"] == 10_000
    assert await stage.database.read(breaches) == []


async def test_a_fee_is_charged_and_given_back_with_its_ticket(
    stage: Stage, tmp_path: Path
) -> None:
    """Set from the shell for all and for one; never more than the ticket; only on living ones."""
    settings = Settings.model_validate({"database_url": f"sqlite:///{tmp_path}/desk.db"})
    organiser = to_text(await _organiser(stage.database))
    await money_desk.set_fee(settings, "9 000", None)
    await stage.world("cleo achète 1 Standard pour jazz")
    assert await _of_platform(stage) == 5_000
    await money_desk.set_fee(settings, "200", organiser)
    await stage.world("dora achète 2 Standard pour jazz")
    assert await _of_platform(stage) == 5_400
    await stage.world("rembourse billet 1")
    assert await _of_platform(stage) == 5_200
    assert await stage.database.read(breaches) == []
    with pytest.raises(Refusal):
        await money_desk.set_fee(settings, "200", "ZZZ")


async def _of_platform(stage: Stage) -> int:
    return (await stage.database.read(ledger.balances))["sandbox", "XOF", "platform"]


async def _organiser(database: Database) -> int:
    async def first(tx: Tx) -> int:
        row = await tx.row("SELECT id FROM organisers")
        assert row is not None
        return int(row["id"])

    return await database.read(first)


async def test_the_smoke_of_each_provider_says_what_happened(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Against the doubles: the page, the same page again, how it stands; then OK."""
    async with StripeDouble.running() as stripe, PawaPayDouble.running() as pawapay:
        keys = {
            "stripe": {"stripe_secret_key": stripe.key, "stripe_api_url": stripe.url},
            "pawapay": {"pawapay_token": pawapay.token, "pawapay_api_url": pawapay.url},
        }
        for service, given in keys.items():
            assert await smoke(service, Settings.model_validate(given)) == 0
            said = capsys.readouterr().out
            assert "page: http" in said
            assert "asked again, the same page: True" in said
            assert "looked up: Pending()" in said
            assert said.endswith("OK\n")
        stripe.troubles.order("POST /v1/checkout/sessions", Refuse(500), Refuse(500), Refuse(500))
        assert await smoke("stripe", Settings.model_validate(keys["stripe"])) == 1
        assert "FAILED: ConnectionError" in capsys.readouterr().out
        assert stripe.faults == pawapay.faults == []


def test_a_smoke_without_keys_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, and the program's code for refusals."""
    monkeypatch.chdir(tmp_path)
    for service, key in (("stripe", "STRIPE_SECRET_KEY"), ("pawapay", "PAWAPAY_TOKEN")):
        assert main(["smoke", service]) == 2
        assert key in capsys.readouterr().err


async def test_what_a_shell_does_stands_in_the_journal(stage: Stage) -> None:
    """Every word that changes money is read by the owner, done by nobody with a chat, once."""
    before = await stage.database.read(_journal)
    event, reference = to_text(stage.events["jazz"]), await stage.database.read(_paid_reference)
    settings = Settings.model_construct(
        database_url=f"sqlite:///{stage.database.path}",  # type: ignore[attr-defined] # a file
        currency="XOF",
        zone=ZONE,
    )
    asked = argparse.Namespace(
        organiser=to_text(await _organiser(stage.database)),
        provider="sandbox",
        amount="1 000",
        key="june",
        way="",
        day=None,
    )
    await money_desk.pay_out(settings, asked)
    again = await money_desk.pay_out(settings, asked)  # the same key: nothing done, nothing noted
    await money_desk.undo_payout(settings, again.rpartition(" ")[2].rstrip("."))
    await money_desk.refund(settings, reference, 2)
    await money_desk.refund(settings, reference, None)
    await money_desk.refund_event(settings, event)
    await money_desk.set_fee(settings, "100", None)
    lines = (await stage.database.read(_journal))[len(before) :]
    assert {person for person, _ in lines} == {None}
    assert [codec.from_json(said).key for _, said in lines] == [
        "journal.payout",
        "journal.payout_undone",
        "journal.ticket_refunded",
        "journal.refunded",
        "journal.event_refunded",
        "journal.fee",
    ]


async def _paid_reference(tx: Tx) -> str:
    [row] = await tx.rows("SELECT reference FROM orders WHERE status = 'paid'")
    return str(row["reference"])


async def _journal(tx: Tx) -> list[tuple[int | None, str]]:
    rows = await tx.rows("SELECT person_id, said FROM journal ORDER BY id")
    return [(row["person_id"], row["said"]) for row in rows]
