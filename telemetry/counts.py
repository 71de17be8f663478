"""Plain distributions of durations and sizes: counted where the work happens, read at scrape time.

No metrics library here: the rooms that count know nothing of who asks.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock

import msgspec

# Seconds: from half a millisecond (a delta to a client) to a minute (a roll-up of everything).
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Distribution(msgspec.Struct, frozen=True):
    """A distribution as it stood when it was read.

    Attributes:
        bounds: upper bounds of the bins, ascending; one more bin takes what is larger.
        counts: values per bin, not cumulated; ``len(bounds) + 1`` numbers.
        total: sum of all values.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """The value below which a share of all values lies, interpolated within its bin.

        Args:
            share: 0..1, e.g. 0.99.

        Returns:
            None without values; the last bound when it lies beyond the bounds.
        """
        wanted, below, lower = share * self.count, 0, 0.0
        if not self.count:
            return None
        for bound, count in zip(self.bounds, self.counts, strict=False):
            if count and below + count >= wanted:
                return lower + (bound - lower) * max(0.0, wanted - below) / count
            below, lower = below + count, bound
        return self.bounds[-1]


class Spread:
    """A distribution that grows; any thread may add to it."""

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        """Start empty.

        Args:
            bounds: upper bounds of the bins, ascending.
        """
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._total = 0.0
        self._lock = Lock()

    def add(self, value: float, times: int = 1) -> None:
        """Count a value, or the same value several times."""
        place = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[place] += times
            self._total += value * times

    def merge(self, counts: Sequence[int], total: float) -> None:
        """Add what was counted elsewhere over the same bounds.

        Raises:
            ValueError: another number of bins.
        """
        if len(counts) != len(self._counts):
            raise ValueError(f"{len(self._counts)} bins here, {len(counts)} given")
        with self._lock:
            self._counts = [here + there for here, there in zip(self._counts, counts, strict=True)]
            self._total += total

    def read(self) -> Distribution:
        """The distribution now."""
        with self._lock:
            return Distribution(self._bounds, tuple(self._counts), self._total)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count how long the block takes, seconds, whether it succeeds or not."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(time.perf_counter() - start)


class Spreads:
    """One distribution per name; names come from code and configuration, never from outside."""

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        """Start without any."""
        self._bounds = tuple(bounds)
        self._by_name: dict[str, Spread] = {}
        self._lock = Lock()

    def of(self, name: str) -> Spread:
        """The distribution of a name, made when new."""
        found = self._by_name.get(name)
        if found is None:
            with self._lock:
                found = self._by_name.setdefault(name, Spread(self._bounds))
        return found

    def read(self) -> Mapping[str, Distribution]:
        """All distributions now, by name."""
        with self._lock:
            spreads = dict(self._by_name)
        return {name: spread.read() for name, spread in sorted(spreads.items())}
