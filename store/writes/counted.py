"""Counts of what happened, by hour, added up as it happens: roll-ups that cannot be computed from records later."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from store import sql
from store.moments import HOUR

NAMES = ("metric", "subject", "hour", "value")


def add(connection: Connection, metric: str, counts: Mapping[str, int], at: int) -> None:
    """Add to the counts of an hour, in the transaction of what is counted.

    Args:
        connection: inside a write transaction.
        metric: name of the roll-up.
        counts: by subject.
        at: when it happened, microseconds.
    """
    rows = [(metric, subject, at - at % HOUR, float(count)) for subject, count in counts.items() if count]
    if not rows:
        return
    signs = ", ".join([sql.mark(connection)] * len(NAMES))
    connection.exec_driver_sql(
        f"INSERT INTO rollup_hour ({', '.join(NAMES)}) VALUES ({signs}) "
        "ON CONFLICT (metric, subject, hour) DO UPDATE SET value = rollup_hour.value + excluded.value",
        rows,
    )
