"""The five lists of inspection warnings (seed 000, 功能③)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash
from dash.development.base_component import Component

from components.warnings import warnings_tile
from layouts.inspection_tabs import inspection_tabs
from layouts.language import language_of
from layouts.moment import moment_in
from layouts.shell import page, page_title, view
from live.views import register_view

dash.register_page(__name__, path="/inspections/warnings", name="warnings", title=page_title("warnings"))


def _lists(pictures: Mapping[str, Any], lang: str) -> Component:
    return warnings_tile(pictures.get("warnings"), lang)


register_view("warnings-lists", ("warnings",), _lists, min_seconds=2)


def layout(lang: str | None = None, **query: str) -> Component:
    """All five."""
    spoken, moment = language_of(lang), moment_in(query)
    return page(
        spoken, "warnings", inspection_tabs(spoken, "warnings"),
        view("warnings-lists", spoken, "at-lists", moment=moment),
    )  # fmt: skip
