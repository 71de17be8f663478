"""The whole cockpit in a process of a benchmark, fed with records from inside at the pace it is told.

``python -m bench.alerts_server HOME``; says its port once its feed delivers. Lines it obeys: ``go SECONDS`` delivers a
thousand positions a second for so long, now and then one of a vehicle off its route, and answers {vehicle: when its
record entered the pipeline, seconds since 1970}.
"""

from __future__ import annotations

import itertools
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

import composition
import settings as configuration
from bench.process import answer
from datasources.contract import Batch
from domain.records import Origin, Record, VehiclePosition
from live.wire import server_options
from pipeline import collector
from settings import Feed

FLEET, RATE, BATCHES = 10_000, 1_000, 10  # vehicles; records and deliveries a second
EVERY = 0.3  # seconds between two records that break a limit, on average
CONFIG = """
[alerts.rules.route_deviation]
count = 1
hold_on_seconds = 0

[feeds.fleet]
adapter = "csv_drop"
origin = "simulated"
every_seconds = 3600
expected_seconds = 7200
dataset = "vehicle_position"
path = "drop"

[feeds.fleet.mapping]
vehicle_id = "plate"
event_time = "seen"
lon = "lon"
lat = "lat"
"""


def main(home: str) -> None:
    """Serve on a free port until the lines end."""
    config = Path(home) / "bench.toml"
    config.write_text(CONFIG, "utf-8")
    (Path(home) / "drop").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        told = {"COCKPIT_HOME": home, "COCKPIT_PORT": str(port), "COCKPIT_CONFIG": str(config)}
        settings = configuration.load(environ=told)
        with composition.opened(settings) as store, composition.bus_of(settings) as bus:
            started = _started()
            built = composition.collecting(settings, store, bus)
            server = uvicorn.Server(uvicorn.Config(built, log_level="error", access_log=False, **server_options()))
            threading.Thread(target=_obey, args=(port, settings.feeds[0], started, server), daemon=True).start()
            server.run(sockets=[listener])


class _Started(threading.Event):
    """Set once the collector runs, with the collector."""

    collector: collector.Collector


def _started() -> _Started:
    found = _Started()
    start = collector.Collector.start

    def remembering(self: collector.Collector) -> None:
        start(self)
        found.collector = self
        found.set()

    collector.Collector.start = remembering  # type: ignore[method-assign]
    return found


def _obey(port: int, feed: Feed, started: _Started, server: uvicorn.Server) -> None:
    started.wait()
    turn = _turns()
    for _ in range(FLEET * BATCHES // RATE):  # every vehicle is known before anything is measured
        started.collector.delivered(feed, Batch(records=next(turn)))
        time.sleep(1 / BATCHES)
    answer({"port": port})
    dice, number = random.Random(3), itertools.count()
    for line in sys.stdin:
        word, _, seconds = line.partition(" ")
        if word.strip() == "go":
            answer(_fed(started.collector, feed, turn, float(seconds), dice, number))
    server.should_exit = True


def _turns() -> Iterator[list[Record]]:
    """A tenth of a second's positions at a time, every vehicle in its turn."""
    for turn in itertools.count():
        first, now = turn * RATE // BATCHES, datetime.now(UTC)
        yield [fix(f"T{vehicle % FLEET:05d}", vehicle, now) for vehicle in range(first, first + RATE // BATCHES)]


def fix(name: str, place: int, now: datetime, metres: float = 12.0) -> VehiclePosition:
    """Where a vehicle is: a place of its own, back and forth."""
    step = place // FLEET % 2 * 0.0004
    return VehiclePosition(
        feed="fleet", origin=Origin.SIMULATED, event_time=now, vehicle_id=name, lon=120.17 + place % 100 / 1000 + step,
        lat=35.99 + place // 100 % 100 / 2000, speed_kmh=30.0, heading_degrees=90.0, off_route_metres=metres,
    )  # fmt: skip


def _fed(
    running: collector.Collector, feed: Feed, turn: Iterator[list[Record]], seconds: float, dice: random.Random,
    number: Iterator[int],
) -> dict[str, float]:  # fmt: skip
    sent: dict[str, float] = {}
    began = time.monotonic()
    for count in range(round(seconds * BATCHES)):
        records, name = next(turn), ""
        if dice.random() < 1 / BATCHES / EVERY:
            name = f"OFF{next(number):04d}"
            records[dice.randrange(len(records))] = fix(name, count, datetime.now(UTC), metres=900.0)
        if name:
            sent[name] = time.time()
        running.delivered(feed, Batch(records=records))
        time.sleep(max(0.0, began + (count + 1) / BATCHES - time.monotonic()))
    return sent


if __name__ == "__main__":
    main(sys.argv[1])
