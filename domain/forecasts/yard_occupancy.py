"""Yard occupancy of the port for three days, against the backlog line (HS/T 82-2024 8.1.4 c)."""

from __future__ import annotations

from domain.forecasts.base import Forecast
from domain.records import ContainerStay, YardBlock

FORECAST = Forecast(
    code="yard_occupancy",
    metric="yard_occupancy",
    subject="port",
    unit="share",
    limit_name="yard_backlog",
    reads=frozenset({ContainerStay, YardBlock}),
)
