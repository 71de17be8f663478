"""A request's id is on its answer and on every line it leads to, down to the store's refusal."""

from __future__ import annotations

import io
import json
import logging
import sqlite3

import pytest
import structlog
from fastapi import FastAPI
from starlette.testclient import TestClient

from access import Guard
from api import ops
from api.correlation import Correlated
from api.metrics import Sources
from store.engine import open_store
from telemetry import logs
from telemetry.counts import Spreads
from tests.pipeline.fakes import Source, counting, feed, registered, settings, wait_for
from tests.store.samples import NOW, move


@pytest.fixture
def lines():
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    out = io.StringIO()
    logs.configure("json", "info", out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


def test_a_request_names_itself_down_to_the_stores_refusal(tmp_path, lines):
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}", busy_seconds=0.05)
    server = FastAPI(openapi_url=None)
    spreads = Spreads()
    sources = Sources(health=list, store=store.operations, steps=spreads, rules=spreads, published=spreads)
    ops.attach(server, sources, {}, store.operations.sizes)

    @server.post("/api/v1/export")
    def write():
        store.ingest("test", [move("m", NOW)])

    client = TestClient(Correlated(Guard(server)), base_url="http://127.0.0.1", client=("127.0.0.1", 1))
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        answer = client.post("/api/v1/export")
    finally:
        other.close()
        store.close()
    assert answer.status_code == 503
    assert answer.json() == {"error": "store_unavailable", "code": "locked"}
    (line,) = [line for line in lines() if line["event"] == "store_unavailable"]
    assert line["request"] == answer.headers["x-request-id"]
    assert store.operations.refused["locked"] == 1


def test_ids_are_fresh_or_a_proxys_own_and_on_refusals_too():
    client = TestClient(
        Correlated(Guard(FastAPI(openapi_url=None))), base_url="http://127.0.0.1", client=("127.0.0.1", 1)
    )
    first, second = (client.get("/nothing").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert client.get("/nothing", headers={"x-request-id": "proxy-4711"}).headers["x-request-id"] == "proxy-4711"
    forged = client.get("/nothing", headers={"x-request-id": "a b\x1b[2J"}).headers["x-request-id"]
    assert len(forged) == 16
    refused = client.get("/nothing", headers={"host": "evil.example"})
    assert refused.status_code == 421
    assert len(refused.headers["x-request-id"]) == 16


def test_a_poll_names_itself_until_its_rows_are_stored(tmp_path, lines):
    from pipeline.collector import Collector

    with registered("fake") as source:
        assert isinstance(source, Source)
        source.poll = counting()
        given = settings(tmp_path, feed("gates"))
        given.home.mkdir()
        store = open_store(given.database_url, busy_seconds=0.05)
        other = sqlite3.connect(given.home / "cockpit.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        collector = Collector(given, store, lambda topic, picture: None)
        try:
            collector.start()
            wait_for(lambda: any(line["event"] == "store_unavailable" for line in lines()))
            other.execute("ROLLBACK")
            wait_for(lambda: any(line["event"] == "store_available" for line in lines()))
        finally:
            other.close()
            collector.stop()
            store.close()
    (line,) = [line for line in lines() if line["event"] == "store_unavailable" and "poll" in line]
    assert len(line["poll"]) == 16
