"""Which tiles can be taken out as image or table, and their button; ``assets/desk_export.js`` does it."""

from __future__ import annotations

from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from dash.development.base_component import Component

TABLE, CHART = "copy csv xlsx", "png copy csv xlsx"
LISTS = frozenset({"gate-bars", "alert-list"})


def exports_of(body: Any) -> str:
    """What a tile with this body can be exported as: that of the first chart, table or list in it; empty = nothing."""
    if isinstance(body, list | tuple):
        return next((kinds for one in body if (kinds := exports_of(one))), "")
    if not isinstance(body, Component):
        return ""
    if isinstance(body, dcc.Graph):
        return CHART
    if isinstance(body, html.Table | dag.AgGrid) or LISTS & set(str(getattr(body, "className", "")).split()):
        return TABLE
    return exports_of(getattr(body, "children", None))


def export_button(kinds: str) -> list[Component]:
    """The button of a tile's header; without words: the browser names it in its language."""
    if not kinds:
        return []
    sign = html.I(className="desk-sign sign-export", **{"aria-hidden": "true"})
    return [html.Button(sign, className="export-open", **{"data-export-open": "", "aria-haspopup": "menu"})]
