"""Fills in the history a feed can provide; runs in a process of its own.

Every adapter module that offers ``backfill(options, context, since, until) -> Iterator[Batch]`` is
asked for its past, at first for ``DAYS`` days, later only for the time nobody was listening.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import structlog

from datasources.contract import Batch
from domain.records import ContainerStay, VesselCall
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
log = structlog.get_logger(__name__)


class Span:
    """What is to be filled for one feed."""

    def __init__(self, feed: Feed, since: datetime, until: datetime) -> None:
        """From ``since`` up to ``until``, aware UTC."""
        self.feed, self.since, self.until = feed, since, until


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


class _Part:
    """Progress of one feed as a part of the whole."""

    def __init__(self, progress: Callable[[float], None], base: float, part: float) -> None:
        self._progress, self._base, self._part = progress, base, part

    def __call__(self, share: float) -> None:
        self._progress(round(self._base + share * self._part, 4))


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
            spans.append(Span(feed, since, now))
    return spans


def run(
    settings: Settings, progress: Callable[[float], None], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> dict[str, Counts]:
    """Fill in what is missing and roll it up.

    Args:
        settings: the configuration; its store is opened here.
        progress: told the share done, 0 to 1, now and then.
        clock: aware UTC.

    Returns:
        What was stored, by feed.
    """
    end_with_parent()
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.database_url, timezone=settings.port.timezone)
    try:
        spans = plan(settings, store, clock())
        stored: dict[str, Counts] = {}
        part = (1.0 - ROLLUP_SHARE) / max(1, len(spans))
        for index, span in enumerate(spans):
            name = span.feed.name
            stored[name] = fill(settings, store, span, clock, _Part(progress, index * part, part))
            say(feed=name, counts=stored[name])
        if spans:
            derive.roll_up(store, min(span.since for span in spans), clock())
        progress(1.0)
        return stored
    finally:
        store.close()


def fill(
    settings: Settings, store: Store, span: Span, clock: Callable[[], datetime], progress: Callable[[float], None]
) -> Counts:
    """Fill in one feed's span; safe to repeat after being cut off."""
    module = adapter_module(span.feed)
    options = adapter_options(span.feed, module)
    context = context_for(settings, span.feed, clock, None)
    counts, order = Counts(), _Order(span)
    for batch in module.backfill(options, context, span.since, span.until):
        judged = judge(batch, clock())
        ingested = store.ingest(span.feed.name, judged.records, judged.rejects, None, clock())
        counts.add(ingested)
        progress(order.share(judged))
    store.ingest(mark_name(span.feed.name), [], (), {"until": span.until.isoformat()}, clock())
    log.info("backfilled", feed=span.feed.name, since=span.since.isoformat(), rows=counts.accepted)
    return counts


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
    stored = run(settings, lambda share: say(share=share))
    log.info("backfill_done", rows=sum(counts.accepted for counts in stored.values()))
    return 0
