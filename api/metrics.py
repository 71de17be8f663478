"""What Prometheus reads: the counters of every room, collected when it asks.

The rooms count in plain objects (``telemetry.counts``) and know nothing of this; here they get
their names and units. Every metric is described in docs/operations.md; a test holds the two together.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.pictures import FeedRow, FeedState
from telemetry.counts import Distribution, Spread, Spreads

ROW_OUTCOMES = ("accepted", "duplicate", "quarantined", "flagged", "late")
WINDOW_SECONDS = 300.0  # of the p99 that is a number of its own
Labels = Mapping[str, str]


class LiveCounts(Protocol):
    """The part of the live endpoint read here."""

    counts: Counter[str]
    delivered: Spread

    @property
    def clients(self) -> int:
        """Connections open."""

    @property
    def subscriptions(self) -> int:
        """Subscriptions of all of them."""

    @property
    def due(self) -> int:
        """Topics waiting to be sent."""


class StoreCounts(Protocol):
    """The part of the store's operations read here."""

    retained: Counter[str]

    @property
    def waited(self) -> Spread:
        """Seconds writers waited for their turn."""

    @property
    def held(self) -> Spread:
        """Seconds they then kept others out."""

    @property
    def refused(self) -> Mapping[str, int]:
        """Refused reads and writes by code."""


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where the numbers are.

    Attributes:
        health: rows of all feeds.
        store: counters of the store.
        steps: seconds of pipeline steps by name; ``rules`` by rule; ``published`` by topic.
        live: the live endpoint; None in a process without one.
        drawn: seconds from tick to pixel by topic, as browsers report; ``reports`` by outcome.
        leading: whether this process collects now; None where that is no question.
        process: label of every metric where several processes answer at one address; empty for none.
    """

    health: Callable[[], Sequence[FeedRow]]
    store: StoreCounts
    steps: Spreads
    rules: Spreads
    published: Spreads
    live: LiveCounts | None = None
    drawn: Spreads = msgspec.field(default_factory=Spreads)
    reports: Counter[str] = msgspec.field(default_factory=Counter)
    leading: Callable[[], bool] | None = None
    process: str = ""


class Window:
    """A quantile of what came lately, from a distribution that only grows."""

    def __init__(self, spread: Spread, seconds: float = WINDOW_SECONDS) -> None:
        """Watch a distribution; it is looked at when it is asked for."""
        self._spread, self._seconds = spread, seconds
        self._seen: deque[tuple[float, Distribution]] = deque()

    def quantile(self, share: float) -> float | None:
        """The quantile of the last minutes; None when nothing came."""
        now, current = time.monotonic(), self._spread.read()
        while len(self._seen) > 1 and self._seen[1][0] <= now - self._seconds:
            self._seen.popleft()
        before = self._seen[0][1].counts if self._seen else (0,) * len(current.counts)
        if not self._seen or now - self._seen[-1][0] >= 1.0:
            self._seen.append((now, current))
        fresh = tuple(here - there for here, there in zip(current.counts, before, strict=True))
        return Distribution(current.bounds, fresh, 0.0).quantile(share)


class Exposition(Collector):
    """Turns the sources into metric families at every scrape."""

    def __init__(self, sources: Sources) -> None:
        """Take the sources; ``sizes`` is set before a scrape by who may wait for the database."""
        self._sources = sources
        self._fixed: Labels = {"process": sources.process} if sources.process else {}
        self._delivery = Window(sources.live.delivered) if sources.live is not None else None
        self.sizes: Mapping[str, int] = {}

    def collect(self) -> Iterator[Metric]:
        """All families."""
        yield from self._feeds()
        yield from self._pipeline()
        yield from self._store()
        if self._sources.leading is not None:
            leading = float(self._sources.leading())
            yield self._gauge("cockpit_collector_leading", "1 in the process that collects, 0 on standby", leading)
        if self._sources.live is not None:
            yield from self._live(self._sources.live)

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not ask the rooms."""
        return []

    # --- families ---

    def _counter(self, name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
        family = CounterMetricFamily(name, text, labels=[*self._fixed, label])
        for key, value in sorted(values.items()):
            family.add_metric([*self._fixed.values(), key], value)
        return family

    def _count(self, name: str, text: str, value: float) -> Metric:
        family = CounterMetricFamily(name, text, labels=list(self._fixed))
        family.add_metric(list(self._fixed.values()), value)
        return family

    def _gauge(self, name: str, text: str, value: float | None) -> Metric:
        family = GaugeMetricFamily(name, text, labels=list(self._fixed))
        if value is not None:
            family.add_metric(list(self._fixed.values()), value)
        return family

    def _gauges(self, name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
        family = GaugeMetricFamily(name, text, labels=[*self._fixed, label])
        for key, value in sorted(values.items()):
            family.add_metric([*self._fixed.values(), key], value)
        return family

    def _spread(self, name: str, text: str, distribution: Distribution) -> Metric:
        family = HistogramMetricFamily(name, text, labels=list(self._fixed))
        family.add_metric(list(self._fixed.values()), _cumulated(distribution), distribution.total)
        return family

    def _spreads(self, name: str, text: str, label: str, spreads: Spreads) -> Metric:
        family = HistogramMetricFamily(name, text, labels=[*self._fixed, label])
        for key, distribution in spreads.read().items():
            family.add_metric([*self._fixed.values(), key], _cumulated(distribution), distribution.total)
        return family

    # --- rooms ---

    def _feeds(self) -> Iterator[Metric]:
        health, now = self._sources.health(), datetime.now(UTC)
        rows = CounterMetricFamily(
            "cockpit_feed_rows", "Rows a feed brought, by what became of them", labels=[*self._fixed, "feed", "outcome"]
        )
        state = GaugeMetricFamily(
            "cockpit_feed_state", "1 for the state a feed is in", labels=[*self._fixed, "feed", "state"]
        )
        for row in health:
            for outcome in ROW_OUTCOMES:
                rows.add_metric([*self._fixed.values(), row.key, outcome], getattr(row, outcome))
            for word in FeedState:
                state.add_metric([*self._fixed.values(), row.key, word.value], float(row.state == word))
        yield rows
        yield state
        ages = {row.key: (now - row.last_ok_at).total_seconds() for row in health if row.last_ok_at is not None}
        yield self._gauges("cockpit_feed_age_seconds", "Since the last good delivery", "feed", ages)
        expected = {row.key: row.expected_seconds for row in health}
        yield self._gauges("cockpit_feed_expected_seconds", "Age up to which a feed is fresh", "feed", expected)
        late = {key: max(0.0, age - expected[key]) for key, age in ages.items()}
        yield self._gauges("cockpit_feed_late_seconds", "Age beyond the expected one", "feed", late)

    def _pipeline(self) -> Iterator[Metric]:
        sources = self._sources
        yield self._spreads("cockpit_pipeline_step_seconds", "Duration of a pipeline step", "step", sources.steps)
        yield self._spreads("cockpit_rule_seconds", "Duration of a rule's evaluation", "rule", sources.rules)
        yield self._spreads("cockpit_publish_seconds", "Reading and publishing a topic", "topic", sources.published)
        yield self._spreads(
            "cockpit_browser_draw_seconds", "From the server's tick to the drawn pixel, by browsers", "topic",
            sources.drawn,
        )  # fmt: skip
        reports = {word: sources.reports[word] for word in ("accepted", "malformed", "too_soon", "too_many")}
        yield self._counter("cockpit_browser_reports", "Reports of browsers by outcome", "outcome", reports)

    def _store(self) -> Iterator[Metric]:
        store = self._sources.store
        yield self._gauges("cockpit_store_bytes", "Size of the database by part", "part", self.sizes)
        yield self._spread("cockpit_store_write_wait_seconds", "Waiting for the write lock", store.waited.read())
        yield self._spread("cockpit_store_write_held_seconds", "Holding the write lock", store.held.read())
        yield self._counter(
            "cockpit_store_unavailable", "Refused by the database, by code", "code",
            {"locked": 0, "full": 0, "unreachable": 0, **store.refused},
        )  # fmt: skip
        deleted = dict(store.retained)
        yield self._counter("cockpit_retention_deleted_rows", "Rows deleted as too old", "table", deleted)

    def _live(self, live: LiveCounts) -> Iterator[Metric]:
        counts = Counter(live.counts)
        yield self._gauge("cockpit_live_clients", "Websockets open", live.clients)
        yield self._gauge("cockpit_live_subscriptions", "Subscriptions of all websockets", live.subscriptions)
        yield self._gauge("cockpit_live_queue_depth", "Topics due and waiting for a socket", live.due)
        for word, text in (
            ("opened", "Websockets opened"), ("closed", "Websockets closed"), ("frames", "Frames sent"),
            ("conflated", "Slow clients set back to snapshots"), ("aborted", "Dead clients dropped"),
            ("failed", "Connections ended by our own fault"),
        ):  # fmt: skip
            yield self._count(f"cockpit_live_{word}", text, counts[word])
        refused = {word.removeprefix("refused:"): n for word, n in counts.items() if word.startswith("refused:")}
        yield self._counter("cockpit_live_refused", "Connections refused, by word of the protocol", "word", refused)
        yield self._spread(
            "cockpit_live_delivery_seconds", "From publication until the socket has the frame", live.delivered.read()
        )
        p99 = self._delivery.quantile(0.99) if self._delivery is not None else None
        yield self._gauge("cockpit_live_delivery_p99_seconds", "The same, p99 of the last five minutes", p99)


def _cumulated(distribution: Distribution) -> list[tuple[str, float]]:
    total, buckets = 0, []
    names = [*(repr(float(bound)) for bound in distribution.bounds), "+Inf"]
    for name, count in zip(names, distribution.counts, strict=True):
        total += count
        buckets.append((name, float(total)))
    return buckets


def registry_of(exposition: Exposition) -> CollectorRegistry:
    """A registry of our own: the rooms, and memory, descriptors and processor time of this process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(exposition)
    ProcessCollector(namespace="cockpit", registry=registry)
    return registry
