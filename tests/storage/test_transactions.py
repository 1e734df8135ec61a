"""What every transaction promises, on both engines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from storage.database import (
    ConstraintBroken,
    DatabaseClosed,
    StatementFailed,
    StorageError,
    ValueRefused,
)
from storage.opening import open_database

if TYPE_CHECKING:
    from storage.database import Database, Row, Tx


@pytest.fixture(autouse=True)
async def _seats(database: Database) -> None:
    await database.write(_make_seats)


async def _make_seats(tx: Tx) -> None:
    await tx.run(
        "CREATE TABLE trial_seats (id BIGINT PRIMARY KEY, taken BIGINT NOT NULL, "
        "quota BIGINT NOT NULL, holder TEXT, CHECK (taken <= quota))"
    )
    await tx.run("INSERT INTO trial_seats (id, taken, quota) VALUES (1, 0, 1)")


async def _take(tx: Tx, holder: str) -> bool:
    row = await tx.row(
        "UPDATE trial_seats SET taken = taken + 1, holder = :holder "
        "WHERE id = 1 AND taken + 1 <= quota RETURNING taken",
        holder=holder,
    )
    return row is not None


async def _all(tx: Tx) -> list[Row]:
    return await tx.rows("SELECT id, taken, holder FROM trial_seats ORDER BY id")


async def _add(tx: Tx, number: int, *, then_fail: bool = False) -> int:
    changed = await tx.run(
        "INSERT INTO trial_seats (id, taken, quota) VALUES (:number, 0, 5)", number=number
    )
    if then_fail:
        raise LookupError(number)
    return changed


async def test_one_winner_among_two_hundred(database: Database) -> None:
    """Of 200 callers that take the last seat at once, exactly one has it."""
    won = await asyncio.gather(*(database.write(_take, f"caller {n}") for n in range(200)))

    assert sum(won) == 1
    [seat] = await database.read(_all)
    assert (seat["taken"], seat["holder"]) == (1, f"caller {won.index(True)}")


async def test_an_error_undoes_its_own_transaction_alone(database: Database) -> None:
    """Of transactions asked for together, those that raise leave nothing and the others stay."""
    outcomes = await asyncio.gather(
        *(database.write(_add, n, then_fail=n % 3 == 0) for n in range(2, 40)),
        return_exceptions=True,
    )

    assert [type(o) for o in outcomes] == [LookupError if n % 3 == 0 else int for n in range(2, 40)]
    kept = [row["id"] for row in await database.read(_all)]
    assert kept == [n for n in range(1, 40) if n == 1 or n % 3]


async def test_an_answer_is_already_committed(database: Database, database_url: str) -> None:
    """What a caller was answered, another connection sees at once."""
    other = await open_database(database_url, beside=True)
    try:

        async def add_and_look(number: int) -> bool:
            await database.write(_add, number)
            return number in [row["id"] for row in await other.read(_all)]

        assert all(await asyncio.gather(*(add_and_look(n) for n in range(2, 80))))
    finally:
        await other.close()


async def test_a_cancelled_caller_still_commits(database: Database, database_url: str) -> None:
    """A caller that stops waiting does not stop its transaction."""
    caller = asyncio.create_task(database.write(_add, 7))
    await asyncio.sleep(0)  # lets the caller ask; not a wait for a result
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await database.close()

    again = await open_database(database_url)
    try:
        assert [row["id"] for row in await again.read(_all)] == [1, 7]
    finally:
        await again.close()


async def test_closing_finishes_what_was_asked_for(database: Database, database_url: str) -> None:
    """A transaction asked for before the close is committed, one after it is refused."""
    asked = [asyncio.create_task(database.write(_add, n)) for n in range(2, 102)]
    await asyncio.sleep(0)  # lets them ask
    await database.close()
    assert await asyncio.gather(*asked) == [1] * 100
    with pytest.raises(DatabaseClosed):
        await database.write(_add, 200)
    with pytest.raises(DatabaseClosed):
        await database.read(_all)

    again = await open_database(database_url)
    try:
        assert len(await again.read(_all)) == 101
    finally:
        await again.close()


async def _swallow(tx: Tx) -> str:
    try:
        await tx.run("INSERT INTO trial_seats (id, taken, quota) VALUES (1, 0, 1)")
    except StorageError:
        return "swallowed"
    return "nothing broke"


async def test_a_swallowed_error_fails_all_the_same(database: Database) -> None:
    """A function that hides a failed statement does not get a yes for what was not kept."""
    with pytest.raises(ConstraintBroken):
        await database.write(_swallow)


async def _use_after_error(tx: Tx) -> None:
    await tx.run("INSERT INTO trial_seats (id, taken, quota) VALUES (50, 0, 1)")
    try:
        await tx.run("UPDATE trial_seats SET taken = 9 WHERE id = 50")
    except StorageError:
        await tx.run("INSERT INTO trial_seats (id, taken, quota) VALUES (51, 0, 1)")


async def test_nothing_runs_after_a_failed_statement(database: Database) -> None:
    """After a rule was broken, the transaction's other statements are undone and refused."""
    with pytest.raises(ConstraintBroken):
        await database.write(_use_after_error)
    assert [row["id"] for row in await database.read(_all)] == [1]


