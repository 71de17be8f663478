"""The benchmark of past reads runs on a small port, and what it reads is there."""

from __future__ import annotations

import pytest

from bench import bench_asof, past_port
from bench.past_port import FULL


def test_the_bench_measures_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_port, "DAYS", 7)  # of 77: as many rows, in fewer transactions
    rows = bench_asof.measure(FULL.scaled(0.001))
    pages = [row for row in rows if row.name.startswith("as of: ") and row.limit == bench_asof.PAGE_MS]
    assert len(pages) == 8
    assert all(row.value > 0 for row in rows)
