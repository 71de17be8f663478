"""How long inspections take: the headline of seed 000, each stretch, the days, and where a day was lost.

Pure reckoning over `Segments`. Distributions are skewed, so medians and 90th percentiles stand for them; sums over
days compare with means, because only means add up.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt

from domain.segments import HOUR, NEVER, POINTS, STRETCHES, Flags, Hours, Segments, Times

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
BINS = 24
FEW = 8  # a group of fewer past declarations is no baseline of its own
HELD_BEFORE = {"not_appointed": "appointed", "rejected": "confirmed", "suspended": "inspected"}
Ints = npt.NDArray[np.int64]


class Chosen(msgspec.Struct, frozen=True):
    """Which declarations; empty = all.

    Attributes:
        kind: ``farm`` or ``other``.
        mode, area, direction: words of the records.
    """

    kind: str = ""
    mode: str = ""
    area: str = ""
    direction: str = ""

    def of(self, rows: Segments) -> Segments:
        """Those of the rows."""
        wanted = np.ones(len(rows), bool)
        if self.kind:
            wanted &= rows.farm == (self.kind == "farm")
        for name in ("mode", "area", "direction"):
            if word := getattr(self, name):
                wanted &= getattr(rows, name) == word
        return rows.take(wanted)


class Spread(msgspec.Struct, frozen=True):
    """A distribution of hours; figures are None when it is empty.

    Attributes:
        n: how many.
        mean, median, p90: hours.
        edges, counts: of a histogram up to about its 98th percentile; the last bin holds what is longer.
    """

    n: int
    mean: float | None = None
    median: float | None = None
    p90: float | None = None
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


class Headline(msgspec.Struct, frozen=True):
    """The whole, of declarations that left.

    Attributes:
        all, farm, other: hours.
        by_definition: from commission to release, for so many.
        otherwise: from appointment to leaving, for so many.
        unknown: left, but neither can be said.
    """

    all: Spread
    farm: Spread
    other: Spread
    by_definition: int
    otherwise: int
    unknown: int


class Stretch(msgspec.Struct, frozen=True):
    """A stretch, named by the point it ends at.

    Attributes:
        hours: of the stretch.
        since_first: from the commission (else the appointment) to its end.
        reached: how many reached its end.
        skipped: how many got further without that being told.
        contradictory: how many are said to have ended before they began.
    """

    name: str
    hours: Spread
    since_first: Spread
    reached: int
    skipped: int
    contradictory: int


class Loop(msgspec.Struct, frozen=True):
    """A way back or a halt on the way.

    Attributes:
        name: value of ``Hold``.
        before: the point it delays.
        times: how often.
        declarations: how many.
        still: of the times, those that last.
        hours: of those that ended.
    """

    name: str
    before: str
    times: int
    declarations: int
    still: int
    hours: Spread


class Day(msgspec.Struct, frozen=True):
    """Declarations that left on a local day: hours of the whole."""

    day: date
    n: int
    mean: float | None
    median: float | None
    p90: float | None


class Cost(msgspec.Struct, frozen=True):
    """What a stretch cost on a day beyond its own baseline.

    Attributes:
        name: of the stretch.
        hours: declaration-hours beyond: of those that ended it that day, and of those in it beyond the mean what of
            it fell on the day, so that one nobody ever closed does not outweigh all.
        ended, running: how many declarations of either sort.
        usual: mean hours of the baseline, of the declarations that ended it.
        mean: mean hours of those that ended it; None when none did.
        worse_than: share of the baseline's days on which those that ended it cost less.
    """

    name: str
    hours: float
    ended: int
    running: int
    usual: float | None
    mean: float | None
    worse_than: float | None


def spread(hours: Hours) -> Spread:
    """Describe a distribution; NaN is left out."""
    known = hours[~np.isnan(hours)]
    if not len(known):
        return Spread(n=0)
    median, p90, most = (float(value) for value in np.percentile(known, [50, 90, 98]))
    edges = np.linspace(0, max(most, 1 / 60), BINS + 1)
    counts, _ = np.histogram(np.minimum(known, edges[-1]), edges)
    return Spread(len(known), float(known.mean()), median, p90, tuple(edges.tolist()), tuple(counts.tolist()))


def headline(rows: Segments) -> Headline:
    """The whole, of those that left."""
    hours, told = rows.whole()
    left = rows.times[:, -1] != NEVER
    known = ~np.isnan(hours)
    return Headline(
        all=spread(hours), farm=spread(hours[rows.farm]), other=spread(hours[~rows.farm]),
        by_definition=int((known & told).sum()), otherwise=int((known & ~told).sum()),
        unknown=int((left & ~known).sum()),
    )  # fmt: skip


def stretches(rows: Segments) -> list[Stretch]:
    """Every stretch, in order."""
    starts, ends, hours = rows.starts(), rows.times[:, 1:], rows.hours()
    first = np.where(rows.times[:, :1] == NEVER, rows.times[:, 1:2], rows.times[:, :1])
    reached = ends != NEVER
    later = np.flip(np.maximum.accumulate(np.flip(reached, axis=1), axis=1), axis=1)
    both = reached & (starts != NEVER)
    since = np.where(reached & (first != NEVER) & (ends >= first), (ends - first) / HOUR, np.nan)
    since[:, 0] = hours[:, 0]  # the appointment itself, where it is what is counted from, took no time
    return [
        Stretch(
            name=name, hours=spread(hours[:, i]), since_first=spread(since[:, i]), reached=int(reached[:, i].sum()),
            skipped=int((~reached[:, i] & later[:, i]).sum()),
            contradictory=int((both[:, i] & (ends[:, i] < starts[:, i])).sum()),
        )
        for i, name in enumerate(STRETCHES)
    ]  # fmt: skip


def loops(rows: Segments) -> list[Loop]:
    """Refusals, suspensions and commissions without an appointment."""
    found = []
    for name, before in HELD_BEFORE.items():
        mine = rows.held_word == name
        since, until = rows.held_since[mine], rows.held_until[mine]
        ended = until != NEVER
        found.append(
            Loop(
                name=name, before=before, times=int(mine.sum()), declarations=len(np.unique(rows.held_row[mine])),
                still=int((~ended).sum()), hours=spread((until[ended] - since[ended]) / HOUR),
            )
        )  # fmt: skip
    return found


def days(rows: Segments, since: date, until: date, zone: ZoneInfo) -> list[Day]:
    """Every local day of [since, until], by the day of leaving."""
    hours, _ = rows.whole()
    marks = midnights(since, until, zone)
    of_day = np.searchsorted(marks, rows.times[:, -1], side="right") - 1
    found = []
    for i in range(len(marks) - 1):
        mine = hours[(of_day == i) & ~np.isnan(hours)]
        figures = [float(v) for v in (mine.mean(), *np.percentile(mine, [50, 90]))] if len(mine) else [None] * 3
        found.append(Day(since + timedelta(days=i), len(mine), *figures))
    return found


def costs(rows: Segments, day: date, zone: ZoneInfo) -> list[Cost]:
    """What each stretch cost on a local day beyond its baseline, the days before it in the rows; dearest first.

    Each declaration is held against the mean of its own kind (farm or other, manual or machine) where there are
    enough of them. Means, because the sum over an ordinary day then comes to nothing.
    """
    begin, end = midnights(day, day, zone)
    starts, ends, hours = rows.starts(), rows.times[:, 1:], rows.hours()
    group = rows.farm * 2 + (rows.mode == "machine")
    found = []
    for i, name in enumerate(STRETCHES):
        known = ~np.isnan(hours[:, i])
        before, today = known & (ends[:, i] < begin), known & (ends[:, i] >= begin) & (ends[:, i] < end)
        if not before.any():
            continue
        usual = _usual(hours[:, i], before, group)
        beyond = hours[:, i] - usual
        inside = _inside(rows, i) & (starts[:, i] < end)
        until = min(rows.moment, int(end))
        elapsed = np.minimum((until - starts[:, i]) / HOUR - usual, (until - begin) / HOUR)
        running = inside & (elapsed > 0)
        past = np.bincount((begin - 1 - ends[before, i]) // (24 * HOUR), beyond[before])
        ended = float(beyond[today].sum())
        found.append(
            Cost(
                name=name, hours=ended + float(elapsed[running].sum()), ended=int(today.sum()),
                running=int(running.sum()), usual=float(usual[today].mean()) if today.any() else None,
                mean=float(hours[today, i].mean()) if today.any() else None,
                worse_than=float((past < ended).mean()) if today.any() else None,
            )
        )  # fmt: skip
    return sorted(found, key=lambda cost: -cost.hours)


def _usual(hours: Hours, before: Flags, group: Ints) -> Hours:
    """(n,) mean hours of each row's kind in the baseline; of all where its kind has too few."""
    usual = np.full(len(hours), hours[before].mean())
    for kind in range(4):
        mine = before & (group == kind)
        if mine.sum() >= FEW:
            usual[group == kind] = hours[mine].mean()
    return usual


def _inside(rows: Segments, stretch: int) -> Flags:
    """Who is in a stretch: its start is the last point told."""
    last = len(POINTS) - 1 - np.argmax(np.flip(rows.times != NEVER, axis=1), axis=1)
    return np.asarray((last == stretch) & (rows.times[:, stretch] != NEVER))


def midnights(since: date, until: date, zone: ZoneInfo) -> Times:
    """Microseconds of every local midnight from ``since`` to the one after ``until``."""
    count = (until - since).days + 2
    starts = (datetime.combine(since + timedelta(days=i), datetime.min.time(), zone) for i in range(count))
    return np.array([(start - EPOCH) // timedelta(microseconds=1) for start in starts], np.int64)
