"""The few statement shapes of the hot path, as driver-level SQL on tuples.

Core's own insert of dictionaries costs three times as much per row and the ORM thirty times
(measured). SQLite takes rows by executemany, PostgreSQL by COPY; everything else is one text for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection

from store import bulk

Row = tuple[Any, ...]
Write = Callable[[Connection], None]
STAGED_FROM = 2_000  # rows; below, staging costs more than it spares
COPY_FROM = 32  # rows; below, PostgreSQL is faster with single statements
_CHUNKS = (1, 8, 64, 512)  # few sizes, so that the driver's statement cache always hits


class Work(msgspec.Struct, frozen=True):
    """One kind of records on its way into the database.

    Attributes:
        write: called inside the write transaction.
        before: called on the same connection before others are kept waiting.
        dataset: what it changes, see `store.writes.changes`.
    """

    write: Write
    before: Write | None = None
    dataset: str = ""


class Staged:
    """Many rows laid into a temporary table before the lock is taken, then moved by one statement.

    Binding a value from Python costs far more than moving it: the lock is held for a sixth of the
    time (measured: 340,000 gate moves in 0.5 s instead of 3.6 s).
    """

    def __init__(self, table: str, keys: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Rows that begin with their key columns, no key twice."""
        self._table, self._keys, self._columns, self._rows = table, tuple(keys), tuple(columns), sorted(rows)
        width = len(self._keys)
        self._span = self._rows[0][:width], self._rows[-1][:width]
        self._stage = ""
        self._same: dict[str, Any] = {}

    def lay(self, connection: Connection) -> None:
        """Fill the temporary table; takes no lock of the database."""
        if postgres(connection):
            self._stage = bulk.lay(connection, self._table, self._columns, self._rows)
            return
        self._stage = f"temp.staged_{self._table}"
        names = bulk.named(self._columns)
        connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS staged_{self._table} ({names})")
        connection.exec_driver_sql(f"DELETE FROM {self._stage}")
        # Feed, origin, time of receipt...: what all rows say alike is bound once, not once a row.
        same = _alike(self._rows, len(self._keys) + 1)
        self._same = {self._columns[place]: self._rows[0][place] for place in same}
        rest = [place for place in range(len(self._columns)) if place not in same]
        rows = list(map(itemgetter(*rest), self._rows)) if same else self._rows
        insert(connection, self._stage, [self._columns[place] for place in rest], rows)

    def move(self, connection: Connection, ends: str = "") -> set[Row]:
        """Move the rows whose key is new into the table, in the order of the keys; the others are left out.

        Args:
            connection: inside the write transaction.
            ends: further column with one value for all rows, ``name = value``.

        Returns:
            The keys that were there already.
        """
        known = self._known(connection)
        name, _, value = ends.partition(" = ")
        names = bulk.named(self._columns)
        chosen = ", ".join("?" if column in self._same else f'"{column}"' for column in self._columns)
        into, chosen = (f'{names}, "{name}"', f"{chosen}, {value}") if ends else (names, chosen)
        # No ORDER BY: the rows were laid in order, and a temporary table is walked as it was laid.
        connection.exec_driver_sql(
            f"INSERT INTO {self._table} ({into}) SELECT {chosen} FROM {self._stage}", tuple(self._same.values())
        )
        connection.exec_driver_sql(f"DELETE FROM {self._stage}")
        return known

    def _known(self, connection: Connection) -> set[Row]:
        """Take the rows whose key is there already out of the stage."""
        if not _any_between(connection, self._table, self._keys, *self._span):
            return set()
        match = " AND ".join(f't."{key}" = s."{key}"' for key in self._keys)
        keys = ", ".join(f's."{key}"' for key in self._keys)
        if postgres(connection):
            gone = f"DELETE FROM {self._stage} AS s USING {self._table} AS t WHERE {match} RETURNING {keys}"
            return {tuple(row) for row in connection.exec_driver_sql(gone)}
        both = f"FROM {self._stage} AS s CROSS JOIN {self._table} AS t WHERE {match}"
        found = [tuple(row) for row in connection.exec_driver_sql(f"SELECT DISTINCT s.rowid, {keys} {both}")]
        if found:
            connection.exec_driver_sql(f"DELETE FROM {self._stage} WHERE rowid = ?", [row[:1] for row in found])
        return {row[1:] for row in found}


def _alike(rows: Sequence[Row], begin: int) -> list[int]:
    """The places from ``begin`` on where all rows hold the same value."""
    places = [place for place in range(begin, len(rows[0])) if rows[0][place] == rows[-1][place]]
    return [place for place in places if len(set(map(itemgetter(place), rows))) == 1]


def probe(
    connection: Connection, table: str, keys: Sequence[str], wanted: Sequence[Row], columns: Sequence[str]
) -> Iterator[Row]:
    """Rows whose key columns equal one of the wanted keys; a row may come more than once.

    About 3 microseconds a key. The join order is forced (CROSS JOIN): with ``(a, b) IN (VALUES ...)``
    SQLite scans the whole list for every row of the table.
    """
    if len(wanted) > _CHUNKS[-2] and not _any_between(connection, table, keys, min(wanted), max(wanted)):
        return
    match = " AND ".join(f't."{key}" = q.k{i}' for i, key in enumerate(keys))
    chosen = ", ".join(f't."{column}"' for column in columns)
    listed = ", ".join(f"k{i}" for i in range(len(keys)))
    yield from among(
        connection, f"q({listed})", wanted, f"SELECT {chosen} FROM q CROSS JOIN {table} AS t WHERE {match}"
    )


