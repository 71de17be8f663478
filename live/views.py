"""Views: a picture drawn once for everybody.

A page declares a view: which topics it needs and a pure function from their latest pictures to a
Dash tree (or a figure). The hub draws it once per change and language and pushes the encoded
result to every tab that shows it; the browser hands it to Dash with ``set_props``. So a visual
exists once, in ``components/``, for the first layout and for every later update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import msgspec

from domain.permissions import TOPIC_PERMISSIONS, Permission
from live.rows import Drawn

Render = Callable[[Mapping[str, Any], str], Any]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A registered view.

    Attributes:
        name: unique, e.g. ``overview-yard``; the element that shows it has ``data-view=name``.
        topics: topics whose change redraws it.
        render: (pictures by topic, language) -> Dash component, list, or plain JSON-able value.
            Topics without a picture yet are absent from the mapping. Must not block.
        min_seconds: least time between two drawings.
        table: render gives rows, plain mappings with a ``key`` of their own each; only what changed of them is sent,
            and the table that shows them puts them in order.
    """

    name: str
    topics: tuple[str, ...]
    render: Render
    min_seconds: float = 1.0
    table: bool = False

    def drawn(self, value: Any, encode: Callable[[Any], bytes]) -> Drawn:
        """What goes out of a value that ``render`` returned; ``encode`` makes JSON of a component tree."""
        return Drawn(rows=list(value or ())) if self.table else Drawn(encode(value))


class Viewed(msgspec.Struct, frozen=True, kw_only=True):
    """The past moment a view is being drawn for.

    Attributes:
        at: the moment.
        known: ``then`` (what had been received by ``at``) or ``corrected`` (today's knowledge of it).
        oldest: when the stored data begin; None while nothing is stored.
    """

    at: datetime
    known: str = "corrected"
    oldest: datetime | None = None


viewing: ContextVar[Viewed | None] = ContextVar("viewing", default=None)
"""Set while a view is drawn for a past moment, so that acts are locked in it; None live."""


@contextmanager
def looking_at(viewed: Viewed) -> Iterator[None]:
    """Draw views of a past moment inside this."""
    token = viewing.set(viewed)
    try:
        yield
    finally:
        viewing.reset(token)


_registry: dict[str, View] = {}


def register_view(
    name: str, topics: tuple[str, ...], render: Render, min_seconds: float = 1.0, *, table: bool = False
) -> View:
    """Declare a view; a second declaration of a name replaces the first (Dash reruns page files)."""
    view = View(name=name, topics=topics, render=render, min_seconds=min_seconds, table=table)
    _registry[name] = view
    return view


def registered() -> Mapping[str, View]:
    """All views by name."""
    return _registry


def view_of(topic: str) -> tuple[str, str] | None:
    """Name and language of a view topic, None for other topics."""
    if not topic.startswith("view:"):
        return None
    name, _, language = topic[5:].partition("@")
    return name, language


def asked_of(topic: str) -> frozenset[Permission]:
    """What it takes to read a topic; for a view, what the pictures take that it is drawn from.

    Raises:
        KeyError: no such topic or view.
    """
    view = view_of(topic)
    return frozenset(TOPIC_PERMISSIONS[name] for name in ((topic,) if view is None else _registry[view[0]].topics))
