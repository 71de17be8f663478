"""/readyz says what holds without saying how; /metrics gives every number the documentation names."""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from access import Guard
from api import checks, ops
from api.browser_report import BOUNDS
from api.metrics import Sources, Window
from domain.pictures import FeedRow, FeedState
from domain.retention import Retention
from store.engine import open_store
from telemetry.counts import Distribution, Spread, Spreads
from tests.store.samples import NOW, ago, move

REPO = Path(__file__).resolve().parents[2]


class Live:
    """A live endpoint's counters."""

    def __init__(self):
        self.counts = Counter({"opened": 3, "frames": 40, "conflated": 1, "refused:flood": 2, "refused:origin": 1})
        self.delivered = Spread()
        self.clients, self.subscriptions, self.due = 2, 9, 4


def feed_row():
    return FeedRow(
        key="ais", title="AIS", adapter="nmea_ais", origin="live", state=FeedState.LATE, every_seconds=2,
        expected_seconds=10, last_ok_at=datetime.now(UTC) - timedelta(seconds=40), accepted=100, quarantined=3, late=2,
    )  # fmt: skip


def served(app_checks, store=None, **sources):
    server = FastAPI(openapi_url=None)
    given = {"health": lambda: [feed_row()], "steps": Spreads(), "rules": Spreads(), "published": Spreads(), **sources}
    sizes = store.operations.sizes if store is not None else dict
    ops.attach(server, Sources(store=store.operations if store else None, **given), app_checks, sizes)
    return TestClient(Guard(server), base_url="http://127.0.0.1", client=("127.0.0.1", 1))


@pytest.fixture
def here(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}", clock=lambda: NOW)
    yield store
    store.close()


def samples(client):
    text = client.get("/metrics").text
    return {
        (s.name, *sorted(s.labels.items())): s.value for f in text_string_to_metric_families(text) for s in f.samples
    }


# --- readiness ---


def test_ready_when_all_checks_hold(here):
    alive = {"ingest": True}
    wanted = {
        "database": checks.database(here.operations), "migrations": checks.migrations(here.operations),
        "pipeline": checks.pipeline(lambda: alive), "data": checks.data(lambda: 1.0),
    }  # fmt: skip
    client = served(wanted, here)
    assert client.get("/livez").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200, {"status": "ready", "checks": dict.fromkeys(wanted, "ok")},
    )  # fmt: skip
    alive["ingest"] = False
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "migrations": "ok", "pipeline": "failed", "data": "ok"}
    assert client.get("/livez").status_code == 200, "a process that is not ready still lives"


def test_a_database_of_another_version_is_not_ready(here):
    from sqlalchemy import text

    with here._database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert served({"migrations": checks.migrations(here.operations)}, here).get("/readyz").status_code == 503


@pytest.mark.parametrize("age", [None, 60.0])
def test_a_worker_without_data_is_not_ready(age):
    assert served({"data": checks.data(lambda: age)}).get("/readyz").status_code == 503


def test_a_check_that_hangs_is_asked_once_and_tells_nothing(monkeypatch):
    monkeypatch.setattr(ops, "Readiness", lambda given: __import__("api.readiness").readiness.Readiness(given, 0.1))
    release, asked = threading.Event(), []

    def hangs():
        asked.append(1)
        release.wait(30)
        raise RuntimeError("postgresql://cockpit:hunter2@db/")

    def fails():
        raise RuntimeError("postgresql://cockpit:hunter2@db/")

    client = served({"slow": hangs, "bad": fails})
    try:
        for _ in range(3):
            answer = client.get("/readyz")
            assert answer.json()["checks"] == {"slow": "timeout", "bad": "failed"}
            assert "hunter2" not in answer.text
        assert len(asked) == 1, "a hung check is not started again and again"
    finally:
        release.set()


# --- metrics ---


def test_every_metric_is_documented_and_every_documented_metric_is_there(here):
    spreads = {name: Spreads() for name in ("steps", "rules", "published")}
    for spread in spreads.values():
        spread.of("x").add(0.01)
    client = served({}, here, live=Live(), leading=lambda: True, **spreads)
    client.post("/api/v1/metrics/browser", json=report())
    families = {f.name for f in text_string_to_metric_families(client.get("/metrics").text)}
    written = set(
        re.findall(r"^\| `(cockpit_\w+?)(?:_total)?`", (REPO / "docs/operations.md").read_text("utf-8"), re.M)
    )
    assert families == written


def test_numbers_come_from_where_the_work_happens(here):
    here.ingest("test", [move(f"m{i}", ago(days=500)) for i in range(5)])
    here.operations.retain(Retention(), 10.0)
    steps, live = Spreads(), Live()
    for seconds in (0.004, 0.004, 0.3):
        steps.of("ingest").add(seconds)
        live.delivered.add(seconds)
    found = samples(served({}, here, steps=steps, live=live))
    assert found["cockpit_feed_rows_total", ("feed", "ais"), ("outcome", "accepted")] == 100
    assert found["cockpit_feed_rows_total", ("feed", "ais"), ("outcome", "late")] == 2
    assert found["cockpit_feed_state", ("feed", "ais"), ("state", "late")] == 1
    assert found["cockpit_feed_state", ("feed", "ais"), ("state", "ok")] == 0
    assert 29 < found["cockpit_feed_late_seconds", ("feed", "ais")] < 40
    assert found["cockpit_pipeline_step_seconds_bucket", ("le", "0.005"), ("step", "ingest")] == 2
    assert found["cockpit_pipeline_step_seconds_count", ("step", "ingest")] == 3
    assert found["cockpit_live_clients",] == 2
    assert found["cockpit_live_subscriptions",] == 9
    assert found["cockpit_live_queue_depth",] == 4
    assert found["cockpit_live_refused_total", ("word", "flood")] == 2
    assert 0.2 < found["cockpit_live_delivery_p99_seconds",] <= 0.5
    assert found["cockpit_store_bytes", ("part", "database")] > 0
    assert found["cockpit_store_write_held_seconds_count",] >= 2
    assert found["cockpit_retention_deleted_rows_total", ("table", "gate_move")] == 5
    assert not any(name[0].startswith("python_") for name in found)


