"""What scopes cost: reads of an enterprise and of the port; encodings of an update for many clients of many scopes."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.past_port import END, FULL, Size, fill
from bench.process import Process
from bench.rows import Row, bench, row
from domain.viewer import SYSTEM, Viewer
from store.engine import Store, open_store
from store.reads import Reads

OWNERS = 100
ENTERPRISE = Viewer(name="enterprise", scope=frozenset({"E007"}))
LATELY = END - timedelta(hours=8)
ZONE = "Asia/Shanghai"
RUNS = 7
LONG_MS = 10.0  # shorter reads are mostly what it takes to ask at all, and count in the sum
VEHICLES, CLIENTS, UPDATES = 10_000, 1_000, 20
Ask = Callable[[Reads, Viewer], Any]
READS: dict[str, Ask] = {
    "yard": lambda r, v: r.yard(v),
    "queue": lambda r, v: r.queue(v),
    "inspections": lambda r, v: r.inspections(v),
    "one declaration": lambda r, v: r.inspection(v, "D000100"),
    "gates": lambda r, v: r.gates(v),
    "vehicles": lambda r, v: r.vehicles(v),
    "KPIs": lambda r, v: r.kpi_facts(v, END, ZONE, 240),
    "search": lambda r, v: r.search(v, "00123"),
    "yard, 48 hours": lambda r, v: r.yard_course(v, END - timedelta(hours=48), END),
    "8 hours ago: yard": lambda r, v: r.yard(v, LATELY, "then"),
    "8 hours ago: queue": lambda r, v: r.queue(v, LATELY, known="then"),
    "8 hours ago: inspections": lambda r, v: r.inspections(v, LATELY, "then"),
    "8 hours ago: vehicles": lambda r, v: r.vehicles(v, LATELY, None, "then"),
    "8 hours ago: KPIs": lambda r, v: r.kpi_facts(v, LATELY, ZONE, 240, LATELY, "then"),
    "playback, 10 minutes": lambda r, v: r.fixes(v, "vehicles", LATELY, LATELY + timedelta(minutes=10)),
}


@bench("scope")
def scope() -> list[Row]:
    """Reads on both databases, then clients."""
    return [*reads(FULL.scaled(0.1)), *clients(VEHICLES, CLIENTS, OWNERS, UPDATES)]


def reads(size: Size) -> list[Row]:
    """All reads together, an enterprise's against the port's, and the one that costs most beside it."""
    from tools.postgres import Server

    found = []
    with tempfile.TemporaryDirectory() as folder:
        server = Server()
        try:
            urls = {"SQLite": f"sqlite:///{Path(folder) / 'port.db'}", "PostgreSQL": server.url(server.database())}
            for name, url in urls.items():
                store = open_store(url, clock=lambda: END)
                try:
                    fill(store, size, OWNERS)
                    found += _reads(store, name)
                finally:
                    store.close()
        finally:
            server.remove()
    return found


def _reads(store: Store, database: str) -> list[Row]:
    _settle(store)
    took = {name: _milliseconds(ask, store.reads) for name, ask in READS.items()}
    scoped, whole = (sum(column) for column in zip(*took.values(), strict=True))
    long = [name for name, (_, port) in took.items() if port >= LONG_MS] or list(took)
    worst = max(long, key=lambda name: took[name][0] / took[name][1])
    return [
        row(f"scoped reads against the port's, {database}", scoped, "ms", whole, 1.3),
        row(f"scoped: {worst}, {database}", took[worst][0], "ms", took[worst][1], 1.3),
    ]


def _settle(store: Store) -> None:
    """Statistics, as the database makes them by itself in time."""
    with store._database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _milliseconds(ask: Ask, reads: Reads) -> tuple[float, float]:
    """The enterprise's and the port's, in turns: median of some runs after one that warms up."""
    took: dict[str, list[float]] = {ENTERPRISE.name: [], SYSTEM.name: []}
    for _ in range(RUNS + 1):
        for viewer in (ENTERPRISE, SYSTEM):
            began = time.perf_counter()
            ask(reads, viewer)
            took[viewer.name].append((time.perf_counter() - began) * 1e3)
    scoped, whole = (statistics.median(runs[1:]) for runs in took.values())
    return scoped, whole


def clients(vehicles: int, count: int, scopes: int, updates: int) -> list[Row]:
    """Encodings of an update: one for each scope and the port's, however many clients there are."""
    with Process("bench.scopes_server", vehicles, scopes) as server:
        port = server.hear()["port"]
        with Process("bench.live_clients", port, count, "read", "vehicles", scopes) as herd:
            herd.hear()
            while server.ask("made").get("deltas"):  # a scope's first picture may still be on its way
                time.sleep(0.5)
            herd.ask("got")
            for _ in range(updates):
                server.say("publish")
                time.sleep(0.5)
            time.sleep(2)
            made, got = server.ask("made"), herd.ask("got")
    delivered = sum(map(len, got.values())) / updates
    return [
        row(f"{count} clients of {scopes} scopes: encodings of an update", made["deltas"] / updates, "", scopes + 1),
        row(f"{count} clients of {scopes} scopes: frames made of it", made["frames"] / updates, "", scopes),
        row(f"{count} clients of {scopes} scopes: clients that got each", delivered, "", count, 0.999, at_least=True),
    ]
