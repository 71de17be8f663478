"""What the pages about feeds have in common: the way from one to the other."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from layouts.shell import page_words
from layouts.stage import may, stage
from locales import translate

PAGES = ("/feeds", "/feeds/quarantine", "/feeds/datasets")


def tabs(current: str, lang: str) -> Component:
    """Links to those of the pages the visitor may open."""
    return html.Nav(
        [
            dcc.Link(page_words(path, lang), href=path, className=f"tab{' is-here' if path == current else ''}")
            for path in PAGES
            if may(stage.asks(path))
        ],
        className="tabs", **{"aria-label": translate(lang, "feed.pages")},
    )  # fmt: skip
