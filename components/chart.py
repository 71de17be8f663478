"""One family of charts: dark, quiet, tabular figures, the language's number format."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import dcc
from dash.development.base_component import Component

from locales import translate

GROUND, GRID, TEXT, DIM = "rgba(0,0,0,0)", "#26323a", "#dfe7eb", "#a9b8c1"
DATA, BAND_80, BAND_95, LINE = "#8fb3c9", "rgba(111,152,180,0.34)", "rgba(111,152,180,0.17)", "#dfe7eb"
LIMIT = "#ffab4a"
PAST = "#c3a6f2"  # --past of the styles: the moment looked at, and what came after it
FONT = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',system-ui,sans-serif"
SEPARATORS = {"zh_CN": ".,", "en": ".,"}  # decimal point, then grouping
AXIS = {
    "gridcolor": GRID, "zeroline": False, "linecolor": GRID, "tickcolor": GRID, "automargin": True,
    "fixedrange": True, "tickfont": {"color": DIM},
}  # fmt: skip
TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": GROUND, "plot_bgcolor": GROUND, "font": {"family": FONT, "color": TEXT, "size": 13},
        "margin": {"l": 8, "r": 12, "t": 10, "b": 8}, "xaxis": AXIS, "yaxis": AXIS, "colorway": [DATA, LINE],
        "hoverlabel": {"bgcolor": "#121a1f", "bordercolor": GRID, "font": {"color": TEXT, "family": FONT}},
        "legend": {"orientation": "h", "y": 1.08, "x": 0, "font": {"color": DIM}}, "hovermode": "x unified",
    }
)  # fmt: skip


def blank(lang: str) -> go.Figure:
    """A figure of the family without data."""
    figure = go.Figure(layout={"template": TEMPLATE, "showlegend": False})
    figure.update_layout(separators=SEPARATORS[lang], xaxis={"tickformat": "%m-%d\n%H:%M"})
    return figure


def chart(figure: go.Figure, name: str, lang: str, words: str) -> Component:
    """A chart that fills its place.

    Args:
        figure: of this family.
        name: id of the graph.
        lang: language.
        words: what the chart shows, for those who cannot see it.
    """
    config: dict[str, Any] = {"displayModeBar": False, "responsive": True, "showTips": False}
    label = translate(lang, "chart.label", words=words)
    return dcc.Graph(id=name, figure=figure, config=config, className="chart", responsive=True, **_label(label))


def _label(words: str) -> dict[str, str]:
    """dcc.Graph takes data-* and aria-* attributes only in some versions; the class is always there."""
    allowed = getattr(dcc.Graph, "_valid_wildcard_attributes", ())
    return {"aria-label": words} if "aria-" in allowed else {}
