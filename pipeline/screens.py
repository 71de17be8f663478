"""The publishing half: keeps the picture of every topic new, wherever the rows come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from domain.pictures import FeedRow
from domain.records import Record
from pipeline.notices import Publish
from pipeline.publish import Publisher, Topic


class Screens:
    """Two threads: what moves must not wait for what is costly to read."""

    def __init__(
        self,
        moving: Iterable[Topic],
        standing: Iterable[Topic],
        publish: Publish,
        health: Callable[[], Sequence[FeedRow]],
        kinds_of: Callable[[str], frozenset[type[Record]]],
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            moving: topics of the first thread.
            standing: topics of the second.
            publish: takes (topic, picture) from both.
            health: rows of all feeds.
            kinds_of: record types a feed has brought.
            clock: aware UTC.
        """
        self._publishers = [
            Publisher(name, topics, publish, health, kinds_of, clock)
            for name, topics in (("publish-moving", moving), ("publish-standing", standing))
        ]

    def start(self) -> None:
        """Publish everything once, then what changes."""
        for publisher in self._publishers:
            publisher.start()

    def stop(self, timeout: float = 0.4) -> None:
        """End both threads; waits for reads under way."""
        for publisher in self._publishers:
            publisher.stop(timeout)

    def changed(self, datasets: Iterable[str]) -> None:
        """These datasets were written to; names as ``store.reads.changes()`` gives them."""
        names = frozenset(datasets)
        for publisher in self._publishers:
            publisher.mark(names)

    def renew(self) -> None:
        """Read everything again, at once."""
        for publisher in self._publishers:
            publisher.renew()

    def latest(self, topic: str) -> Any:
        """The picture last published of a topic; None before the first."""
        return next((publisher.latest(topic) for publisher in self._publishers if publisher.serves(topic)), None)

    def alive(self) -> dict[str, bool]:
        """Which of the threads run."""
        return {publisher.name: publisher.alive for publisher in self._publishers}
