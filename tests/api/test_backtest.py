"""A back-test asked for by a program: who may, what is refused and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import attach_backtest
from domain.permissions import Role
from domain.viewer import Viewer
from pipeline.backtest import BackTests
from settings import Settings, load
from store.engine import open_store
from tests.seen_by import seen_by

BOSS = Viewer(name="boss", roles=frozenset({Role.SUPERVISOR}))


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path))
    settings: Settings = load()
    open_store(settings.database_url).close()
    app = FastAPI()
    attach_backtest(app, BackTests(settings))
    return TestClient(seen_by(app, BOSS), client=("127.0.0.1", 1))


@pytest.mark.parametrize(
    ("name", "body", "status", "said"),
    [
        ("gate_queue", {"changes": {"params": {"minutes": -1}}}, 400, "changes.params.minutes"),
        ("gate_queue", {"changes": {"hold_on": 1}}, 400, "hold_on"),
        ("gate_queue", {"days": 0}, 400, "days"),
        ("no_such_rule", {}, 404, "no rule"),
    ],
)
def test_a_wrong_question_names_what_is_wrong(
    client: TestClient, name: str, body: dict[str, object], status: int, said: str
) -> None:
    answer = client.post(f"/api/v1/rules/{name}/backtest", json=body)
    assert answer.status_code == status
    assert said in answer.json()["message"]


def test_it_is_played_in_a_process_of_its_own(client: TestClient) -> None:
    answer = client.post("/api/v1/rules/gate_queue/backtest", json={"changes": {"params": {"minutes": 45}}, "days": 3})
    told = answer.json()
    assert (answer.status_code, told["state"]) == (200, "ok"), told
    assert told["draft"]["total"] == told["published"]["total"] == told["more"] == 0
    assert client.post("/api/v1/rules/queue_jump/backtest", json={}).json()["detail"] == "order"
