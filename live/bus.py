"""The bus: small hints that there is news, between threads of this process or between processes.

A hint says which datasets changed, never how: the database is the truth and whoever gets a hint reads
it there. So a hint that is lost costs the time until the next look at the database and nothing else,
and no bus needs to keep, order or repeat anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

_log = logging.getLogger(__name__)

# What a command to the collector travels as; everything else is a dataset of the store.
FEED_SWITCHES = "feed_switches"


class Hint(msgspec.Struct, frozen=True):
    """There is news.

    Attributes:
        dataset: names as ``store.reads.changes()`` gives them.
        seq: counts the hints of one sender, from 1.
    """

    dataset: tuple[str, ...]
    seq: int = 0


Listener = Callable[[Hint], None]


class Bus(Protocol):
    """Carries hints. Every method may be called from any thread and none waits for the network."""

    @property
    def connected(self) -> bool:
        """Whether hints arrive now, as far as is known."""

    def send(self, datasets: Iterable[str]) -> None:
        """Tell everybody, this process included, that these datasets changed; may be lost."""

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with every hint, in a thread of the bus; it must not block."""

    def close(self) -> None:
        """Stop; nothing is sent or heard afterwards."""


class Listeners:
    """Who listens in this process; one that fails leaves the others alone."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._sent = 0

    def add(self, listener: Listener) -> None:
        """One more."""
        self._listeners = (*self._listeners, listener)

    def next(self, datasets: Iterable[str]) -> Hint:
        """The hint to send for these datasets."""
        self._sent += 1
        return Hint(tuple(sorted(set(datasets))), self._sent)

    def hear(self, hint: Hint) -> None:
        """Pass a hint on."""
        for listener in self._listeners:
            try:
                listener(hint)
            except Exception:
                _log.exception("a listener of the bus failed")


class LocalBus:
    """The bus of a cockpit without one: hints reach this process only."""

    connected = True

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners = Listeners()

    def send(self, datasets: Iterable[str]) -> None:
        """Call the listeners at once, in the caller's thread."""
        self._listeners.hear(self._listeners.next(datasets))

    def listen(self, listener: Listener) -> None:
        """See Bus."""
        self._listeners.add(listener)

    def close(self) -> None:
        """Nothing to stop."""


def open_bus(url: str, subject: str) -> Bus:
    """The bus of the settings.

    Args:
        url: ``nats://...``, several servers of one cluster separated by commas; empty: in-process.
        subject: begins the subjects used.
    """
    if not url:
        return LocalBus()
    from live.bus_nats import NatsBus

    return NatsBus([server.strip() for server in url.split(",")], subject)
