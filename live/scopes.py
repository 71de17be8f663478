"""The scopes somebody looks with: which live, what is wanted in them, and their pictures.

A scope comes alive with its first reader and goes some time after its last. Its pictures are cut out of the newest
one of the whole port (``domain.parts``), or read from the store for it, at a calm pace and only while somebody wants
them. Both happen in threads of their own: the whole port never waits for a part of it.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Set
from typing import Any

import msgspec

from domain.errors import CockpitError
from domain.parts import CUT, READ, part_of, places

_log = logging.getLogger(__name__)

WHOLE_PORT = ""  # the scope of those who may see everything
MOST = 500  # scopes alive at a time
IDLE_SECONDS = 120.0  # a scope lives on so long without a reader
WANTED_SECONDS = 20.0  # what was asked for once is kept new for so long
CALM_SECONDS = 10.0  # between two reads of a picture for a scope
_SWEEP_SECONDS = 10.0

Read = Callable[[str, frozenset[str]], Any]
Publish = Callable[[str, str, Any], None]


def scope_key(scope: Set[str] | None) -> str:
    """Names what a viewer may see (``Viewer.scope``): equal for viewers who may see the same, and for no others."""
    return WHOLE_PORT if scope is None else "enterprises:" + msgspec.json.encode(sorted(scope)).decode()


class TooManyScopesError(CockpitError):
    """As many scopes are looked with as this process serves; try again later."""


class Life:
    """One scope while it lives.

    Attributes:
        scope: the enterprise codes.
        epoch: names this life; sequence numbers of another mean nothing in it.
    """

    def __init__(self, scope: frozenset[str], now: float) -> None:
        self.scope, self.epoch = scope, secrets.token_hex(6)
        self.readers = 0  # connections
        self.watched: Counter[str] = Counter()  # readers by topic
        self.until: dict[str, float] = {}  # a topic asked for without a reader, until then
        self.seen = now  # when somebody was last there
        self.made_of: dict[str, int] = {}  # topic -> which of the whole port's pictures its part was cut out of
        self.stale = set(READ)  # topics of which the whole port has another picture by now
        self.read_at: dict[str, float] = {}

    def wants(self, topic: str, now: float) -> bool:
        """Whether somebody shows this topic, or asked for it lately."""
        return self.watched[topic] > 0 or self.until.get(topic, 0.0) > now


class Scopes:
    """All scopes alive in this process; every method may be called from any thread and none blocks but ``newest``."""

    def __init__(
        self,
        current: Callable[[str], Any],
        publish: Publish,
        forget: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """No scope lives and no thread runs yet.

        Args:
            current: the whole port's newest picture of a topic.
            publish: takes (topic, scope key, picture).
            forget: drops all that is kept for a scope key.
            clock: seconds, never set back.
        """
        self._current, self._publish, self._forget, self._clock = current, publish, forget, clock
        self._read: Read | None = None
        self._lives: dict[str, Life] = {}
        self._due = threading.Condition()
        self._versions: Counter[str] = Counter()  # of the whole port's pictures, by topic
        self._news: set[tuple[str, str]] = set()  # (topic, key) to cut
        self._made: list[tuple[str, str, Any]] = []  # read, to be published
        self._closing = False
        self._threads: list[threading.Thread] = []

    def read_by(self, read: Read) -> None:
        """From now on pictures that cannot be cut are read by this: (topic of ``READ``, codes) -> picture."""
        self._read = read

    @property
    def alive(self) -> frozenset[str]:
        """Keys of the scopes alive."""
        return frozenset(self._lives)

    def epoch(self, key: str) -> str | None:
        """The epoch of a scope alive."""
        life = self._lives.get(key)
        return life.epoch if life else None

    def admit(self, scope: Set[str]) -> str:
        """Bring a scope to life, or keep it alive; returns its key.

        Raises:
            TooManyScopesError: this process serves as many as it can.
        """
        key, now = scope_key(scope), self._clock()
        with self._due:
            life = self._lives.get(key)
            if life is None:
                if len(self._lives) >= MOST:
                    raise TooManyScopesError(f"{MOST} scopes are looked with")
                life = self._lives[key] = Life(frozenset(scope), now)
                self._begin()
            life.seen = now
        return key

    def enter(self, key: str) -> None:
        """A connection looks with this scope."""
        with self._due:
            if (life := self._lives.get(key)) is not None:
                life.readers += 1

    def leave(self, key: str) -> None:
        """It is gone."""
        with self._due:
            if (life := self._lives.get(key)) is not None:
                life.readers -= 1
                life.seen = self._clock()

    def watch(self, topics: Iterable[str], key: str, by: int = 1) -> None:
        """A reader shows these topics (``by`` -1: no longer)."""
        with self._due:
            if (life := self._lives.get(key)) is not None:
                for topic in topics:
                    life.watched[topic] += by
                    if by > 0:
                        self._ask(life, key, topic)

    def want(self, topics: Iterable[str], key: str) -> bool:
        """Somebody asks for these topics once.

        Returns:
            Whether all of them were kept new already.
        """
        now, kept = self._clock(), True
        with self._due:
            life = self._lives.get(key)
            if life is None:
                return False
            life.seen = now
            for topic in topics:
                if not life.wants(topic, now):
                    kept = False
                    self._ask(life, key, topic)
                life.until[topic] = now + WANTED_SECONDS
        return kept

    def picture(self, topic: str, key: str, published: Any) -> Any:
        """The newest picture of a topic in a scope; never an old one.

        Args:
            topic: one of ``domain.pictures.TOPICS``.
            key: the scope.
            published: the one last published in it.

        Returns:
            None where it is still to be read.
        """
        life = self._lives.get(key)
        if life is None:
            return None
        if topic in CUT:
            whole = self._current(topic)
            fresh = life.made_of.get(topic) == self._versions[topic]
            return published if fresh or whole is None else part_of(topic, whole, life.scope)
        late = self._clock() - life.read_at.get(topic, float("-inf")) > CALM_SECONDS * 3
        left = topic in life.stale and life.watched[topic] <= 0  # its turn does not come while nobody shows it
        return None if left and late else published

    def newest(self, topic: str, scope: frozenset[str]) -> Any:
        """The picture of a topic as it is now, for programs; reads the store, so never on the event loop.

        Returns:
            None before there is anything to see.
        """
        if topic in CUT:
            whole = self._current(topic)
            return None if whole is None else part_of(topic, whole, scope)
        return None if self._read is None else self._read(topic, scope)

    def changed(self, topic: str) -> None:
        """The whole port has a new picture of a topic."""
        now = self._clock()
        with self._due:
            self._versions[topic] += 1
            for key, life in self._lives.items():
                if topic in READ:
                    life.stale.add(topic)
                elif topic in CUT and life.wants(topic, now):
                    self._news.add((topic, key))
            self._due.notify_all()

    def close(self) -> None:
        """End the threads; safe to call twice."""
        with self._due:
            self._closing = True
            self._due.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def _ask(self, life: Life, key: str, topic: str) -> None:
        """With the lock held: a topic that was not kept new is made as soon as possible."""
        if topic in CUT:
            self._news.add((topic, key))
        self._due.notify_all()

    def _begin(self) -> None:
        if not self._threads and not self._closing:
            for name, work in (("live-scopes", self._cut_all), ("live-scoped-reads", self._read_all)):
                self._threads.append(threading.Thread(target=work, name=name, daemon=True))
                self._threads[-1].start()

    # --- one thread cuts, publishes what the other has read, and lets scopes go: so none of these meet ---

    def _cut_all(self) -> None:
        swept = self._clock()
        while True:
            with self._due:
                if not (self._news or self._made or self._closing):
                    self._due.wait(_SWEEP_SECONDS)
                if self._closing:
                    return
                news, self._news = self._news, set()
                made, self._made = self._made, []
            for topic, key, picture in made:
                self._put(topic, key, picture)
            by_topic: dict[str, list[str]] = {}
            for topic, key in news:
                by_topic.setdefault(topic, []).append(key)
            for topic, keys in by_topic.items():
                self._cut(topic, keys)
            if self._clock() - swept >= _SWEEP_SECONDS:
                swept = self._clock()
                self.sweep()

    def _cut(self, topic: str, keys: list[str]) -> None:
        version, whole = self._versions[topic], self._current(topic)
        if whole is None:
            return
        try:
            found = places(whole) if hasattr(whole, "owners") else None
            for key in keys:
                life = self._lives.get(key)
                if life is not None:
                    self._put(topic, key, part_of(topic, whole, life.scope, found))
                    life.made_of[topic] = version
        except Exception:
            _log.exception("topic %s cannot be cut for the scopes", topic)

    def _put(self, topic: str, key: str, picture: Any) -> None:
        if key in self._lives:
            self._publish(topic, key, picture)

    def sweep(self) -> None:
        """Let go of the scopes nobody looked with for a while."""
        now = self._clock()
        with self._due:
            gone = [
                key
                for key, life in self._lives.items()
                if life.readers <= 0
                and not any(n > 0 for n in life.watched.values())
                and now - life.seen > IDLE_SECONDS
            ]
            for key in gone:
                del self._lives[key]
        for key in gone:
            self._forget(key)

    # --- the other thread reads ---

    def _read_all(self) -> None:
        failing: set[str] = set()
        while (job := self._next()) is not None:
            topic, key, life = job
            began = time.perf_counter()
            try:
                picture = self._read(topic, life.scope) if self._read is not None else None
            except Exception:
                if topic not in failing:
                    _log.exception("topic %s cannot be read for a scope; its last picture stays", topic)
                failing.add(topic)
                life.stale.add(topic)
            else:
                failing.discard(topic)
                if picture is not None:
                    with self._due:
                        self._made.append((topic, key, picture))
                        self._due.notify_all()
            self._rest(time.perf_counter() - began)

    def _rest(self, seconds: float) -> None:
        """As long as the work took: parts of the port take half of a processor at most."""
        end = self._clock() + seconds
        with self._due:
            while not self._closing and (left := end - self._clock()) > 0:
                self._due.wait(left)

    def _next(self) -> tuple[str, str, Life] | None:
        """Wait for the read that is due longest; None when closing."""
        with self._due:
            while not self._closing:
                now = self._clock()
                first, first_at = None, float("inf")
                for key, life in self._lives.items():
                    for topic in life.stale:
                        at = life.read_at.get(topic, float("-inf")) + CALM_SECONDS
                        if at < first_at and life.wants(topic, now):
                            first, first_at = (topic, key, life), at
                if first is not None and first_at <= now:
                    first[2].stale.discard(first[0])  # before reading: what comes meanwhile makes it stale again
                    first[2].read_at[first[0]] = now
                    return first
                self._due.wait(_SWEEP_SECONDS if first is None else first_at - now)
            return None
