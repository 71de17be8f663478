"""A last-known position is not "now" for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes import feed, settings

from domain.pictures import FeedRow, FeedState
from domain.records import Origin, Record, VehiclePosition
from domain.viewer import SYSTEM
from pipeline.past import Past
from pipeline.topics import Readings
from store.engine import open_store

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(("age", "there"), [({"hours": 1}, 1), ({"hours": 3}, 0), ({"days": 365}, 0)])
def test_a_feed_that_stopped_is_shown_for_some_hours_and_then_no_more(
    tmp_path: Path, age: dict[str, Any], there: int
) -> None:
    given = settings(tmp_path, feed("trucks"))
    given = msgspec.structs.replace(given, limits=msgspec.structs.replace(given.limits, position_gone_hours=2.0))
    store = open_store(f"sqlite:///{tmp_path / 'c.db'}", clock=lambda: NOW)
    at = NOW - timedelta(**age)
    fix = VehiclePosition(feed="trucks", origin=Origin.LIVE, event_time=at, vehicle_id="鲁B12345", lon=120.2, lat=36.0)
    store.ingest("trucks", [fix], received_at=at)
    row = FeedRow(
        key="trucks", title="", adapter="", origin="live", state=FeedState.LATE, every_seconds=1, expected_seconds=10,
        last_ok_at=at, last_event_at=at, brings=["VehiclePosition"],
    )  # fmt: skip
    kinds: frozenset[type[Record]] = frozenset({VehiclePosition})
    live = Readings(given, store, lambda: [row], lambda name: kinds, lambda: NOW)
    assert len(live.vehicles().ids) == there
    past = Past(given, store)
    for known in ("corrected", "then"):
        assert len(past.picture("vehicles", NOW, known, SYSTEM).ids) == there
        assert len(past.picture("vehicles", at + timedelta(minutes=1), known, SYSTEM).ids) == 1
    store.close()
