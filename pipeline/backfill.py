"""Fills in the history a feed can provide; runs in a process of its own.

Every adapter module that offers ``backfill(options, context, since, until) -> Iterator[Batch]`` is
asked for its past, at first for ``DAYS`` days, later only for the time nobody was listening.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import msgspec
import structlog

from datasources.contract import Batch
from domain.records import ContainerStay, Record, Reject, VesselCall
from domain.viewer import SYSTEM
from pipeline import derive
from pipeline.adapters import adapter_module, adapter_options, context_for
from pipeline.children import end_with_parent, say
from pipeline.gate import judge
from settings import Feed, Settings
from store.engine import Store, open_store

DAYS = 60
WORTH_FILLING = timedelta(minutes=2)
ROLLUP_SHARE = 0.1  # of the progress shown
CHUNK_ROWS = 20_000  # one transaction; a live feed that wants to write meanwhile waits under a second
GIVE_WAY_SECONDS = 0.01  # between two transactions
Packed = tuple[list[tuple[type[Record], bytes]], list[Reject]]
log = structlog.get_logger(__name__)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be filled for one feed: from ``since`` up to ``until``, aware UTC."""

    feed: Feed
    since: datetime
    until: datetime


class Counts(msgspec.Struct, kw_only=True):
    """Rows stored, as on the feed's health."""

    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    flagged: int = 0
    late: int = 0
    flags: dict[str, int] = {}
    reasons: dict[str, int] = {}

    def add(self, ingested: Any) -> None:
        """Add what the store says about one transaction."""
        for name in ("accepted", "duplicate", "quarantined", "flagged", "late"):
            setattr(self, name, getattr(self, name) + getattr(ingested, name))
        self.flags = dict(Counter(self.flags) + Counter(ingested.flags))
        self.reasons = dict(Counter(self.reasons) + Counter(ingested.reasons))


def mark_name(feed: str) -> str:
    """Name under which the store keeps up to when a feed's history is complete."""
    return f"_backfill.{feed}"


def has_work(settings: Settings) -> bool:
    """Whether any enabled feed can provide history at all."""
    return any(feed.enabled and hasattr(adapter_module(feed), "backfill") for feed in settings.feeds)


def plan(settings: Settings, store: Store, now: datetime) -> list[Span]:
    """What is missing, feed by feed.

    History counts as complete up to the mark of the last back-fill, and from there up to the newest
    record that came live.
    """
    newest = {row.key: row.last_event_at for row in store.reads.feeds(SYSTEM)}
    spans = []
    for feed in settings.feeds:
        if not feed.enabled or not hasattr(adapter_module(feed), "backfill"):
            continue
        since = now - timedelta(days=DAYS)
        mark = store.cursor(mark_name(feed.name))
        if mark is not None:
            known = [datetime.fromisoformat(mark["until"]), newest.get(feed.name)]
            since = max(since, *(moment for moment in known if moment is not None and moment <= now))
        if now - since >= WORTH_FILLING:
            spans.append(Span(feed=feed, since=since, until=now))
    return spans


def run(
    settings: Settings,
    progress: Callable[[float], None],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    apart: bool = True,
) -> dict[str, Counts]:
    """Fill in what is missing and roll it up; safe to repeat after being cut off.

    Args:
        settings: the configuration; its store is opened here.
        progress: told the share done, 0 to 1, now and then.
        clock: aware UTC.
        apart: make the records in one more process, while this one stores them.

    Returns:
        What was stored, by feed.
    """
    end_with_parent()
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.database_url, timezone=settings.port.timezone)
    try:
        now = clock()
        spans = plan(settings, store, now)
        made = made_apart(settings, spans, now) if apart else make(settings, spans, now)
        stored = _store_all(store, spans, made, clock, progress)
        if spans:
            derive.roll_up(store, min(span.since for span in spans), clock())
        progress(1.0)
        return stored
    finally:
        store.close()


def make(settings: Settings, spans: list[Span], now: datetime) -> Iterator[Batch | None]:
    """Ask the feeds for their past, one after the other, and judge it.

    Args:
        settings: the configuration.
        spans: what is wanted.
        now: aware UTC.

    Yields:
        Judged batches; None after the last of each span.
    """
    for span in spans:
        module = adapter_module(span.feed)
        options = adapter_options(span.feed, module)
        context = context_for(settings, span.feed, lambda: now, None)
        for batch in module.backfill(options, context, span.since, span.until):
            yield judge(batch, now)
        yield None


