"""Reads of past moments on a long history: every page's data, the last positions, a block of playback."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from api.track_block import block
from bench.past_port import END, FULL, Size, fill, positions
from bench.rows import Row, bench, row
from domain.viewer import SYSTEM
from store.engine import Store, open_store
from store.reads import Reads

PAGE_MS = 150.0
# Ten minutes last ten seconds at x60, and are asked for that long ahead: a tenth of it, and what a line of
# 1.6 Mbit/s carries in it.
BLOCK_MS, BLOCK_BYTES = 1_000.0, 2_000_000.0
RUNS = 5
LATELY, LONG_AGO = END - timedelta(hours=8), END - timedelta(days=30)
ZONE = "Asia/Shanghai"


@bench("asof")
def asof() -> list[Row]:
    """10 million positions and 1 million rows of state."""
    return measure(FULL)


def measure(size: Size) -> list[Row]:
    """The same on a port of any size."""
    with tempfile.TemporaryDirectory() as folder:
        store, few = _opened(folder, "all"), _opened(folder, "few")
        try:
            fill(store, size)
            positions(few, size.vehicles, max(10, size.fixes // 10))
            return [
                *_pages(store.reads),
                *_positions(store.reads, few.reads),
                *_block(store.reads),
                *_live(store.reads),
            ]
        finally:
            store.close()
            few.close()


def _opened(folder: str, name: str) -> Store:
    return open_store(f"sqlite:///{Path(folder) / name}.db", clock=lambda: END)


def _pages(reads: Reads) -> list[Row]:
    """The slowest moment and knowledge of each page's data."""
    pages: dict[str, Callable[..., Any]] = {
        "yard": lambda **m: reads.yard(SYSTEM, **m),
        "queue": lambda **m: reads.queue(SYSTEM, **m),
        "inspections": lambda **m: reads.inspections(SYSTEM, **m),
        "gates": lambda **m: reads.gates(SYSTEM, **m),
        "alerts, feeds, forecasts, notices": lambda **m: [
            read(SYSTEM, **m) for read in (reads.alerts, reads.feeds, reads.forecasts, reads.notices)
        ],
        "KPIs": lambda **m: reads.kpi_facts(SYSTEM, END, ZONE, 240, **m),
        "vehicles": lambda **m: reads.vehicles(SYSTEM, **m),
        "yard, 48 hours": lambda at, known: reads.yard_course(SYSTEM, at - timedelta(hours=48), at, None, known),
    }  # fmt: skip
    found = []
    for name, read in pages.items():
        moments = [{"at": at, "known": known} for at in (LATELY, LONG_AGO) for known in ("corrected", "then")]
        timed = [(_milliseconds(partial(read, **moment)), place) for place, moment in enumerate(moments)]
        took, place = max(timed)
        moment = moments[place]
        ago = "8 hours" if moment["at"] == LATELY else "30 days"
        found.append(row(f"as of: {name} ({ago} ago, {moment['known']})", took, "ms", PAGE_MS))
    return found


def _positions(many: Reads, few: Reads) -> list[Row]:
    """Ten times the history of the same vehicles must not cost more."""
    at = END - timedelta(minutes=5)
    for known in ("corrected", "then"):
        many.vehicles(SYSTEM, at, None, known)
        few.vehicles(SYSTEM, at, None, known)
    took = [_milliseconds(partial(reads.vehicles, SYSTEM, at, None, "then")) for reads in (many, few)]
    return [row("as of: last positions, ten times the history", took[0], "ms", took[1], 1.5)]


def _block(reads: Reads) -> list[Row]:
    """Ten minutes of playback of everything that moves."""
    since, until = LATELY, LATELY + timedelta(minutes=10)
    made: list[bytes] = []

    def make() -> None:
        made.append(msgspec.json.encode(block(reads.fixes(SYSTEM, "vehicles", since, until), since, until)))

    took = _milliseconds(make)
    return [
        row("as of: playback block of 10 minutes", took, "ms", BLOCK_MS),
        row("as of: playback block of 10 minutes", float(len(made[-1])), "bytes", BLOCK_BYTES),
    ]


def _live(reads: Reads) -> list[Row]:
    """What the live picture costs on the same history, every five seconds."""
    yard = _milliseconds(lambda: reads.yard(SYSTEM))
    kpis = _milliseconds(lambda: reads.kpi_facts(SYSTEM, END, ZONE, 240))
    return [row("live: yard", yard, "ms", 40.0), row("live: KPIs", kpis, "ms", 120.0)]


def _milliseconds(read: Callable[[], Any]) -> float:
    """Median of some runs after one that warms up."""
    took = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        read()
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took[1:])
