"""Draws views in one worker thread: once per change and language, not once per browser.

A view without watchers is only marked stale and drawn again when somebody asks for it. A view
that raises keeps its last good value and carries an error code; the reason is in the log, never
on the wire.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from threading import Condition, RLock, Thread
from typing import Any

from live.rows import Drawn
from live.views import View, registered

_log = logging.getLogger(__name__)

RENDER_FAILED = "render_failed"


def view_topic(name: str, language: str) -> str:
    """Topic that carries a view in a language."""
    return f"view:{name}@{language}"


class _Drawing:
    """One view in one language for one scope: its last value and whether it is due."""

    def __init__(self, name: str, language: str, scope: str) -> None:
        self.name, self.language, self.scope = name, language, scope
        self.lock = RLock()  # held while drawing
        self.value: Any = None
        self.body = b"null"
        self.error = ""
        self.drawn = False
        self.stale = True
        self.next_at = 0.0  # monotonic seconds
        self.watchers = 0


class Drawings:
    """All drawings of a hub and the worker that keeps the watched ones up to date."""

    def __init__(
        self,
        pictures: Callable[[Sequence[str], str], dict[str, Any]],
        emit: Callable[[str, str, Drawn], None],
        encode_view: Callable[[Any], bytes],
        languages: Sequence[str],
    ) -> None:
        """Nothing runs until the first view is watched.

        Args:
            pictures: the latest pictures of the given topics in a scope; topics without one are absent.
            emit: takes (topic, scope, result) of every drawing.
            encode_view: component tree to JSON.
            languages: languages that may be asked for.
        """
        self._pictures, self._emit, self._encode = pictures, emit, encode_view
        self._languages = tuple(languages)
        self._drawings: dict[tuple[str, str, str], _Drawing] = {}
        self._due = Condition()
        self._closing = False
        self._worker: Thread | None = None

    def known(self, name: str, language: str) -> bool:
        """Whether such a view exists in such a language."""
        return name in registered() and language in self._languages

    def draw(self, name: str, language: str, scope: str) -> Any:
        """The view's value for a first layout; drawn now unless the last drawing will do.

        Returns:
            What the view's render returned last; None when it never succeeded.

        Raises:
            KeyError: no such view or language.
        """
        if not self.known(name, language):
            raise KeyError(f"{name}@{language}")
        drawing = self._drawing(name, language, scope)
        with drawing.lock:
            if not drawing.drawn or (drawing.stale and time.monotonic() >= drawing.next_at):
                self._render(drawing)
            return drawing.value

    def watch(self, name: str, language: str, scope: str) -> None:
        """Somebody shows this view: keep it up to date from now on."""
        drawing = self._drawing(name, language, scope)
        with self._due:
            drawing.watchers += 1
            if self._worker is None and not self._closing:
                self._worker = Thread(target=self._work, name="live-views", daemon=True)
                self._worker.start()
            if drawing.stale:
                self._due.notify()

    def unwatch(self, name: str, language: str, scope: str) -> None:
        """One watcher less."""
        with self._due:
            self._drawing(name, language, scope).watchers -= 1

    def changed(self, topic: str, scope: str) -> None:
        """A topic has a new picture: drawings made from it are stale."""
        with self._due:
            for drawing in self._drawings.values():
                view = registered().get(drawing.name)
                if drawing.scope == scope and view is not None and topic in view.topics:
                    drawing.stale = True
            self._due.notify()

    def close(self) -> None:
        """Stop the worker; safe to call twice."""
        with self._due:
            self._closing = True
            worker, self._worker = self._worker, None
            self._due.notify()
        if worker is not None:
            worker.join(timeout=5)

    def _drawing(self, name: str, language: str, scope: str) -> _Drawing:
        with self._due:
            return self._drawings.setdefault((name, language, scope), _Drawing(name, language, scope))

    def _work(self) -> None:
        while (drawing := self._next()) is not None:
            with drawing.lock:
                if drawing.stale:
                    self._render(drawing)

    def _next(self) -> _Drawing | None:
        """Wait for a watched stale drawing whose pause is over; None when closing."""
        with self._due:
            while not self._closing:
                now = time.monotonic()
                waiting = [d for d in self._drawings.values() if d.stale and d.watchers > 0]
                first = min(waiting, key=lambda d: d.next_at, default=None)
                if first is not None and first.next_at <= now:
                    return first
                self._due.wait(None if first is None else first.next_at - now)
            return None

    def _render(self, drawing: _Drawing) -> None:
        """Draw with the drawing's lock held and hand the result on."""
        drawing.stale = False  # before drawing: a change during it makes the result stale again
        view: View | None = registered().get(drawing.name)
        if view is None:
            return
        try:
            value = view.render(self._pictures(view.topics, drawing.scope), drawing.language)
            drawing.body, drawing.value, drawing.error = self._encode(value), value, ""
            drawing.drawn = True
        except Exception:
            if not drawing.error:
                _log.exception("view %s@%s cannot be drawn; its last value stays", drawing.name, drawing.language)
            drawing.error = RENDER_FAILED
        drawing.next_at = time.monotonic() + view.min_seconds
        self._emit(view_topic(drawing.name, drawing.language), drawing.scope, Drawn(drawing.body, drawing.error))