async def test_a_read_cannot_write(database: Database) -> None:
    """A function that writes is refused where only reading was asked for."""
    with pytest.raises(StatementFailed):
        await database.read(_add, 9)
    assert len(await database.read(_all)) == 1


async def _bind(tx: Tx, value: object) -> object:
    await tx.run("UPDATE trial_seats SET holder = NULL, taken = :value WHERE id = 1", value=value)  # type: ignore[arg-type]
    return value


async def _name(tx: Tx, value: str) -> None:
    await tx.run("UPDATE trial_seats SET holder = :value WHERE id = 1", value=value)


async def test_what_cannot_be_stored_is_refused(database: Database) -> None:
    """An integer beyond 64 bits, half a character and a thing of Python are one kind of error."""
    with pytest.raises(ValueRefused):
        await database.write(_bind, 2**63)
    with pytest.raises(ValueRefused):
        await database.write(_bind, object())
    with pytest.raises(ValueRefused):
        await database.write(_name, "\ud800")
    assert (await database.read(_all))[0]["taken"] == 0


async def _wrong(tx: Tx, sql: str, /, **params: int) -> None:
    await tx.run(sql, **params)


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("UPDATE trial_seats SET taken = :n", {}),
        ("UPDATE trial_seats SET taken = :n", {"m": 1}),
        ("UPDATE trial_seats SET taken = 0", {"n": 1}),
        ("UPDATE trial_seats SET taken = ?", {}),
        ("UPDATE trial_seats SET taken = $1", {}),
        ("COMMIT", {}),
        ("-- now\nrollback to savepoint one", {}),
        ("UPDATE nothing SET taken = 1", {}),
        ("UPDATE trial_seats SET", {}),
    ],
)
async def test_a_wrong_statement_says_so(
    database: Database, sql: str, params: dict[str, int]
) -> None:
    """A name that is missing, extra, foreign or unknown is one kind of error on both engines."""
    with pytest.raises(StatementFailed):
        await database.write(_wrong, sql, **params)
    assert (await database.read(_all))[0]["taken"] == 0


async def _counts(tx: Tx) -> tuple[object, ...]:
    await tx.run("INSERT INTO trial_seats (id, taken, quota) VALUES (2, 3, 5), (3, 2, 5)")
    changed = await tx.run("UPDATE trial_seats SET taken = taken + 1 WHERE id > 1")
    touched = await tx.run(
        "UPDATE trial_seats SET holder = :x WHERE id = 3 RETURNING id", x="it's ?"
    )
    none = await tx.run("DELETE FROM trial_seats WHERE id = 99")
    sums = await tx.row("SELECT count(*) AS n, sum(taken) AS t, 2 > 1 AS yes FROM trial_seats")
    missing = await tx.row("SELECT id FROM trial_seats WHERE id = 99")
    assert sums is not None
    return changed, touched, none, sums["n"], sums["t"], sums["yes"], missing


async def test_counts_and_sums_are_the_same_integers(database: Database) -> None:
    """Rows changed, counts, sums and comparisons come back as the same ints on both engines."""
    found = await database.write(_counts)
    assert found == (2, 1, 0, 3, 7, 1, None)
    assert all(type(value) is int for value in found if value is not None)


async def test_every_function_is_timed(database: Database) -> None:
    """The time a function holds its thread or connection is kept under its name."""
    await asyncio.gather(*(database.write(_take, "x") for _ in range(5)))
    spent = database.times["tests.storage.test_transactions._take"]
    assert spent.count == 5
    assert 0 < spent.max_ns <= spent.total_ns
