"""The JSON under /api/v1: live pictures from memory, past moments from the store, mistakes in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import api
from domain.pictures import FeedRow, FeedState, Picture, Positions, QueuePicture, QueueRow
from domain.records import Direction, InspectionTask, Origin, Reject
from pipeline.past import Past
from pipeline.quarantine_desk import QuarantineDesk
from settings import load
from store.engine import Store, open_store
from tests.seen_by import seen_by

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HERE = ("127.0.0.1", 50000)


class Live:
    """Pictures at hand, as the hub would hold them."""

    def __init__(self) -> None:
        self.pictures: dict[str, Any] = {}

    def current(self, topic: str) -> Any | None:
        return self.pictures.get(topic)


class Feeds:
    """Remembers what was asked of the collector, which runs one feed."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def _ask(self, act: str, feed: str) -> None:
        if feed != "ais":
            raise KeyError(feed)
        self.asked.append((act, feed))

    def pause(self, feed: str) -> None:
        self._ask("pause", feed)

    def resume(self, feed: str) -> None:
        self._ask("resume", feed)

    def run(self, feed: str) -> None:
        self._ask("run", feed)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'cockpit.db'}")
    yield opened
    opened.close()


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture
def feeds() -> Feeds:
    return Feeds()


@pytest.fixture
def client(store: Store, live: Live, feeds: Feeds) -> TestClient:
    app = FastAPI(openapi_url=None)
    past = Past(load(environ={}), store)
    api.attach(app, live, store.reads, feeds, lambda since, until: {"gate_move": 3}, past.picture)
    api.attach_quarantine(app, store.reads, QuarantineDesk(load(environ={}), store, lambda: NOW), store.note)
    return TestClient(seen_by(app), client=HERE)


def _feed(key: str) -> FeedRow:
    return FeedRow(
        key=key, title="船舶", adapter="nmea_ais", origin="recorded", state=FeedState.OK, every_seconds=1,
        expected_seconds=10, last_ok_at=datetime.now(UTC) - timedelta(seconds=5), accepted=7, quarantined=2,
        reasons={"position_not_available": 2},
    )  # fmt: skip


def test_feeds_tell_state_age_and_counts(client: TestClient, live: Live) -> None:
    live.pictures["feeds"] = Picture(rows=[_feed("ais")])
    (row,) = client.get("/api/v1/feeds").json()["rows"]
    assert (row["key"], row["state"], row["accepted"], row["quarantined"]) == ("ais", "ok", 7, 2)
    assert 4 <= row["age_seconds"] <= 60


def test_vessels_say_where_they_come_from_and_when_they_were_recorded(client: TestClient, live: Live) -> None:
    recorded = datetime(2012, 3, 14, 11, 30, tzinfo=UTC)
    live.pictures["vessels"] = Positions(
        kind="vessels", as_of=NOW, expected_seconds=10, origins=["recorded"], feeds=["ais"], ids=["445451000"],
        labels=["445451000"], lon=np.array([120.2]), lat=np.array([36.0]), speed=np.array([np.nan]),
        heading=np.array([90.0]), status=np.array([1], np.int16), seen=np.array([NOW.timestamp()]),
        recorded=np.array([recorded.timestamp()]),
    )  # fmt: skip
    (row,) = client.get("/api/v1/vessels").json()["rows"]
    assert row["origin"] == "recorded"
    assert datetime.fromisoformat(row["recorded_time"]) == recorded
    assert datetime.fromisoformat(row["seen"]) == NOW
    assert row["speed_knots"] is None, "an unknown speed is not zero"


def test_the_queue_of_one_platform(client: TestClient, live: Live) -> None:
    rows = [
        QueueRow(
            key=key, rank=1, platform=platform, area="north", bill_of_lading="", direction="export",
            enterprise_class="general", fresh=False, mode="manual", country="", entry_state="",
        )
        for key, platform in (("a", "一号"), ("b", "二号"))
    ]  # fmt: skip
    live.pictures["queue"] = QueuePicture(rows=rows, platforms=["一号", "二号"])
    answer = client.get("/api/v1/inspections/queue", params={"platform": "二号"}).json()
    assert [row["key"] for row in answer["rows"]] == ["b"]


