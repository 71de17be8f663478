"""Counts how good the rows of every feed are, by dataset and hour, for `domain.scores` to make scores of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from datasources.contract import Batch
from domain.records import Record
from domain.scores import OF_NOW, WINDOW, Counts, Score, count, score
from settings import Feed

Key = tuple[str, str, datetime]  # feed, dataset, hour
Hours = dict[Key, Counts]
_TIMELESS = frozenset({record.__name__ for record in Record.__subclasses__()} - {kind.__name__ for kind in OF_NOW})


class Scoring:
    """Counts of the last day, and what of them is not stored yet. Thread-safe."""

    def __init__(self, feeds: Iterable[Feed], clock: Callable[[], datetime], known: Mapping[Key, Counts]) -> None:
        """Go on from what is stored.

        Args:
            feeds: those of the configuration.
            clock: aware UTC.
            known: counts of the hours of the last day.
        """
        self._clock, self._lock, self._started = clock, threading.Lock(), clock()
        self._mapped = {feed.name: _mapped(feed) for feed in feeds}
        self._hours: Hours = {key: msgspec.structs.replace(counts) for key, counts in known.items()}
        self._fresh: Hours = {}
        self._scores: dict[str, Score] = {}
        for feed in {key[0] for key in self._hours}:
            self._renew(feed)

    def judged(self, feed: Feed, batch: Batch, now: datetime) -> None:
        """Count a judged batch.

        Args:
            feed: whose it is.
            batch: with flags and rejects.
            now: when it came, aware UTC.
        """
        if not batch.records and not batch.rejects:
            return
        old = now - timedelta(seconds=feed.fresh_seconds)
        found = count(batch.records, batch.rejects, old, self._mapped.get(feed.name), self._started)
        self._add(feed.name, found, now)

    def overtaken(self, feed: str, batch: Batch, late: int, now: datetime) -> None:
        """So many rows of a batch were older than what the store had, as it says: late, where age does not say so."""
        kinds = {type(record).__name__ for record in batch.records}
        if late and len(kinds) == 1 and kinds <= _TIMELESS:
            self._add(feed, {kinds.pop(): Counts(late=late)}, now)

    def score(self, feed: str) -> Score | None:
        """A feed's score over the last day."""
        with self._lock:
            return self._scores.get(feed)

    def save(self, store: Callable[[Hours], None]) -> None:
        """Hand what was counted since the last time to the store, to be added there; kept when it does not take it."""
        with self._lock:
            fresh, self._fresh = self._fresh, {}
        if not fresh:
            return
        try:
            store(fresh)
        except BaseException:
            with self._lock:
                for key, counts in fresh.items():
                    self._fresh.setdefault(key, Counts()).add(counts)
            raise

    def _add(self, feed: str, found: Mapping[str, Counts], now: datetime) -> None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            for dataset, counts in found.items():
                for hours in (self._hours, self._fresh):
                    hours.setdefault((feed, dataset, hour), Counts()).add(counts)
            self._renew(feed)

    def _renew(self, feed: str) -> None:
        """Forget what is over and put the rest of a feed together."""
        since = self._clock() - WINDOW
        for key in [key for key in self._hours if key[2] <= since - timedelta(hours=1)]:
            del self._hours[key]
        whole = Counts()
        for (name, _, hour), counts in self._hours.items():
            if name == feed and hour > since - timedelta(hours=1):
                whole.add(counts)
        found = score(whole)
        if found is not None:
            self._scores[feed] = found


def _mapped(feed: Feed) -> frozenset[str] | None:
    """The fields a feed's mapping names; None when it has no mapping."""
    mapping = feed.options.get("mapping")
    return frozenset(mapping) if isinstance(mapping, dict) else None
