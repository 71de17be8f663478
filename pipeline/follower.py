"""What a web worker has in place of a collector: it follows the database and is woken by hints.

The database counts every write up, per dataset. The follower looks at those numbers when a hint
arrives and every two seconds anyway, and what has changed is read again. So a hint that never came,
because the bus is down or its sender died between commit and hint, costs two seconds and loses
nothing: there is no other mode to fall back to.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from domain.errors import StoreUnavailableError
from domain.pictures import FeedRow, NoticeRow, NoticesPicture
from domain.records import Record
from domain.sound import sound_limits
from domain.viewer import SYSTEM
from live.bus import FEED_SWITCHES, Bus, Hint
from pipeline import derive, escalating, taken
from pipeline.alert_desk import AlertDesk
from pipeline.feed_switches import FeedSwitches
from pipeline.leadership import LEASE
from pipeline.notices import NoticeBoard, Publish
from pipeline.publish import Topic
from pipeline.quarantine_desk import QuarantineDesk
from pipeline.screen_desk import ScreenDesk
from pipeline.screens import Screens
from pipeline.stored_health import StoredHealth
from pipeline.topics import Readings
from settings import Settings
from store.engine import Store

LOOK_SECONDS = 2.0  # without a hint
REST_SECONDS = 0.1  # between two looks, however many hints come
PATIENCE_SECONDS = 3.0  # so long may the bus or the lease be without anybody before people are told
log = structlog.get_logger(__name__)


class Follower:
    """Keeps the screens of one web worker up to date and takes people's acts.

    Attributes:
        scoped: reads a picture for an enterprise, see ``Readings.scoped``.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        bus: Bus,
        publish: Publish,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Put it together; nothing runs before ``start``.

        Args:
            settings: checked settings.
            store: an opened store; it stays open after ``stop``.
            bus: where hints come from; it stays open as well.
            publish: takes (topic, picture) from any thread.
            clock: aware UTC.
        """
        self._store, self._bus, self._publish = store, bus, publish
        self._said: list[NoticeRow] = []  # by the collector
        self.notices = NoticeBoard(self._own_notices)
        store.alerts.policy = store.reads.policy = settings.alerts
        escalating.follow(store, settings.alerts)
        self.desk = AlertDesk(store, self._acted, clock)
        self.screen_desk = ScreenDesk(store, settings.wall, self._screens_set, clock, sound_limits(settings.alerts))
        self._switches = FeedSwitches(store, settings.feeds, clock)
        self.quarantine_desk = QuarantineDesk(
            settings, store, clock, self._taken_in, lambda oldest: _rolled_up(store, oldest, clock())
        )
        self._health = StoredHealth(settings.feeds, lambda: store.reads.feeds(SYSTEM), clock)
        readings = Readings(settings, store, self.health, self._health.kinds, clock)
        self.scoped = readings.scoped
        notices = Topic(
            name="notices", seconds=5.0, read=self._all_notices, renew_seconds=60.0, own_head=True,
            datasets=frozenset({"notice"}), at_once=True,
        )  # fmt: skip
        self._screens = Screens(
            [notices, *readings.moving()], readings.standing(), publish, self.health, self._health.kinds, clock
        )
        self._known: dict[str, int] = {}
        self._looked: float | None = None
        self._missing: dict[str, float] = {}
        self._failing = False
        self._wake, self._stopping = threading.Event(), False
        self._thread = threading.Thread(target=self._loop, name="follow", daemon=True)
        bus.listen(self._hint)

    def start(self) -> None:
        """Show what the database holds, then follow it."""
        self._look()
        self._screens.start()
        self._thread.start()

    def stop(self) -> None:
        """End all threads; takes a second at most."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(0.4)
        self._screens.stop(0.3)

    def health(self) -> list[FeedRow]:
        """How every feed is doing, as the collector last saved it."""
        return self._health.rows()

    def pause(self, feed: str) -> None:
        """Have the collector stop polling a feed; KeyError when there is none of that name."""
        self._turn(feed, True)

    def resume(self, feed: str) -> None:
        """Have it polled again."""
        self._turn(feed, False)

    def run(self, feed: str) -> None:
        """Have it polled at once; KeyError when there is none of that name."""
        self._switches.ask(feed)
        self._bus.send([FEED_SWITCHES])

    def alive(self) -> dict[str, bool]:
        """Which threads run."""
        return {"follow": self._thread.is_alive(), **self._screens.alive()}

    def data_age(self) -> float | None:
        """Seconds since the database last answered; None before it ever did."""
        return None if self._looked is None else time.monotonic() - self._looked

    def _turn(self, feed: str, paused: bool) -> None:
        self._switches.turn(feed, paused)
        self._bus.send([FEED_SWITCHES])

    def _taken_in(self, records: Sequence[Record], _ingested: Any, at: datetime) -> None:
        taken.tell(self._store, at)
        self._bus.send({type(record).__name__ for record in records} | {"quarantine"})

    def _acted(self, topic: str, picture: Any) -> None:
        self._publish(topic, picture)
        self._bus.send(["alert"])

    def _screens_set(self, topic: str, picture: Any) -> None:
        self._publish(topic, picture)
        self._bus.send(["screen"])

    def _hint(self, hint: Hint) -> None:
        if hint.dataset != (FEED_SWITCHES,):
            self._wake.set()

    def _loop(self) -> None:
        while not self._stopping:
            time.sleep(REST_SECONDS)
            self._wake.wait(LOOK_SECONDS - REST_SECONDS)
            self._wake.clear()
            if not self._stopping:
                self._look()

    def _look(self) -> None:
        """Ask what has changed and have it read again."""
        try:
            numbers = self._store.reads.changes()
            changed = {name for name, number in numbers.items() if number != self._known.get(name)}
            if "feed_health" in changed:
                self._health.refresh()
            self._known = numbers
            self._screens.changed(changed)
            self._watch("no_collector", self._led())
        except Exception as error:
            self._trouble(error)
            return
        self._looked = time.monotonic()
        self._watch("bus_unavailable", self._bus.connected, "info")
        if self._failing:
            self._failing = False
            log.info("step_recovered", step="follow")
            self.notices.take_down("web.store")

    def _led(self) -> bool:
        """Whether a collector holds its lease; where none ever did, one process does everything."""
        held = self._store.leases.held(LEASE)
        return held is None or held.left_seconds > 0

    def _watch(self, what: str, there: bool, level: str = "warning") -> None:
        """Tell people when something is missing for longer than a change of hands takes."""
        now = time.monotonic()
        if there:
            self._missing.pop(what, None)
            self.notices.take_down(f"web.{what}")
        elif now - self._missing.setdefault(what, now) >= PATIENCE_SECONDS:
            self.notices.post(f"web.{what}", what, level)

    def _trouble(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            log.warning("step_failed", step="follow", error=type(error).__name__, detail=str(error))
        code = error.code if isinstance(error, StoreUnavailableError) else type(error).__name__
        self.notices.post("web.store", "store_unreachable", "warning", cause=code)

    def _all_notices(self) -> NoticesPicture:
        said = self._store.reads.notices(SYSTEM)
        self._said = said.rows
        return NoticesPicture(rows=[*said.rows, *self.notices.rows()], expected_seconds=0.0)

    def _own_notices(self, topic: str, own: NoticesPicture) -> None:
        """Something of our own is to be said: at once, also when the database cannot be asked."""
        self._publish(topic, NoticesPicture(rows=[*self._said, *own.rows], expected_seconds=0.0))


def _rolled_up(store: Store, oldest: datetime, now: datetime) -> None:
    """Hours long over are rolled up here: the collector looks at the latest ones by itself."""
    derive.roll_up(store, oldest, now)
