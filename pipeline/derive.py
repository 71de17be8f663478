"""Roll-ups per hour and day, derived from what is stored: the series behind trends and forecasts.

Live, the last few hours are computed again every few minutes, so late data still count; after a
back-fill the whole of it is. The numbers always come from the records, never from running sums,
so a restart or a repeated run changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.viewer import SYSTEM
from pipeline.counts import STEPS
from store.engine import Store

LIVE_HOURS = 6
WHOLE_SLICE = timedelta(days=15)
KNOWN_BEFORE = timedelta(days=60)
Rollup = tuple[str, str, datetime, float]


def hour_of(moment: datetime) -> datetime:
    """The full hour a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def roll_up(store: Store, since: datetime, until: datetime) -> int:
    """Compute and store the roll-ups of the full hours in [since, until).

    The hour under way is left out: half an hour's count would look like a slump.

    Args:
        store: read from and written to.
        since: first moment, rounded down to the hour.
        until: end, rounded down to the hour.

    Returns:
        Number of values stored.
    """
    return sum(keep(store, read(store, *span)) for span in slices(since, until))


@STEPS.of("roll_up").timed()
def keep_up(store: Store, since: datetime, now: datetime) -> None:
    """Roll up the hours since a moment, and then the days of the port they lie in."""
    roll_up(store, since, now)
    store.operations.roll_up_days(since, now)


def slices(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The full hours of [since, until) in spans short enough for memory."""
    start, end = hour_of(since), hour_of(until)
    starts = [start + i * WHOLE_SLICE for i in range(max(0, -(-(end - start) // WHOLE_SLICE)))]
    return [(start, min(start + WHOLE_SLICE, end)) for start in starts]


def read(store: Store, since: datetime, until: datetime) -> list[Rollup]:
    """Compute the roll-ups of one slice; nothing is written."""
    return store.reads.hourly(SYSTEM, since, until)


def keep(store: Store, rows: list[Rollup]) -> int:
    """Store the roll-ups of a slice, the earlier slices first; returns their number."""
    spoken = _without_silence(store, rows)
    if spoken:
        store.save_rollups(spoken)
    return len(spoken)


def _without_silence(store: Store, rows: list[Rollup]) -> list[Rollup]:
    """Leave out the zeros before a series first had a value: nobody was counting then."""
    first: dict[tuple[str, str], datetime] = {}
    begun: dict[tuple[str, str], datetime] = {}
    for metric, subject, hour, value in rows:
        key = (metric, subject)
        first[key] = min(hour, first.get(key, hour))
        if value:
            begun[key] = min(hour, begun.get(key, hour))
    for key, hour in first.items():
        if begun.get(key) != hour and store.reads.series(SYSTEM, *key, hour - KNOWN_BEFORE, hour)[0]:
            begun[key] = hour
    return [row for row in rows if row[:2] in begun and row[2] >= begun[row[:2]]]
