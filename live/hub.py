"""The hub: the newest picture of every topic, for any number of readers.

Publishers are pipeline threads, readers are the websocket endpoint and first layouts. Nothing here
waits for a reader and nothing grows with the number of readers.

A topic exists once for every scope, the part of the port its readers may see: the whole port, or rows of some
enterprises (``live.scopes``). Frames of one scope never reach a reader of another.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence, Set
from threading import Lock
from typing import Any

from domain.parts import READ
from domain.pictures import TOPICS
from live.drawing import Drawings
from live.frames import Frame
from live.rows import Drawn
from live.scopes import WHOLE_PORT, Read, Scopes
from live.topics import Topic
from live.views import registered, view_of

_log = logging.getLogger(__name__)

Listener = Callable[[str, str], None]


class Hub:
    """Last-value cache per topic with sequence numbers; every method may be called from any thread.

    Attributes:
        epoch: names this process's life; sequence numbers of another epoch mean nothing here.
    """

    def __init__(
        self,
        encode_view: Callable[[Any], bytes],
        languages: Sequence[str] = ("zh_CN", "en"),
    ) -> None:
        """Start empty.

        Args:
            encode_view: makes JSON of what a view's render returns.
            languages: languages views are drawn in.
        """
        self.epoch = secrets.token_hex(6)
        self._topics: dict[tuple[str, str], Topic] = {}
        self._lock = Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._drawings = Drawings(self._pictures, self._publish, encode_view, languages)
        self._scopes = Scopes(self.current, lambda topic, key, picture: self._take(topic, picture, key), self._forget)

    @property
    def scopes(self) -> frozenset[str]:
        """Scopes alive, by ``live.scopes.scope_key``; the whole port always is."""
        return self._scopes.alive | {WHOLE_PORT}

    def read_by(self, read: Read) -> None:
        """Have pictures of an enterprise that cannot be cut out of the port's read by this."""
        self._scopes.read_by(read)

    def admit(self, scope: Set[str] | None) -> str:
        """Bring what a viewer may see (``Viewer.scope``) to life; it stays while somebody looks, and some time after.

        Returns:
            Its key.

        Raises:
            live.scopes.TooManyScopesError: no room for another.
        """
        return WHOLE_PORT if scope is None else self._scopes.admit(scope)

    def epoch_of(self, scope: str) -> str:
        """The epoch of a scope: frames of one must never be taken for those of another, nor of another life of it."""
        return self._scopes.epoch(scope) or self.epoch

    def enter(self, scope: str) -> None:
        """A connection looks with this scope."""
        self._scopes.enter(scope)

    def leave(self, scope: str) -> None:
        """It is gone."""
        self._scopes.leave(scope)

    def publish(self, topic: str, picture: Any, scope: str = WHOLE_PORT) -> None:
        """Make this the newest state of a topic and tell the readers.

        Args:
            topic: one of domain.pictures.TOPICS.
            picture: Positions, a row picture, or any value msgspec can encode. It must not be
                changed afterwards; publish a new one.
            scope: whose picture it is.

        Raises:
            KeyError: not a topic, or not a scope; a drawn view cannot be published from outside.
        """
        if topic not in TOPICS or scope not in self.scopes:
            raise KeyError(topic, scope)
        self._take(topic, picture, scope)

    def current(self, topic: str, scope: str = WHOLE_PORT) -> Any:
        """The newest picture of a topic, None before the first publication."""
        found = self._topics.get((topic, scope))
        picture = found.picture if found else None
        return picture if scope == WHOLE_PORT else self._scopes.picture(topic, scope, picture)

    def newest(self, topic: str, scope: frozenset[str] | None) -> Any:
        """The same for whoever asks once, by ``Viewer.scope``; may read the store, so not on the event loop."""
        return self.current(topic) if scope is None else self._scopes.newest(topic, scope)

    def draw(self, view_name: str, language: str, scope: str = WHOLE_PORT) -> Any:
        """A view's newest value for a first layout, drawn now when there is none yet.

        Returns:
            What its render returned, or None when it never succeeded (the reason is in the log), or when a scope's
            pictures are still to be read: the live line brings it then.

        Raises:
            KeyError: no such view or language.
        """
        if scope != WHOLE_PORT and view_name in registered():
            topics = registered()[view_name].topics
            if not self._scopes.want(topics, scope):
                self._drawings.changed(topics, scope)
            if any(topic in READ and self.current(topic, scope) is None for topic in topics):
                return None
        return self._drawings.draw(view_name, language, scope)

    def knows(self, topic: str) -> bool:
        """Whether a reader may ask for this topic: it is in the list, or a registered view."""
        view = view_of(topic)
        return topic in TOPICS if view is None else self._drawings.known(*view)

    def frame(self, topic: str, since: int | None, scope: str = WHOLE_PORT, recent: bool = False) -> Frame | None:
        """The one frame that leads a reader from ``since`` to the newest state; None if none is due.

        ``recent`` allows a snapshot some deltas old, see ``Topic.frame``.
        """
        found = self._topics.get((topic, scope))
        return found.frame(since, recent) if found else None

    def seq(self, topic: str, scope: str = WHOLE_PORT) -> int:
        """Sequence number of the newest state, 0 before the first."""
        found = self._topics.get((topic, scope))
        return found.seq if found else 0

    def state_hash(self, topic: str, scope: str = WHOLE_PORT) -> str:
        """Hash of the newest state, to hold against the browser's ``cockpit.hash(topic)``."""
        found = self._topics.get((topic, scope))
        return found.hash() if found else ""

    def watch(self, topic: str, scope: str = WHOLE_PORT) -> None:
        """A reader shows this topic; views are kept drawn while watched."""
        view = view_of(topic)
        if scope != WHOLE_PORT:
            self._scopes.watch(_made_of(topic), scope)
        if view is not None:
            self._drawings.watch(*view, scope)

    def unwatch(self, topic: str, scope: str = WHOLE_PORT) -> None:
        """A reader no longer shows this topic."""
        view = view_of(topic)
        if scope != WHOLE_PORT:
            self._scopes.watch(_made_of(topic), scope, -1)
        if view is not None:
            self._drawings.unwatch(*view, scope)

    def listen(self, listener: Listener) -> None:
        """Call ``listener(topic, scope)`` after every change, in the publisher's thread; it must not block."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def close(self) -> None:
        """Stop all threads."""
        self._scopes.close()
        self._drawings.close()

    def _take(self, topic: str, picture: Any, scope: str) -> None:
        self._publish(topic, scope, picture)
        self._drawings.changed((topic,), scope)
        if scope == WHOLE_PORT:
            self._scopes.changed(topic)

    def _forget(self, scope: str) -> None:
        self._drawings.forget(scope)
        with self._lock:
            self._topics = {key: topic for key, topic in self._topics.items() if key[1] != scope}

    def _pictures(self, topics: Sequence[str], scope: str) -> dict[str, Any]:
        found = {topic: self.current(topic, scope) for topic in topics}
        return {topic: picture for topic, picture in found.items() if picture is not None}

    def _publish(self, name: str, scope: str, picture: Any | Drawn) -> None:
        topic = self._topics.get((name, scope))
        if topic is None:
            with self._lock:
                topic = self._topics.setdefault((name, scope), Topic(name))
        if not topic.publish(picture):
            return
        for listener in self._listeners:
            try:
                listener(name, scope)
            except Exception:
                _log.exception("a listener of the hub failed")


def _made_of(topic: str) -> tuple[str, ...]:
    """Topics of pictures behind a topic: itself, or those its view is drawn from."""
    view = view_of(topic)
    if view is None:
        return (topic,)
    known = registered().get(view[0])
    return known.topics if known is not None else ()
