"""Vehicle positions through the gate into the store, against the database alone taking the same rows."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

import psycopg
from sqlalchemy import BigInteger, Column, Float, MetaData, Table, Text, create_engine, insert

from bench.fleet import records
from bench.rows import Row, bench, row
from datasources.contract import Batch
from domain.records import VehiclePosition
from pipeline.gate import judge
from pipeline.reach import Trail
from store.engine import open_store
from telemetry import memory
from tools.postgres import Server

VEHICLES, SECONDS = 5_000, 20
TOTAL = VEHICLES * SECONDS
NAMES = ("id", "t", "lon", "lat", "v", "h", "feed", "origin")
KINDS = ("text", "int8", "float8", "float8", "float8", "float8", "text", "text")
Fixes = list[list[VehiclePosition]]


@bench("ingest")
def ingest() -> list[Row]:
    """100,000 positions: rows per second through gate and store over rows per second of raw executemany."""
    batches = [records(VEHICLES, second) for second in range(SECONDS)]
    memory.leave_alone()  # as the cockpit does once it has started
    with tempfile.TemporaryDirectory() as folder:
        raw = _raw(Path(folder) / "raw.db", batches)
        ours = _ours(f"sqlite:///{Path(folder) / 'ours.db'}", batches)
    name = "ingest: positions per second, of raw sqlite3"
    return [row(name, TOTAL / ours, "rows/s", TOTAL / raw, 0.35, at_least=True)]


@bench("ingest-postgresql")
def ingest_postgresql() -> list[Row]:
    """The same into PostgreSQL with its disk synchronised, over COPY and over Core's executemany."""
    batches = [records(VEHICLES, second) for second in range(SECONDS)]
    server = Server(options=("shared_buffers=128MB",))
    try:
        copied = _copied(server.address(server.database()), batches)
        core = _core(server.url(server.database()), batches)
        ours = _ours(server.url(server.database()), batches)
    finally:
        server.remove()
    ratio = "ingest: positions per second on PostgreSQL, of raw "
    return [
        row(ratio + "COPY", TOTAL / ours, "rows/s", TOTAL / copied, 0.15, at_least=True),
        row(ratio + "Core executemany", TOTAL / ours, "rows/s", TOTAL / core, 0.35, at_least=True),
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


def _copied(address: str, batches: Fixes) -> float:
    with psycopg.connect(address) as base:
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(NAMES, KINDS, strict=True))
        base.execute(f"create table p ({columns}, primary key (id, t))")
        base.commit()
        began = time.perf_counter()
        for batch in batches:
            with base.cursor() as cursor, cursor.copy("copy p from stdin (format binary)") as stream:
                stream.set_types(KINDS)
                for position in batch:
                    stream.write_row(_row(position))
            base.commit()
        return time.perf_counter() - began


def _core(url: str, batches: Fixes) -> float:
    types = {"text": Text, "int8": BigInteger, "float8": Float}
    columns = [Column(n, types[k], primary_key=n in ("id", "t")) for n, k in zip(NAMES, KINDS, strict=True)]
    table = Table("p", MetaData(), *columns)
    engine = create_engine(url)
    table.create(engine)
    began = time.perf_counter()
    for batch in batches:
        with engine.begin() as connection:
            connection.execute(insert(table), [dict(zip(NAMES, _row(p), strict=True)) for p in batch])
    took = time.perf_counter() - began
    engine.dispose()
    return took


def _row(p: VehiclePosition) -> tuple[object, ...]:
    when = int(p.event_time.timestamp() * 1e6)
    return p.vehicle_id, when, p.lon, p.lat, p.speed_kmh, p.heading_degrees, p.feed, p.origin.value


def _ours(url: str, batches: Fixes) -> float:
    store, trail = open_store(url), Trail()
    began = time.perf_counter()
    for batch in batches:
        when = batch[0].event_time
        judged = judge(Batch(records=list(batch)), when, trail)
        store.ingest("bench", judged.records, judged.rejects, received_at=when)
    took = time.perf_counter() - began
    store.close()
    return took
