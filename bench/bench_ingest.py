"""Vehicle positions through the gate into the store, against raw sqlite3 taking the same rows."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

from bench.fleet import records
from bench.rows import Row, bench, row
from datasources.contract import Batch
from domain.records import VehiclePosition
from pipeline.gate import judge
from store.engine import open_store

VEHICLES, SECONDS = 5_000, 20
Fixes = list[list[VehiclePosition]]


@bench("ingest")
def ingest() -> list[Row]:
    """100,000 positions: rows per second through gate and store over rows per second of raw executemany."""
    batches = [records(VEHICLES, second) for second in range(SECONDS)]
    with tempfile.TemporaryDirectory() as folder:
        raw = _raw(Path(folder) / "raw.db", batches)
        ours = _ours(Path(folder) / "ours.db", batches)
    total = VEHICLES * SECONDS
    return [
        row("ingest: positions per second, of raw sqlite3", total / ours, "rows/s", total / raw, 0.05, at_least=True)
    ]


def _raw(file: Path, batches: Fixes) -> float:
    base = sqlite3.connect(file, isolation_level=None)
    base.execute("pragma journal_mode=wal")
    base.execute(
        "create table p (id text, t integer, lon real, lat real, v real, h real, feed text, origin text,"
        " primary key (id, t)) without rowid"
    )
    began = time.perf_counter()
    for batch in batches:
        rows = [_row(position) for position in batch]
        base.execute("begin immediate")
        base.executemany("insert into p values (?,?,?,?,?,?,?,?)", rows)
        base.execute("commit")
    took = time.perf_counter() - began
    base.close()
    return took


def _row(p: VehiclePosition) -> tuple[object, ...]:
    when = int(p.event_time.timestamp() * 1e6)
    return p.vehicle_id, when, p.lon, p.lat, p.speed_kmh, p.heading_degrees, p.feed, p.origin.value


def _ours(file: Path, batches: Fixes) -> float:
    store = open_store(f"sqlite:///{file}")
    began = time.perf_counter()
    for batch in batches:
        when = batch[0].event_time
        judged = judge(Batch(records=list(batch)), when)
        store.ingest("bench", judged.records, judged.rejects, received_at=when)
    took = time.perf_counter() - began
    store.close()
    return took
