"""Polls one feed in threads of its own, with a hard limit on how long a poll may take.

A poll that does not come back in time is abandoned: its thread is marked, its adapter is closed
and replaced, and whatever it brings later is thrown away. Other feeds never notice. A feed may
have two abandoned threads; after that it is not polled until one of them ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from datasources.contract import Adapter, Batch
from domain.errors import FeedError
from pipeline.counts import STEPS
from pipeline.secrets import SecretsChangedError
from settings import Feed
from telemetry import logs

MAX_ABANDONED = 2
log = structlog.get_logger(__name__)


class Results(Protocol):
    """Who is told how polls went; called from the feed's threads and from the watch."""

    def delivered(self, feed: Feed, batch: Batch) -> None:
        """A poll came back good; judge and store what it brought."""

    def failed(self, feed: Feed, error: FeedError) -> None:
        """A poll failed or was abandoned."""

    def may_poll(self, feed: Feed) -> bool:
        """Whether there is room for what a poll may bring; does not wait."""

    def may_continue(self, feed: Feed) -> bool:
        """Whether there is room for another batch; may wait a few seconds for it."""


class _Attempt:
    """One run of a poll thread."""

    def __init__(self) -> None:
        self.deadline: float | None = None  # while our own steps run there is none: not the source's fault
        self.abandoned = False
        self.ended = False
        self.thread: threading.Thread | None = None


class FeedWorker:
    """The threads of one feed."""

    def __init__(
        self,
        feed: Feed,
        connect: Callable[[], Adapter],
        results: Results,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a worker that has not polled yet.

        Args:
            feed: the feed; ``timeout_seconds`` is the hard limit of one poll.
            connect: makes an adapter that goes on where the last batch ended; runs inside the poll.
            results: is told how it went.
            monotonic: seconds, never set.
        """
        self._feed, self._connect, self._results, self._monotonic = feed, connect, results, monotonic
        self._lock = threading.Lock()
        self._adapter: Adapter | None = None
        self._current: _Attempt | None = None
        self._abandoned: list[_Attempt] = []
        self._refused: FeedError | None = None  # the source wants nothing of us until somebody acts
        self._stopping = False

    def wake(self) -> bool:
        """Start a poll unless one is under way; never blocks.

        Returns:
            False when nothing was started: a poll is under way, too many threads hang, or stopping.
        """
        with self._lock:
            if self._stopping or self._current is not None or self.hanging() >= MAX_ABANDONED:
                return False
            attempt = self._current = _Attempt()
            attempt.thread = threading.Thread(
                target=self._run, args=(attempt,), name=f"poll-{self._feed.name}", daemon=True
            )
        try:
            attempt.thread.start()
        except RuntimeError:  # the system has no thread to give just now: the next ring tries again
            with self._lock:
                self._current = None
            return False
        return True

    def forgive(self) -> None:
        """Ask a source again that refused us."""
        self._refused = None

    def hanging(self) -> int:
        """How many abandoned threads are still stuck in their poll."""
        self._abandoned = [attempt for attempt in self._abandoned if not attempt.ended]
        return len(self._abandoned)

    def check(self) -> None:
        """Abandon the poll that is over its deadline; called several times a second."""
        with self._lock:
            attempt = self._current
            if attempt is None or attempt.deadline is None or self._monotonic() < attempt.deadline:
                return
            attempt.abandoned = True
            self._abandoned.append(attempt)
            adapter, self._adapter, self._current = self._adapter, None, None
            hanging = self.hanging()
        if adapter is not None:  # closing a socket often frees the thread; but close may hang as well
            threading.Thread(target=_close, args=(adapter,), name=f"close-{self._feed.name}", daemon=True).start()
        seconds = f"{self._feed.timeout_seconds:g}"
        if hanging >= MAX_ABANDONED:
            self._results.failed(self._feed, FeedError("hung", f"{hanging} polls hang; waiting for one to end"))
        else:
            self._results.failed(self._feed, FeedError("timeout", f"no answer within {seconds} s"))

    def stop(self) -> None:
        """Start no more polls and close the adapter; does not wait."""
        with self._lock:
            self._stopping = True
            adapter, self._adapter = self._adapter, None
        if adapter is not None:
            threading.Thread(target=_close, args=(adapter,), name=f"close-{self._feed.name}", daemon=True).start()

    def join(self, timeout: float) -> bool:
        """Wait for the poll under way; True when none is left (hung ones do not count)."""
        with self._lock:
            attempt = self._current
        if attempt is not None and attempt.thread is not None and attempt.thread.ident is not None:
            attempt.thread.join(max(0.0, timeout))
            return not attempt.thread.is_alive()
        return True

    def _run(self, attempt: _Attempt) -> None:
        attempt.deadline = self._monotonic() + self._feed.timeout_seconds
        structlog.contextvars.bind_contextvars(poll=logs.new_id())  # the thread's own, for all it leads to
        try:
            while self._poll_once(attempt):
                pass
        except FeedError as error:
            if isinstance(error, SecretsChangedError):
                self._drop_adapter(attempt)
            elif error.halts:
                self._refused = error
            self._report(attempt, error)
        except Exception as error:
            # The adapter broke its contract: never mind why, a new one starts at the last stored cursor.
            log.exception("adapter_crashed", feed=self._feed.name)
            self._drop_adapter(attempt)
            self._report(attempt, FeedError("crashed", type(error).__name__))
        finally:
            with self._lock:
                attempt.ended = True
                if self._current is attempt:
                    self._current = None

    def _poll_once(self, attempt: _Attempt) -> bool:
        """One poll and what follows; True when the adapter has more at hand."""
        if self._refused is not None:
            if not _outdated(self._adapter):
                raise self._refused
            self._drop_adapter(attempt)
            self._refused = None
        adapter = self._adapter
        if adapter is None:
            adapter = self._connect()
            with self._lock:
                kept = not attempt.abandoned and not self._stopping
                if kept:
                    self._adapter = adapter
            if not kept:
                _close(adapter)
                return False
        with STEPS.of("poll").timed():
            batch = adapter.poll()
        with self._lock:
            if attempt.abandoned:
                return False  # too late: a newer adapter may already be reading the same rows
            attempt.deadline = None
        self._results.delivered(self._feed, batch)
        if not batch.more or batch.ended or not self._results.may_continue(self._feed):
            return False
        with self._lock:
            attempt.deadline = self._monotonic() + self._feed.timeout_seconds
            return not self._stopping

    def _report(self, attempt: _Attempt, error: FeedError) -> None:
        with self._lock:
            silent = attempt.abandoned or self._stopping
            attempt.deadline = None
        if not silent:
            self._results.failed(self._feed, error)

    def _drop_adapter(self, attempt: _Attempt) -> None:
        with self._lock:
            if attempt.abandoned:
                return
            adapter, self._adapter = self._adapter, None
        if adapter is not None:
            _close(adapter)


def _outdated(adapter: Adapter | None) -> bool:
    """Whether an adapter made anew would know better: its secrets were changed."""
    said = getattr(adapter, "outdated", None)
    return bool(said and said())


def _close(adapter: Adapter) -> None:
    try:
        adapter.close()
    except Exception:
        log.exception("adapter_close_failed")
