"""What an operator does about money from a shell: accounts, refunds, statements, payouts."""

import argparse
import contextlib
import getpass
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.operator.desk_journal import note_by_shell
from bot.reports.tables import csv_file, xlsx_file
from bot.settings import Settings
from bot.watch.refusals import Refusal
from bot.worlds.accounts import KINDS, Account, keep_account
from boxoffice import rules
from boxoffice.model import OrderStatus, RefundReason
from boxoffice.money import AmountRefused, Money, parse_money
from chat import codec
from chat.clock import wall_clock
from chat.facts import RefundWanted
from chat.messages import words
from storage import events, fees, inbox, orders, organisers, payouts, refunds
from storage.database import Database, Tx
from storage.ids import from_text, to_text
from storage.opening import open_database
from storage.payouts import Payout

if TYPE_CHECKING:
    from bot.far_work.statement import Table

WORDS = {
    "account": "set an organiser's own keys at a provider",
    "refund": "refund an order by its reference, or one ticket of it",
    "refund-event": "refund every order of an event",
    "statement": "write an event's statement as CSV, or into a file: CSV or XLSX",
    "payout": "record what an organiser was handed",
    "payout-undo": "undo a payout by a line the other way",
    "fee": "set what this box office asks a ticket, of everybody or of one organiser",
}


