"""The hub: the newest picture of every topic, for any number of readers.

Publishers are pipeline threads, readers are the websocket endpoint and first layouts. Nothing here
waits for a reader and nothing grows with the number of readers.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from domain.pictures import TOPICS
from live.drawing import Drawings, view_of
from live.rows import Drawn
from live.topics import Frame, Topic

_log = logging.getLogger(__name__)

Listener = Callable[[str], None]


class Hub:
    """Last-value cache per topic with sequence numbers; every method may be called from any thread.

    Attributes:
        epoch: names this process's life; sequence numbers of another epoch mean nothing here.
    """

    def __init__(self, encode_view: Callable[[Any], bytes], languages: Sequence[str] = ("zh_CN", "en")) -> None:
        """Start empty.

        Args:
            encode_view: makes JSON of what a view's render returns.
            languages: languages views are drawn in.
        """
        self.epoch = secrets.token_hex(6)
        self._topics: dict[str, Topic] = {}
        self._lock = Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._drawings = Drawings(self._pictures, self._publish, encode_view, languages)

    def publish(self, topic: str, picture: Any) -> None:
        """Make this the newest state of a topic and tell the readers.

        Args:
            topic: one of domain.pictures.TOPICS.
            picture: Positions, a row picture, or any value msgspec can encode. It must not be
                changed afterwards; publish a new one.

        Raises:
            KeyError: not a topic; a drawn view cannot be published from outside.
        """
        if topic not in TOPICS:
            raise KeyError(topic)
        self._publish(topic, picture)
        self._drawings.changed(topic)

    def current(self, topic: str) -> Any:
        """The newest picture of a topic, None before the first publication."""
        found = self._topics.get(topic)
        return found.picture if found else None

    def draw(self, view_name: str, language: str) -> Any:
        """A view's newest value for a first layout, drawn now when there is none yet.

        Returns:
            What its render returned, or None when it never succeeded (the reason is in the log).

        Raises:
            KeyError: no such view or language.
        """
        return self._drawings.draw(view_name, language)

    def knows(self, topic: str) -> bool:
        """Whether a reader may ask for this topic: it is in the list, or a registered view."""
        view = view_of(topic)
        return topic in TOPICS if view is None else self._drawings.known(*view)

    def frame(self, topic: str, since: int | None) -> Frame | None:
        """The one frame that leads a reader from ``since`` to the newest state; None if none is due."""
        found = self._topics.get(topic)
        return found.frame(since) if found else None

    def seq(self, topic: str) -> int:
        """Sequence number of the newest state, 0 before the first."""
        found = self._topics.get(topic)
        return found.seq if found else 0

    def state_hash(self, topic: str) -> str:
        """Hash of the newest state, to hold against the browser's ``cockpit.hash(topic)``."""
        found = self._topics.get(topic)
        return found.hash() if found else ""

    def watch(self, topic: str) -> None:
        """A reader shows this topic; views are kept drawn while watched."""
        view = view_of(topic)
        if view is not None:
            self._drawings.watch(*view)

    def unwatch(self, topic: str) -> None:
        """A reader no longer shows this topic."""
        view = view_of(topic)
        if view is not None:
            self._drawings.unwatch(*view)

    def listen(self, listener: Listener) -> None:
        """Call ``listener(topic)`` after every change, in the publisher's thread; it must not block."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def close(self) -> None:
        """Stop the drawing thread."""
        self._drawings.close()

    def _pictures(self, topics: Sequence[str]) -> dict[str, Any]:
        found = {topic: self.current(topic) for topic in topics}
        return {topic: picture for topic, picture in found.items() if picture is not None}

    def _publish(self, name: str, picture: Any | Drawn) -> None:
        topic = self._topics.get(name)
        if topic is None:
            with self._lock:
                topic = self._topics.setdefault(name, Topic(name))
        if not topic.publish(picture):
            return
        for listener in self._listeners:
            try:
                listener(name)
            except Exception:
                _log.exception("a listener of the hub failed")
