"""Which feeds people have paused, or want polled at once.

Kept in the database, so that it holds in every process and after a take-over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import uuid4

from domain.audit import by
from domain.viewer import SYSTEM, WHO
from settings import Feed
from store.engine import Store


class FeedSwitches:
    """One switch per feed, on unless somebody turned it off."""

    def __init__(self, store: Store, feeds: Iterable[Feed], clock: Callable[[], datetime]) -> None:
        """Prepare.

        Args:
            store: where the switches are kept, as marks beside the feeds' cursors.
            feeds: those of the configuration; one that is disabled there has no switch.
            clock: aware UTC.
        """
        self._store, self._clock = store, clock
        self._feeds = tuple(feed.name for feed in feeds if feed.enabled)

    def turn(self, feed: str, paused: bool) -> None:
        """Pause a feed or let it run.

        Raises:
            KeyError: no such feed.
            StoreUnavailableError: try again.
        """
        if feed not in self._feeds:
            raise KeyError(feed)
        # On record first: an act that failed and is on record is better than one that is not.
        what = "feed.pause" if paused else "feed.resume"
        self._store.note(by(WHO.get() or SYSTEM, what, feed, {"paused": feed in self.paused()}, {"paused": paused}))
        self._store.ingest(_mark(feed), [], (), {"paused": paused}, self._clock())

    def ask(self, feed: str) -> str:
        """Have a feed polled at once, on record; the mark of this wish, unlike any before.

        Raises:
            KeyError: no such feed.
            StoreUnavailableError: try again.
        """
        if feed not in self._feeds:
            raise KeyError(feed)
        self._store.note(by(WHO.get() or SYSTEM, "feed.run", feed))
        mark = uuid4().hex
        self._store.ingest(_wish(feed), [], (), {"asked": mark}, self._clock())
        return mark

    def asked(self) -> dict[str, str]:
        """The last wish for each feed, by name."""
        marks = {feed: self._store.cursor(_wish(feed)) for feed in self._feeds}
        return {feed: str(mark.get("asked", "")) for feed, mark in marks.items() if mark is not None}

    def paused(self) -> frozenset[str]:
        """The feeds paused now."""
        marks = {feed: self._store.cursor(_mark(feed)) for feed in self._feeds}
        return frozenset(feed for feed, mark in marks.items() if mark is not None and mark.get("paused"))


def _mark(feed: str) -> str:
    return f"_switch.{feed}"


def _wish(feed: str) -> str:
    return f"_run.{feed}"
