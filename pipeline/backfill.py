"""Fills in the history a feed can provide; runs in a process of its own.

Every adapter module that offers ``backfill(options, context, since, until) -> Iterator[Batch]`` is
asked for its past, at first for ``DAYS`` days, later only for the time nobody was listening.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import structlog

from datasources.contract import Batch
from domain.records import ContainerStay, Record, Reject, VesselCall
from domain.viewer import SYSTEM
from pipeline import derive
from pipeline.adapters import adapter_module, adapter_options, context_for
from pipeline.children import end_with_parent, own_store, say
from pipeline.gate import judge
from pipeline.reach import Trail
from pipeline.secrets import Secrets, discreet
from settings import Feed, Settings
from store.engine import Store

DAYS = 60
WORTH_FILLING = timedelta(minutes=2)
ROLLUP_SHARE = 0.1  # of the progress shown
CHUNK_ROWS = 40_000  # one transaction; staged, it keeps a live feed that wants to write waiting under a second
SHARED_CHUNK_ROWS = 5_000  # the same on a database that several processes write to
# Between two transactions of all lanes together. Who waits for SQLite looks again every 0.1 s at the latest, so this
# gap is met in the second or third try; a longer one is met sooner and makes the whole back-fill longer.
GIVE_WAY_SECONDS = 0.04
BUSY_SECONDS = 20.0  # the lanes and the live cockpit write in turns
LANES = 2
Told = Callable[[int, float], None]
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


Done = tuple[int, Counts] | list[derive.Rollup]  # a feed filled, or a slice to keep


def mark_name(feed: str) -> str:
    """Name under which the store keeps up to when a feed's history is complete."""
    return f"_backfill.{feed}"


def has_work(settings: Settings) -> bool:
    """Whether any enabled feed can provide history at all."""
    return any(feed.enabled and hasattr(adapter_module(feed), "backfill") for feed in settings.feeds)


