"""The forecasts that are made."""

from __future__ import annotations

from domain.forecasts import all_forecasts
from settings import Limits


def test_forecasts_are_found_and_their_lines_exist():
    forecasts = {forecast.code: forecast for forecast in all_forecasts()}
    assert set(forecasts) == {"gate_moves", "inspections_appointed", "yard_occupancy"}
    for forecast in forecasts.values():
        assert not forecast.limit_name or hasattr(Limits(), forecast.limit_name)
        assert forecast.history_hours >= 2 * max(forecast.seasons_hours)
        assert forecast.horizon_hours > 0
