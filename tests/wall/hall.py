"""A hall with a wall: the whole cockpit but for its pictures, which are a busy day made by hand.

``python -m tests.wall.hall PORT HOME [CONFIG]``. A file ``HOME/alarms.json``, a list of
``[rule, level, subject kind, subject, seconds ago]``, says which alerts stand.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

import composition
import settings as configuration
from domain.pictures import (
    AlertRow,
    AlertsPicture,
    ForecastsPicture,
    GatesPicture,
    InspectionsPicture,
    KpiRow,
    KpisPicture,
    NoticesPicture,
    Picture,
    Positions,
    QueuePicture,
    YardPicture,
)
from domain.records import Node
from pipeline.notices import Publish
from pipeline.quarantine_desk import QuarantineDesk
from pipeline.screen_desk import ScreenDesk
from store.engine import Store, open_store
from tests.screens import pictures

PLATFORMS = [f"前湾港{area}港查验区{n}号平台" for area in "北南" for n in range(1, 7)]


def busy_day(now: datetime) -> dict[str, Any]:
    """A picture for every topic, as full as a real one."""
    fresh: dict[str, Any] = {"as_of": now, "expected_seconds": 3600.0}
    rng = np.random.default_rng(82)
    blocks = [
        pictures.block(f"{t}{n:02d}", f"qw{t}", float(rng.uniform(0.3, 0.98)))
        for t, count in zip("12345", (14, 20, 18, 22, 9), strict=True)
        for n in range(count)
    ]
    waiting = [
        pictures.queue_row(rank, name, float(rng.uniform(5, 330)), key=f"42582026000{p:02d}{rank:05d}", area=area)
        for p, name in enumerate(PLATFORMS)
        for area in [("north", "south")[p >= 6]]
        for rank in range(1, int(rng.integers(2, 9)))
    ]
    under_way = [
        replace(pictures.inspection(), key=f"4258202600009{n:05d}", stage=str(list(Node)[int(rng.integers(0, 7))]))
        for n in range(120)
    ]
    plan = pictures.forecasts().rows[0]
    shift = now - pictures.NOW
    moved = replace(
        plan, past_times=[t + shift for t in plan.past_times], times=[t + shift for t in plan.times], made_at=now
    )
    other = replace(moved, key="gate_moves", unit="moves_per_hour", limit=None, crossing_probability=None)
    more = replace(other, key="inspections_appointed", unit="declarations_per_hour")
    feeds = [replace(row, last_ok_at=now, expected_seconds=3600.0) for row in pictures.feeds().rows]
    return {
        "yard": YardPicture(rows=blocks, boxes=41_280, teu=52_000.0, capacity_teu=66_400, occupancy=0.783,
                            occupancy_day_ago=0.77, **fresh),
        "queue": QueuePicture(rows=waiting, platforms=PLATFORMS, **fresh),
        "inspections": InspectionsPicture(rows=under_way, waiting=len(waiting), in_progress=83, finished_today=231,
                                          **fresh),
        "gates": GatesPicture(rows=[replace(pictures.gate(f"g{n}", w), name=f"北港{n}号闸口")
                                    for n, w in enumerate((9.0, 14.0, 31.0, 12.0, 8.0), 1)], **fresh),
        "kpis": _kpis(fresh),
        "forecasts": ForecastsPicture(rows=[moved, other, more], **fresh),
        "feeds": Picture(rows=feeds, **fresh),
        "alerts": alerts(now, [("gate_queue", 3, "gate", "g3", 900), ("gate_queue", 4, "gate", "g1", 4000)]),
        "notices": NoticesPicture(rows=[]),
        "vehicles": _vehicles(now, rng),
    }  # fmt: skip


def _kpis(fresh: dict[str, Any]) -> KpisPicture:
    keys = ("inspected_today", "turnaround_farm", "turnaround_other", "direct_release_share", "sailing_risk",
            "truck_turn", "samples_open", "waiting")  # fmt: skip
    spark: list[float | None] = [float(9 + n % 5) for n in range(24)]
    rows = [
        KpiRow(key=key, value=13.1 + 20 * n, unit=("declarations", "hours", "percent", "minutes")[n % 4], decimals=1,
               target=15.0 + 20 * n, reference=14.0 + 20 * n, reference_kind="mean_30d", spark=spark,
               state="attention" if n == 4 else "normal", **fresh)
        for n, key in enumerate(keys)
    ]  # fmt: skip
    return KpisPicture(rows=rows, **fresh)


def _vehicles(now: datetime, rng: np.random.Generator) -> Positions:
    count = 400
    return Positions(
        kind="vehicles", as_of=now, expected_seconds=3600, origins=["simulated"], feeds=["vehicles"],
        ids=[f"t{n}" for n in range(count)], labels=[f"鲁B{n:05d}" for n in range(count)],
        lon=rng.uniform(120.19, 120.25, count), lat=rng.uniform(35.99, 36.03, count), speed=rng.uniform(0, 40, count),
        heading=rng.uniform(0, 360, count), status=np.ones(count, dtype=np.int16),
        seen=np.full(count, now.timestamp()),
    )  # fmt: skip


def alerts(now: datetime, wanted: list[Any]) -> AlertsPicture:
    """Alerts standing: (rule, level, subject kind, subject, seconds ago) each."""
    rows: list[AlertRow] = []
    for rule, level, kind, subject, ago in sorted(wanted, key=lambda one: (one[1], one[4])):
        opened = now - timedelta(seconds=ago)
        rows.append(replace(pictures.alert(level, 1), key=f"{rule}:{subject}", rule=rule, subject_kind=kind,
                            subject=subject, opened_at=opened, last_at=opened))  # fmt: skip
    counts = {str(level): sum(row.level == level for row in rows) for level in (1, 2, 3, 4)}
    return AlertsPicture(as_of=now, expected_seconds=3600, rows=rows, counts=counts, unacknowledged=len(rows))


class Hall:
    """In the place of a collector: a day made by hand, and the alerts a file tells."""

    def __init__(self, home: Path, told: configuration.Settings, store: Store, publish: Publish) -> None:
        """Nothing is published before ``start``."""
        self._file, self._publish, self._stopping = home / "alarms.json", publish, threading.Event()
        self.desk = None
        self.screen_desk = ScreenDesk(store, told.wall, publish)
        self.quarantine_desk = QuarantineDesk(told, store, lambda: datetime.now(UTC))
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Publish the day."""
        for topic, picture in busy_day(datetime.now(UTC)).items():
            self._publish(topic, picture)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()

    def health(self) -> list[Any]:
        """All well."""
        return []

    def alive(self) -> dict[str, bool]:
        """It is."""
        return {"hall": self._thread.is_alive()}

    def scoped(self, topic: str, scope: frozenset[str]) -> Any:
        """Of these no enterprise has any."""
        return type(busy_day(datetime.now(UTC))[topic])()

    def _watch(self) -> None:
        seen, opened = b"", dict[tuple[Any, ...], datetime]()
        while not self._stopping.wait(0.1):
            told = self._file.read_bytes() if self._file.exists() else b""
            if told and told != seen:
                seen = told
                wanted, now = [tuple(one) for one in msgspec.json.decode(told)], datetime.now(UTC)
                opened = {one: opened.get(one, now - timedelta(seconds=one[-1])) for one in wanted}
                self._publish(
                    "alerts", alerts(now, [(*one[:-1], (now - at).total_seconds()) for one, at in opened.items()])
                )


def build(home: Path, config: Path | None = None) -> Any:
    """The application as the cockpit puts it together, but for where its pictures come from."""
    told = configuration.load(config, environ={"COCKPIT_HOME": str(home)})
    home.mkdir(parents=True, exist_ok=True)
    store = open_store(told.database_url)
    return composition.build(told, store, lambda publish: Hall(home, told, store, publish))  # type: ignore[arg-type]


if __name__ == "__main__":
    import uvicorn

    from live.wire import server_options

    given = sys.argv[1:]
    application = build(Path(given[1]), Path(given[2]) if len(given) > 2 else None)
    uvicorn.run(
        application, host="127.0.0.1", port=int(given[0]), log_level="warning", lifespan="on", **server_options()
    )
