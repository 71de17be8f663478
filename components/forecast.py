"""Forecasts: the past, the mean, two intervals, the line it may cross, and how good it has been."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from components import chart
from components.format import local, number, wall
from components.marks import shape
from components.past import past as looked_at
from components.tile import empty, empty_then, tile
from domain.pictures import ForecastRow, ForecastsPicture
from locales import translate

EXPECTED_SECONDS = 5400.0  # made hourly
PAST_SHOWN = timedelta(hours=96)
Happened = Sequence[tuple[datetime, float]]


def forecast_of(picture: ForecastsPicture | None, code: str) -> ForecastRow | None:
    """A forecast by its code."""
    return next((row for row in (picture.rows if picture is not None else []) if row.key == code), None)


def forecast_tile(
    row: ForecastRow | None,
    code: str,
    lang: str,
    *,
    graph: str,
    why: str = "",
    past: timedelta = PAST_SHOWN,
    happened: Happened = (),
) -> Component:
    """A forecast, or why there is none yet.

    Args:
        row: the forecast.
        code: its code, for the title while there is none.
        lang: language.
        graph: id of the graph.
        why: reason it is missing, in words; empty = still being made.
        past: how much of the past to show.
        happened: hours it was made for and what they brought, when a past moment is looked at.
    """
    title = translate(lang, f"forecast.{code}.title")
    if row is None or not row.times:
        missing = empty(lang, "forecast") if looked_at() is None else empty_then(lang, "forecast_then")
        told = html.Div(html.P(why), className="empty", role="note") if why else missing
        return tile(title, told, expected_seconds=EXPECTED_SECONDS, name="forecast")
    hours = round((row.times[-1] - row.times[0]).total_seconds() / 3600) + 1
    body = [
        chart.chart(figure(row, lang, past, happened), graph, lang, title),
        html.Div(_words(row, lang, bool(happened)), className="forecast-words"),
    ]
    return tile(
        f"{title} · {translate(lang, 'span.h', n=hours)}", body, as_of=row.made_at, expected_seconds=EXPECTED_SECONDS,
        aside=accuracy_words(row, lang), name="forecast",
    )  # fmt: skip


def accuracy_words(row: ForecastRow, lang: str) -> str:
    """Model, error against the weekly naive forecast, and how often the interval held."""
    parts = [row.model]
    if row.mase is not None:
        parts.append(translate(lang, "forecast.mase", value=number(row.mase, lang, 2), days=row.backtest_days or "–"))
    if row.coverage_80 is not None:
        parts.append(translate(lang, "forecast.coverage", value=number(row.coverage_80 * 100, lang)))
    return " · ".join(parts)


def _words(row: ForecastRow, lang: str, hindsight: bool) -> list[Any]:
    said = [html.Span(translate(lang, "forecast.intervals"))]
    if hindsight:
        said.append(html.Span(translate(lang, "forecast.happened_words"), className="hindsight"))
    if row.limit is None or row.crossing_probability is None:
        return said
    limit = number(row.limit * _scale(row), lang)
    chance = number(row.crossing_probability * 100, lang)
    unit = translate(lang, f"unit.{row.unit}")
    crossing = translate(lang, "forecast.crossing", limit=f"{limit} {unit}", chance=chance)
    mark = [shape("l2")] if row.crossing_probability >= 0.5 else []
    return [*said, html.Span([*mark, crossing], className="right")]


def _scale(row: ForecastRow) -> float:
    return 100.0 if row.unit == "share" else 1.0


def figure(row: ForecastRow, lang: str, past: timedelta = PAST_SHOWN, happened: Happened = ()) -> go.Figure:
    """The chart; times on the port's clock."""
    scale, drawn = _scale(row), chart.blank(lang)
    since = row.times[0] - past
    kept = [(t, v) for t, v in zip(row.past_times, row.past_values, strict=True) if t >= since]
    times = [wall(moment) for moment in row.times]
    for low, high, colour in ((row.lower_95, row.upper_95, chart.BAND_95), (row.lower_80, row.upper_80, chart.BAND_80)):
        drawn.add_traces(_band(times, low, high, colour, scale))
    unit = translate(lang, f"unit.{row.unit}")
    hover = f"%{{y:,.{1 if row.unit == 'share' else 0}f}} {unit}"
    drawn.add_scatter(
        **_line([wall(t) for t, _ in kept], [v for _, v in kept], scale), mode="lines",
        line={"color": chart.LINE, "width": 2}, name=translate(lang, "forecast.past"), hovertemplate=hover,
    )  # fmt: skip
    drawn.add_scatter(
        **_line(times, row.mean, scale), mode="lines", hovertemplate=hover,
        line={"color": chart.DATA, "width": 2, "dash": "dash"}, name=translate(lang, "forecast.mean"),
    )  # fmt: skip
    if happened:
        drawn.add_scatter(
            **_line([wall(t) for t, _ in happened], [v for _, v in happened], scale), mode="lines+markers",
            line={"color": chart.PAST, "width": 2}, marker={"size": 4}, hovertemplate=hover,
            name=translate(lang, "forecast.happened"),
        )  # fmt: skip
    _lines(drawn, row, lang, scale)
    drawn.update_yaxes(range=span(row, [v for _, v in kept] + [v for _, v in happened], scale))
    drawn.update_yaxes(ticksuffix=" %" if row.unit == "share" else "", tickformat=",", nticks=6)
    return drawn


