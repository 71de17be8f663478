"""Forecasts: each with its past, intervals, accuracy and the line it may cross."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import dash
from dash.development.base_component import Component

from components.forecast import forecast_of, forecast_tile
from domain.forecasts import all_forecasts
from layouts.hindsight import what_happened
from layouts.language import language_of
from layouts.moment import moment_in
from layouts.notices import why_no_forecast
from layouts.shell import page, page_title, view
from live.views import register_view

dash.register_page(__name__, path="/forecasts", name="forecasts", title=page_title("forecasts"), uses=("chart",))

CODES = tuple(forecast.code for forecast in all_forecasts())
PAST = timedelta(days=7)


def _forecast(code: str, pictures: Mapping[str, Any], lang: str) -> Component:
    row = forecast_of(pictures.get("forecasts"), code)
    why = why_no_forecast(pictures.get("notices"), code, lang)
    return forecast_tile(
        row, code, lang, graph=f"forecasts-{code}-graph", why=why, past=PAST, happened=what_happened(row)
    )


for _code in CODES:
    register_view(f"forecasts-{_code}", ("forecasts", "notices"), partial(_forecast, _code), min_seconds=5)


def layout(lang: str | None = None, **query: str) -> Component:
    """Every forecast, one below the other."""
    spoken, moment = language_of(lang), moment_in(query)
    return page(
        spoken, "forecasts", *(view(f"forecasts-{code}", spoken, "at-forecast", moment=moment) for code in CODES)
    )