def take_words(name: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of one command."""
    match name:
        case "account":
            parser.add_argument("organiser")
            parser.add_argument("kind", choices=KINDS)
        case "refund":
            parser.add_argument("reference")
            parser.add_argument("--ticket", type=int, default=None, metavar="RANK")
        case "payout":
            for one in ("organiser", "provider", "amount", "key"):
                parser.add_argument(one)
            parser.add_argument("--way", default="", help="how: a transfer and its reference, ...")
            parser.add_argument("--day", default=None, metavar="YYYY-MM-DD", help="when (today)")
        case "payout-undo":
            parser.add_argument("payout")
        case "fee":
            parser.add_argument("amount")
            parser.add_argument("--organiser", default=None, metavar="ID")
        case "statement":
            parser.add_argument("event")
            parser.add_argument("--to", type=Path, default=None, metavar="FILE.csv|FILE.xlsx")
        case _:
            parser.add_argument("event")


async def do(asked: argparse.Namespace, settings: Settings) -> str:
    """Do one command; answers with what to print.

    Raises:
        Refusal: it cannot be done; the sentence says why.
    """
    match asked.what:
        case "account":
            return set_account(settings, asked.organiser, asked.kind)
        case "refund":
            return await refund(settings, asked.reference, asked.ticket)
        case "refund-event":
            return await refund_event(settings, asked.event)
        case "statement":
            return await statement(settings, asked.event, asked.to)
        case "payout-undo":
            return await undo_payout(settings, asked.payout)
        case "fee":
            return await set_fee(settings, asked.amount, asked.organiser)
        case _:
            return await pay_out(settings, asked)


def set_account(settings: Settings, organiser: str, kind: str) -> str:
    """Ask for an organiser's keys, unseen, and keep them in the accounts' file.

    Raises:
        Refusal: the organiser's id or the provider is none, or the file is open to others.
    """
    secret = _asked(f"{kind} key of organiser {organiser}: ")
    hook = _asked("webhook secret (empty if none): ") if kind == "stripe" else ""
    path = Path(settings.accounts_file)
    keep_account(path, Account(organiser, kind, secret, hook or None))
    return f"Kept in {path}. It counts from the next start; buyers pay into this account."


async def refund(settings: Settings, reference: str, number: int | None) -> str:
    """Ask that an order be refunded, or one ticket of it; the running program does it.

    Raises:
        Refusal: there is no such paid order.
    """
    async with beside(settings) as database:
        return await database.write(_want_refund, reference.upper(), number, wall_clock())


async def _want_refund(tx: Tx, reference: str, number: int | None, now_ms: int) -> str:
    order = await orders.order_by_reference(tx, reference)
    if order is None or order.status is not OrderStatus.PAID:
        raise Refusal(f"There is no paid order {reference}.")
    event = await events.event_by_id(tx, order.event_id)
    if event is not None:
        said = (
            words("journal.refunded", reference=order.reference, money=order.total)
            if number is None
            else words("journal.ticket_refunded", reference=order.reference, rank=number)
        )
        await note_by_shell(tx, event.organiser_id, said, now_ms, event.id)
    fact = RefundWanted(order.id, RefundReason.ORDER.value, number)
    await inbox.put_fact(
        tx,
        chat_id=order.chat_id,
        message_id=f"refund:{order.id}:{number or 'all'}:{now_ms}",
        payload=codec.to_json(fact),
        now_ms=now_ms,
    )
    what = "Order" if number is None else f"Ticket {number} of order"
    return f"{what} {reference} is being refunded: its buyer is told."


async def refund_event(settings: Settings, event: str) -> str:
    """Ask that every order of an event be refunded, a few at a time.

    Raises:
        Refusal: there is no such event.
    """
    async with beside(settings) as database:
        event_id = await _event_id(database, event)
        fresh = await database.write(_want_event, event_id, wall_clock())
    return "Every order is being refunded." if fresh else "This was asked for before."


async def _want_event(tx: Tx, event_id: int, now_ms: int) -> bool:
    fresh = await refunds.ask_for_event(tx, event_id, None, now_ms)
    event = await events.event_by_id(tx, event_id)
    if fresh and event is not None:
        said = words("journal.event_refunded")
        await note_by_shell(tx, event.organiser_id, said, now_ms, event.id)
    return fresh


async def statement(settings: Settings, event: str, to: Path | None = None) -> str:
    """Write an event's statement: as CSV to be printed, or into a file.

    Raises:
        Refusal: there is no such event, or the file is of another sort.
    """
    if to is not None and to.suffix not in {".csv", ".xlsx"}:
        raise Refusal("Name a file that ends in .csv or .xlsx.")
    async with beside(settings) as database:
        event_id = await _event_id(database, event)
        # Imported when asked for: with them every command would wait for all the conversations.
        from bot.far_work.statement import statement as statement_of  # noqa: PLC0415 the line above
        from bot.flows.seller import seller_texts  # noqa: PLC0415 the same

        table = await statement_of(database, event_id, settings.zone, seller_texts(), "fr")
    if to is None:
        return csv_file(table.head, table.rows).decode("utf-8-sig")
    _write(to, table)
    return f"Written to {to}."


def _write(to: Path, table: "Table") -> None:
    """Write a statement into a file: a shell waits for it, nothing else runs in this process."""
    if to.suffix == ".xlsx":
        to.write_bytes(xlsx_file(table.title, table.head, table.rows))
    else:
        to.write_bytes(csv_file(table.head, table.rows))


async def pay_out(settings: Settings, asked: argparse.Namespace) -> str:
    """Record that an organiser was handed money; the same key again changes nothing.

    Raises:
        Refusal: no such organiser, amount or day, or more than there is.
    """
    organiser_id = from_text(asked.organiser)
    money = parse_money(asked.amount, settings.currency)
    if organiser_id is None or isinstance(money, AmountRefused) or not money.amount_minor:
        raise Refusal("Write: admin payout ORGANISER PROVIDER AMOUNT KEY")
    now_ms = wall_clock()
    try:
        day = date.fromisoformat(asked.day) if asked.day else None
    except ValueError:
        raise Refusal("Write the day as 2027-06-12.") from None
    paid_on = day or rules.event_day(now_ms, ZoneInfo(settings.zone))
    async with beside(settings) as database:
        if await database.read(organisers.organiser_name, organiser_id) is None:
            raise Refusal(f"There is no organiser {asked.organiser}.")

        async def record(tx: Tx) -> Payout | Money:
            done = await payouts.record(
                tx,
                asked.key,
                organiser_id=organiser_id,
                provider=asked.provider,
                amount=money,
                way=asked.way,
                paid_on=paid_on.isoformat(),
                by=None,
                now_ms=now_ms,
            )
            if not isinstance(done, Money) and done.recorded_ms == now_ms:
                said = words("journal.payout", money=money, way=asked.way or asked.provider)
                await note_by_shell(tx, organiser_id, said, now_ms)
            return done

        done = await database.write(record)
    if isinstance(done, Money):
        raise Refusal(f"The balance at {asked.provider} is {done.major} {done.currency}.")
    if done.recorded_ms != now_ms:
        return f"A payout with this key is recorded already: {to_text(done.id)}."
    return f"Recorded: payout {to_text(done.id)}."


async def undo_payout(settings: Settings, payout: str) -> str:
    """Undo a payout by a line the other way.

    Raises:
        Refusal: there is no such payout, or it was undone.
    """
    payout_id = from_text(payout)
    async with beside(settings) as database:
        done = (
            await database.write(_undo, payout_id, wall_clock()) if payout_id is not None else None
        )
    if done is None:
        raise Refusal(f"There is no payout {payout} that could be undone.")
    return f"Undone: {done.amount.major} {done.amount.currency} are in the balance again."


async def _undo(tx: Tx, payout_id: int, now_ms: int) -> Payout | None:
    done = await payouts.undo(tx, payout_id, by=None, now_ms=now_ms)
    if done is not None:
        said = words("journal.payout_undone", money=done.amount, way=done.way or done.provider)
        await note_by_shell(tx, done.organiser_id, said, now_ms)
    return done


async def set_fee(settings: Settings, amount: str, organiser: str | None) -> str:
    """Set what this box office asks a ticket.

    Raises:
        Refusal: no such organiser or amount.
    """
    fee = parse_money(amount, settings.currency)
    organiser_id = from_text(organiser) if organiser else fees.EVERYBODY
    if isinstance(fee, AmountRefused) or organiser_id is None:
        raise Refusal("Write: admin fee AMOUNT [--organiser ID]")
    async with beside(settings) as database:
        name = await database.read(organisers.organiser_name, organiser_id) if organiser else ""
        if name is None:
            raise Refusal(f"There is no organiser {organiser}.")
        await database.write(_set_fee, organiser_id, fee, wall_clock())
    return f"{fee.major} {fee.currency} a ticket, {name or 'everybody'}: counts from now on."


async def _set_fee(tx: Tx, organiser_id: int, fee: Money, now_ms: int) -> None:
    await fees.set_fee(tx, organiser_id, fee, by=None, now_ms=now_ms)
    whose = organiser_id or await organisers.first_organiser(tx)
    if whose is not None:
        await note_by_shell(tx, whose, words("journal.fee", fee=fee), now_ms)


@contextlib.asynccontextmanager
async def beside(settings: Settings) -> AsyncIterator[Database]:
    """Open the database beside a program that may be running."""
    database = await open_database(settings.database_url, beside=True)
    try:
        yield database
    finally:
        await database.close()


async def _event_id(database: Database, event: str) -> int:
    event_id = from_text(event)
    found = await database.read(events.event_by_id, event_id) if event_id is not None else None
    if found is None:
        raise Refusal(f"There is no event {event}.")
    return found.id


def _asked(prompt: str) -> str:
    """Ask at a terminal without showing what is typed; read a line from a pipe."""
    return (getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()).strip()
