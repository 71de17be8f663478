"""Marks: shape, text and colour together, never colour alone (ISA-101, WCAG 1.4.1)."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from domain.pictures import FeedState
from locales import translate

LAMPS: dict[str, str] = {
    FeedState.STARTING: "ring",
    FeedState.OK: "dot",
    FeedState.DEGRADED: "l3",
    FeedState.LATE: "l2",
    FeedState.DOWN: "l1",
    FeedState.ENDED: "box",
    FeedState.DISABLED: "dash",
}
"""Shape class of each feed state; l1 to l4 are the shapes of the alert levels."""


def shape(kind: str) -> Component:
    """A bare shape: l1 diamond, l2 triangle, l3 square, l4 circle, dot, ring, box, dash."""
    return html.I(className=f"mark {kind}", **{"aria-hidden": "true"})


def level_mark(level: int, lang: str, words: bool = True) -> Component:
    """An alert level (1 red .. 4 blue) as shape and word; without words the name is for the ear only."""
    name = translate(lang, f"level.{level}")
    said = html.Span(name, className="level-word" if words else "unseen")
    return html.Span([shape(f"l{level}"), said], className=f"level level-{level}", title=name)


def lamp(state: str, lang: str, words: bool = True) -> Component:
    """A feed's state as shape and word."""
    name = translate(lang, f"feed.state.{state}")
    said = html.Span(name, className="lamp-word" if words else "unseen")
    return html.Span([shape(LAMPS.get(state, "ring")), said], className=f"lamp lamp-{state}", title=name)
