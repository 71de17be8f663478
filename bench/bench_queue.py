"""The fair order: 5,000 waiting declarations with explanations, and how often what is expected of the queue holds."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.queue_backtest import backtest, every, past_of, stories
from bench.rows import Row, bench, row
from datasources import simulation
from datasources.contract import Context
from domain.cycles import Cycles
from domain.queue_compare import compare
from domain.queue_durations import Durations
from domain.queue_forecast import QueueForecast
from domain.queue_order import Waiting, order
from domain.records import Direction, EnterpriseClass, Origin
from domain.rota import Area, Inspections

WAITING, PLATFORMS = 5_000, 6
ORDER_MS, COMPARE_MS, FORECAST_MS = 50.0, 50.0, 100.0
RUNS = 9
AT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # a midnight of the port
DAYS, TRIED = 80, 13
ROTA = Inspections(areas={"north": Area(weekend=("saturday",)), "south": Area(weekend=("sunday",))})
CYCLES = Cycles()
GEO = Path(__file__).resolve().parents[1] / "assets" / "geo"


@bench("queue")
def queue() -> list[Row]:
    """Order, comparison with a source's own order, expectations and their back-test."""
    return [*_order(), *_expected()]


def _order() -> list[Row]:
    """One in ten times is not known; every row has a reason, and what would move it."""
    dice = random.Random(1)

    def time_() -> datetime | None:
        return None if dice.random() < 0.1 else AT + timedelta(minutes=dice.randrange(5_000))

    items = [
        Waiting(
            declaration_no=f"{number:018d}", platform=f"P{number % PLATFORMS}", direction=dice.choice(list(Direction)),
            enterprise_class=dice.choice(list(EnterpriseClass)), fresh=dice.random() < 0.1,
            vessel_departure_at=time_(), appointed_at=time_(), applied_at=time_(),
        )
        for number in range(WAITING)
    ]  # fmt: skip
    places = order(items, CYCLES, AT)
    ranks: dict[str, int | None] = {item.declaration_no: dice.randrange(WAITING) for item in items}
    name = f"queue: {WAITING} declarations"
    return [
        row(f"{name} in order, explained", _milliseconds(lambda: order(items, CYCLES, AT)), "ms", ORDER_MS),
        row(f"{name} held against a source's order", _milliseconds(lambda: compare(places, ranks)), "ms", COMPARE_MS),
    ]


def _expected() -> list[Row]:
    """Eighty simulated days; the forecasts of the last two weeks by what was known at the midnight before each."""
    context = Context(feed="inspections", origin=Origin.SIMULATED, now=lambda: AT, home=Path(), base=Path(), geo=GEO,
                      cursor=None)  # fmt: skip
    options = simulation.Options(dataset="inspections")
    told = simulation.backfill(options, context, AT - timedelta(days=DAYS), AT)
    known = stories(record for batch in told for record in batch.records)
    found = backtest(known, ROTA, CYCLES, every(AT - timedelta(days=TRIED + 1), TRIED, 7))
    durations = Durations(past_of(known, AT - timedelta(days=60), AT), ROTA, ZoneInfo(CYCLES.timezone))
    kinds = {(one.task.platform, one.task.area, one.task.mode.value, one.task.farm) for one in known}

    def all_kinds() -> None:
        forecast = QueueForecast(durations, CYCLES, AT + timedelta(hours=10))
        for kind in sorted(kinds):
            for rank in range(1, 11):
                forecast.expected(*kind, rank)

    rows = [row(f"queue: {10 * len(kinds)} expectations, a cycle's", _milliseconds(all_kinds), "ms", FORECAST_MS)]
    for what in ("start", "finish"):
        told_of = found.told[what]
        rows.append(
            row(f"queue: 80 % interval of {what} held ({told_of})", found.share(what), "share", 0.8, 0.9, at_least=True)
        )
        rows.append(row(f"queue: its median width, {what}", statistics.median(found.hours[what]), "hours", 4.0))
    return rows


def _milliseconds(work: Callable[[], object]) -> float:
    """Median of some runs after one that warms up; the process's own time, as it is arithmetic in one thread."""
    gc.collect()
    gc.freeze()  # as the cockpit does once it has started
    took = []
    for _ in range(RUNS + 1):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1e3)
    return statistics.median(took[1:])
