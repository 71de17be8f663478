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


PORT_BOX = (120.17, 120.26, 35.99, 36.035)  # what the map shows when it opens: west, east, south, north


def driven(count: int, second: int, at: datetime) -> Positions:
    """A rougher fleet for what is looked at: inside the opening view, speed and heading never quite the same.

    Args:
        count: vehicles, all moving.
        second: which step; any step can be asked for by itself.
        at: ``as_of`` and time of the fixes.
    """
    start, now = np.random.default_rng(7), np.random.default_rng(second)
    west, east, south, north = PORT_BOX
    lon, lat = start.uniform(west, east, count), start.uniform(south, north, count)
    turn, radius = start.uniform(0, 2 * np.pi, count), start.uniform(0.0005, 0.002, count)
    angle = turn + second * 9.0 / (radius * 111_000)  # 9 m/s on circles: nobody leaves the view
    return Positions(
        kind="vehicles", as_of=at, expected_seconds=10, origins=["simulated"], feeds=["bench"], ids=ids(count),
        labels=ids(count), lon=lon + radius * np.cos(angle) / 0.81, lat=lat + radius * np.sin(angle),
        speed=32 + now.normal(0, 1.5, count), heading=np.degrees(-angle) % 360 + now.normal(0, 2, count),
        status=np.ones(count, np.int16), seen=np.full(count, at.timestamp()),
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
