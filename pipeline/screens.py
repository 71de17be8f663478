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
    """Four threads: what moves or what rules look at does not wait for what is costly to read, an alert for nothing."""

    def __init__(
        self,
        moving: Sequence[Topic],
        standing: Sequence[Topic],
        publish: Publish,
        health: Callable[[], Sequence[FeedRow]],
        kinds_of: Callable[[str], frozenset[type[Record]]],
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            moving: topics of the first two threads: what is shown at once has one of its own.
            standing: topics of the third, and what is costly of them of the fourth.
            publish: takes (topic, picture) from all.
            health: rows of all feeds.
            kinds_of: record types a feed has brought.
            clock: aware UTC.
        """
        urgent, moving = (tuple(one for one in moving if one.at_once is at_once) for at_once in (True, False))
        costly, standing = (tuple(one for one in standing if one.costly is costly) for costly in (True, False))
        named = (("urgent", urgent), ("moving", moving), ("standing", standing), ("costly", costly))
        self._publishers = [
            Publisher(f"publish-{name}", topics, publish, health, kinds_of, clock) for name, topics in named
        ]

    def start(self) -> None:
        """Publish everything once, then what changes."""
        for publisher in self._publishers:
            publisher.start()

    def stop(self, timeout: float = 0.4) -> None:
        """End the threads; waits for reads under way."""
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
