"""What browsers tell about themselves: how long a picture took from the server's tick to the screen."""

from __future__ import annotations

import math
import time
from collections import Counter, OrderedDict

import msgspec

from telemetry.counts import Spreads

# Seconds; the same in assets/metrics.js, a test holds the two together.
BOUNDS = (0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
TOPICS = frozenset({"vehicles", "vessels"})  # those the map draws
BODY_BYTES = 4_096
EVERY_SECONDS = 30.0
EARLY_SECONDS = 2.0  # a browser's timer need not be ours
MOST_DRAWS = 3_600  # of one topic in one report: two a second for half an hour
LONGEST_SECONDS = 3_600.0
TABS = 5_000  # remembered at most; a report beyond is refused


class Draws(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Draws of one topic: how many fell into each bin, and the sum of their seconds."""

    counts: list[int]
    total: float


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tab's draws since its last report.

    Attributes:
        tab: random name of the tab, 16 hex digits.
        draws: by topic.
    """

    tab: str
    draws: dict[str, Draws]


class BrowserReports:
    """Takes reports; wrong, early and too many ones are counted and change nothing."""

    def __init__(self) -> None:
        """Start empty."""
        self.drawn = Spreads(BOUNDS)
        self.outcomes: Counter[str] = Counter()
        self._decoder = msgspec.json.Decoder(Report)
        self._last: OrderedDict[str, float] = OrderedDict()  # tab -> monotonic seconds

    def take(self, body: bytes) -> str:
        """Read one report.

        Returns:
            ``accepted``, ``malformed``, ``too_soon`` or ``too_many``.
        """
        outcome = self._take(body)
        self.outcomes[outcome] += 1
        return outcome

    def _take(self, body: bytes) -> str:
        try:
            report = self._decoder.decode(body) if len(body) <= BODY_BYTES else None
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            report = None
        if report is None or not _possible(report):
            return "malformed"
        now = time.monotonic()
        while self._last and next(iter(self._last.values())) <= now - EVERY_SECONDS:
            self._last.popitem(last=False)
        if now - self._last.get(report.tab, -math.inf) < EVERY_SECONDS - EARLY_SECONDS:
            return "too_soon"
        if report.tab not in self._last and len(self._last) >= TABS:
            return "too_many"
        self._last[report.tab] = now
        self._last.move_to_end(report.tab)
        for topic, draws in report.draws.items():
            self.drawn.of(topic).merge(draws.counts, draws.total)
        return "accepted"


def _possible(report: Report) -> bool:
    """Whether the numbers can be true: known topics, whole bins, a sum that fits them."""
    named = len(report.tab) == 16 and all(digit in "0123456789abcdef" for digit in report.tab)
    return named and report.draws.keys() <= TOPICS and all(map(_consistent, report.draws.values()))


def _consistent(draws: Draws) -> bool:
    counts = draws.counts
    if len(counts) != len(BOUNDS) + 1 or min(counts) < 0 or sum(counts) > MOST_DRAWS:
        return False
    least = sum(n * low for n, low in zip(counts, (0.0, *BOUNDS), strict=True))
    most = sum(n * high for n, high in zip(counts, (*BOUNDS, LONGEST_SECONDS), strict=True))
    return math.isfinite(draws.total) and least - 1e-6 <= draws.total <= most + 1e-6
