"""Moments over HTTP: frames as a subscriber gets them, blocks of tracks, and mistakes in words."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import api
import settings as configuration
from domain.records import GateMove, Origin, VehiclePosition
from domain.viewer import PORT_OPERATOR, Viewer
from live.moment import Moments
from live.topics import Topic
from live.views import register_view, registered, viewing
from pipeline.past import Past
from store.engine import Store, open_store
from tests.seen_by import seen_by

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HERE = ("127.0.0.1", 50000)


def _truck(number: int, minutes: float, received: float | None = None) -> tuple[VehiclePosition, datetime]:
    at = NOW - timedelta(minutes=minutes)
    record = VehiclePosition(
        feed="t", origin=Origin.SIMULATED, event_time=at, vehicle_id=f"T{number}", lon=120.0 + minutes / 100,
        lat=36.0, speed_kmh=30.0,
    )  # fmt: skip
    return record, at if received is None else NOW - timedelta(minutes=received)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'cockpit.db'}", clock=lambda: NOW)
    for record, received in (
        _truck(1, 50), _truck(1, 41), _truck(1, 35), _truck(1, 20), _truck(2, 90), _truck(2, 31, received=25),
        _truck(3, 5),
    ):  # fmt: skip
        opened.ingest("t", [record], received_at=received)
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store) -> TestClient:
    app = FastAPI(openapi_url=None)
    encode = msgspec.json.Encoder(enc_hook=str).encode
    moments = Moments(Past(configuration.load(None), store).picture, store.reads.oldest, encode)
    api.attach_moments(app, moments, store.reads, clock=lambda: NOW)
    return TestClient(seen_by(app), client=HERE)


def _ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def test_a_frame_of_a_moment_is_the_frame_a_new_subscriber_gets(client: TestClient, store: Store) -> None:
    answer = client.get("/api/v1/moment", params={"at": _ago(20), "topics": "vehicles,clock"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["at"], body["known"], body["errors"]) == ((NOW - timedelta(minutes=20)).timestamp(), "corrected", {})
    assert [frame["t"] for frame in body["frames"]] == ["vehicles", "clock"]
    topic = Topic("vehicles")
    topic.publish(
        Past(configuration.load(None), store).picture(
            "vehicles", NOW - timedelta(minutes=20), "corrected", PORT_OPERATOR
        )
    )
    live = topic.frame(None)
    assert live is not None
    frame = body["frames"][0]
    assert (frame["s"], frame["k"], frame["full"]) == (1, "columns", json.loads(live.text)["full"])
    assert frame["full"]["ids"] == ["T1", "T2"]


@pytest.mark.parametrize(("known", "there"), [("then", ["T1"]), ("corrected", ["T1", "T2"])])
def test_what_had_not_been_received_is_not_known_then(client: TestClient, known: str, there: list[str]) -> None:
    answer = client.get("/api/v1/moment", params={"at": _ago(30), "topics": "vehicles", "known": known})
    assert answer.json()["frames"][0]["full"]["ids"] == there


def test_every_topic_has_a_moment(client: TestClient) -> None:
    topics = "vehicles,vessels,yard,queue,inspections,gates,alerts,kpis,forecasts,feeds,notices,clock"
    for known in ("then", "corrected"):
        body = client.get("/api/v1/moment", params={"at": _ago(10), "topics": topics, "known": known}).json()
        assert (body["errors"], len(body["frames"])) == ({}, 12)
        for frame in body["frames"]:
            as_of = frame["full"].get("head", {}).get("as_of")
            assert as_of is None or datetime.fromisoformat(as_of) <= NOW - timedelta(minutes=10)


def test_views_are_drawn_for_the_moment_and_a_failing_one_is_named(client: TestClient) -> None:
    def draw(pictures: Any, language: str) -> Any:
        looking = viewing.get()
        return {"ids": pictures["vehicles"].ids, "language": language, "known": looking.known if looking else None}

    register_view("asof-good", ("vehicles",), draw)
    register_view("asof-bad", ("vehicles",), lambda pictures, language: 1 / 0)
    try:
        topics = "view:asof-good@en,view:asof-bad@en,vehicles"
        body = client.get("/api/v1/moment", params={"at": _ago(20), "topics": topics, "known": "then"}).json()
    finally:
        for name in ("asof-good", "asof-bad"):
            registered().pop(name)  # type: ignore[attr-defined]
    assert body["errors"] == {"view:asof-bad@en": "render_failed"}
    assert body["frames"][0]["k"] == "value"
    assert body["frames"][0]["full"]["value"] == {"ids": ["T1", "T2"], "language": "en", "known": "then"}
    assert viewing.get() is None


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"at": "yesterday", "topics": "yard"}, "bad_time"),
        ({"at": "2026-11-22T08:00:00", "topics": "yard"}, "bad_time"),
        ({"at": "0001-01-01T00:00:00+14:00", "topics": "yard"}, "bad_time"),
        ({"topics": "yard"}, "bad_time"),
        ({"at": "2026-11-22T05:00:00Z", "topics": "yard"}, "future"),
        ({"at": "9999-12-31T23:59:59Z", "topics": "yard"}, "future"),
        ({"at": _ago(9), "topics": "yard", "known": "maybe"}, "bad_known"),
        ({"at": _ago(9), "topics": ""}, "no_topics"),
        ({"at": _ago(9), "topics": "yard,cranes"}, "unknown_topic"),
        ({"at": _ago(9), "topics": "view:nothing@en"}, "unknown_topic"),
        ({"at": _ago(9), "topics": "view:nothing"}, "unknown_topic"),
        ({"at": _ago(9), "topics": ",".join(f"t{n}" for n in range(61))}, "too_many_topics"),
    ],
)
def test_mistakes_are_named(client: TestClient, params: dict[str, str], code: str) -> None:
    answer = client.get("/api/v1/moment", params=params)
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert answer.json()["reason"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kind": "cranes"}, "unknown_kind"),
        ({"since": "x"}, "bad_time"),
        ({"since": _ago(-1)}, "future"),
        ({"since": _ago(5), "until": _ago(6)}, "bad_span"),
        ({"since": _ago(361), "until": _ago(0)}, "span_too_long"),
        ({"every": "-1"}, "bad_every"),
        ({"every": "99999999999"}, "bad_every"),
        ({"known": ""}, "bad_known"),
    ],
)
def test_mistakes_about_tracks_are_named(client: TestClient, changed: dict[str, str], code: str) -> None:
    asked = {"kind": "vehicles", "since": _ago(40), "until": _ago(0), **changed}
    answer = client.get("/api/v1/moment/tracks", params=asked)
    assert (answer.status_code, answer.json()["error"]) == (400, code)


def _unpacked(packed: Any, size: int) -> list[int]:
    if isinstance(packed, int):
        return [packed] * size
    width = next(name for name in "bwl" if name in packed)
    kind = {"b": "<u1", "w": "<u2", "l": "<u4"}[width]
    return (np.frombuffer(base64.b64decode(packed[width]), kind).astype(np.int64) + packed["o"]).tolist()


def test_a_block_of_tracks_begins_with_the_last_fix_before_it(client: TestClient) -> None:
    body = client.get("/api/v1/moment/tracks", params={"kind": "vehicles", "since": _ago(40), "until": _ago(0)}).json()
    assert (body["ids"], body["first"]) == (["T1", "T2", "T3"], [0, 3, 4, 5])  # T2 an hour before: long gone
    times = _unpacked(body["time"], 5)
    assert times == [-60, 300, 1200, 540, 2100]
    assert _unpacked(body["lon"], 5)[0] == 12_041_000
    assert _unpacked(body["speed"], 5) == [300] * 5
    assert _unpacked(body["heading"], 5) == [-1] * 5
    assert body["since"] == (NOW - timedelta(minutes=40)).timestamp()


def test_a_block_as_known_then_has_what_had_been_received_and_was_ever_shown(client: TestClient, store: Store) -> None:
    asked = {"kind": "vehicles", "since": _ago(40), "until": _ago(30), "known": "then"}
    assert client.get("/api/v1/moment/tracks", params=asked).json()["ids"] == ["T1"]
    late, received = _truck(1, 30, received=1)
    store.ingest("t", [late], received_at=received)
    asked = {"kind": "vehicles", "since": _ago(40), "until": _ago(0)}
    assert -60 + 660 in _unpacked(client.get("/api/v1/moment/tracks", params=asked).json()["time"], 6)
    then = client.get("/api/v1/moment/tracks", params={**asked, "known": "then"}).json()
    assert _unpacked(then["time"], 5) == [-60, 300, 1200, 540, 2100]


def test_a_block_can_be_thinned_and_its_end_in_the_future_is_cut(client: TestClient) -> None:
    asked = {"kind": "vehicles", "since": _ago(40), "until": _ago(-60), "every": "1800"}
    body = client.get("/api/v1/moment/tracks", params=asked).json()
    assert body["until"] == NOW.timestamp()
    assert (body["ids"], body["first"]) == (["T1", "T2", "T3"], [0, 2, 3, 4])
    empty = client.get("/api/v1/moment/tracks", params={"kind": "vessels", "since": _ago(40), "until": _ago(0)}).json()
    assert (empty["ids"], empty["first"]) == ([], [0])


def test_the_oldest_data_are_told(client: TestClient, store: Store) -> None:
    at = NOW - timedelta(hours=9)
    move = GateMove(feed="g", origin=Origin.SIMULATED, event_time=at, move_id="1", gate_id="G", direction="in")
    store.ingest("g", [move])
    body = client.get("/api/v1/moment", params={"at": _ago(1), "topics": "clock"}).json()
    assert body["oldest"] == at.timestamp()


def test_what_is_kept_is_bounded_and_equal_questions_are_answered_once(store: Store) -> None:
    asked: list[tuple[str, datetime]] = []

    def read(topic: str, at: datetime, _known: str, _viewer: Viewer) -> Any:
        asked.append((topic, at))
        return {"topic": topic}

    now = [0.0]
    moments = Moments(read, lambda viewer: None, msgspec.json.encode, clock=lambda: now[0])
    for _ in range(3):
        assert moments.frames(["yard", "yard"], NOW, "then").errors == {}
    assert asked == [("yard", NOW)]
    for second in range(2_000):
        moments.frames(["yard"], NOW - timedelta(seconds=second), "then")
    assert len(moments._frames._found) <= 512
    now[0] = 60.0
    moments.frames(["yard"], NOW - timedelta(seconds=1999), "then")
    assert len(asked) == 2_001
