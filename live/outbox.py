"""One client's outbox: which topics it has, up to which sequence number, and which are due.

Nothing is queued per client. A due topic is a name; its frame is taken from the hub at the moment
the socket takes data, so a slow client skips what it missed and gets one frame to the newest state.
Of its own a client holds at most one piece of a frame and what the socket buffers; frames are shared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from domain.viewer import PORT_OPERATOR, Viewer
from live.frames import Frame
from live.hub import Hub
from live.requests import FORBIDDEN, MALFORMED, TOO_MANY, Limits, Refused, Subscribe, Unsubscribe
from live.views import asked_of
from live.wire import Wire


class Outbox:
    """Subscriptions and sending of one connection; used on the event loop only.

    Attributes:
        scope: the part of the port this client may see.
    """

    def __init__(
        self,
        hub: Hub,
        limits: Limits,
        wire: Wire,
        scope: str,
        packed: bool,
        sent: Callable[[Frame], None],
        viewer: Viewer = PORT_OPERATOR,
    ) -> None:
        """Start without topics.

        Args:
            hub: frames come from there.
            limits: bounds.
            wire: the connection's socket.
            scope: the part of the port this client may see.
            packed: it takes binary messages (raw deflate).
            sent: called with every frame whose last piece was written.
            viewer: topics he may not read do not exist for him.
        """
        self.viewer = viewer
        self._hub, self._limits, self._wire, self._packed, self._sent = hub, limits, wire, packed, sent
        self.scope = scope
        self._seen: dict[str, int | None] = {}  # topic -> sequence number the client has
        self._due: dict[str, None] = {}  # ordered set
        self._frame: Frame | None = None
        self._rest: Iterator[bytes] = iter(())  # pieces of it not yet written
        self._note = b""  # what is said besides frames: only the newest
        self._blocked_since = 0.0

    @property
    def topics(self) -> frozenset[str]:
        """Topics subscribed."""
        return frozenset(self._seen)

    @property
    def due(self) -> int:
        """Topics with news that are not yet on their way."""
        return len(self._due)

    def subscribe(self, request: Subscribe) -> list[str]:
        """Add topics.

        Returns:
            The topics that are new here.

        Raises:
            Refused: a topic that does not exist, too many, or a sequence number from the future.
        """
        epoch = self._hub.epoch_of(self.scope)
        for topic, seen in request.topics.items():
            if not self._hub.knows(topic) or not all(map(self.viewer.may, asked_of(topic))):
                raise Refused(FORBIDDEN, "unknown_topic", f"unknown topic {topic}")
            ours = seen is not None and seen[0] == epoch
            if ours and seen and not 0 <= seen[1] <= self._hub.seq(topic, self.scope):
                raise Refused(MALFORMED, "unknown_sequence", f"unknown sequence of {topic}")
        if len(self._seen.keys() | request.topics.keys()) > self._limits.topics:
            raise Refused(TOO_MANY, "too_many_topics", f"more than {self._limits.topics} topics")
        added = [topic for topic in request.topics if topic not in self._seen]
        for topic, seen in request.topics.items():
            self._seen[topic] = seen[1] if seen is not None and seen[0] == epoch else None
            self._due[topic] = None
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
        """The topic has news; the client gets them now, or as soon as its socket takes data."""
        if topic in self._seen:
            self._due[topic] = None
            self.pump()

    def say(self, note: bytes) -> None:
        """Send a message of its own between two frames; a newer one replaces one not yet sent."""
        self._note = note
        self.pump()

    def pump(self) -> None:
        """Write what is due for as long as the socket takes data."""
        wire = self._wire
        while wire.ready:
            piece = next(self._rest, None)
            if piece is not None:
                wire.write(piece)
            elif self._frame is not None:
                self._sent(self._frame)
                self._frame = None
            elif self._note:
                wire.write(self._note)
                self._note = b""
            elif (frame := self._take()) is not None:
                self._frame, self._rest = frame, iter(frame.pieces(self._packed))
            else:
                return
        if not self._blocked_since:
            self._blocked_since = time.monotonic()

    def resume(self) -> bool:
        """The socket takes data again after it did not; go on.

        Returns:
            Whether it was blocked for so long that the client starts again from snapshots.
        """
        since, self._blocked_since = self._blocked_since, 0.0
        conflated = bool(since) and time.monotonic() - since >= self._limits.blocked_seconds
        if conflated:
            self._seen = dict.fromkeys(self._seen)
            self._due = dict.fromkeys(self._seen)
        self.pump()
        return conflated

    def _take(self) -> Frame | None:
        """The next frame, newest at this moment; None when nothing is due any more."""
        while self._due:
            topic = next(iter(self._due))
            del self._due[topic]
            frame = self._hub.frame(topic, self._seen[topic], self.scope, recent=True)
            if frame is not None:
                self._seen[topic] = frame.seq
                if frame.seq < self._hub.seq(topic, self.scope):
                    self._due[topic] = None  # a shared snapshot: its deltas follow
                return frame
        return None
