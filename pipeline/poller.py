"""When each feed is polled: APScheduler triggers, workers poll, a watch keeps the time limits.

The scheduler only rings the bell; no poll runs in its threads. What APScheduler 3.11 would do
wrong is kept from it: a hung job (polls end at their hard limit), missed runs (coalesced into one,
never dropped) and a wall clock set back or forward (the watch compares it with the monotonic clock
and sets every job anew).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from datasources.contract import Adapter, Batch
from domain.errors import FeedError
from pipeline.clock_watch import ClockWatch
from pipeline.feed_worker import FeedWorker, Results
from settings import Feed

LONGEST_BACKOFF_SECONDS = 300.0
log = structlog.get_logger(__name__)


class _Every(BaseTrigger):  # type: ignore[misc]
    """Every so many seconds; however many runs were missed, the next one lies in the future.

    APScheduler's own IntervalTrigger steps through every missed run, one by one: a clock set
    forward by years would keep the scheduler busy for minutes.
    """

    def __init__(self, seconds: float) -> None:
        self._step = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The first time after ``now`` in step with ``previous``."""
        if previous is None:
            return now
        following: datetime = previous + self._step
        if following <= now:
            following += self._step * ((now - following) // self._step + 1)
        return following


class _Schedule:
    """Where one feed stands; ``due`` is monotonic seconds."""

    def __init__(self, feed: Feed, worker: FeedWorker) -> None:
        self.feed, self.worker = feed, worker
        self.due = 0.0
        self.failures = 0
        self.halted = False  # paused by a person, or ended


def backoff_seconds(every_seconds: float, failures: int, jitter: Callable[[], float] = random.random) -> float:
    """How long to leave a failing source alone before the one poll that tries it again.

    Triples from the feed's own interval up to five minutes, so that in ten minutes a source that is down hears a tenth
    of what it would; up to a fifth is taken off at random so that feeds that failed together do not come back together.

    Args:
        every_seconds: the feed's interval.
        failures: failed polls in a row, at least 1.
        jitter: random number 0..1.
    """
    full = min(LONGEST_BACKOFF_SECONDS, every_seconds * 3.0 ** min(failures - 1, 16))
    return full * (1.0 - 0.2 * jitter())


def patience(every_seconds: float, failures: int, error: FeedError) -> float:
    """How long to leave a source alone: as long as it asked, else by ``backoff_seconds``."""
    return backoff_seconds(every_seconds, failures) if error.wait_seconds is None else error.wait_seconds


class Poller:
    """Polls all feeds; hands every outcome to ``results``."""

    def __init__(
        self,
        feeds: Sequence[Feed],
        connect: Callable[[Feed], Adapter],
        results: Results,
        clock: Callable[[], datetime],
        tick_seconds: float = 0.2,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            feeds: the feeds; disabled ones are left out.
            connect: makes the adapter of a feed, going on where its last batch ended.
            results: is told of every batch and failure.
            clock: aware UTC.
            tick_seconds: how often deadlines and the clock are looked at.
        """
        self._results, self._clock, self._tick_seconds = results, clock, tick_seconds
        self._lock = threading.Lock()
        self._schedules = {
            feed.name: _Schedule(feed, FeedWorker(feed, lambda f=feed: connect(f), self))  # type: ignore[misc]
            for feed in feeds
            if feed.enabled
        }
        self._stopped = threading.Event()
        self._watch = threading.Thread(target=self._watch_loop, name="poll-watch", daemon=True)
        self._scheduler: Any = BackgroundScheduler(
            timezone=UTC,
            daemon=True,
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
            executors={"default": DebugExecutor()},  # in the scheduler's own thread: ringing never blocks
        )

    def start(self) -> None:
        """Poll every feed at once, then each at its own interval."""
        for schedule in self._schedules.values():
            self._scheduler.add_job(
                self._ring,
                _Every(schedule.feed.every_seconds),
                args=[schedule],
                id=schedule.feed.name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()
        self._watch.start()

    def stop(self, timeout: float = 4.0) -> None:
        """Stop polling; waits for polls under way, but not for hung ones."""
        self._stopped.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        end = time.monotonic() + timeout
        for schedule in self._schedules.values():
            schedule.worker.stop()
        for schedule in self._schedules.values():
            schedule.worker.join(end - time.monotonic())
        if self._watch.is_alive():
            self._watch.join(max(0.1, end - time.monotonic()))

    @property
    def alive(self) -> bool:
        """Whether polls are rung for and watched."""
        return self._watch.is_alive() and bool(self._scheduler.running)

    def pause(self, name: str) -> None:
        """Poll a feed no more until ``resume``."""
        self._schedules[name].halted = True

    def resume(self, name: str) -> None:
        """Poll a paused feed again, at once."""
        schedule = self._schedules[name]
        with self._lock:
            schedule.halted, schedule.failures = False, min(schedule.failures, 1)  # still down, and asked anew
        schedule.worker.forgive()
        self._poll_in(schedule, 0.0)

    def run(self, name: str) -> None:
        """Poll a feed at once, whatever it waits for; a paused or ended one stays as it is."""
        schedule = self._schedules[name]
        if schedule.halted:
            return
        schedule.worker.forgive()
        self._poll_in(schedule, 0.0)

    def next_poll_at(self, name: str) -> datetime | None:
        """When the feed is polled next; None when it is not going to be."""
        schedule = self._schedules.get(name)
        if schedule is None or schedule.halted:
            return None
        return self._clock() + timedelta(seconds=max(0.0, schedule.due - time.monotonic()))

    def hanging(self, name: str) -> int:
        """How many abandoned threads of the feed are still stuck."""
        schedule = self._schedules.get(name)
        return schedule.worker.hanging() if schedule else 0

    # --- Results, called by the workers ---

    def delivered(self, feed: Feed, batch: Batch) -> None:
        """A good poll ends the backoff; an ended recording ends the polling."""
        schedule = self._schedules[feed.name]
        with self._lock:
            recovered, schedule.failures = schedule.failures, 0
            if batch.ended:
                schedule.halted = True
        if recovered:
            log.info("feed_up", feed=feed.name, failed_polls=recovered)
        self._results.delivered(feed, batch)

    def failed(self, feed: Feed, error: FeedError) -> None:
        """Wait longer after every failure; one line in the log when it goes down, none after."""
        schedule = self._schedules[feed.name]
        with self._lock:
            schedule.failures += 1
            failures = schedule.failures
        if failures == 1:
            log.warning("feed_down", feed=feed.name, code=error.code, detail=str(error))
        if not error.halts:  # else the worker asks nobody, only whether somebody acted: at the usual times
            self._poll_in(schedule, patience(feed.every_seconds, failures, error))
        self._results.failed(feed, error)

    def may_poll(self, feed: Feed) -> bool:
        """Whether the steps behind have room for a batch of this feed."""
        return self._results.may_poll(feed)

    def may_continue(self, feed: Feed) -> bool:
        """Whether the steps behind have room for another batch of this feed."""
        return not self._stopped.is_set() and self._results.may_continue(feed)

    # --- own threads ---

    def _ring(self, schedule: _Schedule) -> None:
        """What the scheduler calls."""
        if schedule.halted or self._stopped.is_set():
            return
        schedule.due = time.monotonic() + schedule.feed.every_seconds
        if self.may_poll(schedule.feed):
            schedule.worker.wake()

    def _poll_in(self, schedule: _Schedule, seconds: float) -> None:
        schedule.due = time.monotonic() + seconds
        if not self._stopped.is_set():
            when = datetime.now(UTC) + timedelta(seconds=seconds)
            self._scheduler.modify_job(schedule.feed.name, next_run_time=when)

    def _watch_loop(self) -> None:
        wall = ClockWatch(lambda: datetime.now(UTC))
        while not self._stopped.wait(self._tick_seconds):
            for schedule in self._schedules.values():
                try:
                    schedule.worker.check()
                except Exception:
                    log.exception("watch_failed", feed=schedule.feed.name)
            jump = wall.jump_seconds()
            if jump:
                log.warning("clock_was_set", seconds=round(jump, 1))
                self._reschedule()

    def _reschedule(self) -> None:
        """Set every job by the monotonic clock: the scheduler's own times are worthless now."""
        now = time.monotonic()
        for schedule in self._schedules.values():
            self._poll_in(schedule, max(0.0, schedule.due - now))
