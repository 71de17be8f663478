"""Roll-ups per day of the port: whole days only, sums of events, means of what stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.viewer import PORT_OPERATOR, Viewer
from store.engine import open_store
from store.moments import moment
from tests.seen_by import seen_by

SHANGHAI = ZoneInfo("Asia/Shanghai")


def hours(metric, start, values, subject="port"):
    return [(metric, subject, start + timedelta(hours=i), value) for i, value in enumerate(values)]


def days(store, metric):
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    return dict(zip(*store.reads.daily(PORT_OPERATOR, metric, "port", since, until), strict=True))


def test_a_day_is_the_ports_day_and_only_whole_days_count(store):
    start = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in Shanghai
    moves = hours("gate_moves", start - timedelta(hours=3), [7.0] * (3 + 24 + 24 + 5))
    store.save_rollups(moves + hours("yard_teu", start, [float(i) for i in range(24)]))
    until = start + timedelta(hours=53)
    assert store.operations.roll_up_days(until, until) == 3
    assert days(store, "gate_moves") == {start: 168.0, start + timedelta(days=1): 168.0}
    assert days(store, "yard_teu") == {start: 11.5}


def test_a_day_with_a_gap_has_no_value_until_the_hours_are_there(store):
    start = datetime(2026, 3, 1, 16, tzinfo=UTC)
    until = start + timedelta(days=3)
    whole = hours("gate_moves", start, [1.0] * 48)
    store.save_rollups(whole[:10] + whole[11:])
    store.operations.roll_up_days(until, until)
    assert days(store, "gate_moves") == {start + timedelta(days=1): 24.0}
    store.save_rollups([whole[10]])
    store.operations.roll_up_days(whole[10][2], until)
    assert days(store, "gate_moves") == {start: 24.0, start + timedelta(days=1): 24.0}


def test_history_that_arrives_later_is_rolled_up_too(store):
    start = datetime(2026, 3, 1, 16, tzinfo=UTC)
    until = start + timedelta(days=1, hours=2)
    store.save_rollups(hours("gate_moves", start, [1.0] * 24))
    assert store.operations.roll_up_days(until, until) == 1
    store.save_rollups(hours("gate_moves", start - timedelta(days=5), [2.0] * 5 * 24))
    assert store.operations.roll_up_days(until, until) == 6
    assert sum(days(store, "gate_moves").values()) == 24 + 5 * 48
    assert store.operations.roll_up_days(until, until) <= 1, "what is known is not computed again and again"


def test_days_of_23_and_25_hours(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}", timezone="America/New_York")
    try:
        start = datetime(2026, 3, 8, 5, tzinfo=UTC)  # 23 hours long in New York
        store.save_rollups(hours("gate_moves", start, [1.0] * 23))
        autumn = datetime(2026, 11, 1, 4, tzinfo=UTC)  # 25 hours long
        store.save_rollups(hours("gate_moves", autumn, [1.0] * 25))
        store.operations.roll_up_days(start, autumn + timedelta(days=2))
        assert days(store, "gate_moves") == {start: 23.0, autumn: 25.0}
    finally:
        store.close()


def test_who_may_not_see_the_whole_port_sees_no_roll_up(store):
    store.save_rollups(hours("gate_moves", moment(0), [1.0] * 24))
    store.operations.roll_up_days(moment(0), datetime(1970, 1, 3, tzinfo=UTC))
    stranger = Viewer(name="enterprise", scope=frozenset({"E1"}))
    assert store.reads.daily(stranger, "gate_moves", "port", moment(0), moment(10**15)) == ([], [])


@pytest.mark.parametrize("zone", [SHANGHAI, UTC])
def test_no_day_is_over_before_midnight(zone):
    from store.days import midnights

    now = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)
    assert len(midnights(now, now, zone)) == 1


def test_trends_are_served_per_hour_and_per_day(sqlite_store):
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from api import attach

    start = datetime(2026, 3, 1, 16, tzinfo=UTC)
    sqlite_store.save_rollups(hours("gate_moves", start, [2.0] * 50))
    sqlite_store.operations.roll_up_days(start, start + timedelta(hours=50))
    server = FastAPI(openapi_url=None)
    attach(server, None, sqlite_store.reads, None, None, None)
    client = TestClient(seen_by(server), client=("127.0.0.1", 1))
    span = {"metric": "gate_moves", "since": "2026-03-01T16:00:00Z", "until": "2026-03-04T16:00:00Z"}
    daily = client.get("/api/v1/trends", params=span).json()
    assert daily["values"] == [48.0, 48.0]
    assert datetime.fromisoformat(daily["times"][0]) == start
    assert len(client.get("/api/v1/trends", params={**span, "per": "hour"}).json()["values"]) == 50
    assert client.get("/api/v1/trends", params={**span, "since": "never"}).status_code == 400
