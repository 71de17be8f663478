"""Acts on alerts from programs, against a real store: done, refused with the reason, not understood, not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import attach_alerts
from api.asked import answer_bad_moments
from domain.alert_pictures import alert_id
from domain.permissions import Role
from domain.rules.base import Finding, Judged
from domain.viewer import Viewer
from pipeline.alert_desk import AlertDesk
from pipeline.alert_memory import AlertMemory
from store.engine import Store, open_store
from tests.seen_by import seen_by
from tests.store.samples import NOW, ago

NUMBER = alert_id("gate_queue:G1")
ANNA, BORIS = (Viewer(name=name, roles=frozenset({Role.WATCH_OFFICER})) for name in ("anna", "boris"))
Client = Callable[[Viewer], TestClient]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = open_store(f"sqlite:///{tmp_path / 'alerts.db'}", clock=lambda: NOW)
    yield one
    one.close()


@pytest.fixture
def raised(store: Store) -> Callable[[int], AlertMemory]:
    def put(level: int) -> AlertMemory:
        memory = AlertMemory(store)
        seen = {"minutes": {"value": 41, "limit": 30, "unit": "min"}}
        found = Finding(
            rule="gate_queue", subject_kind="gate", subject="G1", level=level, event_time=ago(hours=1), seen=seen
        )
        memory.judge([Judged(rule="gate_queue", kind="condition", findings=[found], clear_after_seconds=0)], NOW)
        return memory

    return put


@pytest.fixture
def client(store: Store) -> Client:
    published: list[str] = []
    app = FastAPI()
    attach_alerts(app, store.reads, AlertDesk(store, lambda topic, picture: published.append(topic), lambda: NOW))
    answer_bad_moments(app)
    return lambda viewer: TestClient(seen_by(app, viewer), client=("127.0.0.1", 1))


def acts(client: TestClient, act: str, version: int, **more: object) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/api/v1/alerts/{NUMBER}/acts", json={"act": act, "version": version, **more})
    return answer.status_code, answer.json()


def test_a_level_one_alert_from_trigger_to_two_person_close(
    client: Client, raised: Callable[[int], AlertMemory]
) -> None:
    memory = raised(1)
    anna, boris = client(ANNA), client(BORIS)
    assert acts(anna, "acknowledge", 1)[1]["state"] == "acknowledged"
    assert acts(anna, "take", 2)[1]["state"] == "handling"
    status, said = acts(anna, "confirm", 3, note="two lanes opened")
    assert (status, said["reason"], said["state"], said["version"]) == (409, "still_firing", "handling", 3)
    memory.judge([Judged(rule="gate_queue", kind="condition", clear_after_seconds=0)], NOW)
    assert acts(anna, "confirm", 4, note="two lanes opened")[1]["state"] == "confirmed"
    assert acts(anna, "close", 5)[1]["reason"] == "second_person"
    status, said = acts(boris, "close", 5)
    assert (status, said["state"], said["version"]) == (200, "closed", 6)
    told = anna.get(f"/api/v1/alerts/{NUMBER}").json()
    assert (told["state"], told["version"], told["alert"]["closed_by"]) == ("closed", 6, "boris")
    assert [(step["what"], step["who"]) for step in told["history"]] == [
        ("opened", ""), ("acknowledge", "anna"), ("take", "anna"), ("cleared", ""), ("confirm", "anna"),
        ("close", "boris"),
    ]  # fmt: skip
    assert told["evidence"][0]["seen"]["minutes"] == {"value": 41, "limit": 30, "unit": "min"}


def test_who_comes_second_is_told_how_it_stands(client: Client, raised: Callable[[int], AlertMemory]) -> None:
    raised(2)
    assert acts(client(ANNA), "acknowledge", 1)[0] == 200
    status, said = acts(client(BORIS), "acknowledge", 1)
    assert (status, said["reason"], said["version"]) == (409, "changed", 2)
    assert acts(client(BORIS), "acknowledge", 2)[1]["reason"] == "already_acknowledged"


def test_a_request_sent_twice_is_one(client: Client, raised: Callable[[int], AlertMemory]) -> None:
    raised(2)
    said = [acts(client(ANNA), "comment", 1, text="seen", request_key="k") for _ in range(2)]
    assert said[0] == said[1]
    assert (said[0][0], said[0][1]["version"]) == (200, 2)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"act": "explode", "version": 1}, "unknown_act"),
        ({"act": "shelve", "version": 1, "why": "works", "minutes": 100000}, "bad_minutes"),
        ({"act": "shelve", "version": 1, "minutes": 10}, "no_note"),
        ({"act": "assign", "version": 1}, "no_person"),
        ({"act": "close"}, "bad_body"),
        ({"act": "close", "version": "one"}, "bad_body"),
        ({"act": "close", "version": 1, "hurry": True}, "bad_body"),
    ],
)
def test_what_is_not_understood_is_said(
    client: Client, raised: Callable[[int], AlertMemory], body: dict[str, object], code: str
) -> None:
    raised(2)
    answer = client(ANNA).post(f"/api/v1/alerts/{NUMBER}/acts", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert answer.json()["message"]


def test_an_alert_nobody_has_or_may_see_is_not_there(client: Client, raised: Callable[[int], AlertMemory]) -> None:
    raised(2)
    enterprise = Viewer(name="e", roles=frozenset({Role.ENTERPRISE}), scope=frozenset({"E1"}))
    assert client(enterprise).get(f"/api/v1/alerts/{NUMBER}").status_code == 404
    assert client(ANNA).get("/api/v1/alerts/0000000000000000").status_code == 404
    gone = client(ANNA).post("/api/v1/alerts/0000000000000000/acts", json={"act": "take", "version": 1})
    assert gone.status_code == 404


def test_who_may_only_look_cannot_act_and_the_past_cannot_be_changed(
    client: Client, raised: Callable[[int], AlertMemory]
) -> None:
    raised(2)
    leader = Viewer(name="l", roles=frozenset({Role.LEADER}))
    assert acts(client(leader), "take", 1)[0] == 403
    past = client(ANNA).post(
        f"/api/v1/alerts/{NUMBER}/acts?at=2026-01-01T00:00:00Z", json={"act": "take", "version": 1}
    )
    assert (past.status_code, past.json()["error"]) == (409, "not_live")
    assert client(ANNA).get(f"/api/v1/alerts/{NUMBER}?at=yesterday").status_code == 400
