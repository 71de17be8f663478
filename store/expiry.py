"""Dropping whole partitions that are too old, on PostgreSQL; see `store.partitions` for how they are made."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from sqlalchemy import text

from domain.errors import StoreUnavailableError
from store.database import Database

_BOUNDS = re.compile(r"FROM \('?(-?\d+|MINVALUE)'?\) TO \('?(-?\d+|MAXVALUE)'?\)")
_LIST = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), GREATEST(c.reltuples, 0)::bigint
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(:parent) ORDER BY c.relname
"""


class Part(msgspec.Struct, frozen=True):
    """One partition.

    Attributes:
        name: its table.
        until: microseconds its rows lie before; None for the default partition and an open last one.
        rows: the database's own estimate.
    """

    name: str
    until: int | None
    rows: int


def parts(database: Database, table: str) -> list[Part]:
    """The partitions of a table; none when it is not partitioned."""
    if database.engine.dialect.name != "postgresql":
        return []
    with database.reading() as connection:
        rows = connection.execute(text(_LIST), {"parent": table}).all()
    return [Part(name, _until(bound), rows) for name, bound, rows in rows]


def _until(bound: str) -> int | None:
    found = _BOUNDS.search(bound)
    return int(found[2]) if found and found[2] != "MAXVALUE" else None


def drop_before(database: Database, table: str, cut: int) -> Iterator[tuple[str, int]]:
    """Drop the partitions all of whose rows are older than the cut; what strayed into the default goes by rows.

    A partition that somebody reads from for longer than a moment stays until the next sweep: whoever
    reads next would have to wait behind us.
    """
    for part in parts(database, table):
        if part.until is None:
            yield from _stray(database, table, part.name, cut)
        elif part.until <= cut:
            try:
                with database.writing() as connection:
                    connection.execute(text("SET LOCAL lock_timeout = '500ms'"))
                    connection.execute(text(f'DROP TABLE "{part.name}"'))
            except StoreUnavailableError as error:
                if error.code != "locked":
                    raise
                continue
            yield table, part.rows


def _stray(database: Database, table: str, name: str, cut: int) -> Iterator[tuple[str, int]]:
    query = text(
        f'DELETE FROM "{name}" WHERE ctid = ANY(ARRAY(SELECT ctid FROM "{name}" WHERE event_time < :cut LIMIT :rows))'
    )
    while True:
        with database.writing() as connection:
            count = connection.execute(query, {"cut": cut, "rows": 1_000}).rowcount
        if not count:
            return
        yield table, count