def made_apart(settings: Settings, spans: list[Span], now: datetime) -> Iterator[Batch | None]:
    """As ``make``, in another process: making and storing take about as long, and there are two cores.

    Raises:
        EOFError: the process ended before it was through; what it raised stands in its own output.
    """
    if not spans:
        return
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    maker = context.Process(target=_send, args=(there, settings, spans, now), name="backfill-make", daemon=True)
    maker.start()
    there.close()
    left = len(spans)
    try:
        while left:
            packed = here.recv()
            left -= packed is None
            yield None if packed is None else _unpack(packed)
    finally:
        here.close()  # a maker that is still at it ends on the broken pipe
        maker.join(5.0)


def _send(there: Connection, settings: Settings, spans: list[Span], now: datetime) -> None:
    gc.disable()  # as in main
    with contextlib.suppress(BrokenPipeError):
        for batch in make(settings, spans, now):
            there.send(None if batch is None else _pack(batch))


def _pack(batch: Batch) -> Packed:
    """A batch as bytes by record type: ten times faster than pickling the records."""
    kinds: dict[type[Record], list[Record]] = defaultdict(list)
    for record in batch.records:
        kinds[type(record)].append(record)
    return [(kind, msgspec.msgpack.encode(group)) for kind, group in kinds.items()], batch.rejects


def _unpack(packed: Packed) -> Batch:
    groups, rejects = packed
    records: list[Record] = []
    for kind, body in groups:
        records += msgspec.msgpack.decode(body, type=list[kind])  # type: ignore[valid-type]
    return Batch(records=records, rejects=rejects)


def _store_all(
    store: Store,
    spans: list[Span],
    made: Iterator[Batch | None],
    clock: Callable[[], datetime],
    progress: Callable[[float], None],
) -> dict[str, Counts]:
    part = (1.0 - ROLLUP_SHARE) / max(1, len(spans))
    stored: dict[str, Counts] = {}
    for index, span in enumerate(spans):
        name, order, counts = span.feed.name, _Order(span), Counts()
        for batch in iter(lambda: next(made), None):
            for records, rejects in _parts(batch):
                counts.add(store.ingest(name, records, rejects, None, clock()))
                time.sleep(GIVE_WAY_SECONDS)
            progress(round((index + order.share(batch)) * part, 4))
        store.ingest(mark_name(name), [], (), {"until": span.until.isoformat()}, clock())
        log.info("backfilled", feed=name, since=span.since.isoformat(), rows=counts.accepted)
        say(feed=name, counts=counts)
        stored[name] = counts
    return stored


def _parts(batch: Batch) -> Iterator[tuple[list[Record], list[Reject]]]:
    """Transactions short enough for the live feeds to get their turn in between."""
    for start in range(0, max(1, len(batch.records)), CHUNK_ROWS):
        yield batch.records[start : start + CHUNK_ROWS], [] if start else batch.rejects


class _Order:
    """Progress through a span by the times of its records, whichever end comes first."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._begins_at: float | None = None
        self._furthest = 0.0

    def share(self, batch: Batch) -> float:
        """Share of the span done with this batch, 0 to 1; never goes back."""
        for record in reversed(batch.records):
            if not isinstance(record, ContainerStay | VesselCall):  # these may tell of long before or after
                place = (record.event_time - self._span.since) / (self._span.until - self._span.since)
                if self._begins_at is None:
                    self._begins_at = 1.0 if place > 0.5 else 0.0
                self._furthest = max(self._furthest, min(1.0, abs(place - self._begins_at)))
                break
        return self._furthest


def main(settings: Settings) -> int:
    """The inner command ``backfill``: run, telling the parent how far it is.

    Returns:
        Exit code.
    """
    gc.disable()  # a short life full of long-lived records, and no cycles: the collector would only walk them
    stored = run(settings, lambda share: say(share=share))
    log.info("backfill_done", rows=sum(counts.accepted for counts in stored.values()))
    return 0
