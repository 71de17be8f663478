"""Pictures of a past moment as the very frames a subscriber gets, so that screens need no second way.

A frame of a moment is the whole state with sequence number 1. Views are drawn by their own render
from the pictures of that moment. What was made is kept for a while: many screens look at the same
moment (a shared link, a wall in playback), and views of one request share their pictures.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.pictures import TOPICS
from domain.viewer import Viewer
from live.drawing import RENDER_FAILED
from live.lately import Lately
from live.topics import Topic
from live.views import Viewed, looking_at, registered, view_of

_log = logging.getLogger(__name__)

READ_FAILED = "read_failed"
KEPT_FRAMES = 512
KEPT_BYTES = 64 << 20
KEPT_SECONDS = 20.0  # late data may still correct a moment
_LOCKS = 16

Read = Callable[[str, datetime, str, Viewer], Any]


class Asked(msgspec.Struct, frozen=True):
    """One topic of one moment in one scope: the key things are kept under."""

    topic: str
    at: datetime
    known: str
    scope: frozenset[str] | None = None

    @property
    def viewer(self) -> Viewer:
        """Somebody with this scope, whoever it is: what is kept is for all of them."""
        return Viewer(name="moment", scope=self.scope)


class MomentFrames(msgspec.Struct, kw_only=True):
    """The answer to one question.

    Attributes:
        frames: JSON messages as ``/live`` would send them, one per topic that could be made.
        errors: topic -> ``read_failed`` | ``render_failed``; the reason is in the log.
    """

    frames: list[bytes]
    errors: dict[str, str]


class Moments:
    """Makes frames of past moments. Thread-safe; blocks on the store, so never call it on the event loop."""

    def __init__(
        self,
        read: Read,
        oldest: Callable[[Viewer], datetime | None],
        encode_view: Callable[[Any], bytes],
        languages: Sequence[str] = ("zh_CN", "en"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is read yet.

        Args:
            read: the picture of (topic, moment, ``corrected`` | ``then``, viewer).
            oldest: when the stored data begin for a viewer.
            encode_view: component tree to JSON.
            languages: languages views are drawn in.
            clock: seconds, never set back.
        """
        self._read, self._oldest, self._encode, self._languages = read, oldest, encode_view, tuple(languages)
        self._pictures = Lately(KEPT_SECONDS, KEPT_FRAMES, clock=clock)
        self._frames = Lately(KEPT_SECONDS, KEPT_FRAMES, KEPT_BYTES, clock)
        self._begin = Lately(KEPT_SECONDS, KEPT_FRAMES, clock=clock)
        # Equal questions wait for one another instead of reading twice. Views take a picture's lock
        # while they hold their own, never the other way round.
        self._view_locks = [Lock() for _ in range(_LOCKS)]
        self._picture_locks = [Lock() for _ in range(_LOCKS)]

    def knows(self, topic: str) -> bool:
        """Whether there is such a topic or registered view."""
        view = view_of(topic)
        return topic in TOPICS if view is None else view[0] in registered() and view[1] in self._languages

    def oldest(self, scope: frozenset[str] | None = None) -> datetime | None:
        """When the stored data begin in a scope; None while nothing is stored."""
        kept: tuple[datetime | None] | None = self._begin.get(scope)
        if kept is None:
            kept = (self._oldest(Viewer(name="moment", scope=scope)),)
            self._begin.put(scope, kept)
        return kept[0]

    def frames(
        self, topics: Sequence[str], at: datetime, known: str, scope: frozenset[str] | None = None
    ) -> MomentFrames:
        """Frames of the topics at a moment, each topic once.

        Args:
            topics: known topics and views.
            at: aware UTC.
            known: ``corrected`` or ``then``.
            scope: ``Viewer.scope`` of who asks.
        """
        answer = MomentFrames(frames=[], errors={})
        for topic in dict.fromkeys(topics):
            try:
                body, error = self._frame(Asked(topic, at, known, scope))
            except Exception:
                _log.exception("topic %s cannot be read as of %s (%s)", topic, at.isoformat(), known)
                answer.errors[topic] = READ_FAILED
                continue
            if error:
                answer.errors[topic] = error
            else:
                answer.frames.append(body)
        return answer

    def _frame(self, asked: Asked) -> tuple[bytes, str]:
        kept: tuple[bytes, str] | None = self._frames.get(asked)
        if kept is not None:
            return kept
        view = view_of(asked.topic)
        if view is None:
            made = _whole(asked.topic, self._picture(asked)), ""
            self._frames.put(asked, made, len(made[0]))
            return made
        with self._view_locks[hash(asked) % _LOCKS]:
            kept = self._frames.get(asked)
            if kept is None:
                kept = self._drawn(asked, *view)
                if not kept[1]:
                    self._frames.put(asked, kept, len(kept[0]))
            return kept

    def _drawn(self, asked: Asked, name: str, language: str) -> tuple[bytes, str]:
        view = registered()[name]
        found = {topic: self._picture(replace(asked, topic=topic)) for topic in view.topics}
        pictures = {topic: picture for topic, picture in found.items() if picture is not None}
        try:
            with looking_at(Viewed(at=asked.at, known=asked.known, oldest=self.oldest(asked.scope))):
                drawn = view.drawn(view.render(pictures, language), self._encode)
        except Exception:
            _log.exception("view %s@%s cannot be drawn as of %s", name, language, asked.at.isoformat())
            return b"", RENDER_FAILED
        return _whole(asked.topic, drawn), ""

    def _picture(self, asked: Asked) -> Any:
        with self._picture_locks[hash(asked) % _LOCKS]:
            kept = self._pictures.get(asked)
            if kept is None:
                kept = (self._read(asked.topic, asked.at, asked.known, asked.viewer),)
                self._pictures.put(asked, kept, 0)
            return kept[0]


def _whole(topic: str, picture: Any) -> bytes:
    """The frame a new subscriber would get."""
    made = Topic(topic)
    made.publish(picture)
    frame = made.frame(None)
    return b"" if frame is None else frame.text.encode()
