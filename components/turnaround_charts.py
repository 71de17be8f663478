"""Charts of turnaround: one distribution, and the days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

import plotly.graph_objects as go
from dash.development.base_component import Component

from components import chart
from components.format import number
from components.tile import empty_then, tile
from components.turnaround import MINUTES_BELOW, hours
from domain.turnaround import Day, Spread
from locales import translate


def distribution_tile(
    told: Spread, name: str, lang: str, days: int, graph: str = "turnaround-distribution"
) -> Component:
    """A histogram with median and ninth decile; short stretches in minutes.

    Args:
        told: the distribution.
        name: of the stretch, or ``whole``.
        lang: language.
        days: looked back on, for the words.
        graph: id of the graph.
    """
    what = translate(lang, f"turnaround.stretch.{name}")
    if not told.n:
        title = translate(lang, "turnaround.shape")
        return tile(title, empty_then(lang, "turnaround", days=days), ages=False)
    factor, unit = (60.0, "minutes") if told.edges[-1] < MINUTES_BELOW else (1.0, "hours")
    words = translate(lang, f"unit.{unit}")
    title = translate(lang, "turnaround.distribution", what=what, unit=words)
    edges = [edge * factor for edge in told.edges]
    drawn = go.Figure(layout={"template": chart.TEMPLATE, "showlegend": False, "bargap": 0.06})
    drawn.update_layout(separators=chart.SEPARATORS[lang], hovermode="closest")
    drawn.add_bar(
        x=[(low + high) / 2 for low, high in pairwise(edges)], y=list(told.counts),
        marker={"color": chart.DATA}, name="",
        customdata=[[f"{low:.1f}", f"{high:.1f}"] for low, high in pairwise(edges)],
        hovertemplate="%{customdata[0]}–%{customdata[1]} " + words + ": %{y:,.0f}",
    )  # fmt: skip
    for key, value in (("median", told.median), ("p90", told.p90)):
        if value is not None:
            drawn.add_vline(x=value * factor, line={"color": chart.LINE, "width": 1.4, "dash": "dot"},
                            annotation={"text": translate(lang, f"turnaround.{key}"), "yanchor": "bottom"})  # fmt: skip
    drawn.update_layout(margin={"t": 30})
    drawn.update_xaxes(range=[-0.03 * edges[-1], 1.01 * edges[-1]], ticklabelstandoff=8)
    chart.figures(drawn, max(told.counts), lang)
    said = translate(
        lang, "turnaround.distribution_words", what=what, n=number(told.n, lang), median=hours(told.median, lang),
        p90=hours(told.p90, lang),
    )  # fmt: skip
    aside = translate(lang, "turnaround.last_bin", n=hours(told.edges[-1], lang))
    return tile(title, chart.chart(drawn, graph, lang, said), aside=aside, ages=False)


def trend_tile(days: Sequence[Day], cut: date | None, lang: str, graph: str = "turnaround-trend") -> Component:
    """Median and ninth decile by the day of leaving.

    Args:
        days: oldest first.
        cut: the chosen day, marked.
        lang: language.
        graph: id of the graph.
    """
    title = translate(lang, "turnaround.trend")
    if not any(day.n for day in days):
        return tile(title, empty_then(lang, "turnaround", days=len(days)), ages=False)
    drawn = chart.blank(lang)
    times = [datetime(day.day.year, day.day.month, day.day.day) for day in days]  # noqa: DTZ001  # the port's clock
    words = translate(lang, "unit.hours")
    for key, colour in (("p90", chart.DATA), ("median", chart.LINE)):
        values = [getattr(day, key) for day in days]
        drawn.add_scatter(
            **chart.along(times), y=[None if value is None else round(value, 2) for value in values],
            mode="lines+markers", marker={"size": 3}, line={"width": 1.6, "color": colour},
            name=translate(lang, f"turnaround.{key}"), hovertemplate=f"%{{y:,.1f}} {words}",
        )  # fmt: skip
    if cut is not None:
        at = datetime(cut.year, cut.month, cut.day)  # noqa: DTZ001  # the port's clock
        drawn.add_vline(x=at.timestamp() * 1000, line={"color": chart.MARK, "width": 1.4, "dash": "dash"})
    drawn.update_layout(showlegend=True, margin={"t": 30}, legend={"y": 1.28})
    drawn.update_xaxes(tickformat=translate(lang, "chart.day"), hoverformat=translate(lang, "chart.day"))
    drawn.update_yaxes(ticksuffix=f" {words}", showticksuffix="last", rangemode="tozero", nticks=5)
    return tile(
        title, chart.chart(drawn, graph, lang, title), ages=False,
        aside=translate(lang, "turnaround.trend_words"),
    )  # fmt: skip
