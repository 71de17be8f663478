"""The weeks that tables which only grow are cut into on PostgreSQL: old ones go as a whole.

A week's table is made when the first row of it comes, and the next week's ahead of time. A default
partition stands under all of them: what belongs to no week yet (far away times, or a week that
could not be made because somebody holds the table, as a running backup does) is kept there and
moved out when its week is made. On SQLite there are no partitions and nothing happens.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from store import sql
from store.moments import DAY, moment

PARTITIONED = ("vehicle_position", "vessel_position", "gate_move")
WEEK = 7 * DAY
MONDAY = 4 * DAY  # 1970-01-05, a Monday
BACK, AHEAD = 260 * WEEK, 5 * WEEK  # rows of other times stay in the default partition
LOCK_NOT_AVAILABLE = "55P03"
_WAIT = "300ms"  # readers queue behind whoever waits for the table, so it is given up soon


def week_of(time: int) -> int:
    """The first microsecond of the week (Monday, UTC) of a time."""
    return (time - MONDAY) // WEEK * WEEK + MONDAY


def ensure(connection: Connection, table: str, times: Iterable[int], now: int) -> None:
    """Make the partitions of these times, of now and of the coming week, as far as they are missing.

    Args:
        connection: inside a write transaction.
        table: the whole table; nothing happens when it is not cut into weeks.
        times: event times, microseconds.
        now: microseconds.
    """
    if table not in PARTITIONED or not sql.postgres(connection):
        return
    weeks = {week_of(time) for time in times if now - BACK < time < now + AHEAD}
    weeks |= {week_of(now), week_of(now) + WEEK}
    names = {name_of(table, week): week for week in weeks}
    query = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL"
    for name in sorted(connection.exec_driver_sql(query, (list(names),)).scalars()):
        if not _make(connection, table, name, names[name]):
            return  # held by somebody: rows wait in the default partition, the next write tries again


def name_of(table: str, week: int) -> str:
    """``vehicle_position_w20261116``: the table and its Monday."""
    return f"{table}_w{moment(week):%Y%m%d}"


def _make(connection: Connection, table: str, name: str, week: int) -> bool:
    before = connection.exec_driver_sql("SELECT current_setting('lock_timeout')").scalar_one()
    span = f"event_time >= {week} AND event_time < {week + WEEK}"
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_WAIT}'")
            # Made beside and then attached: CREATE ... PARTITION OF would shut out every reader.
            connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
            connection.exec_driver_sql(
                f"WITH moved AS (DELETE FROM {table}_default WHERE {span} RETURNING *)"
                f" INSERT INTO {name} SELECT * FROM moved"
            )
            connection.exec_driver_sql(
                f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({week}) TO ({week + WEEK})"
            )
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        return False  # the setting went with the savepoint
    connection.exec_driver_sql("SELECT set_config('lock_timeout', %s, true)", (before,))
    return True
