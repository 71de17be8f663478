"""One client's outbox: which topics it has, up to which sequence number, and which are due.

Nothing is queued per client. A due topic is a name; its frame is taken from the hub at the moment
the socket takes data, so a slow client skips what it missed and gets one frame to the newest state.
"""

from __future__ import annotations

import asyncio
import contextlib

from live.hub import Hub
from live.requests import FORBIDDEN, MALFORMED, TOO_MANY, Limits, Refused, Subscribe, Unsubscribe
from live.topics import Frame


class Outbox:
    """Subscriptions of one connection; used on the event loop only."""

    def __init__(self, hub: Hub, limits: Limits) -> None:
        self._hub, self._limits = hub, limits
        self._seen: dict[str, int | None] = {}  # topic -> sequence number the client has
        self._due: dict[str, None] = {}  # ordered set
        self._wake = asyncio.Event()

    @property
    def topics(self) -> frozenset[str]:
        """Topics subscribed."""
        return frozenset(self._seen)

    def subscribe(self, request: Subscribe) -> list[str]:
        """Add topics.

        Returns:
            The topics that are new here.

        Raises:
            Refused: a topic that does not exist, too many, or a sequence number from the future.
        """
        for topic, seen in request.topics.items():
            if not self._hub.knows(topic):
                raise Refused(FORBIDDEN, "unknown_topic", f"unknown topic {topic}")
            if seen is not None and seen[0] == self._hub.epoch and not 0 <= seen[1] <= self._hub.seq(topic):
                raise Refused(MALFORMED, "unknown_sequence", f"unknown sequence of {topic}")
        if len(self._seen.keys() | request.topics.keys()) > self._limits.topics:
            raise Refused(TOO_MANY, "too_many_topics", f"more than {self._limits.topics} topics")
        added = [topic for topic in request.topics if topic not in self._seen]
        for topic, seen in request.topics.items():
            self._seen[topic] = seen[1] if seen is not None and seen[0] == self._hub.epoch else None
            self.touch(topic)
        return added

    def unsubscribe(self, request: Unsubscribe) -> list[str]:
        """Drop topics.

        Returns:
            The topics that were here.
        """
        gone = [topic for topic in dict.fromkeys(request.topics) if topic in self._seen]
        for topic in gone:
            del self._seen[topic]
            self._due.pop(topic, None)
        return gone

    def touch(self, topic: str) -> None:
        """The topic has news."""
        if topic in self._seen:
            self._due[topic] = None
            self._wake.set()

    async def wait(self, seconds: float) -> None:
        """Wait until something is due, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def take(self) -> Frame | None:
        """The next frame, newest at this moment; None when nothing is due any more."""
        while self._due:
            topic = next(iter(self._due))
            del self._due[topic]
            frame = self._hub.frame(topic, self._seen[topic])
            if frame is not None:
                self._seen[topic] = frame.seq
                return frame
        self._wake.clear()
        return None

    def conflate(self) -> None:
        """Start every topic again from its newest snapshot."""
        for topic in self._seen:
            self._seen[topic] = None
            self.touch(topic)
