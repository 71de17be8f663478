"""Draws views in worker threads: once per change, language and scope, not once per browser.

One thread draws for the whole port, another for all other scopes, at a calm pace: the port never waits for its parts.

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

import msgspec

from domain.parts import READ
from live.rows import Drawn
from live.views import View, registered

_log = logging.getLogger(__name__)

RENDER_FAILED = "render_failed"
SCOPED_SECONDS = 3.0  # least time between two drawings of a view for an enterprise


def view_topic(name: str, language: str) -> str:
    """Topic that carries a view in a language."""
    return f"view:{name}@{language}"


class _Drawing:
    """One view in one language for one scope: its last value and whether it is due."""

    def __init__(self, name: str, language: str, scope: str) -> None:
        self.name, self.language, self.scope = name, language, scope
        self.whole = not scope
        self.lock = RLock()  # held while drawing
        self.value: Any = None
        self.out = Drawn()
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
        self._drawings: dict[str, dict[tuple[str, str], _Drawing]] = {}  # by scope
        self._due = Condition()
        self._waiting: dict[bool, set[_Drawing]] = {True: set(), False: set()}  # watched and stale; whole port or not
        self._closing = False
        self._workers: dict[bool, Thread] = {}

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
            if drawing.whole not in self._workers and not self._closing:
                name = "live-views" if drawing.whole else "live-scoped-views"
                self._workers[drawing.whole] = Thread(target=self._work, args=(drawing.whole,), name=name, daemon=True)
                self._workers[drawing.whole].start()
            if drawing.stale:
                self._waiting[drawing.whole].add(drawing)
                self._due.notify_all()

    def unwatch(self, name: str, language: str, scope: str) -> None:
        """One watcher less."""
        with self._due:
            drawing = self._drawings.get(scope, {}).get((name, language))
            if drawing is not None:
                drawing.watchers -= 1
                if drawing.watchers <= 0:
                    self._waiting[drawing.whole].discard(drawing)

    def changed(self, topics: Sequence[str], scope: str) -> None:
        """Topics have new pictures: drawings made from them are stale."""
        with self._due:
            for drawing in self._drawings.get(scope, {}).values():
                view = registered().get(drawing.name)
                if view is not None and any(topic in view.topics for topic in topics):
                    drawing.stale = True
                    if drawing.watchers > 0:
                        self._waiting[drawing.whole].add(drawing)
            self._due.notify_all()

    def forget(self, scope: str) -> None:
        """Nobody looks with this scope any more."""
        with self._due:
            self._waiting[False] -= set(self._drawings.pop(scope, {}).values())

    def close(self) -> None:
        """Stop the workers; safe to call twice."""
        with self._due:
            self._closing = True
            workers, self._workers = self._workers, {}
            self._due.notify_all()
        for worker in workers.values():
            worker.join(timeout=5)

    def _drawing(self, name: str, language: str, scope: str) -> _Drawing:
        with self._due:
            return self._drawings.setdefault(scope, {}).setdefault((name, language), _Drawing(name, language, scope))

    def _work(self, whole: bool) -> None:
        while (drawing := self._next(whole)) is not None:
            began = time.monotonic()
            with drawing.lock:
                if drawing.stale:
                    self._render(drawing)
            if not whole:
                time.sleep(min(1.0, time.monotonic() - began))  # parts of the port take half of a processor at most

    def _next(self, whole: bool) -> _Drawing | None:
        """Wait for a watched stale drawing whose pause is over; None when closing."""
        waiting = self._waiting[whole]
        with self._due:
            while not self._closing:
                now = time.monotonic()
                first = min(waiting, key=lambda d: d.next_at, default=None)
                if first is not None and first.next_at <= now:
                    waiting.discard(first)
                    return first
                self._due.wait(None if first is None else first.next_at - now)
            return None

    def _render(self, drawing: _Drawing) -> None:
        """Draw with the drawing's lock held and hand the result on."""
        drawing.stale = False  # before drawing: a change during it makes the result stale again
        view: View | None = registered().get(drawing.name)
        if view is None:
            return
        pictures = self._pictures(view.topics, drawing.scope)
        if not drawing.whole and any(topic in READ and topic not in pictures for topic in view.topics):
            drawing.stale = True  # still to be read for this scope, and not "nothing there": drawn when it comes
            return
        try:
            value = view.render(pictures, drawing.language)
            drawing.out, drawing.value = view.drawn(value, self._encode), value
            drawing.drawn = True
        except Exception:
            if not drawing.out.error:
                _log.exception("view %s@%s cannot be drawn; its last value stays", drawing.name, drawing.language)
            drawing.out = msgspec.structs.replace(drawing.out, error=RENDER_FAILED)
        pause = view.min_seconds if drawing.whole else max(view.min_seconds, SCOPED_SECONDS)
        drawing.next_at = time.monotonic() + pause
        self._emit(view_topic(drawing.name, drawing.language), drawing.scope, drawing.out)
