"""When a waiting declaration is expected to be confirmed, begun and done, by what the last weeks show.

Method, in words: take the days before that are like today (the area works or not, weekend or holiday or not, and the
same of the day after) and go to the same time of day. At that moment so many stood in the platform's queue; the one
that was confirmed as the n-th of them tells how long the n-th place took, whoever overtook it, at the hours and on the
rota of such a day. Where the queue was shorter than n, the n-th confirmation the platform made from then on counts.
To each of these times is added how long declarations of the same kind (area, machine or manual, farm or other),
confirmed at about that hour before such a day, took until their inspection began, and until it was done. The middle of
all the sums is what is expected, and eight tenths of them make the interval. No shape of distribution is assumed.

What cannot be said so is not said: fewer than five days alike, a queue longer than any of them cleared within a week,
or too few declarations of the kind. Only whole days before today count. How often the interval held is measured by
``bench/bench_queue.py`` (docs/queue.md).
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from domain.cycles import Cycles
from domain.pictures import Expected, Span
from domain.queue_durations import Durations

Floats = npt.NDArray[np.float64]
FEWEST_DAYS = 5
WEEK = 7 * 86_400.0
DAY = 86_400.0
ROUND_SECONDS = 300.0
TENTHS = (0.1, 0.5, 0.9)


class QueueForecast:
    """Expectations for the queue of one moment. Pure: the same past, rota and moment give the same."""

    def __init__(self, durations: Durations, cycles: Cycles, at: datetime) -> None:
        """Prepare; platforms are computed when first asked for.

        Args:
            durations: of the declarations that were confirmed, and the rota they were confirmed on.
            cycles: when customs' system confirms.
            at: the moment, aware; all moments of one cycle give the same.
        """
        self._past, self._rota, self._cycles = durations.past, durations.rota, cycles
        self._zone = ZoneInfo(cycles.timezone)
        self._start, self._cut = cycles.before(at), cycles.after(at)
        self._durations = durations
        # Before the first of all was told nobody watched.
        self._since = max(self._past.since, float(self._past.appointed.min(initial=math.inf)))
        self._waits: dict[tuple[str, int], Floats] = {}
        self._queues: dict[tuple[str, str], tuple[Floats, list[tuple[float, Floats]]]] = {}
        self._said: dict[tuple[str, str, str, bool, int], Expected | str] = {}

    def expected(self, platform: str, area: str, mode: str, farm: bool, rank: int) -> Expected | str:
        """What is expected of the declaration at a place.

        Args:
            platform: where it waits.
            area: of the platform.
            mode: its kind: how it is inspected,
            farm: and whether it is farm goods.
            rank: its place, from 1.

        Returns:
            The expectation, or the code of the reason why there is none: ``few_days`` or ``queue_longer``.
        """
        asked = (platform, area, mode, farm, _step(rank))
        if asked not in self._said:
            self._said[asked] = self._expect(*asked)
        return self._said[asked]

    def _expect(self, platform: str, area: str, mode: str, farm: bool, rank: int) -> Expected | str:
        times = self._confirmed(platform, area, rank)
        if len(times) < FEWEST_DAYS:
            return "few_days"
        low, middle, high = _tenths(times)
        if math.isinf(high):
            return "queue_longer"
        confirmed = Span(*(self._cycles.cut(_moment(seconds)) for seconds in (middle, low, high)))
        spans = [self._span(times, part) for part in self._durations.after(area, mode, farm, times)]
        return Expected(confirmed=confirmed, start=spans[0], finish=spans[1], days=len(times))

    def _span(self, times: Floats, took: Floats | None) -> Span | None:
        """The interval of the times of confirmation and what each of them was followed by, one row for each."""
        if took is None:
            return None
        low, middle, high = _tenths((times[:, None] + took).ravel())
        if math.isinf(high):
            return None
        step = ROUND_SECONDS
        return Span(
            _moment(round(middle / step) * step), _moment(low // step * step), _moment(math.ceil(high / step) * step)
        )

    def _confirmed(self, platform: str, area: str, rank: int) -> Floats:
        """When the n-th place would be confirmed if today went on like each of the days alike, epoch seconds."""
        if (platform, rank) not in self._waits:
            ever, stood = self._stood(platform, area)
            waits = [_nth(waiting, ever, moment, rank) - moment for moment, waiting in stood]
            # Nobody is confirmed before the next cut.
            times = np.maximum(self._start.timestamp() + np.array(waits), self._cut.timestamp())
            self._waits[platform, rank] = times if len(ever) else np.zeros(0)
        return self._waits[platform, rank]

    def _stood(self, platform: str, area: str) -> tuple[Floats, list[tuple[float, Floats]]]:
        """When the platform ever confirmed; each day alike with its moment and when those who stood were confirmed."""
        if (platform, area) not in self._queues:
            confirmed, appointed = self._past.of_platform(platform)
            stood = [
                (moment, np.sort(confirmed[(appointed <= moment) & (confirmed > moment)]))
                for moment in self._moments(area)
            ]
            self._queues[platform, area] = np.sort(confirmed), stood
        return self._queues[platform, area]

    def _moments(self, area: str) -> list[float]:
        """The same time of day on the days alike, epoch seconds; of each a whole day is known after it."""
        local = self._start.astimezone(self._zone)
        today = local.date()
        moments = {
            day: datetime.combine(day, local.timetz()).timestamp()
            for day in (today - timedelta(days=back) for back in range(1, self._rota.baseline_days + 1))
        }
        days = [day for day, moment in moments.items() if self._since <= moment <= self._past.until - DAY]
        alike = [day for day in days if self._kind(area, day) == self._kind(area, today)]
        if len(alike) < FEWEST_DAYS:
            alike = [day for day in days if self._rota.works(area, day) == self._rota.works(area, today)]
        return [moments[day] for day in alike]

    def _kind(self, area: str, day: date) -> tuple[bool, bool, bool]:
        free = day.weekday() in (5, 6) or day.isoformat() in self._rota.holidays
        return self._rota.works(area, day), free, self._rota.works(area, day + timedelta(days=1))


def _nth(waiting: Floats, ever: Floats, moment: float, rank: int) -> float:
    """When the n-th of those waiting at a moment was confirmed, or the platform's n-th confirmation after it."""
    if rank <= len(waiting):
        return float(waiting[rank - 1])
    place = int(np.searchsorted(ever, moment, side="right")) + rank - 1
    return float(ever[place]) if place < len(ever) and ever[place] <= moment + WEEK else math.inf


def _tenths(values: Floats) -> tuple[float, float, float]:
    """Values a tenth, half and nine tenths of the way; of few values the outermost: a new one is as likely beyond."""
    places = [min(max(round(share * (len(values) + 1)) - 1, 0), len(values) - 1) for share in TENTHS]
    low, middle, high = np.partition(values, places)[places].tolist()
    return low, middle, high


def _step(rank: int) -> int:
    """Places beyond thirty are told apart by a twentieth: it is no finer known."""
    if rank <= 30:
        return rank
    return round(30 * 1.05 ** round(math.log(rank / 30, 1.05)))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