def span(row: ForecastRow, past: Sequence[float | None], scale: float) -> list[float]:
    """Lowest and highest value to show, with air, the limit always in sight; never below a true zero."""
    values = [value for value in past if value is not None] + row.lower_95 + row.upper_95
    values += [row.limit] if row.limit is not None else []
    low, high = min(values) * scale, max(values) * scale
    air = 0.15 * (high - low or abs(high) or 1.0)
    return [max(0.0, low - air) if low >= 0 else low - air, high + air]


def _line(times: Sequence[datetime], values: Sequence[float | None], scale: float) -> dict[str, Any]:
    """Places and values; no more digits than anybody can see."""
    return {**chart.along(times), "y": [None if value is None else round(value * scale, 3) for value in values]}


def _band(times: list[datetime], low: Sequence[float], high: Sequence[float], colour: str, scale: float) -> list[Any]:
    edge = {"mode": "lines", "line": {"width": 0, "color": chart.GROUND}, "hoverinfo": "skip", "showlegend": False}
    return [
        go.Scatter(**chart.along(times), y=[round(v * scale, 3) for v in high], **edge),
        go.Scatter(
            **chart.along(times), y=[round(v * scale, 3) for v in low], fill="tonexty", fillcolor=colour, **edge
        ),
    ]


def _lines(drawn: go.Figure, row: ForecastRow, lang: str, scale: float) -> None:
    """Where the forecast begins, the moment looked at, and the line it may cross."""
    seen = looked_at()
    if seen is not None and row.past_times and row.past_times[0] < seen.at < row.times[-1]:
        at = wall(seen.at)
        line = {"color": chart.PAST, "width": 1.5, "dash": "dot"}
        drawn.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line=line)
        drawn.add_annotation(
            x=at, y=0, yref="paper", text=translate(lang, "forecast.moment", time=f"{at:%H:%M}"), showarrow=False,
            xanchor="right", yanchor="bottom", font={"color": chart.PAST}, xshift=-4,
        )  # fmt: skip
    begins = wall(row.times[0])
    drawn.add_shape(type="line", x0=begins, x1=begins, y0=0, y1=1, yref="paper", line={"color": chart.MARK, "width": 1})
    drawn.add_annotation(
        x=begins, y=0, yref="paper", text=translate(lang, "forecast.from", time=f"{local(row.times[0]):%H:%M}"),
        showarrow=False, xanchor="left", yanchor="bottom", font={"color": chart.DIM}, xshift=4,
    )  # fmt: skip
    if row.limit is not None:
        y = row.limit * scale
        drawn.add_shape(
            type="line", x0=0, x1=1, xref="paper", y0=y, y1=y, line={"color": chart.LIMIT, "width": 1.5, "dash": "dash"}
        )
        words = translate(lang, "forecast.limit", value=f"{y:.0f} {translate(lang, f'unit.{row.unit}')}")
        drawn.add_annotation(
            x=0, xref="paper", y=y, text=f"▲ {words}", showarrow=False, xanchor="left", yanchor="bottom",
            font={"color": chart.LIMIT},
        )  # fmt: skip
