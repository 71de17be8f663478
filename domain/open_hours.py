"""An inspection area's open hours as a clock of its own, which stands while the area is closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from domain.rota import Inspections

Floats = npt.NDArray[np.float64]
Seconds = float | Floats
_ALWAYS = (np.array([-1e12]), np.array([1e12]))


class OpenHours:
    """When one area is open over a span. Times are epoch seconds, single ones or arrays."""

    def __init__(self, opens: Floats, closes: Floats) -> None:
        """Spans in order that do not touch; before the first and after the last it is closed."""
        self._opens, self._closes = opens, closes
        self._before = np.concatenate([[0.0], np.cumsum(closes - opens)])  # open seconds before each span

    @staticmethod
    def of(rota: Inspections, area: str, zone: ZoneInfo, since: datetime, until: datetime) -> OpenHours:
        """Those of an area between two moments; one that is not configured is always open."""
        if area not in rota.areas:
            return OpenHours(*_ALWAYS)
        first, opening, closing = since.astimezone(zone).date(), *rota.hours(area)
        days = [first + timedelta(days=place) for place in range((until - since).days + 2)]
        works = [day for day in days if rota.works(area, day)]
        ends = [
            [datetime.combine(day, clock, zone).astimezone(UTC).timestamp() for day in works]
            for clock in (opening, closing)
        ]
        return OpenHours(*(np.array(side, np.float64) for side in ends))

    def worked(self, at: Seconds) -> Floats:
        """Open seconds from the beginning of the span to a moment."""
        place = np.searchsorted(self._opens, at, side="right") - 1
        span = np.maximum(place, 0)
        if not len(self._opens):
            return np.zeros_like(np.asarray(at, np.float64))
        inside = np.minimum(at, self._closes[span]) - self._opens[span]
        return np.where(place < 0, 0.0, self._before[span] + inside)

    def after(self, begin: Seconds, open_seconds: Seconds) -> Floats:
        """When so much open time has passed since a moment; infinity when the span is too short for it.

        Nothing to do needs no open door: it is done at once.
        """
        total = self.worked(begin) + open_seconds
        place = np.searchsorted(self._before[1:], total - 1e-6, side="left")
        there = place < len(self._opens)
        span = np.minimum(place, len(self._opens) - 1)
        if not len(self._opens):
            return np.where(np.asarray(open_seconds) > 0, np.inf, begin)
        reached = np.where(there, self._opens[span] + (total - self._before[span]), np.inf)
        return np.where(np.asarray(open_seconds) > 0, np.maximum(reached, begin), begin)
