"""A made-up fleet for the benchmarks: every vehicle moves every second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from domain.pictures import Positions
from domain.records import Origin, VehiclePosition

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def ids(count: int) -> list[str]:
    """Names of ``count`` vehicles."""
    return [f"B{number:05d}" for number in range(count)]


def picture(count: int, second: int) -> Positions:
    """The fleet at a second, in columns; about 10 m are driven in each."""
    rng = np.random.default_rng(7)
    lon, lat, heading = (rng.uniform(a, b, count) for a, b in ((120.1, 120.3), (35.95, 36.08), (0, 360)))
    speed = rng.uniform(10, 60, count)
    metres = speed / 3.6 * second
    return Positions(
        kind="vehicles", as_of=START + timedelta(seconds=second), expected_seconds=10, origins=["simulated"],
        feeds=["bench"], ids=ids(count), labels=ids(count),
        lon=lon + metres * np.sin(np.radians(heading)) / 90_000,
        lat=lat + metres * np.cos(np.radians(heading)) / 111_000,
        speed=speed, heading=heading, status=np.ones(count, np.int16),
        seen=np.full(count, (START + timedelta(seconds=second)).timestamp()),
    )  # fmt: skip


def records(count: int, second: int) -> list[VehiclePosition]:
    """The same as records."""
    now = picture(count, second)
    when = START + timedelta(seconds=second)
    return [
        VehiclePosition(
            feed="bench", origin=Origin.SIMULATED, event_time=when, vehicle_id=now.ids[i],
            lon=float(now.lon[i]), lat=float(now.lat[i]), speed_kmh=float(now.speed[i]),
            heading_degrees=float(now.heading[i]),
        )
        for i in range(count)
    ]  # fmt: skip
