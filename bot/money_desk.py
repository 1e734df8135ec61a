"""What an operator does about money from a shell: accounts, refunds, statements, payouts."""

import argparse
import contextlib
import getpass
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from bot.accounts import KINDS, Account, keep_account
from bot.refusals import Refusal
from bot.settings import Settings
from bot.statement import statement_csv
from boxoffice.model import OrderStatus, RefundReason
from boxoffice.money import AmountRefused, parse_money
from chat import codec
from chat.clock import wall_clock
from chat.messages import RefundWanted
from storage import events, inbox, ledger, orders, refunds
from storage.database import Database, Tx
from storage.ids import from_text
from storage.opening import open_database

WORDS = {
    "account": "set an organiser's own keys at a provider",
    "refund": "refund an order by its reference, or one ticket of it",
    "refund-event": "refund every order of an event",
    "statement": "write an event's statement as CSV",
    "payout": "record what an organiser was handed",
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
            return await statement(settings, asked.event)
        case _:
            return await pay_out(settings, asked.organiser, asked.provider, asked.amount, asked.key)


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
        fresh = await database.write(refunds.ask_for_event, event_id, None, wall_clock())
    return "Every order is being refunded." if fresh else "This was asked for before."


async def statement(settings: Settings, event: str) -> str:
    """Write an event's statement as CSV.

    Raises:
        Refusal: there is no such event.
    """
    async with beside(settings) as database:
        event_id = await _event_id(database, event)
        return await statement_csv(database, event_id, settings.zone)


async def pay_out(settings: Settings, organiser: str, provider: str, amount: str, key: str) -> str:
    """Record that an organiser was handed money; the same key again changes nothing.

    Raises:
        Refusal: no such organiser or amount, or more than there is.
    """
    organiser_id = from_text(organiser)
    money = parse_money(amount, settings.currency)
    if organiser_id is None or isinstance(money, AmountRefused):
        raise Refusal("Write: admin payout ORGANISER PROVIDER AMOUNT KEY")
    async with beside(settings) as database:
        sums = await database.read(ledger.balances, organiser_id=organiser_id)
        left = sums.get((provider, money.currency, "organiser"), 0)
        if money.amount_minor > left:
            raise Refusal(f"The balance at {provider} is {left} {money.currency} (minor units).")
        fresh = await database.write(
            ledger.paid_out,
            organiser_id=organiser_id,
            provider=provider,
            key=key,
            amount=money,
            by=None,
            now_ms=wall_clock(),
        )
    return "Recorded." if fresh else "A payout with this key is recorded already."


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
