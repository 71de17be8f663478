"""The band that says in words what the data are when they are not live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.feeds import feed_title, short_title
from components.format import clock, stamp
from components.marks import shape
from domain.pictures import FeedRow, NoticesPicture, Picture
from locales import translate


def origin_band(feeds: Picture | None, notices: NoticesPicture | None, lang: str) -> Component:
    """Simulated and recorded feeds by name, recordings with both times; then the cockpit's notices."""
    rows: list[FeedRow] = [row for row in (feeds.rows if feeds is not None else []) if row.state != "disabled"]
    words: list[Any] = []
    for origin in ("simulated", "recorded"):
        found = [row for row in rows if row.origin == origin]
        if found:
            words.append(
                _said(origin, found, len(found) == len(rows), lang, feeds.as_of if feeds is not None else None)
            )
    told = [_notice(row, lang) for row in (notices.rows if notices is not None else []) if not _told_elsewhere(row.key)]
    kind = "quiet" if not words else "loud"
    return html.Div([*words, html.Span(told, className="notices")], className=f"band {kind}", role="note")


def _said(origin: str, rows: list[FeedRow], all_of_them: bool, lang: str, now: datetime | None) -> Component:
    key = f"origin.band.{origin}" if all_of_them else f"origin.band.{origin}_some"
    names = translate(lang, "origin.join").join(feed_title(row, lang) for row in rows)
    said: list[Any] = [html.Span(translate(lang, key, feeds=names), className="in-full")]
    if all_of_them:  # a phone has one line for it
        said.append(html.Span(translate(lang, f"{key}_short"), className="in-short", **{"aria-hidden": "true"}))
    inner: list[Any] = [html.B(said)]
    inner.append(html.Span([html.Span(times) for times in _times(rows, lang, now)], className="times"))
    return html.Span(inner, className=f"said {origin}")


def _times(rows: list[FeedRow], lang: str, now: datetime | None) -> list[str]:
    """Recorded time beside the shifted one."""
    return [
        translate(
            lang, "origin.times", feed=short_title(row, lang), recorded=stamp(row.last_recorded_at, lang),
            shown=clock(row.last_event_at, lang, now),
        )
        for row in rows
        if row.last_recorded_at is not None
    ]  # fmt: skip


def _told_elsewhere(key: str) -> bool:
    """A missing forecast says why in its own tile, an ended recording on its lamp."""
    return key.startswith(("forecast.", "ended."))


def _notice(row: Any, lang: str) -> Component:
    mark = [shape("l3")] if row.level == "warning" else []
    return html.Span([*mark, translate(lang, f"notice.{row.code}", **row.params)], className=f"notice {row.level}")
