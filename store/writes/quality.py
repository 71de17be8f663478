"""How good feeds are: counts by hour, added to what is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from domain.scores import Counts
from store import sql
from store.bulk import named
from store.moments import micros

KEYS = ("feed", "dataset", "hour")
COUNTED = Counts.__struct_fields__


def add(connection: Connection, hours: Mapping[tuple[str, str, datetime], Counts]) -> None:
    """Add counts by feed, dataset and hour to those stored.

    Args:
        connection: inside a write transaction.
        hours: what was counted since the last time.
    """
    rows = [
        (feed, dataset, micros(hour), *(getattr(counts, name) for name in COUNTED))
        for (feed, dataset, hour), counts in sorted(hours.items(), key=lambda item: item[0])
    ]
    if not rows:
        return
    signs = ", ".join([sql.mark(connection)] * (len(KEYS) + len(COUNTED)))
    more = ", ".join(f'"{name}" = quality_hour."{name}" + excluded."{name}"' for name in COUNTED)
    connection.exec_driver_sql(
        f"INSERT INTO quality_hour ({named((*KEYS, *COUNTED))}) VALUES ({signs})"
        f" ON CONFLICT ({named(KEYS)}) DO UPDATE SET {more}",
        rows,
    )
