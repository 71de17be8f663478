"""Gate passages per hour for three days: when lanes have to be open."""

from __future__ import annotations

from domain.forecasts.base import Forecast
from domain.records import GateMove

FORECAST = Forecast(
    code="gate_moves",
    metric="gate_moves",
    subject="port",
    unit="moves_per_hour",
    reads=frozenset({GateMove}),
)
