"""Puts the steps together: poller -> quality gate -> store -> derive -> rules -> publish."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from datasources.contract import Adapter, Batch
from domain.errors import FeedError, StoreUnavailableError
from domain.pictures import FeedRow
from domain.records import Record
from domain.scores import WINDOW
from domain.sound import sound_limits
from domain.viewer import SYSTEM
from live.bus import FEED_SWITCHES, Hint
from pipeline import escalating, taken
from pipeline.adapters import connect
from pipeline.alert_desk import AlertDesk
from pipeline.auditing import Checkpoints, sealer_of
from pipeline.feed_switches import FeedSwitches
from pipeline.fences import FenceDesk
from pipeline.gate import judge
from pipeline.health import HealthBook
from pipeline.history import History
from pipeline.ingest import Delivery, Ingestor
from pipeline.integrity_beat import IntegrityBeat
from pipeline.notices import NoticeBoard, Publish
from pipeline.notifier import Notifier
from pipeline.poller import Poller
from pipeline.quarantine_desk import QuarantineDesk
from pipeline.reach import Reach
from pipeline.retention import Expiry
from pipeline.rule_book import RuleBook
from pipeline.rule_watch import INTEGRITY, PICTURES
from pipeline.rules_step import RulesStep
from pipeline.scoring import Scoring
from pipeline.screen_desk import ScreenDesk
from pipeline.screens import Screens
from pipeline.secrets import Secrets, operator
from pipeline.sending import send
from pipeline.topics import Readings
from pipeline.upkeep import Upkeep
from settings import Feed, Settings, numbers
from store.engine import Store

WAIT_FOR_ROOM_SECONDS = 5.0
CLOCKS_APART = timedelta(minutes=1)  # of the machines the processes run on
Tell = Callable[[Iterable[str]], None]
log = structlog.get_logger(__name__)


class Collector:
    """Everything between the sources and the screens.

    With ``publish`` it shows what it collects itself (one process). Without, other processes show it:
    it reads only the pictures its rules need, and what others cannot see (the health of the feeds,
    notices) goes to the database every second.

    Attributes:
        scoped: reads a picture for an enterprise, see ``Readings.scoped``.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        publish: Publish | None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        tell: Tell = lambda datasets: None,
    ) -> None:
        """Put the steps together; nothing runs before ``start``.

        Args:
            settings: checked settings.
            store: an opened store; it stays open after ``stop``.
            publish: takes (topic, picture) from any thread; None when other processes show.
            clock: aware UTC.
            tell: told the names of the datasets that were just written, from any thread; must not block.
        """
        self._settings, self._store, self._clock, self._tell = settings, store, clock, tell
        self._cursors: dict[str, dict[str, Any]] = {}
        self._settings_recorded = not settings.told
        shown = publish or (lambda topic, picture: None)
        self.notices = NoticeBoard(shown)
        store.alerts.policy = store.reads.policy = settings.alerts
        escalating.follow(store, settings.alerts)
        self.desk = AlertDesk(store, shown, clock)
        self.screen_desk = ScreenDesk(store, settings.wall, shown, clock, sound_limits(settings.alerts))
        self.fence_desk = FenceDesk(store, settings.geo_folder)
        self._scoring = Scoring(settings.feeds, clock, store.reads.quality_hours(SYSTEM, clock() - WINDOW))
        self._book = HealthBook(
            settings.feeds, settings.language, clock, restored=store.reads.feeds(SYSTEM), score=self._scoring.score
        )
        readings = Readings(settings, store, self.health, self._book.kinds, clock)
        self.scoped = readings.scoped
        moving, standing = readings.moving(), readings.standing()
        if publish is None:
            moving, standing = [], [topic for topic in standing if topic.name in PICTURES]
        self._screens = Screens(moving, standing, partial(self._published, shown), self.health, self._book.kinds, clock)
        sealer = sealer_of(settings)
        self._integrity = IntegrityBeat(settings, store, sealer.code, clock)
        self._ingestor = Ingestor(store, self._stored, self._done, self._store_trouble)
        book = RuleBook(store, settings.alerts.rules, numbers(settings.limits), self.notices)
        self._rules = RulesStep(
            store, book, self.health, self._latest, self._alerts_changed, self.notices, clock,
            ZoneInfo(settings.port.timezone), fences=self.fence_desk.in_force, plan=self.fence_desk.places,
        )  # fmt: skip
        record = escalating.recorder(store, clock, self._alerts_changed)
        self._notifier = Notifier(settings, store, settings.alerts, partial(send, settings), record, clock)
        self._reach = Reach(store.newest_fixes)
        self._poller = Poller(settings.feeds, self._connect, self, clock)
        self._switches = FeedSwitches(store, settings.feeds, clock)
        self._secrets = Secrets(settings, store)
        self.quarantine_desk = QuarantineDesk(settings, store, clock, self._taken_in)
        self._switching = threading.Lock()
        self._paused: frozenset[str] = frozenset()
        self._asked = self._switches.asked()
        self._taken_word, self._heeded = taken.told(store), clock()
        self._history = History(settings, self.notices, self._book, self._arrived, store.fenced)
        expire = Expiry(store, settings.retention).go_on
        checkpoints = Checkpoints(store, settings.checkpoints, sealer, clock).go_on
        self._upkeep = Upkeep(
            store, self.health, self._history.rolled_up, clock, self.heed, expire, checkpoints, self._record_settings
        )
        self._upkeep.score = partial(self._scoring.save, store.add_quality)
        if publish is None or not settings.alone:
            self._upkeep.share(self.notices.rows, tell)

    def start(self) -> None:
        """Start all steps, the last one first, so that nothing arrives before it can be taken."""
        self.notices.show()
        self.heed()
        self._ingestor.start()
        self._screens.start()
        self._rules.start()
        self._integrity.start()
        self._upkeep.start()
        self._notifier.start()
        self._poller.start()
        self._history.start()

    def stop(self) -> None:
        """Stop all steps, the first one first; takes at most about 5 s whatever hangs."""
        self._poller.stop(timeout=1.5)
        self._history.stop(timeout=0.5)
        self._ingestor.stop(timeout=1.5)
        for step in (self._rules, self._integrity, self._notifier, self._upkeep, self._screens):
            step.stop(timeout=0.4)

    def alive(self) -> dict[str, bool]:
        """Which steps run, by name."""
        steps = {
            "poller": self._poller.alive, "history": self._history.alive, "ingest": self._ingestor.alive,
            "rules": self._rules.alive, "upkeep": self._upkeep.alive, "notifier": self._notifier.alive,
            "integrity": self._integrity.alive,
        }  # fmt: skip
        return {**steps, **self._screens.alive()}

    def pause(self, feed: str) -> None:
        """Stop polling a feed, also after a restart; its picture ages on screen."""
        self._switch(feed, True)

    def resume(self, feed: str) -> None:
        """Poll a paused feed again."""
        self._switch(feed, False)

    def run(self, feed: str) -> None:
        """Poll a feed at once, also one whose source refused us."""
        with self._switching:
            self._asked = {**self._asked, feed: self._switches.ask(feed)}
            self._poller.run(feed)

    def hint(self, hint: Hint) -> None:
        """Somebody in another process turned a switch or took rows in: look soon."""
        if not {FEED_SWITCHES, "quarantine"}.isdisjoint(hint.dataset):
            self._upkeep.soon("heed")

    def heed(self) -> None:
        """Follow the switches people turned in other processes, and judge the rows that were taken in there."""
        with self._switching:
            self._judge_taken()
            paused = self._switches.paused()
            for feed in paused ^ self._paused:
                self._apply(feed, feed in paused)
            self._paused = paused
            asked = self._switches.asked()
            for feed in (name for name, mark in asked.items() if mark != self._asked.get(name)):
                self._poller.run(feed)
            self._asked = asked

    def _judge_taken(self) -> None:
        now, word = self._clock(), taken.told(self._store)
        if word != self._taken_word:
            self._rules.take_up(self._heeded - CLOCKS_APART)
        self._taken_word, self._heeded = word, now

    def _switch(self, feed: str, paused: bool) -> None:
        """Here at once, whatever the store can take; then for all and for later."""
        with self._switching:
            self._apply(feed, paused)
            self._switches.turn(feed, paused)
            self._paused = self._paused | {feed} if paused else self._paused - {feed}

    def _apply(self, feed: str, paused: bool) -> None:
        (self._poller.pause if paused else self._poller.resume)(feed)  # KeyError before anything is shown
        self._book.paused(feed, paused)

    def _record_settings(self) -> None:
        """Put on record what changed in the settings since a collector last started; once is enough."""
        if not self._settings_recorded:
            self._store.keep_settings(operator().name, self._settings.told)
            self._settings_recorded = True

    def health(self) -> list[FeedRow]:
        """How every feed is doing now."""
        return self._book.rows(self._poller.next_poll_at)

    # --- what the poller reports ---

    def delivered(self, feed: Feed, batch: Batch) -> None:
        """Judge a batch and hand it to the store."""
        now = self._clock()
        judged = judge(batch, now, self._reach.of(feed.name, now))
        self._scoring.judged(feed, judged, now)
        if batch.cursor is not None:
            self._cursors[feed.name] = batch.cursor
        self._ingestor.submit(feed.name, judged, now)

    def failed(self, feed: Feed, error: FeedError) -> None:
        """Show the failure on the feed's lamp."""
        self._book.failed(feed.name, error)

    def may_poll(self, feed: Feed) -> bool:
        """No more polls while the store has not taken what is already here."""
        room = self._ingestor.has_room(feed.name)
        if not room:
            self._book.no_room(feed.name)
        return room

    def may_continue(self, feed: Feed) -> bool:
        """Wait a little for room, then leave it to the next scheduled poll."""
        return self._ingestor.wait_for_room(feed.name, WAIT_FOR_ROOM_SECONDS)

    def _connect(self, feed: Feed) -> Adapter:
        """A new adapter goes on after what was taken over last, stored or still waiting."""
        cursor = self._cursors.get(feed.name)
        if cursor is None:
            cursor = self._store.cursor(feed.name)
        return self._secrets.adapter(feed, lambda full: connect(self._settings, full, self._clock, cursor))

    # --- what the ingest step reports ---

    def _stored(self, delivery: Delivery, ingested: Any) -> None:
        self._book.stored(delivery.feed, ingested, delivery.batch)
        self._scoring.overtaken(delivery.feed, delivery.batch, ingested.late, delivery.received_at)
        fresh = ingested.fresh
        if fresh:
            self._rules.add(fresh, delivery.received_at)
        if ingested.accepted:
            self._upkeep.touch(delivery.batch.records)
            self._changed({type(record).__name__ for record in delivery.batch.records})

    def _taken_in(self, records: Sequence[Record], ingested: Any, at: datetime) -> None:
        """Rows of the quarantine were tried again and are records now."""
        if ingested.fresh:
            self._rules.add(ingested.fresh, at)
        self._upkeep.touch(records)
        self._changed({type(record).__name__ for record in records})

    def _done(self, delivery: Delivery) -> None:
        self._book.delivered(delivery.feed, delivery.batch, delivery.received_at)
        if delivery.batch.ended:
            self.notices.post(f"ended.{delivery.feed}", "recording_ended", feed=delivery.feed)

    def _store_trouble(self, error: StoreUnavailableError | None) -> None:
        if error is None:
            self.notices.take_down("store")
        else:
            self.notices.post("store", "store_unavailable", "warning", cause=error.code)

    # --- what other steps ask and report ---

    def _published(self, shown: Publish, topic: str, picture: Any) -> None:
        shown(topic, picture)
        self._rules.pictured(topic)

    def _latest(self, picture: str) -> Any:
        """What rules look at: pictures everybody sees, and what only they are told of the integrity watch."""
        return self._integrity.newest if picture == INTEGRITY else self._screens.latest(picture)

    def _alerts_changed(self) -> None:
        self._changed({"alert"})

    def _changed(self, datasets: Iterable[str]) -> None:
        self._screens.changed(datasets)
        self._tell(datasets)

    def _arrived(self, datasets: Iterable[str]) -> None:
        """A child process has written: these datasets, or, when it names none, too many to say."""
        if datasets:
            self._changed(datasets)
        else:
            self._screens.renew()
