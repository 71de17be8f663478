"""Orders over the interface: an agency's system takes one on, and hears why it may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import api
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
    api.attach_dispatch(app, store.orders)
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
