"""One family of charts: quiet, tabular figures, the language's numbers and dates.

A chart is drawn once for all who look, so its inks are fixed here and become the tokens of the palette worn in the
browser: ``assets/screens-3-charts.css`` for the screen, ``cockpit.palette.paint`` for a picture of a chart. A colour
that is not one of these inks would stay as it is in every palette; a test finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import floor, log10
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from components.format import short
from locales import translate

GROUND, GRID, TEXT, DIM = "rgba(0,0,0,0)", "#26323a", "#dfe7eb", "#a9b8c1"
DATA, BAND_80, BAND_95, LINE = "#8fb3c9", "rgba(111,152,180,0.34)", "rgba(111,152,180,0.17)", "#dfe7eb"
LIMIT, MARK = "#ffab4a", "#53646f"
PAST = "#c3a6f2"  # --past of the styles: the moment looked at, and what came after it
HOVER = "#121a1f"
LARGE = 10_000.0  # from here on an axis writes short figures
FONT = "'Cockpit Figures','Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',system-ui,sans-serif"
SEPARATORS = {"zh_CN": ".,", "en": ".,"}  # decimal point, then grouping
AXIS = {
    "gridcolor": GRID, "zeroline": False, "linecolor": GRID, "tickcolor": GRID, "automargin": True,
    "fixedrange": True, "tickfont": {"color": DIM},
}  # fmt: skip
TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": GROUND, "plot_bgcolor": GROUND, "font": {"family": FONT, "color": TEXT, "size": 13},
        "margin": {"l": 8, "r": 12, "t": 10, "b": 8}, "xaxis": AXIS, "yaxis": AXIS, "colorway": [DATA, LINE],
        "hoverlabel": {"bgcolor": HOVER, "bordercolor": GRID, "font": {"color": TEXT, "family": FONT}},
        "legend": {"orientation": "h", "y": 1.08, "x": 0, "font": {"color": DIM}}, "hovermode": "x unified",
    }
)  # fmt: skip


def blank(lang: str) -> go.Figure:
    """A figure of the family without data."""
    figure = go.Figure(layout={"template": TEMPLATE, "showlegend": False})
    figure.update_layout(
        separators=SEPARATORS[lang], xaxis={"type": "date", "tickformat": dates(lang), "hoverformat": dates(lang)}
    )
    return figure


def along(times: Sequence[datetime]) -> dict[str, Any]:
    """Where on a time axis values lie: begin and step where they are evenly spaced, as a month by the hour is.

    A thousand times written out are most of a drawing, to be written, sent, read and kept.

    Args:
        times: on the port's clock, without a zone; oldest first.
    """
    steps = {after - before for before, after in pairwise(times)}
    if len(steps) != 1:  # none, gaps, or a night on which clocks were set
        return {"x": list(times)}
    return {"x0": times[0], "dx": steps.pop() / timedelta(milliseconds=1)}


def dates(lang: str) -> str:
    """How an axis of days writes them: d3's format from the catalogue."""
    return translate(lang, "chart.date")


def figures(figure: go.Figure, highest: float, lang: str) -> None:
    """Ticks from zero in round steps, large ones short (1.5万, 15k); an axis counts in fours or fives.

    Args:
        figure: its y axis is set.
        highest: the largest value on it.
        lang: language.
    """
    if highest < LARGE:
        figure.update_yaxes(tickformat=",", rangemode="tozero")
        return
    step = 10.0 ** floor(log10(highest / 2))
    step *= next(times for times in (1, 2, 2.5, 5, 10) if highest / (step * times) <= 5)
    ticks = [step * place for place in range(int(highest / step) + 2)]
    texts = [short(tick, lang, LARGE) for tick in ticks]
    figure.update_yaxes(tickvals=ticks, ticktext=texts, rangemode="tozero")


def chart(figure: go.Figure, name: str, lang: str, words: str) -> Component:
    """A chart that fills its place.

    Args:
        figure: of this family.
        name: id of the graph.
        lang: language.
        words: what the chart shows, with its figures, for those who cannot see it.
    """
    config: dict[str, Any] = {"displayModeBar": False, "responsive": True, "showTips": False}
    label = translate(lang, "chart.label", words=words)
    drawn = dcc.Graph(id=name, figure=figure, config=config, className="chart", responsive=True)
    return html.Div(drawn, className="chart-frame", role="img", **{"aria-label": label})  # dcc.Graph takes no aria-*
