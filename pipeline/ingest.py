"""The one writer of records: takes judged batches, stores them, loses none.

Batches of a feed are stored in their order, by one thread, in transactions of at most
``CHUNK_ROWS`` rows; the cursor goes in with the last rows of its batch, so it never runs ahead of
them. While the store cannot take a write (locked, disk full) the batch stays where it is and is
tried again. Each feed may have ``room_rows`` rows waiting; when they are used up the feed's polling
pauses until there is room, and the source keeps its data for us. A row the database refuses for
good is looked for by halving and goes to quarantine; its neighbours are stored.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
import structlog

from datasources.contract import Batch
from domain.errors import StoreUnavailableError
from domain.quality import Verdict, reject, storable
from domain.records import Record, Reject
from pipeline.counts import STEPS
from telemetry import logs

CHUNK_ROWS = 5_000
ROOM_ROWS = 50_000
ROOM_BATCHES = 1_000
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0)
log = structlog.get_logger(__name__)


class Ingested(Protocol):
    """What the store says about a transaction; see ``store``."""

    accepted: int
    duplicate: int
    late: int
    quarantined: int
    flagged: int
    flags: dict[str, int]
    reasons: dict[str, int]
    fresh: list[Record]


class IngestStore(Protocol):
    """The part of the store used here."""

    def ingest(
        self,
        feed: str,
        records: Sequence[Record],
        rejects: Sequence[Reject] = (),
        cursor: dict[str, Any] | None = None,
        received_at: datetime | None = None,
    ) -> Any:
        """One transaction; idempotent."""


class Delivery:
    """A judged batch on its way into the store."""

    def __init__(self, feed: str, batch: Batch, received_at: datetime) -> None:
        """Remember when it came.

        Args:
            feed: the feed's name.
            batch: judged.
            received_at: when the poll came back, aware UTC.
        """
        self.feed, self.batch, self.received_at = feed, batch, received_at
        self.ids = logs.current_ids()  # of the poll it came by
        self.done_records = 0
        self.done_rejects = 0

    @property
    def rows_left(self) -> int:
        """Rows not stored yet."""
        left = len(self.batch.records) - self.done_records
        return left + len(self.batch.rejects) - self.done_rejects


Stored = Callable[[Delivery, Any], None]  # after every transaction: (delivery, Ingested)
Done = Callable[[Delivery], None]  # when all of a delivery is stored


class Ingestor:
    """Queue per feed, one storing thread for all."""

    def __init__(
        self,
        store: IngestStore,
        stored: Stored,
        done: Done,
        trouble: Callable[[StoreUnavailableError | None], None] = lambda _: None,
        room_rows: int = ROOM_ROWS,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            store: where the rows go.
            stored: called after every transaction that was committed.
            done: called when the last row of a delivery is in.
            trouble: called with the error when the store stops taking writes, with None after.
            room_rows: rows that may wait per feed.
        """
        self._store, self._stored, self._done, self._trouble = store, stored, done, trouble
        self._room_rows = room_rows
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[Delivery]] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="ingest", daemon=True)

    def start(self) -> None:
        """Start storing."""
        self._thread.start()

    def stop(self, timeout: float = 3.0) -> None:
        """Store what waits, as far as the store takes it in time; the rest is read again later."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def submit(self, feed: str, batch: Batch, received_at: datetime) -> None:
        """Take over a judged batch; never blocks."""
        with self._changed:
            self._waiting.setdefault(feed, deque()).append(Delivery(feed, batch, received_at))
            self._changed.notify_all()

    def waiting_rows(self, feed: str) -> int:
        """Rows of a feed not acknowledged by the store yet."""
        with self._changed:
            return sum(d.rows_left for d in self._waiting.get(feed, ()))

    def has_room(self, feed: str) -> bool:
        """Whether another batch of the feed may be fetched."""
        with self._changed:
            return self._has_room(feed)

    def wait_for_room(self, feed: str, timeout: float) -> bool:
        """Wait until there is room; False when there is still none."""
        with self._changed:
            return (
                self._changed.wait_for(lambda: self._stopping or self._has_room(feed), timeout) and not self._stopping
            )

    def drain(self, timeout: float) -> bool:
        """Wait until everything taken over is stored; for loads, back-fill and tests."""
        with self._changed:
            return self._changed.wait_for(lambda: not any(self._waiting.values()), timeout)

    def _has_room(self, feed: str) -> bool:
        queue = self._waiting.get(feed, ())
        return len(queue) < ROOM_BATCHES and sum(d.rows_left for d in queue) < self._room_rows

    def _loop(self) -> None:
        failures = 0
        while True:
            delivery = self._next()
            if delivery is None:
                return
            try:
                with logs.correlated(**delivery.ids):
                    self._store_chunk(delivery)
            except StoreUnavailableError as error:
                if failures == 0:
                    log.warning("store_unavailable", code=error.code, detail=error.detail, **delivery.ids)
                    self._tell(error)
                if self._pause(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]):
                    return  # stopping: not acknowledged, the cursor has not moved
                failures += 1
                continue
            if failures:
                log.info("store_available", tries=failures)
                self._tell(None)
                failures = 0

    def _next(self) -> Delivery | None:
        """The oldest delivery of the feed served longest ago; None when stopping and all is stored."""
        with self._changed:
            while True:
                for feed, queue in self._waiting.items():
                    if queue:
                        self._waiting[feed] = self._waiting.pop(feed)  # to the back: round robin
                        return queue[0]
                if self._stopping:
                    return None
                self._changed.wait()

    def _pause(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, seconds)

    @STEPS.of("ingest").timed()
    def _store_chunk(self, delivery: Delivery) -> None:
        batch = delivery.batch
        records = batch.records[delivery.done_records : delivery.done_records + CHUNK_ROWS]
        rejects = batch.rejects[delivery.done_rejects : delivery.done_rejects + CHUNK_ROWS - len(records)]
        last = len(records) + len(rejects) == delivery.rows_left
        if records or rejects or (last and batch.cursor is not None):
            cursor = batch.cursor if last else None
            self._commit(delivery, records, rejects, cursor)
        delivery.done_records += len(records)
        delivery.done_rejects += len(rejects)
        if last:
            self._finish(delivery)
        else:
            with self._changed:
                self._changed.notify_all()

    def _commit(
        self, delivery: Delivery, records: list[Record], rejects: list[Reject], cursor: dict[str, Any] | None
    ) -> None:
        """Store rows in one transaction, or in several when one of them is refused for good."""
        try:
            ingested = self._store.ingest(delivery.feed, records, rejects, cursor, delivery.received_at)
        except StoreUnavailableError:
            raise
        except Exception as error:
            if len(records) == 0:
                self._commit_rejects(delivery, rejects, cursor, error)
                return
            if len(records) == 1:
                log.warning("not_storable", feed=delivery.feed, ref=records[0].ref, error=type(error).__name__)
                refused = reject(records[0], Verdict(None, "not_storable", type(error).__name__))
                self._commit(delivery, [], [refused, *rejects], cursor)
                return
            half = len(records) // 2
            self._commit(delivery, records[:half], [], None)
            self._commit(delivery, records[half:], rejects, cursor)
            return
        try:
            self._stored(delivery, ingested)
        except Exception:
            log.exception("step_failed", step="stored", feed=delivery.feed)

    def _commit_rejects(
        self, delivery: Delivery, rejects: list[Reject], cursor: dict[str, Any] | None, error: Exception
    ) -> None:
        """Rejected rows the database refuses as they are go in written out as plain text."""
        plain = [
            msgspec.structs.replace(r, ref=storable(r.ref), detail=storable(r.detail), raw=storable(r.raw))
            for r in rejects
        ]
        if plain == rejects:
            log.error("not_storable", feed=delivery.feed, rejects=len(rejects), error=type(error).__name__)
            return
        self._commit(delivery, [], plain, cursor)

    def _finish(self, delivery: Delivery) -> None:
        with self._changed:
            self._waiting[delivery.feed].popleft()
            self._changed.notify_all()
        for step, tell in (("acknowledge", delivery.batch.stored), ("done", lambda: self._done(delivery))):
            try:
                if tell is not None:
                    tell()
            except Exception:
                log.exception("step_failed", step=step, feed=delivery.feed)

    def _tell(self, error: StoreUnavailableError | None) -> None:
        try:
            self._trouble(error)
        except Exception:
            log.exception("step_failed", step="trouble")
