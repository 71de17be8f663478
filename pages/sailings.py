"""Will it make the ship: exports not through inspection, by vessel call, and how that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash
from dash import html
from dash.development.base_component import Component

from components.sailings import method_tile, sailings_tile
from layouts.inspection_tabs import inspection_tabs
from layouts.language import language_of
from layouts.moment import moment_in
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.views import register_view

dash.register_page(__name__, path="/inspections/sailings", name="sailings", title=page_title("sailings"))


def _list(pictures: Mapping[str, Any], lang: str) -> Component:
    return sailings_tile(pictures.get("sailings"), lang)


register_view("sailings-list", ("sailings",), _list, min_seconds=5)


def layout(lang: str | None = None, **query: str) -> Component:
    """The list, and the method in words."""
    spoken, moment = language_of(lang), moment_in(query)
    method = method_tile(stage.settings.inspections.baseline_days, spoken)
    return page(
        spoken, "sailings", inspection_tabs(spoken, "sailings"),
        view("sailings-list", spoken, "at-list", moment=moment), html.Div(method, className="place at-method"),
    )  # fmt: skip