def test_the_queue_says_by_which_keys_and_why_in_the_languages_asked_for(client: TestClient, store: Store) -> None:
    common: dict[str, Any] = {"feed": "queue", "origin": Origin.LIVE, "platform": "一号"}
    early, late = (
        InspectionTask(declaration_no=number, event_time=at, applied_at=at, direction=Direction.IMPORT, **common)
        for number, at in (("1", NOW), ("2", NOW + timedelta(minutes=30)))
    )
    store.ingest("queue", [early, late], received_at=NOW + timedelta(minutes=31))

    def rows(**asked: str) -> list[dict[str, Any]]:
        answer = client.get("/api/v1/inspections/queue", params=asked).json()
        return answer["rows"] if "rows" in answer else [answer["parameter"]]

    first, second = rows()
    assert list(first["keys"]) == ["cycle", "priority", "direction", "time", "applied_at", "declaration_no"]
    assert (first["keys"]["direction"], first["keys"]["time"]) == (1, None)
    assert first["words"]["en"]["reason"].startswith("Place 1; No priority; Import, appointment unknown")
    assert first["words"]["zh_CN"]["reason"].startswith("第 1 位")
    assert second["words"]["en"]["moves"].startswith("enterprise found to be AEO advanced: place 1")
    assert rows(lang="en")[0]["words"].keys() == {"en"}
    assert rows(lang="fr") == ["lang"]
    assert rows(cycle="soon") == ["cycle"]
    into = (NOW + timedelta(minutes=10)).isoformat()
    assert [row["key"] for row in rows(cycle=into)] == ["1"], "the queue as it went into that cut"


def test_a_past_moment_is_read_from_the_store(client: TestClient, store: Store) -> None:
    task = InspectionTask(
        feed="queue", origin=Origin.LIVE, event_time=NOW, declaration_no="422720211000020808",
        platform="一号", direction=Direction.IMPORT,
    )  # fmt: skip
    store.ingest("queue", [task], received_at=NOW)
    now = {"at": (NOW + timedelta(minutes=5)).isoformat()}
    before = {"at": (NOW - timedelta(minutes=5)).isoformat()}
    assert [row["key"] for row in client.get("/api/v1/inspections/queue", params=now).json()["rows"]] == [
        "422720211000020808"
    ]
    assert client.get("/api/v1/inspections/queue", params=before).json()["rows"] == []
    assert client.get("/api/v1/inspections/422720211000020808").json()["platform"] == "一号"


def test_before_the_first_picture_the_store_answers(client: TestClient, store: Store) -> None:
    """A web worker that has just started must not say that the port has no queue and no feeds."""
    task = InspectionTask(
        feed="queue", origin=Origin.LIVE, event_time=NOW, declaration_no="422720211000020808",
        platform="一号", direction=Direction.IMPORT,
    )  # fmt: skip
    store.ingest("queue", [task], received_at=NOW)
    store.save_feed_health([_feed("ais")])
    assert [row["key"] for row in client.get("/api/v1/inspections/queue").json()["rows"]] == ["422720211000020808"]
    assert [row["key"] for row in client.get("/api/v1/feeds").json()["rows"]] == ["ais"]


