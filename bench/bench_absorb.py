"""A feed of 10,000 positions a second for a minute, through the whole cockpit: none lost, none late, memory flat."""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.bench_start import fetched
from bench.process import Process, cockpit, memory_bytes
from bench.rows import Row, bench, row

VEHICLES, SECONDS, WARM_SECONDS = 10_000, 60, 40
CONFIG = """
[outbound]
allow = ["127.0.0.1"]

[feeds.fleet]
adapter = "http_json"
origin = "simulated"
every_seconds = 1
url = "http://127.0.0.1:{port}/"
dataset = "vehicle_position"
rows = "$.vehicles[*]"

[feeds.fleet.mapping]
vehicle_id = "plate"
event_time = "seen"
lon = "at.lon"
lat = "at.lat"
speed_kmh = "speed"
heading_degrees = "course"
"""


@bench("absorb")
def absorb() -> list[Row]:
    """Positions stored a second, age of the newest one, and what a minute of it adds to the server's memory."""
    with tempfile.TemporaryDirectory() as home, Process("bench.fleet_server", VEHICLES) as platform:
        config = Path(home) / "cockpit.toml"
        config.write_text(CONFIG.format(port=platform.hear()["port"]), "utf-8")
        with cockpit(home, COCKPIT_CONFIG=str(config)) as (pid, port):
            url = f"http://127.0.0.1:{port}"
            _until_it_runs(url)
            time.sleep(WARM_SECONDS)
            began, before = time.monotonic(), _feed(url)["accepted"]
            ages, memory = [], []
            while time.monotonic() - began < SECONDS:
                ages.append(_age(_feed(url)))
                memory.append(memory_bytes(pid) / 1e6)
                time.sleep(2)
            absorbed = (_feed(url)["accepted"] - before) / (time.monotonic() - began)
    third = len(memory) // 3
    first, last = statistics.median(memory[:third]), statistics.median(memory[-third:])
    name = f"absorb: {VEHICLES:,} positions a second over HTTP for {SECONDS} s"
    return [
        row(f"{name}, stored", absorbed, "rows/s", VEHICLES, 0.97, at_least=True),
        row(f"{name}, age of the newest, median", statistics.median(ages), "s", 3.0),
        row(f"{name}, memory in the last third, of the first", last, "MB", first, 1.05),
    ]


def _feed(url: str) -> dict[str, Any]:
    (found,) = fetched(f"{url}/api/v1/feeds")["rows"]
    return dict(found)


def _age(feed: dict[str, Any]) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(feed["last_event_at"])).total_seconds()


def _until_it_runs(url: str) -> None:
    for _ in range(240):
        try:
            if _feed(url)["accepted"] > 0:
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise RuntimeError("the feed does not run")
