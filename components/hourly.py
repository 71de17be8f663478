"""Occupancy of the yard by hour, with its peak named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dash.development.base_component import Component

from components import chart
from components.format import number, stamp, wall
from components.tile import empty_then, skeleton, tile
from locales import translate

Series = tuple[Sequence[datetime], Sequence[int], Sequence[float]]


def hourly_tile(
    series: Series | None,
    peak: tuple[int, datetime | None] | None,
    lang: str,
    *,
    capacity: int = 0,
    loading: bool = False,
    shift: timedelta | None = None,
    name: str = "yard-hours",
) -> Component:
    """Boxes and TEU by hour.

    Args:
        series: hours, boxes, TEU.
        peak: most boxes at one moment, and when.
        lang: language.
        capacity: of the yard in TEU; 0 unknown.
        loading: the answer is still on its way.
        shift: shown minus recorded time, when the yard is a recording.
        name: of the chart; its graph's id is ``<name>-graph``.
    """
    title = translate(lang, "yard.hours_title")
    if loading:
        return skeleton(translate(lang, "tile.reading"))
    if series is None or not any(series[1]):
        return tile(title, empty_then(lang, "yard_hours"), ages=False)
    hours, boxes, teu = series
    drawn = chart.blank(lang)
    times = [wall(hour) for hour in hours]
    for name, values, colour in (("boxes", boxes, chart.DATA), ("teu", teu, chart.LINE)):
        unit = translate(lang, f"unit.{name}")
        drawn.add_scatter(
            x=times, y=list(values), mode="lines", name=unit, line={"width": 1.6, "color": colour},
            hovertemplate=f"%{{y:,.0f}} {unit}",
        )  # fmt: skip
    drawn.update_layout(showlegend=True)
    chart.figures(drawn, max([*boxes, *teu]), lang)
    aside = []
    if peak is not None and peak[1] is not None:
        aside.append(translate(lang, "yard.peak", boxes=number(peak[0], lang), time=stamp(peak[1], lang)))
        if shift is not None:
            aside.append(translate(lang, "yard.peak_recorded", time=stamp(peak[1] - shift, lang)))
    if capacity:
        aside.append(translate(lang, "yard.capacity", n=number(capacity, lang)))
    return tile(title, chart.chart(drawn, f"{name}-graph", lang, title), aside=" · ".join(aside), ages=False)