@pytest.mark.parametrize("path", ["vehicles", "vessels", "yard", "gates", "inspections", "alerts", "forecasts"])
def test_an_empty_cockpit_answers_with_no_rows(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert answer.json()["rows"] == []
    assert answer.headers["cache-control"] == "no-store"


def test_kpis_of_an_empty_cockpit_are_unknown(client: TestClient) -> None:
    rows = client.get("/api/v1/kpis").json()["rows"]
    assert rows
    assert {(row["value"], row["state"]) for row in rows} == {(None, "unknown")}


def test_kpis_and_feeds_of_a_past_moment(client: TestClient, live: Live, store: Store) -> None:
    live.pictures["feeds"] = Picture(rows=[_feed("live")])
    live.pictures["kpis"] = Picture(rows=[_feed("live")])  # would be told apart
    was = _feed("ais")
    store.save_feed_health([was])
    then = {"at": datetime.now(UTC).isoformat(), "known": "then"}
    feeds = client.get("/api/v1/feeds", params=then).json()["rows"]
    assert [row["key"] for row in feeds] == ["ais"]
    assert client.get("/api/v1/feeds", params={"at": NOW.isoformat(), "known": "then"}).json()["rows"] == []
    kpis = client.get("/api/v1/kpis", params=then).json()["rows"]
    assert {"key", "value"} <= kpis[0].keys()
    assert client.get("/api/v1/feeds", params={**then, "known": "never"}).json()["parameter"] == "known"


def test_quarantine_of_a_past_moment(client: TestClient, store: Store) -> None:
    def reject(ref: str) -> Reject:
        return Reject(feed="f", ref=ref, reason="bad", detail="", raw=ref)

    store.ingest("f", [], [reject("again"), reject("first")], received_at=NOW)
    store.ingest("f", [], [reject("again"), reject("later")], received_at=NOW + timedelta(hours=1))
    then = {"feed": "f", "at": (NOW + timedelta(minutes=1)).isoformat()}
    assert [row["ref"] for row in client.get("/api/v1/quarantine", params=then).json()["rows"]] == ["again", "first"]
    assert len(client.get("/api/v1/quarantine").json()["rows"]) == 3
    before = {"at": (NOW - timedelta(minutes=1)).isoformat()}
    assert client.get("/api/v1/quarantine", params=before).json()["rows"] == []


@pytest.mark.parametrize(
    "at",
    ["yesterday", "2026-03-02T04:00:00", "2026-13-01T00:00:00Z", "2999-01-01T00:00:00Z", "", "\0",
     "9999-12-31T23:59:59-23:59"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["yard", "feeds", "kpis", "quarantine", "inspections/x"])
def test_a_bad_moment_is_named(client: TestClient, path: str, at: str) -> None:
    answer = client.get(f"/api/v1/{path}", params={"at": at})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "at"
    spans = client.get("/api/v1/yard/hourly", params={"since": "2026-03-02T04:00:00Z", "until": "soon"})
    assert (spans.status_code, spans.json()["parameter"]) == (400, "until")


def test_an_unknown_declaration_is_not_found(client: TestClient) -> None:
    assert client.get("/api/v1/inspections/nothing").status_code == 404


def test_feeds_are_paused_and_resumed(client: TestClient, feeds: Feeds) -> None:
    assert client.post("/api/v1/feeds/ais/acts", json={"act": "pause"}).status_code == 200
    assert client.post("/api/v1/feeds/ais/acts", json={"act": "resume"}).status_code == 200
    assert feeds.asked == [("pause", "ais"), ("resume", "ais")]
    assert client.post("/api/v1/feeds/ghost/acts", json={"act": "pause"}).status_code == 404
    assert client.post("/api/v1/feeds/ais/acts", json={"act": "explode"}).status_code == 400


def test_nothing_can_be_done_in_the_past(client: TestClient, feeds: Feeds) -> None:
    for query in ("at=2026-03-01T04:00:00Z", "since=2026-03-01T04:00:00Z"):
        answer = client.post(f"/api/v1/feeds/ais/acts?{query}", json={"act": "pause"})
        assert answer.status_code == 409
        assert answer.json()["error"] == "not_live"
    assert feeds.asked == []


def test_what_the_simulation_made_stands_beside_what_is_stored(client: TestClient) -> None:
    answer = client.get("/api/v1/simulation/made", params={"since": "2026-03-01T00:00:00Z"}).json()
    assert answer["made"] == {"gate_move": 3}
    assert "gate_move" in answer["stored"]
