"""The overview of the duty room: everything at a glance, nothing to scroll, nothing that jumps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import dash
from dash import html
from dash.development.base_component import Component

from components.alerts import alert_list
from components.forecast import forecast_of, forecast_tile
from components.gates import gates_tile
from components.kpi import kpi_strip
from components.port_map import port_map
from components.queue import queue_tile
from components.yard import yard_tile
from layouts.hindsight import what_happened
from layouts.language import language_of
from layouts.moment import moment_in
from layouts.notices import why_no_forecast
from layouts.places import names
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.views import register_view
from locales import translate

dash.register_page(__name__, path="/", name="overview", title=page_title("overview"), uses=("map", "chart"))

PLATFORMS = 24  # views for so many platforms; view 0 shows all of them
FORECAST = "yard_occupancy"


def _yard(pictures: Mapping[str, Any], lang: str) -> Component:
    return yard_tile(pictures.get("yard"), lang, names(lang), stage.settings.limits.yard_backlog)


def _gates(pictures: Mapping[str, Any], lang: str) -> Component:
    return gates_tile(pictures.get("gates"), lang, names(lang))


def _queue(place: int, pictures: Mapping[str, Any], lang: str) -> Component:
    return queue_tile(pictures.get("queue"), lang, names(lang), place, view="overview-queue")


def _forecast(pictures: Mapping[str, Any], lang: str) -> Component:
    row = forecast_of(pictures.get("forecasts"), FORECAST)
    why = why_no_forecast(pictures.get("notices"), FORECAST, lang)
    return forecast_tile(row, FORECAST, lang, graph="overview-forecast-graph", why=why, happened=what_happened(row))


register_view("overview-kpis", ("kpis",), lambda pictures, lang: kpi_strip(pictures.get("kpis"), lang))
register_view("overview-yard", ("yard",), _yard, min_seconds=2)
register_view("overview-gates", ("gates",), _gates)
for _place in range(PLATFORMS):
    register_view(f"overview-queue-{_place}", ("queue",), partial(_queue, _place), min_seconds=2)
register_view("overview-alerts", ("alerts",), lambda pictures, lang: alert_list(pictures.get("alerts"), lang))
register_view("overview-forecast", ("forecasts", "notices"), _forecast, min_seconds=5)


def layout(lang: str | None = None, **query: str) -> Component:
    """The overview."""
    spoken, moment = language_of(lang), moment_in(query)
    limits, port = stage.settings.limits, stage.settings.port
    drawn = port_map(
        "overview-map", spoken, centre=port.centre, zoom=port.zoom, yard_limit=limits.yard_backlog,
        late_seconds=limits.position_late_seconds,
    )  # fmt: skip
    here = html.Section(drawn, className="tile map", **{"aria-label": translate(spoken, "overview.map")})
    return page(
        spoken, "overview",
        view("overview-kpis", spoken, "at-kpis", moment=moment),
        view("overview-yard", spoken, "at-yard", moment=moment),
        view("overview-gates", spoken, "at-gates", moment=moment),
        html.Div(here, className="place at-map"),
        view("overview-forecast", spoken, "at-forecast", moment=moment),
        view("overview-queue-0", spoken, "at-queue", "overview-queue", moment=moment),
        view("overview-alerts", spoken, "at-alerts", moment=moment),
    )  # fmt: skip
