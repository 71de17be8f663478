"""Occupancy of the yard by hour, with its peak named."""

from __future__ import annotations

from datetime import timedelta

from dash.development.base_component import Component

from components import chart
from components.format import number, stamp, wall
from components.tile import empty_then, skeleton, tile
from domain.pictures import YardCourse
from locales import translate


def hourly_tile(
    course: YardCourse | None,
    lang: str,
    *,
    capacity: int = 0,
    loading: bool = False,
    shift: timedelta | None = None,
    name: str = "yard-hours",
) -> Component:
    """Boxes and TEU by hour.

    Args:
        course: boxes and TEU at full hours, and the peak; None while it is not known.
        lang: language.
        capacity: of the yard in TEU; 0 unknown.
        loading: the answer is still on its way.
        shift: shown minus recorded time, when the yard is a recording.
        name: of the chart; its graph's id is ``<name>-graph``.
    """
    title = translate(lang, "yard.hours_title")
    if loading:
        return skeleton(translate(lang, "tile.reading"))
    if course is None or not any(course.boxes):
        return tile(title, empty_then(lang, "yard_hours"), ages=False)
    drawn = chart.blank(lang)
    times = [wall(hour) for hour in course.hours]
    for name, values, colour in (("boxes", course.boxes, chart.DATA), ("teu", course.teu, chart.LINE)):
        unit = translate(lang, f"unit.{name}")
        drawn.add_scatter(
            **chart.along(times), y=list(values), mode="lines", name=unit, line={"width": 1.6, "color": colour},
            hovertemplate=f"%{{y:,.0f}} {unit}",
        )  # fmt: skip
    drawn.update_layout(showlegend=True)
    chart.figures(drawn, max([*course.boxes, *course.teu]), lang)
    aside = []
    if course.peak_at is not None:
        aside.append(translate(lang, "yard.peak", boxes=number(course.peak, lang), time=stamp(course.peak_at, lang)))
        if shift is not None:
            aside.append(translate(lang, "yard.peak_recorded", time=stamp(course.peak_at - shift, lang)))
    if capacity:
        aside.append(translate(lang, "yard.capacity", n=number(capacity, lang)))
    return tile(title, chart.chart(drawn, f"{name}-graph", lang, title), aside=" · ".join(aside), ages=False)
