"""Orders over the interface: an agency's system takes one on, and hears why it may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import api
from api.asked import answer_bad_moments
from domain.alert_identity import alert_id
from domain.viewer import Viewer
from store.engine import Store, open_store
from tests.seen_by import seen_by
from tests.store.test_dispatch import KEY, standing

HERE = ("127.0.0.1", 50000)
ABOUT = f"/api/v1/alerts/{alert_id(KEY)}/orders"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'cockpit.db'}")
    yield standing(opened)
    opened.close()


def _client(store: Store, *viewer: Viewer) -> TestClient:
    app = FastAPI(openapi_url=None)
    api.attach_dispatch(app, store.orders, store.reads, {"border": 5})
    answer_bad_moments(app)
    return TestClient(seen_by(app, *viewer), client=HERE)


def test_an_agency_hears_of_its_order_takes_it_on_and_a_second_one_hears_who_was_first(store: Store) -> None:
    client = _client(store)
    made = client.post(ABOUT, json={"agency": "border", "task": "stop the truck"}).json()
    assert client.get(ABOUT).json() == {"orders": [made]}
    acts = f"/api/v1/orders/{made['id']}/acts"
    taken = client.post(acts, json={"act": "accept", "version": 1})
    assert (taken.status_code, taken.json()["state"], taken.json()["version"]) == (200, "accepted", 2)
    lost = client.post(acts, json={"act": "receive", "version": 1})
    assert (lost.status_code, lost.json()["reason"]) == (409, "changed")
    assert lost.json()["order"]["steps"][-1]["who"] == taken.json()["steps"][-1]["who"]
    again = client.post(ABOUT, json={"agency": "border"})
    assert (again.status_code, again.json()["reason"]) == (409, "already_ordered")


def test_an_agency_s_system_asks_for_its_orders_of_all_alerts(store: Store) -> None:
    client = _client(store)
    made = {agency: client.post(ABOUT, json={"agency": agency}).json() for agency in ("border", "customs")}
    client.post(f"/api/v1/orders/{made['customs']['id']}/acts", json={"act": "cancel", "version": 1, "note": "twice"})

    def told(**query: str) -> list[str]:
        return [one["order"]["agency"] for one in client.get("/api/v1/orders", params=query).json()["orders"]]

    assert told() == ["border", "customs"]  # what is over comes last
    assert (told(agency="border"), told(view="open"), told(view="over")) == (["border"], ["border"], ["customs"])
    assert (told(view="late"), told(at="2020-01-01T00:00:00Z")) == ([], [])
    first = client.get("/api/v1/orders").json()["orders"][0]
    assert (first["order"], first["late"]) == (made["border"], False)
    assert first["alert"]["key"] == KEY
    assert first["due_at"] > made["border"]["steps"][0]["at"]
    for wrong in ({"agency": "police"}, {"view": "mine"}, {"at": "now"}, {"known": "never"}):
        answer = client.get("/api/v1/orders", params=wrong)
        assert answer.status_code in (400, 422)
        assert next(iter(wrong)) in answer.text


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (ABOUT, {"agency": "police"}, 400), (ABOUT, {}, 400), (ABOUT, {"agency": "port", "state": "done"}, 400),
        ("/api/v1/alerts/none/orders", {"agency": "port"}, 404), (ABOUT + "?at=now", {"agency": "port"}, 409),
        ("/api/v1/orders/none/acts", {"act": "accept", "version": 1}, 404),
        ("/api/v1/orders/none/acts", {"act": "delete", "version": 1}, 400),
        ("/api/v1/orders/none/acts", {"act": "accept"}, 400),
    ],
)  # fmt: skip
def test_mistakes_are_named(store: Store, path: str, body: dict[str, str], status: int) -> None:
    answer = _client(store).post(path, json=body)
    assert (answer.status_code, bool(answer.json()["message"])) == (status, True)


def test_who_may_not_act_on_alerts_may_not_order(store: Store) -> None:
    client = _client(store, Viewer(name="reader", roles=frozenset({"leader"})))
    assert client.post(ABOUT, json={"agency": "port"}).status_code == 403
    assert client.get(ABOUT).json() == {"orders": []}
