"""The desk's routes against a real store: search, what is kept, export, and every bad question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import attach_desk, attach_export
from domain.pictures import FeedRow, FeedState, Picture
from layouts.stage import stage
from store.engine import Store, open_store
from tests.seen_by import seen_by
from tests.store.samples import ago, task, truck

NUMBER = "423120261000451234"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    records = [task(NUMBER, bill_of_lading="OOLU7788"), truck("鲁BD5678", ago(minutes=1))]
    one.ingest("test", records)
    yield one
    one.close()


@pytest.fixture
def client(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    settings = SimpleNamespace(geo_folder=tmp_path, language="zh_CN")
    monkeypatch.setattr(stage, "settings", settings, raising=False)
    row = FeedRow(
        key="f", title="f", adapter="simulation", origin="simulated", state=FeedState.OK, every_seconds=1,
        expected_seconds=1,
    )  # fmt: skip
    feeds = {"feeds": Picture(rows=[row])}
    app = FastAPI()
    attach_desk(app, store)
    attach_export(app, SimpleNamespace(newest=lambda topic, scope: feeds.get(topic)), lambda entry: None)
    return TestClient(seen_by(app), client=("127.0.0.1", 1))


def test_the_last_digits_lead_to_the_page_that_shows_it(client: TestClient) -> None:
    (group,) = client.get("/api/v1/search", params={"q": "451234", "lang": "en"}).json()["groups"]
    assert (group["kind"], group["title"]) == ("declaration", "Declarations")
    assert group["hits"][0]["href"] == f"/inspections/{NUMBER}"
    assert client.get("/api/v1/search", params={"q": "5678"}).json()["groups"][0]["kind"] == "vehicle"


@pytest.mark.parametrize("asked", [{"at": "yesterday"}, {"at": "2026-01-01T00:00:00"}, {"known": "guess"}])
def test_a_question_that_cannot_be_read_is_refused_in_words(client: TestClient, asked: dict[str, str]) -> None:
    answer = client.get("/api/v1/search", params={"q": "12", **asked})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_parameter")


def test_any_text_may_be_asked(client: TestClient) -> None:
    for text in ("", "x" * 5000, "%_'\"\\", "\x00", "🚢", "../../etc"):
        assert client.get("/api/v1/search", params={"q": text}).status_code == 200


def test_views_are_kept_listed_and_forgotten(client: TestClient) -> None:
    wish = {"kind": "view", "name": "夜班", "path": "/yard?block=A1", "body": {"maps": {}}}
    assert client.put("/api/v1/kept", json=wish).status_code == 200
    kept = client.get("/api/v1/kept").json()
    assert (kept["owner"], [one["name"] for one in kept["views"]], kept["bookmarks"]) == ("loopback", ["夜班"], [])
    gone = {"kind": "view", "name": "夜班"}
    assert client.delete("/api/v1/kept", params=gone).status_code == 200
    assert client.delete("/api/v1/kept", params=gone).status_code == 404


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"kind": "view", "name": "a", "path": "//evil.example"}, "bad_path"),
        ({"kind": "view", "name": " ", "path": "/"}, "bad_name"),
        ({"kind": "secret", "name": "a", "path": "/"}, "bad_body"),
        ({"kind": "view", "name": "a", "path": "/", "owner": "somebody"}, "bad_body"),
        ({"kind": "view", "name": "a", "path": "/", "body": {"x": "y" * 70_000}}, "too_large"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(client: TestClient, wish: dict[str, str], code: str) -> None:
    answer = client.put("/api/v1/kept", json=wish)
    assert (answer.status_code, answer.json()["error"]) == (400, code)


def test_a_file_says_moment_filters_and_origin(client: TestClient) -> None:
    wanted = {
        "format": "csv", "title": "队列", "columns": ["no"], "rows": [[NUMBER]], "filters": "平台 1", "lang": "en",
        "query": {"at": "2026-11-22T03:00:00Z", "known": "then"},
    }  # fmt: skip
    said = client.post("/api/v1/export", json=wanted).content.decode("utf-8-sig")
    assert NUMBER in said.splitlines()[1]
    for part in ("2026", "平台 1", "simulated", "Asia/Shanghai"):
        assert part in said


@pytest.mark.parametrize("bad", [{"format": "exe"}, {"columns": []}, {"rows": [["a", "b"]]}, {"rows": [[{"a": 1}]]}])
def test_a_table_that_is_none_is_refused(client: TestClient, bad: dict[str, object]) -> None:
    wanted = {"format": "csv", "title": "t", "columns": ["a"], "rows": [], **bad}
    assert client.post("/api/v1/export", json=wanted).status_code == 400
