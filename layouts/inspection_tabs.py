"""The way between the pages about inspections: the list, will it make the ship, warnings, turnaround, integrity."""

from __future__ import annotations

import dash
from dash import dcc, html
from dash.development.base_component import Component

from layouts.shell import page_words
from layouts.stage import may, stage
from locales import translate

LIST = "inspections"
NAMES = (LIST, "sailings", "warnings", "turnaround", "integrity")


def inspection_tabs(lang: str, here: str) -> Component:
    """Links to those of the pages that there are and the visitor may open.

    Args:
        lang: language.
        here: name of the page they stand on, one of ``NAMES``; another name (one declaration) marks none.
    """
    there = {page["path"] for page in dash.page_registry.values()}
    return html.Nav(
        [
            dcc.Link(page_words(path, lang), href=path, className=f"tab{' is-here' if name == here else ''}")
            for name in NAMES
            if (path := address(name)) in there and may(stage.asks(path))
        ],
        className="tabs", **{"aria-label": translate(lang, "inspection.pages")},
    )  # fmt: skip


def address(name: str) -> str:
    """Where the page of a name is."""
    return f"/{LIST}" if name == LIST else f"/{LIST}/{name}"
