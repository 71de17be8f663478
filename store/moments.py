"""Times in the database: integer microseconds since 1970-01-01 UTC.

Integers rather than ISO text: half the bytes in every index, one machine comparison instead of a
string one, exact arithmetic for hours and ages in SQL, and the same BIGINT on every database (the
time types of SQLite and PostgreSQL agree on nothing else).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# "Not yet": an open end compares like any other time, so no query needs an OR ... IS NULL, which
# would cost the index.
FOREVER = 2**62


def micros(moment: datetime) -> int:
    """Microseconds of an aware time; raises TypeError for a naive one."""
    return (moment - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    """The aware UTC time of a number of microseconds."""
    return EPOCH + timedelta(microseconds=value)


def moment_or_none(value: int | None) -> datetime | None:
    """Like `moment`; None for None and for an open end."""
    return None if value is None or value >= FOREVER else moment(value)