def test_workers_behind_one_port_are_told_apart(here):
    found = samples(served({}, here, live=Live(), process="w1"))
    assert found["cockpit_live_clients", ("process", "w1")] == 2
    assert found["cockpit_feed_age_seconds", ("feed", "ais"), ("process", "w1")] > 0


def test_a_database_that_is_away_does_not_take_the_metrics_with_it(here, monkeypatch):
    from domain.errors import StoreUnavailableError

    def away():
        raise StoreUnavailableError("unreachable", "gone")

    monkeypatch.setattr(here.operations, "sizes", away)
    found = samples(served({}, here))
    assert not any(name[0] == "cockpit_store_bytes" for name in found)
    assert found["cockpit_feed_expected_seconds", ("feed", "ais")] == 10


def test_a_quantile_lies_within_its_bin():
    spread = Spread((1.0, 2.0, 4.0))
    assert spread.read().quantile(0.99) is None
    spread.add(0.5, 50)
    spread.add(3.0, 50)
    assert spread.read().quantile(0.5) == pytest.approx(1.0)
    assert 2.0 < spread.read().quantile(0.99) <= 4.0
    spread.add(1000.0, 1000)
    assert spread.read().quantile(0.99) == 4.0
    assert Distribution((1.0,), (0, 0), 0.0).quantile(0.5) is None


def test_the_recent_p99_forgets(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("api.metrics.time.monotonic", lambda: now[0])
    spread = Spread((0.01, 1.0))
    window = Window(spread, 300.0)
    assert window.quantile(0.99) is None
    spread.add(0.9, 100)
    now[0] = 10.0
    assert window.quantile(0.99) > 0.5
    for minute in range(1, 12):
        now[0] = 10.0 + 60 * minute
        spread.add(0.005, 100)
        last = window.quantile(0.99)
    assert last <= 0.01


# --- what browsers report ---


def report(tab="0123456789abcdef", topic="vehicles", counts=None, total=None):
    counts = counts if counts is not None else [0, 5, 5, *[0] * (len(BOUNDS) - 2)]
    return {"tab": tab, "draws": {topic: {"counts": counts, "total": 0.4 if total is None else total}}}


def test_a_browsers_draws_are_added_up_at_most_twice_a_minute(here):
    client = served({}, here)
    assert client.post("/api/v1/metrics/browser", json=report()).status_code == 204
    assert client.post("/api/v1/metrics/browser", json=report()).status_code == 429
    assert client.post("/api/v1/metrics/browser", json=report(tab="f" * 16)).status_code == 204
    found = samples(client)
    assert found["cockpit_browser_draw_seconds_count", ("topic", "vehicles")] == 20
    assert found["cockpit_browser_draw_seconds_sum", ("topic", "vehicles")] == pytest.approx(0.8)
    assert found["cockpit_browser_draw_seconds_bucket", ("le", "0.04"), ("topic", "vehicles")] == 10
    assert found["cockpit_browser_reports_total", ("outcome", "too_soon")] == 1


NOTHING = [0] * (len(BOUNDS) + 1)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[" * 2000, b'{"tab": "0123456789abcdef"}',
        report(tab="short"), report(tab="x" * 16), report(topic="secrets"), report(counts=[1, 2]),
        report(counts=[-1, *NOTHING[1:]]), report(counts=[10**9, *NOTHING[1:]], total=1.0), report(total=-1.0),
        report(total=1e9), report(total=0.0), {**report(), "more": 1},
        b'{"tab": "0123456789abcdef", "draws": {"vehicles": {"counts": [], "total": NaN}}}',
    ],
)  # fmt: skip
def test_an_impossible_report_changes_nothing(here, body):
    client = served({}, here)
    answer = client.post(
        "/api/v1/metrics/browser", **({"content": body} if isinstance(body, bytes) else {"json": body})
    )
    assert answer.status_code == 400
    found = samples(client)
    assert not any(name[0].startswith("cockpit_browser_draw") for name in found)
    assert found["cockpit_browser_reports_total", ("outcome", "malformed")] == 1


def test_a_large_report_and_one_from_elsewhere_are_refused(here):
    client = served({}, here)
    assert client.post("/api/v1/metrics/browser", content=b"x" * 5000).status_code == 413
    foreign = {"origin": "https://evil.example"}
    assert client.post("/api/v1/metrics/browser", json=report(), headers=foreign).status_code == 403


def test_the_browser_counts_into_the_same_bins():
    script = (REPO / "assets/metrics.js").read_text("utf-8")
    listed = re.search(r"const BOUNDS = \[([^\]]+)\]", script)
    assert tuple(float(bound) for bound in listed[1].split(",")) == BOUNDS
