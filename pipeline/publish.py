"""Reads pictures from the store and publishes them: each topic at its own rate, each alone.

A topic is read again when records it is made of were stored (or, for what changes by the passing
of time, every ``renew_seconds``), and it is published when it was read or when the age of its
feeds changed. A read that fails is logged once and tried again; the others go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog

from domain.pictures import FeedRow, Picture, Positions
from domain.records import Record
from pipeline.freshness import Head, behind, head_of, stamp
from pipeline.notices import Publish

log = structlog.get_logger(__name__)


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """How one topic is made.

    Attributes:
        name: topic name.
        seconds: least time between two readings.
        read: makes the picture.
        kinds: record types it is made of.
        renew_seconds: read again after this long even when nothing was stored.
        own_head: True when ``read`` sets as_of and the rest of the head itself.
    """

    name: str
    seconds: float
    read: Callable[[], Any]
    kinds: frozenset[type[Record]] = frozenset()
    renew_seconds: float = 60.0
    own_head: bool = False


class _Standing:
    """What was last read and published of a topic."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.dirty = True
        self.due = 0.0
        self.read_at = 0.0
        self.picture: Any = None
        self.head: Head | None = None
        self.failing = False


class Publisher:
    """One thread that serves some topics."""

    def __init__(
        self,
        name: str,
        topics: Iterable[Topic],
        publish: Publish,
        health: Callable[[], Sequence[FeedRow]],
        kinds_of: Callable[[str], frozenset[type[Record]]],
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            name: of the thread.
            topics: the topics served.
            publish: takes (topic, picture).
            health: rows of all feeds.
            kinds_of: record types a feed has brought.
            clock: aware UTC.
        """
        self._publish, self._health, self._kinds_of, self._clock = publish, health, kinds_of, clock
        self._standing = {topic.name: _Standing(topic) for topic in topics}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        """Publish everything once, then go on."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread; waits for a read under way."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def mark(self, kinds: Iterable[type[Record]]) -> None:
        """Records of these types were stored."""
        changed = frozenset(kinds)
        for standing in self._standing.values():
            if standing.topic.kinds & changed:
                standing.dirty = True

    def mark_topics(self, *names: str, at_once: bool = False) -> None:
        """These topics changed; no name means all of them.

        Args:
            names: topics; those not served here are passed over.
            at_once: do not wait for the topic's own interval.
        """
        for name in names or tuple(self._standing):
            standing = self._standing.get(name)
            if standing is not None:
                standing.dirty = True
                if at_once:
                    standing.due = 0.0
        if at_once:
            self._wake.set()

    def latest(self, name: str) -> Any:
        """The picture last published of a topic; None before the first."""
        return self._standing[name].picture

    def _loop(self) -> None:
        while not self._stopping:
            health, now = self._health(), time.monotonic()
            for standing in self._standing.values():
                if standing.due <= now and not self._stopping:
                    standing.due = now + standing.topic.seconds
                    self._serve(standing, health, now)
            due = min((s.due for s in self._standing.values()), default=now + 1.0)
            self._wake.wait(min(1.0, max(0.02, due - time.monotonic())))
            self._wake.clear()

    def _serve(self, standing: _Standing, health: Sequence[FeedRow], now: float) -> None:
        topic = standing.topic
        renew = standing.dirty or now - standing.read_at >= topic.renew_seconds
        try:
            if renew:
                standing.dirty = False
                standing.picture = topic.read()
                standing.read_at = now
            if topic.own_head:
                if renew:
                    self._publish(topic.name, standing.picture)
            else:
                self._publish_stamped(standing, health, renew)
        except Exception as error:
            standing.dirty = True
            if not standing.failing:
                standing.failing = True
                log.exception("step_failed", step="publish", topic=topic.name, error=type(error).__name__)
            return
        if standing.failing:
            standing.failing = False
            log.info("step_recovered", step="publish", topic=topic.name)

    def _publish_stamped(self, standing: _Standing, health: Sequence[FeedRow], renewed: bool) -> None:
        picture: Picture | Positions = standing.picture
        feeds = behind(health, self._kinds_of, standing.topic.kinds, picture.feeds)
        head = head_of(feeds, self._clock())
        if renewed or head != standing.head:
            standing.head = head
            standing.picture = stamp(picture, head)
            self._publish(standing.topic.name, standing.picture)
