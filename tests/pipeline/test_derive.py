"""Roll-ups say what was counted, and nothing where nobody counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.records import GateMove, Origin
from domain.viewer import SYSTEM
from pipeline import derive
from store.engine import Store, open_store

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'cockpit.db'}")
    yield opened
    opened.close()


def take(store: Store, *hours: float) -> None:
    moves = [
        GateMove(feed="gates", origin=Origin.SIMULATED, event_time=START + hour * HOUR, move_id=f"{hour}",
                 gate_id="G1", direction="in")
        for hour in hours
    ]  # fmt: skip
    store.ingest("gates", moves, (), None, START)


def series(store: Store, metric: str = "gate_moves") -> list[tuple[float, float]]:
    times, values = store.reads.series(SYSTEM, metric, "port", START - 100 * HOUR, START + 100 * HOUR)
    return [((time - START) / HOUR, value) for time, value in zip(times, values, strict=True)]


def test_counts_by_the_hour_without_the_hour_under_way(store: Store) -> None:
    take(store, 0.1, 0.2, 2.5, 3.1)
    derive.roll_up(store, START, START + 3.5 * HOUR)
    assert series(store) == [(0, 2), (1, 0), (2, 1)]


def test_silence_before_the_first_count_is_no_zero(store: Store) -> None:
    take(store, 0.1, 2.1)
    derive.roll_up(store, START - 50 * HOUR, START + 3 * HOUR)
    assert series(store) == [(0, 1), (1, 0), (2, 1)]
    derive.roll_up(store, START + 3 * HOUR, START + 5 * HOUR)  # counting goes on: these zeros are true
    assert series(store)[3:] == [(3, 0), (4, 0)]


def test_what_nobody_counts_has_no_series(store: Store) -> None:
    take(store, 0.1)
    derive.roll_up(store, START - 50 * HOUR, START + 3 * HOUR)
    assert series(store, "inspections_appointed") == []
    assert series(store, "yard_occupancy") == []


def test_late_rows_are_counted_when_rolled_up_again(store: Store) -> None:
    take(store, 0.1, 2.1)
    derive.roll_up(store, START, START + 3 * HOUR)
    take(store, 1.5)
    derive.roll_up(store, START, START + 3 * HOUR)
    assert series(store) == [(0, 1), (1, 1), (2, 1)]
