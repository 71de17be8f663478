"""Telling other processes that there is news: one number per dataset, bumped with the write itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from store import sql
from store.moments import micros


def bump(connection: Connection, datasets: Iterable[str], at: datetime) -> None:
    """Count a write up, once for each dataset it touched.

    In the transaction of the write: who reads a new number reads the new rows as well.

    Args:
        connection: inside a write transaction.
        datasets: names as `store.reads.Reads.changes` gives them.
        at: now.
    """
    rows = [(dataset, micros(at)) for dataset in sorted(set(datasets))]
    if not rows:
        return
    sign = sql.mark(connection)
    connection.exec_driver_sql(
        f"INSERT INTO change (dataset, seq, at) VALUES ({sign}, 1, {sign})"
        " ON CONFLICT (dataset) DO UPDATE SET seq = change.seq + 1, at = excluded.at",
        rows,
    )