def among(connection: Connection, name: str, rows: Sequence[Row], query: str) -> Iterator[Row]:
    """Ask about many rows of values at once; rows may come more than once.

    Args:
        connection: to ask.
        name: of the list of values, with its columns, ``q(a, b)``.
        rows: the values.
        query: a SELECT that may use the list as a table.
    """
    if rows and postgres(connection):
        yield from _among_arrays(connection, name, rows, query)
        return
    start = 0
    while start < len(rows):
        left = len(rows) - start
        size = next((chunk for chunk in _CHUNKS if chunk >= left), _CHUNKS[-1])
        part = list(rows[start : start + size])
        part += [part[-1]] * (size - len(part))
        sql = f"WITH {name} AS (VALUES {_values(len(part[0]), size, mark(connection))}) {query}"
        yield from fetched(connection, sql, tuple(value for row in part for value in row))
        start += size


def _among_arrays(connection: Connection, name: str, rows: Sequence[Row], query: str) -> Iterator[Row]:
    """One array per column: one statement, and one plan, for any number of rows."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    kinds = ", ".join("%s::bigint[]" if isinstance(column[0], int) else "%s::text[]" for column in columns)
    yield from fetched(connection, f"WITH {name} AS (SELECT * FROM unnest({kinds})) {query}", tuple(columns))


def fetched(connection: Connection, query: str, values: Row = ()) -> list[Row]:
    """All rows of a query as the driver's own tuples: half the time for thousands of them."""
    cursor = connection.exec_driver_sql(query, values).cursor
    return list(cursor.fetchall()) if cursor is not None else []


@cache
def _values(width: int, size: int, sign: str) -> str:
    return ",".join(["(" + ",".join([sign] * width) + ")"] * size)


def _any_between(connection: Connection, table: str, keys: Sequence[str], least: Row, greatest: Row) -> bool:
    """Whether any row lies between two keys: one seek that spares new ids a probe each.

    Relies on the database ordering text by code point, as Python does (SQLite's BINARY; elsewhere
    the key columns need COLLATE "C").
    """
    names, signs = ", ".join(f'"{key}"' for key in keys), ", ".join([mark(connection)] * len(keys))
    sql = f"SELECT 1 FROM {table} WHERE ({names}) >= ({signs}) AND ({names}) <= ({signs}) LIMIT 1"
    return connection.exec_driver_sql(sql, (*least, *greatest)).first() is not None


def postgres(connection: Connection) -> bool:
    """Whether this is PostgreSQL (or what speaks its language)."""
    return connection.dialect.name == "postgresql"


def mark(connection: Connection) -> str:
    """The driver's sign for a positional parameter."""
    return "%s" if postgres(connection) else "?"


def insert(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    keys: Sequence[str] = (),
    update: Sequence[str] = (),
) -> None:
    """Insert rows; with ``keys``, those whose key is there already are updated, or left as they are.

    Args:
        connection: inside a write transaction.
        table: table name.
        columns: names, in the order of the tuples.
        rows: the tuples; nothing happens when there are none.
        keys: columns of the conflict; without, there must be none.
        update: columns to overwrite.
    """
    if not rows:
        return
    if len(rows) >= COPY_FROM and postgres(connection):
        _copy(connection, table, columns, rows, keys, update)
        return
    sql = _insert_sql(table, tuple(columns), tuple(keys), tuple(update), mark(connection))
    connection.exec_driver_sql(sql, list(rows))


def _copy(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    keys: Sequence[str],
    update: Sequence[str],
) -> None:
    if not keys:
        bulk.copy(connection, table, columns, rows)
        return
    places = [list(columns).index(key) for key in keys]
    last = {tuple(row[place] for place in places): row for row in rows}  # one statement may touch a row once only
    stage = bulk.lay(connection, table, columns, list(last.values()))
    names = bulk.named(columns)
    order = bulk.named(keys)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM {stage} ORDER BY {order}{_on_conflict(keys, update)}"
    )
    connection.exec_driver_sql(f"DELETE FROM {stage}")


@cache
def _insert_sql(table: str, columns: tuple[str, ...], keys: tuple[str, ...], update: tuple[str, ...], sign: str) -> str:
    signs = ", ".join([sign] * len(columns))
    return f"INSERT INTO {table} ({bulk.named(columns)}) VALUES ({signs}){_on_conflict(keys, update)}"


def _on_conflict(keys: Sequence[str], update: Sequence[str]) -> str:
    if not update:
        return f" ON CONFLICT ({bulk.named(keys)}) DO NOTHING" if keys else ""
    changes = ", ".join(f'"{column}" = excluded."{column}"' for column in update)
    return f" ON CONFLICT ({bulk.named(keys)}) DO UPDATE SET {changes}"
