"""Deletes what is older than the settings keep: a little at a time, so that nobody waits."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import structlog

from domain.retention import Retention
from pipeline.counts import STEPS
from store.engine import Store

FIRST_SECONDS = 120.0  # after the start, when there is other work
EVERY_SECONDS = 3600.0
AT_ONCE_SECONDS = 0.5  # of every call
log = structlog.get_logger(__name__)


class Expiry:
    """Sweeps the store once an hour, in slices."""

    def __init__(self, store: Store, kept: Retention, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Prepare; the first sweep begins some minutes later.

        Args:
            store: swept.
            kept: days by dataset.
            monotonic: seconds, never set.
        """
        self._store, self._keep, self._monotonic = store, kept, monotonic
        self._due = monotonic() + FIRST_SECONDS
        self._deleted: Counter[str] = Counter()

    def go_on(self) -> None:
        """A slice of the sweep, when one is due; called every second or so.

        Raises:
            StoreUnavailableError: the store takes no writes now; the sweep begins anew.
        """
        if self._monotonic() < self._due:
            return
        with STEPS.of("retention").timed():
            deleted, through = self._store.operations.retain(self._keep, AT_ONCE_SECONDS)
        self._deleted.update(deleted)
        if through:
            self._due = self._monotonic() + EVERY_SECONDS
            if self._deleted:
                log.info("expired", rows=dict(self._deleted))
            self._deleted.clear()
