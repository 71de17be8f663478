"""Datasets under /api/v1: as JSON, CSV and NDJSON, page by page and whole, for whom, and what is refused how."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import api
from domain.audit import Entry
from domain.permissions import Permission, Role
from domain.viewer import PORT_OPERATOR, Viewer
from store.engine import Store, open_store
from store.reads.dataset_tables import DATASETS, fields_of
from tests.seen_by import seen_by
from tests.store.samples import NOW, ago, move, one_of_each, task, truck

HERE = ("127.0.0.1", 50000)
ROWS = "/api/v1/datasets"
OWN = Viewer(name="own", roles=frozenset({Role.ENTERPRISE}), scope=frozenset({"E1"}))
Ask = Callable[..., TestClient]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'cockpit.db'}", clock=lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def noted() -> list[Entry]:
    return []


@pytest.fixture
def asking(store: Store, noted: list[Entry]) -> Ask:
    def asked_by(viewer: Viewer = PORT_OPERATOR, **more: Any) -> TestClient:
        app = FastAPI(openapi_url=None)
        api.attach_datasets(app, store.reads, noted.append, **more)
        return TestClient(seen_by(app, viewer), client=HERE)

    return asked_by


def test_the_list_tells_fields_types_units_and_what_an_index_serves(asking: Ask) -> None:
    found = {one["name"]: one for one in asking().get(ROWS).json()["datasets"]}
    assert set(found) == set(DATASETS)
    speed = next(one for one in found["vehicle_position"]["fields"] if one["name"] == "speed_kmh")
    assert speed == {"name": "speed_kmh", "type": "number", "unit": "km/h", "optional": True, "words": [],
                     "indexed": False}  # fmt: skip
    served = {name: {one["name"] for one in found[name]["fields"] if one["indexed"]} for name in found}
    assert served["vehicle_position"] == {"vehicle_id", "event_time"}
    assert served["gate_move"] == {"feed", "event_time"}
    assert found["vehicle_position"]["needs"] == {"one_of": ["vehicle_id", "from"], "days": 7}
    assert all(one["at"] for one in found.values())


def test_names_of_parameters_are_no_names_of_fields() -> None:
    from api.dataset_asked import RESERVED

    assert not any(set(RESERVED) & set(fields_of(name)) for name in DATASETS)


def test_rows_filters_columns_and_pages(asking: Ask, store: Store) -> None:
    store.ingest("test", [move(f"m{n}", ago(minutes=60 - n), "in" if n % 2 else "out") for n in range(10)])
    client = asking()
    asked = {"direction": "in", "columns": "move_id,event_time", "limit": 2, "from": ago(minutes=58).isoformat()}
    rows, pages = [], 0
    while True:
        told = client.get(f"{ROWS}/gate_move", params=asked).json()
        rows, pages = rows + told["rows"], pages + 1
        if told["next"] is None:
            break
        asked["next"] = told["next"]
    assert ([row["move_id"] for row in rows], pages) == (["m3", "m5", "m7", "m9"], 2)
    assert rows[0] == {"move_id": "m3", "event_time": "2026-11-22T03:03:00Z"}
    two = client.get(
        f"{ROWS}/gate_move", params={"move_id": ["m1", "m2"], "event_time.to": ago(minutes=58).isoformat()}
    )
    assert [row["move_id"] for row in two.json()["rows"]] == ["m1"]
    then = client.get(f"{ROWS}/gate_move", params={"at": ago(minutes=59).isoformat()}).json()
    assert ([row["move_id"] for row in then["rows"]], then["at"]) == (["m0", "m1"], "2026-11-22T03:01:00Z")


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_a_file_without_a_limit_is_the_whole_and_stands_on_record(
    asking: Ask, store: Store, noted: list[Entry], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("api.dataset_asked.MOST", 7)
    store.ingest("test", [move(f"m{n:03d}", ago(minutes=n)) for n in range(100)])
    media = {"csv": "text/csv", "ndjson": "application/x-ndjson"}[kind]
    answer = asking().get(f"{ROWS}/gate_move", headers={"accept": f"text/html, {media};q=0.9"})
    assert answer.headers["content-disposition"] == f'attachment; filename="gate_move.{kind}"'
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.text)))
    else:
        rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["move_id"] for row in rows] == [f"m{n:03d}" for n in reversed(range(100))]
    assert list(rows[0]) == list(fields_of("gate_move"))
    (entry,) = noted
    assert (entry.what, entry.object, entry.who) == ("export", "gate_move", "loopback")
    part = asking().get(f"{ROWS}/gate_move", params={"format": kind, "limit": 5})
    rest = asking().get(f"{ROWS}/gate_move", params={"format": kind, "limit": 5, "next": part.headers["x-next"]})
    assert (len(noted), part.text != rest.text) == (3, True)


def test_cells_of_a_csv_are_plain_and_run_nowhere(asking: Ask, store: Store) -> None:
    store.ingest("test", [task("1", platform="=1+1", fresh=True, containers=("A", "B"), agent='a "b", c')])
    told = asking().get(f"{ROWS}/inspection_task", params={"format": "csv"})
    (row,) = csv.DictReader(io.StringIO(told.text))
    assert (row["platform"], row["fresh"], row["farm"], row["containers"], row["agent"], row["direction"]) == (
        "'=1+1", "true", "false", "A B", 'a "b", c', "",
    )  # fmt: skip
    assert row["event_time"] == "2026-11-21T08:00:00Z"
    assert told.headers["content-type"] == "text/csv; charset=utf-8"


def test_a_whole_file_holds_one_page_at_a_time(asking: Ask, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.dataset_asked.MOST", 10)
    store.ingest("test", [move(f"m{n:03d}", ago(minutes=n)) for n in range(95)])
    read = store.reads.records
    sizes: list[int] = []

    def counted(*asked: Any) -> Any:
        page = read(*asked)
        sizes.append(len(page.rows))
        return page

    monkeypatch.setattr(store.reads, "records", counted)
    assert asking().get(f"{ROWS}/gate_move", params={"format": "csv"}).text.count("\r\n") == 96
    assert sizes == [10] * 9 + [5]


async def sent(app: Any, path: str, query: str = "") -> list[dict[str, Any]]:
    """Every message of an answer as the server gets it."""
    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
             "path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": [], "scheme": "http",
             "client": HERE, "server": ("127.0.0.1", 80), "root_path": ""}  # fmt: skip
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        told.append(dict(message))

    await app(scope, receive, send)
    return told


async def test_a_file_that_breaks_off_lacks_its_end(asking: Ask, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.dataset_asked.MOST", 10)
    store.ingest("test", [move(f"m{n:03d}", ago(minutes=n)) for n in range(95)])
    stood = 0

    async def revoked(scope: Any, viewer: Viewer) -> bool:
        nonlocal stood
        stood += 1
        return stood < 3

    async def whole(**more: Any) -> tuple[int, bool]:
        told = await sent(asking(**more).app, f"{ROWS}/gate_move", "format=csv")
        parts = [one for one in told if one["type"] == "http.response.body"]
        return b"".join(one.get("body", b"") for one in parts).count(b"\r\n") - 1, not parts[-1].get("more_body")

    assert await whole() == (95, True)
    assert await whole(stands=revoked) == (30, False)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("plate=1", "plate"), ("move_id;--=1", "move_id;--"), ("event_time.before=1", "event_time.before"),
        ("limit=0", "limit"), ("limit=5001", "limit"), ("limit=x", "limit"), ("limit=1&limit=2", "limit"),
        ("from=yesterday", "from"), ("to=2026-11-22T00:00:00", "to"), ("event_time.from=", "event_time.from"),
        ("columns=move_id,plate", "plate"), ("columns=move_id,move_id", "columns"), ("format=xml", "format"),
        ("next=abc", "next"), ("origin=dreamt", "origin"), ("origin.from=live", "origin.from"),
        ("move_id=%00", "move_id"), ("move_id=" + "x" * 201, "move_id"), ("flags.from=x", "flags.from"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_named(asking: Ask, query: str, parameter: str) -> None:
    answer = asking().get(f"{ROWS}/gate_move?{query}")
    assert answer.status_code == 422, answer.text
    assert (answer.json()["error"], answer.json()["parameter"]) == ("bad_parameter", parameter)
    assert answer.json()["message"]


def test_numbers_and_moments_are_checked_too(asking: Ask) -> None:
    client, calls = asking(), f"{ROWS}/vessel_call"
    for value in ("1e400", "nan", "9" * 30, "1.5", "x"):
        assert client.get(calls, params={"imo": value}).json()["parameter"] == "imo"
    assert client.get(calls, params={"at": "2999-01-01T00:00:00Z"}).status_code == 400
    assert client.get(calls, params={"known": "maybe"}).json()["parameter"] == "known"
    assert client.get(f"{ROWS}/inspection_task", params={"fresh": "1"}).json()["parameter"] == "fresh"
    wide = client.get(f"{ROWS}/vehicle_position")
    assert (wide.status_code, "vehicle_id" in wide.json()["message"]) == (422, True)


def test_what_takes_too_long_says_so(asking: Ask, monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    from store.limits import TooSlowError

    def slow(*asked: Any) -> Any:
        raise TooSlowError("took longer than 15 s")

    monkeypatch.setattr(store.reads, "records", slow)
    answer = asking().get(f"{ROWS}/gate_move")
    assert (answer.status_code, answer.json()["error"]) == (422, "too_slow")


def test_a_database_that_is_away_is_said(asking: Ask, monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    from domain.errors import StoreUnavailableError

    def away(*asked: Any) -> Any:
        raise StoreUnavailableError("unreachable", "gone")

    monkeypatch.setattr(store.reads, "records", away)
    answer = asking().get(f"{ROWS}/gate_move")
    assert (answer.status_code, answer.json()["message"]) == (503, "unreachable")


def test_an_enterprise_gets_its_own_rows_in_every_form(asking: Ask, store: Store) -> None:
    store.ingest("test", one_of_each("E2"))
    store.ingest("test", one_of_each(None, prefix="x"))
    since = {"from": ago(days=2).isoformat()}
    client = asking(OWN)
    on_air = {"vessel_position", "vessel_static", "weather_observation"}
    for name in DATASETS:
        for kind in ("json", "csv", "ndjson"):
            told = client.get(f"{ROWS}/{name}", params={**since, "format": kind})
            rows = len(told.json()["rows"]) if kind == "json" else told.text.count("\n") - (kind == "csv")
            assert rows == (name in on_air), (name, kind)
    store.ingest("test", [truck("mine", ago(hours=1), scope="E1")])
    (row,) = client.get(f"{ROWS}/vehicle_position", params={"vehicle_id": ["mine", "T1"]}).json()["rows"]
    assert row["vehicle_id"] == "mine"


def test_files_take_a_permission_of_their_own_and_a_dataset_that_may_not_be_read_is_not_there(asking: Ask) -> None:
    wall = asking(Viewer(name="w", roles=frozenset({Role.WALL})))
    assert wall.get(f"{ROWS}/gate_move").status_code == 200
    refused = wall.get(f"{ROWS}/gate_move", params={"format": "csv"})
    assert (refused.status_code, Permission.EXPORT in refused.json()["message"]) == (403, True)
    auditor = asking(Viewer(name="a", roles=frozenset({Role.AUDITOR})))
    assert auditor.get(ROWS).json() == {"datasets": []}
    assert auditor.get(f"{ROWS}/gate_move").status_code == asking().get(f"{ROWS}/nothing").status_code == 404
