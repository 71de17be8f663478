"""The frame every tile lives in: title, age, body; fresh, late and lost are three looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.exports import export_button, exports_of
from components.format import iso, stamp
from components.past import before_history, past
from components.quality import mark
from domain.pictures import Picture
from locales import translate


def tile(
    title: Any,
    body: Any,
    *,
    as_of: datetime | None = None,
    expected_seconds: float = 60.0,
    aside: Any = None,
    name: str = "",
    ages: bool = True,
    feeds: Sequence[str] = (),
    score: Component | None = None,
    feed: str = "",
) -> Component:
    """A tile.

    Args:
        title: what it shows.
        body: its content.
        as_of: newest good delivery of the feeds behind it.
        expected_seconds: age up to which it is fresh.
        aside: small words beside the age.
        name: class of this tile.
        ages: False for tiles that are not made of feed data.
        feeds: names of the feeds behind it; when it is late the browser names the one that is to blame.
        score: how good the data are, see ``components.quality``.
        feed: name of the feed it is about.
    """
    data = {"data-as-of": iso(as_of), "data-expected": f"{expected_seconds:g}"} if ages else {}
    if feeds:
        data["data-feeds"] = " ".join(feeds)
    if feed:
        data["data-feed"] = feed
    kinds = exports_of(body)
    if kinds:
        data["data-export"] = kinds
    head = html.Header(
        [
            html.H2(title),
            html.Span(aside, className="aside"),
            html.Span(className="age") if ages else None,
            *([score] if score is not None else []),
            *export_button(kinds),
        ]
    )
    cause = html.P(className="cause") if ages else None
    return html.Section([head, cause, html.Div(body, className="body")], className=f"tile {name}".strip(), **data)


def picture_tile(
    title: Any, body: Any, picture: Picture | None, *, aside: Any = None, name: str = "", lang: str = ""
) -> Component:
    """A tile as old as the picture it shows; with a language it says how good its data are as well."""
    if picture is None:
        return tile(title, body, aside=aside, name=name)
    score = mark(picture.score, lang) if lang and picture.score is not None else None
    return tile(
        title, body, as_of=picture.as_of, expected_seconds=picture.expected_seconds or 60.0, aside=aside, name=name,
        feeds=picture.feeds, score=score,
    )  # fmt: skip


def empty(lang: str, code: str, **params: Any) -> Component:
    """Why there is nothing to see; catalogue ``empty.<code>`` and, where it exists, what to do."""
    return html.Div(html.P(translate(lang, f"empty.{code}", **params)), className="empty", role="note")


def nothing(picture: Picture | None, lang: str, code: str) -> Component:
    """Empty because history begins later, no feed had delivered yet, or there truly is nothing."""
    waiting = picture is None or (picture.as_of is None and not picture.rows)
    if past() is not None:
        return empty_then(lang, "not_then" if waiting else code)
    return empty(lang, "waiting" if waiting else code)


def empty_then(lang: str, code: str, **params: Any) -> Component:
    """Why there is nothing to see, where the moment looked at may lie before all history."""
    seen = past()
    if seen is None or not before_history():
        return empty(lang, code, **params)
    if seen.oldest is None:
        return empty(lang, "no_history")
    return empty(lang, "before_history", time=stamp(seen.oldest, lang))


def skeleton(words: str, *, rows: int = 4) -> Component:
    """A tile whose data are on their way: its shape at once, and in words what is awaited.

    Args:
        words: what is being done.
        rows: lines of the shape.
    """
    bars = [html.I(className="bone") for _ in range(rows)]
    shape = html.Div([html.I(className="bone bone-title"), *bars], className="bones", **{"aria-hidden": "true"})
    said = html.P(words, role="status")
    return html.Section([shape, said], className="tile skeleton", **{"aria-busy": "true"})


def facts(pairs: Sequence[tuple[str, Any]]) -> Component:
    """Terms with their values."""
    cells = [html.Div([html.Dt(term), html.Dd(value)]) for term, value in pairs]
    return html.Dl(cells, className="facts")
