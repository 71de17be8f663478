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

from domain.pictures import FeedRow, Picture, Positions
from domain.records import Record
from pipeline.counts import PUBLISHED
from pipeline.freshness import Head, behind, head_of, stamp
from pipeline.notices import Publish
from pipeline.troubles import Troubles


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """How one topic is made.

    Attributes:
        name: topic name.
        seconds: least time between two readings.
        read: makes the picture.
        kinds: record types it is made of; their feeds give the head.
        datasets: what else it is made of, by the store's names.
        at_once: a change does not wait for ``seconds``.
        prompt: rules look at it: a change waits for less than ``seconds`` where reading is quick.
        costly: reading it takes so long that prompt topics must not wait for it.
        renew_seconds: read again after this long even when nothing was stored.
        own_head: True when ``read`` sets as_of and the rest of the head itself.
    """

    name: str
    seconds: float
    read: Callable[[], Any]
    kinds: frozenset[type[Record]] = frozenset()
    datasets: frozenset[str] = frozenset()
    at_once: bool = False
    prompt: bool = False
    costly: bool = False
    renew_seconds: float = 60.0
    own_head: bool = False


SHARE = 10.0  # a prompt topic is read for at most one part in so many of the time,
LEAST_SECONDS = 0.25  # and no more often


class _Standing:
    """What was last read and published of a topic."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.made_of = topic.datasets | {kind.__name__ for kind in topic.kinds}
        self.dirty = True
        self.due = 0.0
        self.read_at = 0.0
        self.cost = 0.0
        self.picture: Any = None
        self.head: Head | None = None

    def soonest(self, now: float) -> float:
        """When a change made now is read; now or earlier: at once."""
        topic = self.topic
        if topic.at_once:
            return now
        wait = min(topic.seconds, max(LEAST_SECONDS, SHARE * self.cost)) if topic.prompt else topic.seconds
        return self.read_at + wait


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
        self.name = name
        self._publish, self._health, self._kinds_of, self._clock = publish, health, kinds_of, clock
        self._standing = {topic.name: _Standing(topic) for topic in topics}
        self._troubles = Troubles()
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

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def serves(self, topic: str) -> bool:
        """Whether the topic is one of this thread's."""
        return topic in self._standing

    def mark(self, datasets: frozenset[str]) -> None:
        """These datasets were written to: what is made of them is read again.

        At once when the last reading is long enough ago, so that what comes once a second is shown
        when it comes and not when a clock of ours says so.
        """
        now, wake = time.monotonic(), False
        for standing in self._standing.values():
            if standing.made_of & datasets:
                standing.dirty = True
                soonest = standing.soonest(now)
                if soonest <= now:
                    standing.due, wake = 0.0, True
                elif soonest < standing.due:
                    standing.due, wake = soonest, True
        if wake:
            self._wake.set()

    def renew(self) -> None:
        """Read all topics again, at once."""
        for standing in self._standing.values():
            standing.dirty, standing.due = True, 0.0
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
            self._wake.clear()  # what is marked from here on is seen by the round that begins

    def _serve(self, standing: _Standing, health: Sequence[FeedRow], now: float) -> None:
        topic, start = standing.topic, time.perf_counter()
        renew = standing.dirty or now - standing.read_at >= topic.renew_seconds
        try:
            if renew:
                standing.dirty = False
                standing.picture = topic.read()
                standing.read_at, standing.cost = now, time.perf_counter() - start
            if topic.own_head:
                if renew:
                    self._publish(topic.name, standing.picture)
            else:
                self._publish_stamped(standing, health, renew)
        except Exception as error:
            standing.dirty = True
            self._troubles.failed("publish", error, topic.name)
            return
        if renew:
            PUBLISHED.of(topic.name).add(time.perf_counter() - start)
        self._troubles.worked("publish", topic.name)

    def _publish_stamped(self, standing: _Standing, health: Sequence[FeedRow], renewed: bool) -> None:
        picture: Picture | Positions = standing.picture
        feeds = behind(health, self._kinds_of, standing.topic.kinds, picture.feeds)
        head = head_of(feeds, self._clock())
        if renewed or head != standing.head:
            standing.head = head
            standing.picture = stamp(picture, head)
            self._publish(standing.topic.name, standing.picture)
