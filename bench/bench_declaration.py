"""One declaration's page on two years of history: the read, the server's part, and its opening in a browser."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx

from bench.bench_pages import PATIENCE_MS, _browser, _served, _tab
from bench.process import cockpit
from bench.rows import Row, bench, row
from domain.pictures import AlertRow
from domain.records import (
    CheckResult,
    Direction,
    InspectionMode,
    InspectionPhoto,
    InspectionStep,
    InspectionTask,
    LabSample,
    MachineScan,
    Node,
    Origin,
    Record,
    VehiclePosition,
)
from domain.viewer import PORT_OPERATOR
from store.engine import Store, open_store
from store.reads.baseline import Baselines

DAYS, DECLARATIONS, BOXES = 730, 170_000, 2.47  # 420,000 containers
BATCH_DAYS = 7
OPENS_MS = 300.0
READS, OPENINGS = 25, 15
CONFIG = """
[retention]
states_days = 0
facts_days = 0
[feeds.queue]
adapter = "csv_drop"
every_seconds = 3600
expected_seconds = 7200
dataset = "inspection_task"
path = "drop"
[feeds.queue.mapping]
declaration_no = "declaration"
"""
OPENED = """(no) => new Promise((done) => {
  const began = performance.now();
  cockpitDesk.go("/inspections/" + no);
  const look = () => {
    const head = document.querySelector(".declaration-head h2");
    const there = head && head.textContent.includes(no) && document.querySelector(".declaration-clock");
    requestAnimationFrame(there ? () => setTimeout(() => done(performance.now() - began), 0) : look);
  };
  look();
})"""


@bench("declaration")
def declaration() -> list[Row]:
    """170,000 declarations and 420,000 containers over two years, on SQLite."""
    return measure(DECLARATIONS)


def measure(declarations: int) -> list[Row]:
    """The same over as many declarations as wished."""
    with tempfile.TemporaryDirectory() as home:
        end = datetime.now(UTC)
        store = open_store(f"sqlite:///{Path(home) / 'cockpit.db'}")
        try:
            fill(store, declarations, end)
            numbers = [f"D{n:06d}" for n in random.Random(2).sample(range(declarations), READS)]
            numbers += [f"D{declarations - 1 - 40 * n:06d}" for n in range(OPENINGS)]  # under way, or lately
            read = store.reads.declaration_file
            found = [
                row("declaration: read, the first of an hour", _middle(lambda no: _anew(store, no), numbers[:8]), "ms",
                    OPENS_MS),
                row("declaration: read", _middle(lambda no: read(PORT_OPERATOR, no), numbers), "ms", OPENS_MS, 0.5),
                row("declaration: read, 8 hours ago", _middle(
                    lambda no: read(PORT_OPERATOR, no, end - timedelta(hours=8)), numbers), "ms", OPENS_MS),
                row("declaration: read, as known a month ago", _middle(
                    lambda no: read(PORT_OPERATOR, no, end - timedelta(days=30), "then"), numbers), "ms", OPENS_MS),
            ]  # fmt: skip
        finally:
            store.close()
        return [*found, *_served_pages(home, numbers)]


def _anew(store: Store, number: str) -> None:
    store.reads.baselines = Baselines()
    store.reads.declaration_file(PORT_OPERATOR, number)


def _middle(ask: Callable[[str], Any], numbers: list[str]) -> float:
    """Median milliseconds; the first is for warming up."""
    took = []
    for number in numbers:
        began = time.perf_counter()
        ask(number)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[1:])


def _served_pages(home: str, numbers: list[str]) -> list[Row]:
    """By the interface, then in a browser whose page of declarations stands already."""
    config = Path(home) / "bench.toml"
    config.write_text(CONFIG, "utf-8")
    (Path(home) / "drop").mkdir()
    with cockpit(home, COCKPIT_CONFIG=str(config)) as (_, port), _browser() as browser:
        url = f"http://127.0.0.1:{port}"
        _served(url + "/livez")
        with httpx.Client(base_url=url, timeout=60) as client:
            asked = _middle(lambda no: client.get(f"/api/v1/inspections/{no}/file").raise_for_status(), numbers)
        with _tab(browser, (1366, 768)) as (page, _):
            page.goto(f"{url}/inspections/{numbers[0]}", timeout=PATIENCE_MS)
            page.wait_for_selector(".declaration-clock", timeout=PATIENCE_MS)
            took = []
            for number in numbers[1 : OPENINGS + 1]:
                took.append(float(page.evaluate(OPENED, number)))
                page.wait_for_timeout(300)
    return [
        row("declaration: answered by the server", asked, "ms", OPENS_MS),
        row("declaration: opened in the browser", statistics.median(took), "ms", OPENS_MS),
    ]


def fill(store: Store, declarations: int, end: datetime) -> None:
    """Two years of declarations with all of theirs, a week at a time."""
    dice, begin = random.Random(1), end - timedelta(days=DAYS)
    weeks = -(-DAYS // BATCH_DAYS)
    for week in range(weeks):
        since = begin + timedelta(days=BATCH_DAYS * week)
        until = min(end, since + timedelta(days=BATCH_DAYS))
        span = (until - since).total_seconds()
        numbers = range(declarations * week // weeks, declarations * (week + 1) // weeks)
        records: list[Record] = []
        for number in numbers:
            at = since + timedelta(seconds=span * (number - numbers.start) / len(numbers))
            records += [one for one in _all_of(number, at, dice) if one.event_time <= end]
        store.ingest("bench", records, received_at=until)
        store.save_alerts([_alert(number, since) for number in numbers[::100]])


def _all_of(number: int, at: datetime, dice: random.Random) -> Iterator[Record]:
    name, truck = f"D{number:06d}", f"T{number % 1200}"
    boxes = tuple(f"BOX{number:06d}{place}" for place in range(dice.choice((1, 2, 2, 2, 3, 3, 4)) + (number % 9 == 0)))
    yield InspectionTask(
        declaration_no=name, platform=f"P{number % 6}", area=("north", "south")[number % 2], farm=number % 4 == 0,
        direction=list(Direction)[number % 2], mode=list(InspectionMode)[number % 3 == 0], containers=boxes,
        appointed_for=at, accepted_at=at - timedelta(hours=1), released_at=at + timedelta(hours=20), truck=truck,
        vessel_departure_at=at + timedelta(hours=60), **_common(at),
    )  # fmt: skip
    step = at
    for place, node in enumerate(Node):
        yield InspectionStep(declaration_no=name, node=node, **_common(step))
        if place == 1 and number % 50 == 0:
            for minute in range(0, 120, 2):
                fix = step + timedelta(minutes=minute)
                yield VehiclePosition(vehicle_id=truck, lon=120.2 + minute / 4000, lat=36.0, **_common(fix))
        step += timedelta(hours=dice.expovariate(1 / 3))
    scanned = at + timedelta(hours=4)
    for box in boxes if number % 3 == 0 else ():
        scan = {"container_no": box, "scanned_at": scanned, "reviewed_at": scanned + timedelta(hours=1)}
        yield MachineScan(declaration_no=name, **scan, **_common(scanned))
    if number % 8 == 0:
        done = scanned + timedelta(hours=40)
        yield LabSample(declaration_no=name, sent_at=scanned, completed_at=done, **_common(done))
    if number % 20 == 0:
        kind = {"declaration_no": name, "container_no": boxes[0]}
        yield CheckResult(check_id=name, result="seal_mismatch", seal_no="M/1", **kind, **_common(scanned))
        yield InspectionPhoto(photo_id=name, part="seal", place=f"{name}.jpg", **kind, **_common(scanned))


def _alert(number: int, at: datetime) -> AlertRow:
    box = f"BOX{number:06d}0"
    return AlertRow(
        key=f"co_inspection_mismatch:{box}", rule="co_inspection_mismatch", level=2, subject_kind="container",
        subject=box, state="closed", condition="clear", opened_at=at, last_at=at, closed_at=at, count=1,
    )  # fmt: skip


def _common(at: datetime) -> dict[str, Any]:
    return {"feed": "bench", "origin": Origin.SIMULATED, "event_time": at}
