"""Roll-ups per day of the port, computed from those per hour: long trends in few rows, kept for ever."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from domain.viewer import Viewer
from store import sql
from store.database import Database
from store.moments import HOUR, micros, moment
from store.reads.scope import sees_port
from store.schema import rollup_day, rollup_hour

STANDING = frozenset({"yard_teu", "yard_occupancy"})  # a day's mean; everything else counts events: a day's sum
AT_ONCE = 2_000  # rows of one transaction

Day = tuple[str, str, int, float]  # metric, subject, midnight in microseconds, value


def roll_up(database: Database, since: datetime, until: datetime, zone: ZoneInfo) -> int:
    """Compute and store the days that ended by ``until``, from the one ``since`` lies in.

    A day has a value when each of its hours has one (23 or 25 where clocks are changed): a day with a
    gap would look like a slump.

    Returns:
        Number of values stored.
    """
    starts = midnights(since, until, zone)
    if len(starts) < 2:
        return 0
    with database.reading() as connection:
        rows = _days(connection, starts)
    names = ("metric", "subject", "day", "value")
    for first in range(0, len(rows), AT_ONCE):
        with database.writing() as connection:
            sql.insert(connection, "rollup_day", names, rows[first : first + AT_ONCE], names[:3], names[3:])
    return len(rows)


def midnights(since: datetime, until: datetime, zone: ZoneInfo) -> list[int]:
    """Midnights of the port from the day ``since`` lies in to the last one not after ``until``."""
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    return [_midnight(day + timedelta(days=i), zone) for i in range((last - day).days + 1)]


def _midnight(day: date, zone: ZoneInfo) -> int:
    return micros(datetime.combine(day, time(), zone).astimezone(UTC))


def _days(connection: Connection, starts: list[int]) -> list[Day]:
    """Every series along its key, hour by hour."""
    t = rollup_hour
    rows: list[Day] = []
    for metric, subject in connection.execute(select(t.c.metric, t.c.subject).distinct()).all():
        mine = (t.c.metric == metric, t.c.subject == subject, t.c.hour >= starts[0], t.c.hour < starts[-1])
        hours = connection.execute(select(t.c.hour, t.c.value).where(*mine).order_by(t.c.hour)).all()
        rows += [(metric, subject, day, value) for day, value in _by_day(metric, list(hours), starts)]
    return rows


def _by_day(metric: str, hours: list[tuple[int, float]], starts: list[int]) -> list[tuple[int, float]]:
    found, place = [], 0
    for start, end in pairwise(starts):
        values = []
        while place < len(hours) and hours[place][0] < end:
            values.append(hours[place][1])
            place += 1
        whole = (end - start) // HOUR
        if len(values) >= whole:
            found.append((start, sum(values) / len(values) if metric in STANDING else sum(values)))
    return found


def missing_since(connection: Connection, known_from: int | None) -> tuple[int, int] | None:
    """From when on days may be missing, and the oldest hour there is; None without any hour.

    Args:
        connection: to read from.
        known_from: the oldest hour when the days were last complete; hours older than it came since.
    """
    oldest = connection.execute(select(func.min(rollup_hour.c.hour))).scalar()
    newest_day = connection.execute(select(func.max(rollup_day.c.day))).scalar()
    if oldest is None:
        return None
    if newest_day is None or known_from is None or oldest < known_from:
        return oldest, oldest
    return newest_day, oldest


def series(
    connection: Connection, viewer: Viewer, metric: str, subject: str, since: datetime, until: datetime
) -> tuple[list[datetime], list[float]]:
    """Midnights and values of one series over [since, until); days without a value are absent."""
    if not sees_port(viewer):
        return [], []
    t = rollup_day
    mine = (t.c.metric == metric, t.c.subject == subject, t.c.day >= micros(since), t.c.day < micros(until))
    rows = connection.execute(select(t.c.day, t.c.value).where(*mine).order_by(t.c.day)).all()
    return [moment(day) for day, _ in rows], [value for _, value in rows]