def plan(settings: Settings, store: Store, now: datetime) -> list[Span]:
    """What is missing, feed by feed.

    History counts as complete up to the mark of the last back-fill, and from there up to the newest
    record that came live. A feed whose secrets are not there is left for the next back-fill.
    """
    newest = {row.key: row.last_event_at for row in store.reads.feeds(SYSTEM)}
    secrets = Secrets(settings, store)
    spans = []
    for feed in settings.feeds:
        if not feed.enabled or not hasattr(adapter_module(feed), "backfill"):
            continue
        since = now - timedelta(days=DAYS)
        mark = store.cursor(mark_name(feed.name))
        if mark is not None:
            known = [datetime.fromisoformat(mark["until"]), newest.get(feed.name)]
            since = max(since, *(moment for moment in known if moment is not None and moment <= now))
        if now - since >= WORTH_FILLING and secrets.ready(feed):
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
        apart: fill in two processes more; else in this one.

    Returns:
        What was stored, by feed.
    """
    end_with_parent()
    settings.home.mkdir(parents=True, exist_ok=True)
    store = own_store(settings)
    try:
        now = clock()
        spans = plan(settings, store, now)
        shares = [0.0] * len(spans)

        def told(index: int, share: float) -> None:
            shares[index] = share
            progress(round(sum(shares) / len(shares) * (1.0 - ROLLUP_SHARE), 4))

        stored: dict[str, Counts] = {}
        for done in _apart(settings, spans, now, told) if apart and spans else _here(settings, store, spans, now, told):
            if isinstance(done, list):
                derive.keep(store, done)
                continue
            index, counts = done
            stored[spans[index].feed.name] = counts
            log.info("backfilled", feed=spans[index].feed.name, rows=counts.accepted)
            say(feed=spans[index].feed.name, counts=counts)
        progress(1.0)
        return stored
    finally:
        store.close()


def _here(settings: Settings, store: Store, spans: list[Span], now: datetime, told: Told) -> Iterator[Done]:
    for index, span in enumerate(spans):
        yield index, fill(settings, store, span, now, partial(told, index))
    yield from (derive.read(store, *hours) for hours in _hours(spans, now))


def _hours(spans: list[Span], now: datetime) -> list[tuple[datetime, datetime]]:
    return derive.slices(min((span.since for span in spans), default=now), now)


def _apart(settings: Settings, spans: list[Span], now: datetime, told: Told) -> Iterator[Done]:
    """Fill the spans in two more processes, each taking the next one when it is free: there are two cores."""
    context = multiprocessing.get_context("spawn")
    shares, turn = context.Array("d", len(spans)), context.Lock()
    with ProcessPoolExecutor(LANES, context, _begin, (settings, shares, turn, os.getpid())) as lanes:
        left = {lanes.submit(_fill_apart, index, span, now): index for index, span in enumerate(spans)}
        while left:
            done, _ = wait(left, timeout=0.5, return_when=FIRST_COMPLETED)
            for index, share in enumerate(shares[:]):
                told(index, share)
            for future in done:
                yield left.pop(future), future.result()
        yield from lanes.map(_read_apart, _hours(spans, now))


class _Turn:
    """The right to write, shared by the lanes; it comes back a moment late, and the live cockpit gets in between."""

    def __init__(self, lock: Any) -> None:
        """Share a lock that processes can share."""
        self._lock = lock

    def acquire(self, *, timeout: float = -1) -> bool:
        """Wait for the turn."""
        return bool(self._lock.acquire(timeout=timeout if timeout >= 0 else None))

    def release(self) -> None:
        """Give it back; the lane itself goes on at once."""
        after = threading.Timer(GIVE_WAY_SECONDS, self._lock.release)
        after.daemon = True
        after.start()


_lane: tuple[Settings, Any, Store]


def _begin(settings: Settings, shares: Any, turn: Any, parent: int) -> None:
    global _lane
    gc.disable()  # as in main
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    store = own_store(settings, BUSY_SECONDS)
    if settings.alone:
        store.write_in_turns(_Turn(turn))
    _lane = settings, shares, store


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(3)  # at once: every transaction is whole or not there


def _fill_apart(index: int, span: Span, now: datetime) -> Counts:
    settings, shares, store = _lane
    return fill(settings, store, span, now, partial(shares.__setitem__, index))


def _read_apart(hours: tuple[datetime, datetime]) -> list[derive.Rollup]:
    return derive.read(_lane[2], *hours)


def fill(settings: Settings, store: Store, span: Span, now: datetime, progress: Callable[[float], None]) -> Counts:
    """Ask one feed for its past, judge and store it.

    Args:
        settings: the configuration.
        store: to write to.
        span: what is wanted.
        now: aware UTC, for the gate and as time of receipt.
        progress: told the share done, 0 to 1.

    Returns:
        What was stored.
    """
    module, name = adapter_module(span.feed), span.feed.name
    context = context_for(settings, span.feed, lambda: now, None)
    order, counts, trail = _Order(span), Counts(), Trail()

    def told() -> Iterator[Batch]:
        options = adapter_options(Secrets(settings, store).filled(span.feed), module)
        for batch in module.backfill(options, context, span.since, span.until):
            judged = judge(discreet(batch), now, trail)
            yield judged
            progress(order.share(judged))

    for records, rejects in _parts(told(), CHUNK_ROWS if settings.alone else SHARED_CHUNK_ROWS):
        counts.add(store.ingest(name, records, rejects, None, now))
    store.ingest(mark_name(name), [], (), {"until": span.until.isoformat()}, now)
    progress(1.0)
    return counts


def _parts(batches: Iterable[Batch], rows: int) -> Iterator[tuple[list[Record], list[Reject]]]:
    """Transactions short enough for the live feeds to get their turn in between, and not much shorter.

    A batch is stored as a whole, unless it alone is too long: what it tells belongs together, and a declaration whose
    appointment were there without its confirmation would stand in the live queue as weeks overdue, and raise an alert.
    """
    records: list[Record] = []
    rejects: list[Reject] = []
    for batch in batches:
        if len(records) + len(batch.records) > rows and (records or rejects):
            yield records, rejects
            records, rejects = [], []
        records += batch.records
        rejects += batch.rejects
        while len(records) > rows:
            yield records[:rows], rejects
            records, rejects = records[rows:], []
    if records or rejects:
        yield records, rejects


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
