"""The few statement shapes of the hot path, as driver-level SQL on tuples.

Core's own insert of dictionaries costs three times as much per row and the ORM thirty times
(measured); the texts below are the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection

Row = tuple[Any, ...]
Write = Callable[[Connection], None]
_CHUNKS = (1, 8, 64, 512)  # few sizes, so that the driver's statement cache always hits


def probe(
    connection: Connection, table: str, keys: Sequence[str], wanted: Sequence[Row], columns: Sequence[str]
) -> Iterator[Row]:
    """Rows whose key columns equal one of the wanted keys; a row may come more than once.

    About 3 microseconds a key. The join order is forced (CROSS JOIN): with ``(a, b) IN (VALUES ...)``
    SQLite scans the whole list for every row of the table.
    """
    if len(wanted) > _CHUNKS[-2] and not _any_between(connection, table, keys, wanted):
        return
    start = 0
    while start < len(wanted):
        left = len(wanted) - start
        size = next((chunk for chunk in _CHUNKS if chunk >= left), _CHUNKS[-1])
        part = list(wanted[start : start + size])
        part += [part[-1]] * (size - len(part))
        sql = _probe_sql(table, tuple(keys), tuple(columns), size, mark(connection))
        yield from map(tuple, connection.exec_driver_sql(sql, tuple(value for key in part for value in key)))
        start += size


def _any_between(connection: Connection, table: str, keys: Sequence[str], wanted: Sequence[Row]) -> bool:
    """Whether any row lies between the least and the greatest key: one seek that spares new ids a probe each.

    Relies on the database ordering text by code point, as Python does (SQLite's BINARY; elsewhere
    the key columns need COLLATE "C").
    """
    names, signs = ", ".join(f'"{key}"' for key in keys), ", ".join([mark(connection)] * len(keys))
    sql = f"SELECT 1 FROM {table} WHERE ({names}) >= ({signs}) AND ({names}) <= ({signs}) LIMIT 1"
    return connection.exec_driver_sql(sql, (*min(wanted), *max(wanted))).first() is not None


@cache
def _probe_sql(table: str, keys: tuple[str, ...], columns: tuple[str, ...], size: int, sign: str) -> str:
    values = ",".join(["(" + ",".join([sign] * len(keys)) + ")"] * size)
    match = " AND ".join(f't."{key}" = q.column{i}' for i, key in enumerate(keys, 1))
    chosen = ", ".join(f't."{column}"' for column in columns)
    return f"SELECT {chosen} FROM (VALUES {values}) AS q CROSS JOIN {table} AS t WHERE {match}"


def mark(connection: Connection) -> str:
    """The driver's sign for a positional parameter."""
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


def insert(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    keys: Sequence[str] = (),
    update: Sequence[str] = (),
    where: str = "",
) -> None:
    """Insert rows; with ``update``, rows whose key is there already are updated instead.

    Args:
        connection: inside a write transaction.
        table: table name.
        columns: names, in the order of the tuples.
        rows: the tuples; nothing happens when there are none.
        keys: columns of the conflict, for ``update``.
        update: columns to overwrite.
        where: condition of the update, may name ``excluded``.
    """
    if not rows:
        return
    sql = _insert_sql(table, tuple(columns), tuple(keys), tuple(update), where, mark(connection))
    connection.exec_driver_sql(sql, list(rows))


@cache
def _insert_sql(
    table: str, columns: tuple[str, ...], keys: tuple[str, ...], update: tuple[str, ...], where: str, sign: str
) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join([sign] * len(columns))})"
    if update:
        changes = ", ".join(f'"{column}" = excluded."{column}"' for column in update)
        conflict = ", ".join(f'"{key}"' for key in keys)
        sql += f" ON CONFLICT ({conflict}) DO UPDATE SET {changes}"
    return sql + (f" WHERE {where}" if where else "")
