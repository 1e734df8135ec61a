"""Moving a whole installation from a SQLite file to a PostgreSQL database, checked row for row.

Tables are copied parents first, a batch at a time; a target that holds anything is refused, and one
whose move was cut off says so until it is made anew. At the end each table is compared by its
number of rows, the sums of its numbers and the lengths of its texts.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from storage import leasing
from storage.database import Database, Row, StorageError, Tx, Value

BATCH_ROWS = 200
"""Rows inserted by one statement: PostgreSQL binds 32,767 values at most, and no table of the house
has a hundred columns."""

STAYS = frozenset({"schema_migrations", "leads"})
"""The target's own: which migrations it ran, and who leads its processes."""

REMAINDER = 1_000_003
"""Sums are of remainders by a prime: ids fill 63 bits, and two of them would overflow."""

UNFINISHED = "moving"
"""The name in `installation` of a move under way."""


class MoveRefused(StorageError):
    """The move cannot begin, or what arrived is not what left; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the schema, as the source knows it."""

    name: str
    columns: Mapping[str, str]
    """Its columns and their types, in order."""
    key: tuple[str, ...]
    parents: frozenset[str]
    """The other tables that its rows point to."""
    own: frozenset[str]
    """The columns that point to other rows of the same table: set after all rows are there."""


async def move(source: Database, target: Database) -> dict[str, int]:
    """Copy everything and check it; answers with the number of rows of each table.

    Raises:
        MoveRefused: the target is not empty, or what arrived differs.
        StorageError: one of the two did not answer.
    """
    listed = await source.read(_tables)
    await target.write(_begin, [table.name for table in listed])
    for table in listed:
        async for rows in _batches(source, table):
            await target.write(_put, table, rows)
        for column in table.own:
            async for rows in _batches(source, table):
                await target.write(_point, table, column, rows)
    counts = {}
    for table in listed:
        left, arrived = await source.read(_measure, table), await target.read(_measure, table)
        if left != arrived:
            raise MoveRefused(
                f"{table.name} arrived otherwise than it left ({left} became {arrived}): the "
                "source is untouched; drop the target database, make it anew and try again."
            )
        counts[table.name] = left[0]
    await target.write(leasing.end_leases)
    await target.write(_end)
    return counts


async def is_unfinished(tx: Tx) -> bool:
    """Whether this database was to become an installation's copy and is not yet."""
    row = await tx.row("SELECT 1 AS one FROM installation WHERE name = :name", name=UNFINISHED)
    return row is not None


# ---- What there is -------------------------------------------------------------------------------


async def _tables(tx: Tx) -> list[Table]:
    """Read the schema of a SQLite database, parents first; `installation` last.

    SQLite's own tables stay, and those of who copies its log: Litestream's begin with `_`.
    """
    names = await tx.rows(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        " AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_%' ESCAPE '!' ORDER BY name"
    )
    found = {
        row["name"]: await _table(tx, row["name"]) for row in names if row["name"] not in STAYS
    }
    order = TopologicalSorter({table.name: table.parents for table in found.values()})
    ordered = [found[name] for name in order.static_order()]
    return sorted(ordered, key=lambda table: table.name == "installation")


async def _table(tx: Tx, name: str) -> Table:
    columns = await tx.rows("SELECT name, type, pk FROM pragma_table_info(:name)", name=name)
    foreign = await tx.rows(
        'SELECT "table" AS parent, "from" AS part FROM pragma_foreign_key_list(:name)', name=name
    )
    keyed = sorted((row["pk"], row["name"]) for row in columns if row["pk"])
    return Table(
        name=name,
        columns={row["name"]: row["type"] for row in columns},
        key=tuple(column for _, column in keyed),
        parents=frozenset(row["parent"] for row in foreign) - {name},
        own=frozenset(row["part"] for row in foreign if row["parent"] == name),
    )


# ---- Copying -------------------------------------------------------------------------------------


async def _begin(tx: Tx, names: Sequence[str]) -> None:
    """Refuse a target that holds anything; mark it as a copy under way."""
    for name in names:
        if await tx.row(f"SELECT 1 AS one FROM {name} LIMIT 1") is not None:
            raise MoveRefused(
                f"The target database is not empty ({name} has rows): give a new, empty one."
            )
    await tx.run("INSERT INTO installation (name, value) VALUES (:name, '')", name=UNFINISHED)


async def _end(tx: Tx) -> None:
    await tx.run("DELETE FROM installation WHERE name = :name", name=UNFINISHED)


async def _batches(source: Database, table: Table) -> AsyncIterator[list[Row]]:
    """Read a table by its key, a batch at a time."""
    rows = await source.read(_after, table, None)
    while rows:
        yield rows
        rows = await source.read(_after, table, rows[-1])


async def _after(tx: Tx, table: Table, last: Row | None) -> list[Row]:
    key = ", ".join(table.key)
    where, bound = "", {}
    if last is not None:
        where = f" WHERE ({key}) > ({', '.join(f':{column}' for column in table.key)})"
        bound = {column: last[column] for column in table.key}
    sql = f"SELECT * FROM {table.name}{where} ORDER BY {key} LIMIT {BATCH_ROWS}"
    return await tx.rows(sql, **bound)


async def _put(tx: Tx, table: Table, rows: Sequence[Row]) -> None:
    values: dict[str, Value] = {}
    places = []
    for at, row in enumerate(rows):
        names = []
        for number, column in enumerate(table.columns):
            names.append(f":v{at}_{number}")
            values[f"v{at}_{number}"] = None if column in table.own else row[column]
        places.append(f"({', '.join(names)})")
    columns = ", ".join(table.columns)
    await tx.run(f"INSERT INTO {table.name} ({columns}) VALUES {', '.join(places)}", **values)


async def _point(tx: Tx, table: Table, column: str, rows: Sequence[Row]) -> None:
    """Set a column that points into its own table."""
    where = " AND ".join(f"{one} = :{one}" for one in table.key)
    for row in rows:
        if row[column] is not None:
            bound = {one: row[one] for one in table.key}
            sql = f"UPDATE {table.name} SET {column} = :pointed WHERE {where}"
            await tx.run(sql, pointed=row[column], **bound)


# ---- Checking ------------------------------------------------------------------------------------


async def _measure(tx: Tx, table: Table) -> tuple[int, ...]:
    """Count a table's rows and sum up every column, alike on both engines; the count first."""
    asked = ["COUNT(*)", *(sum_ for column in table.columns for sum_ in _sums(table, column))]
    measures = ", ".join(f"{sum_} AS m{number}" for number, sum_ in enumerate(asked))
    but = f" WHERE name <> '{UNFINISHED}'" if table.name == "installation" else ""
    [row] = await tx.rows(f"SELECT {measures} FROM {table.name}{but}")
    return tuple(int(row[f"m{number}"]) for number in range(len(asked)))


def _sums(table: Table, column: str) -> list[str]:
    """What is summed up of a column: money itself, remainders of other numbers, lengths."""
    if column.endswith("_minor"):
        summed = column
    elif table.columns[column] == "INTEGER":
        summed = f"{column} % {REMAINDER}"
    else:
        summed = f"LENGTH({column})"
    return [f"COUNT({column})", f"COALESCE(SUM({summed}), 0)"]
