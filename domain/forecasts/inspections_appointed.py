"""Inspections appointed per hour for three days: what the platforms have to staff for."""

from __future__ import annotations

from domain.forecasts.base import Forecast
from domain.records import InspectionStep

FORECAST = Forecast(
    code="inspections_appointed",
    metric="inspections_appointed",
    subject="port",
    unit="declarations_per_hour",
    reads=frozenset({InspectionStep}),
)
