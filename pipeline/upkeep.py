"""What has to be done now and then: save feed health and notices, heed switches, roll up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from domain.pictures import FeedRow, NoticeRow
from domain.records import ContainerStay, GateMove, InspectionStep, Record, YardBlock
from pipeline import derive
from pipeline.step_thread import StepThread
from pipeline.troubles import Troubles
from store.engine import Store

SAVE_HEALTH_SECONDS = 5.0
SHARE_SECONDS = 1.0  # when other processes show what is collected here
HEED_SECONDS = 2.0
ROLL_UP_SECONDS = 120.0
EXPIRE_SECONDS = 1.0
CHECKPOINT_SECONDS = 300.0
RECORD_SECONDS = 10.0
SCORE_SECONDS = 30.0
TIDY_SECONDS = 600.0
FIRST_ROLL_UP_SECONDS = 15.0
MUCH_HISTORY = timedelta(days=2)
_ROLLED_UP = (ContainerStay, GateMove, InspectionStep, YardBlock)


class Upkeep(StepThread):
    """One thread for the work nobody waits for; each task fails alone.

    Attributes:
        score: stores how good the rows of feeds were since the last time; set before ``start``.
    """

    def __init__(
        self,
        store: Store,
        health: Callable[[], list[FeedRow]],
        rolled_up: Callable[[bool], None],
        clock: Callable[[], datetime],
        heed: Callable[[], None],
        expire: Callable[[], None] = lambda: None,
        checkpoint: Callable[[], None] = lambda: None,
        record: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            store: written to.
            health: rows of all feeds.
            rolled_up: called after a roll-up; True when it brought days of history at once.
            clock: aware UTC.
            heed: looks what people switched in other processes.
            expire: deletes a little of what is too old.
            checkpoint: notes how far the audit went.
            record: puts the settings on record; called until it worked, and later in vain.
        """
        self._heed, self._expire, self._checkpoint, self._record = heed, expire, checkpoint, record
        self._shared = self.score = _nothing
        self._every = {
            "health": SAVE_HEALTH_SECONDS, "heed": HEED_SECONDS, "roll_up": ROLL_UP_SECONDS, "expire": EXPIRE_SECONDS,
            "checkpoint": CHECKPOINT_SECONDS, "record": RECORD_SECONDS, "tidy": TIDY_SECONDS, "score": SCORE_SECONDS,
        }  # fmt: skip
        self._store, self._health, self._rolled_up, self._clock = store, health, rolled_up, clock
        self._lock = threading.Lock()
        self._touched: datetime | None = None
        now = time.monotonic()
        self._due = {name: now + seconds for name, seconds in self._every.items()}
        self._due |= {"health": now, "record": now, "roll_up": now + FIRST_ROLL_UP_SECONDS}
        self._troubles = Troubles()
        super().__init__("upkeep")

    def stop(self, timeout: float = 2.0) -> None:
        """End, saving health a last time."""
        super().stop(timeout)
        self._try("checkpoint", self._checkpoint)
        self._try("score", self.score)
        self._try("health", self._save_health)

    def touch(self, records: Iterable[Record]) -> None:
        """Records were stored: the hours since the oldest of them are rolled up anew."""
        oldest = min((record.event_time for record in records if isinstance(record, _ROLLED_UP)), default=None)
        if oldest is not None:
            with self._lock:
                self._touched = oldest if self._touched is None else min(self._touched, oldest)

    def share(self, notices: Callable[[], list[NoticeRow]], tell: Callable[[Iterable[str]], None]) -> None:
        """Save health and notices so often that other processes can show them; called before ``start``.

        Args:
            notices: those standing.
            tell: told the datasets saved.
        """
        said: list[NoticeRow] | None = None

        def share() -> None:
            nonlocal said
            tell(["feed_health"])
            standing = notices()
            if standing != said:
                self._store.save_notices(standing)
                said = standing
                tell(["notice"])

        self._shared, self._every["health"] = share, SHARE_SECONDS

    def soon(self, task: str) -> None:
        """Do a task at the next turn."""
        self._due[task] = 0.0

    def _loop(self) -> None:
        tasks = {
            "health": self._save_health, "heed": self._heed, "roll_up": self._roll_up, "expire": self._expire,
            "checkpoint": self._checkpoint, "record": self._record, "tidy": self._tidy, "score": lambda: self.score(),
        }  # fmt: skip
        while not self._stopped.wait(0.25):
            for name, task in tasks.items():
                now = time.monotonic()
                if now >= self._due[name] and not self._stopped.is_set():
                    self._due[name] = now + self._every[name]
                    self._try(name, task)

    def _try(self, name: str, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as error:
            self._troubles.failed(name, error)
        else:
            self._troubles.worked(name)

    def _save_health(self) -> None:
        self._store.save_feed_health(self._health())
        self._shared()

    def _tidy(self) -> None:
        """Sessions and links that are over leave the book."""
        self._store.accounts.sweep(self._clock())

    def _roll_up(self) -> None:
        now = self._clock()
        with self._lock:
            touched, self._touched = self._touched, None
        since = min(touched or now, now - timedelta(hours=derive.LIVE_HOURS))
        try:
            derive.keep_up(self._store, since, now)
        except Exception:
            with self._lock:
                self._touched = since if self._touched is None else min(self._touched, since)
            raise
        self._rolled_up(now - since > MUCH_HISTORY)


def _nothing() -> None:
    """What is shared when this process shows everything itself, and kept where no scores are made."""
