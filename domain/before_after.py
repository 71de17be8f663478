"""Did a change help: medians before and after a day, and how sure one may be that they differ.

Declarations of one day share its weather, its ships and its officers; they are not so many independent witnesses.
What is drawn again by chance is therefore whole days (a cluster bootstrap), which gives wider, honest intervals.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from domain.segments import Hours, Segments
from domain.turnaround import Ints, midnights

RESAMPLED = 1000
LEAST_DAYS = 5  # fewer on a side, and chance cannot be told from change
_SEED = 20220825  # of the drawing: asked twice, it says the same


class Side(msgspec.Struct, frozen=True):
    """One of the two: declarations and days with any, and the median in hours."""

    n: int
    days: int
    median: float | None


class Compared(msgspec.Struct, frozen=True):
    """Before and after.

    Attributes:
        day: the first day of after.
        before, after: the sides.
        difference: hours, after less before; None when a side is empty.
        low, high: 95 % interval of it; None with too few days.
        verdict: ``shorter``, ``longer``, ``unclear`` (nothing is outside of the interval), ``few`` or ``none``.
    """

    day: date
    before: Side
    after: Side
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = "none"


def compare(rows: Segments, day: date, since: date, until: date, zone: ZoneInfo) -> Compared:
    """Medians of the whole of those that left in [since, day) and in [day, until]."""
    hours, _ = rows.whole()
    marks = midnights(since, until, zone)
    of_day = np.searchsorted(marks, rows.times[:, -1], side="right") - 1
    within = ~np.isnan(hours) & (of_day >= 0) & (of_day < len(marks) - 1)
    cut = (day - since).days
    sides = [(hours[chosen], of_day[chosen]) for chosen in (within & (of_day < cut), within & (of_day >= cut))]
    told = [_side(*side) for side in sides]
    if not all(side.n for side in told):
        return Compared(day=day, before=told[0], after=told[1])
    first, second = (float(np.median(side[0])) for side in sides)
    if min(side.days for side in told) < LEAST_DAYS:
        return Compared(day=day, before=told[0], after=told[1], difference=second - first, verdict="few")
    rng = np.random.default_rng(_SEED)
    drawn = [redrawn(*side, rng) for side in sides]
    low, high = (float(v) for v in np.percentile(drawn[1] - drawn[0], [2.5, 97.5]))
    verdict = "shorter" if high < 0 else "longer" if low > 0 else "unclear"
    return Compared(
        day=day, before=told[0], after=told[1], difference=second - first, low=low, high=high, verdict=verdict
    )


def _side(hours: Hours, of_day: Ints) -> Side:
    return Side(len(hours), len(np.unique(of_day)), float(np.median(hours)) if len(hours) else None)


def redrawn(hours: Hours, of_day: Ints, rng: np.random.Generator, times: int = RESAMPLED) -> Hours:
    """(times,) medians of as many drawings of whole days, with replacement."""
    order = np.argsort(hours, kind="stable")
    values = hours[order]
    _, place = np.unique(of_day[order], return_inverse=True)
    count = int(place.max()) + 1
    medians = np.empty(times)
    for i in range(times):
        weight = np.bincount(rng.integers(0, count, count), minlength=count)[place].cumsum()
        middle = np.searchsorted(weight, [(weight[-1] + 1) // 2, weight[-1] // 2 + 1])
        medians[i] = values[middle].mean()
    return medians
