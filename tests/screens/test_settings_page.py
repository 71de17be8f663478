"""The page of settings, asked as Dash asks it, over the whole application and a real store."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

import composition
import settings as configuration
from domain.configured import Shown
from domain.permissions import Role
from domain.viewer import PORT_OPERATOR
from pipeline.opening import store_of
from store.engine import Store
from store.reads.configured import BACKUP_MARK
from tests.screens.test_pages import lay_out
from tests.wall.hall import Hall

VALUE = "sesame-open-9917"
SHOWN = ("settings-force", "settings-course", "settings-backup", "settings-secrets")
FEED = '[feeds.ais]\nadapter = "nmea_ais"\naddress = "tcp://${secret:ais.host}:10110"\n'


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Store]]:
    home = tmp_path_factory.mktemp("house")
    (home / "cockpit.toml").write_text(FEED, "utf-8")
    told = configuration.load(home / "cockpit.toml", environ={"COCKPIT_HOME": str(home)})
    with contextlib.closing(store_of(told)) as store:
        built = composition.build(told, store, lambda publish: Hall(home, told, store, publish))  # type: ignore[arg-type]
        with TestClient(built, "http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
            yield client, store


def show(client: TestClient, search: str = "") -> Any:
    """What the page is filled with."""
    properties = ("rowData", "rowData", "children", "children")
    outputs = [{"id": name, "property": one} for name, one in zip(SHOWN, properties, strict=True)]
    body = {
        "output": ".." + "...".join(f"{one['id']}.{one['property']}" for one in outputs) + "..",
        "outputs": outputs,
        "inputs": [
            {"id": "moment", "property": "data", "value": None},
            {"id": "settings-answer", "property": "children", "value": None},
        ],
        "state": [
            {"id": "_pages_location", "property": "search", "value": search},
            {"id": "settings-lang", "property": "data", "value": "en"},
        ],
        "changedPropIds": [],
    }
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()["response"]
    return [found[name][one] for name, one in zip(SHOWN, properties, strict=True)]


def act(client: TestClient, wanted: str, name: str, value: str, search: str = "") -> Any:
    """What the page answers to a click."""
    clicks = {"set": 0, "remove": 0} | {wanted: 1}
    body = {
        "output": "..settings-answer.children...settings-secret-value.value..",
        "outputs": [
            {"id": "settings-answer", "property": "children"},
            {"id": "settings-secret-value", "property": "value"},
        ],
        "inputs": [{"id": f"settings-secret-{one}", "property": "n_clicks", "value": n} for one, n in clicks.items()],
        "state": [
            {"id": "settings-secret-name", "property": "value", "value": name},
            {"id": "settings-secret-value", "property": "value", "value": value},
            {"id": "settings-lang", "property": "data", "value": "en"},
            {"id": "moment", "property": "data", "value": None},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": [f"settings-secret-{wanted}.n_clicks"],
    }
    answer = client.post("/_dash-update-component", json=body)
    if answer.status_code != 200:
        return answer.status_code
    assert value not in answer.text or not value
    response = answer.json()["response"]
    assert response["settings-secret-value"]["value"] == ""
    return response["settings-answer"]["children"]


def test_settings_in_force_are_there_with_where_they_come_from(house: tuple[TestClient, Store]) -> None:
    rows = {row["key"]: row for row in show(house[0])[0]}
    assert (rows["home"]["from"], rows["home"]["setting"]) == ("environment", "home")
    address = rows["feeds.ais.address"]
    assert (address["section"], address["setting"], address["from"]) == ("feeds.ais", "address", "file")
    assert address["value"] == "tcp://${secret:ais.host}:10110"
    assert rows["server.port"]["from"] == "default"


def test_a_secret_is_set_and_removed_and_never_comes_back(house: tuple[TestClient, Store]) -> None:
    client, store = house
    assert "not set" in json.dumps(show(client)[3])
    assert act(client, "set", "ais.host", VALUE) == "ais.host is set. The feed uses it when it next connects."
    told = json.dumps(show(client)[3])
    assert all(word in told for word in ("ais.host", "loopback", "aes-256-gcm", '"ais"'))
    for text in (told, json.dumps(lay_out(client, "/admin/settings")), client.get("/api/v1/feeds").text):
        assert VALUE not in text
    assert act(client, "remove", "ais.host", "") == "ais.host is removed."
    assert act(client, "remove", "ais.host", "").startswith("Not done: there is no secret")
    assert act(client, "set", "Ais", VALUE).startswith("Not done: a name begins")
    assert act(client, "set", "ais", "abc").startswith("Not done: a value has")
    assert act(client, "set", "ais", VALUE, "?at=2026-11-21T03:00:00Z").startswith("Not done: this page shows a past")
    now = datetime.now(UTC)
    entries = store.reads.audit(PORT_OPERATOR, now - timedelta(1), now + timedelta(1), "secret")
    assert [one.entry.what for one in entries] == ["secret.remove", "secret.set"]
    assert VALUE not in str(entries)


def test_an_auditor_sees_all_and_is_offered_no_form(house: tuple[TestClient, Store]) -> None:
    client, _ = house
    client.cookies.set("cockpit_role", Role.AUDITOR)
    client.cookies.set("_csrf_token", "ofthispage")
    client.headers["x-csrftoken"] = "ofthispage"
    try:
        assert "settings-secret-value" not in json.dumps(lay_out(client, "/admin/settings"))
        assert len(show(client)[0]) > 50
        assert act(client, "set", "ais.host", VALUE) == 403
    finally:
        client.cookies.clear()
        del client.headers["x-csrftoken"]


def test_changes_are_told_and_a_past_moment_shows_what_stood_then(house: tuple[TestClient, Store]) -> None:
    client, store = house
    for seconds in (8, 9):
        store.keep_settings("root", {"lease.seconds": Shown(seconds, "file"), "language": Shown("en")})
    changed, first = show(client)[1]
    assert (changed["setting"], changed["before"], changed["after"], changed["who"]) == (
        "lease.seconds",
        "8",
        "9",
        "root",
    )
    assert first["after"] == "first recorded: 2 settings"
    later = (datetime.now(UTC) - timedelta(milliseconds=1)).isoformat().replace("+00:00", "Z")
    force, _, backup, secrets = show(client, f"?at={later}")
    assert {row["key"]: row["value"] for row in force} == {"lease.seconds": "9", "language": "en"}
    assert "Known of now only" in json.dumps(backup)
    assert backup == secrets
    assert show(client, "?at=2020-01-01T00:00:00Z")[:2] == [[], []]


def test_the_age_of_the_newest_backup_is_said_in_words(house: tuple[TestClient, Store]) -> None:
    client, store = house
    assert "No backup is known" in json.dumps(show(client)[2])
    now = datetime.now(UTC)
    for days, marked in ((2, False), (9, True)):
        told = {"at": (now - timedelta(days=days)).isoformat(), "file": "/b/x.backup", "bytes": 3 << 20, "rows": 7}
        store.ingest(BACKUP_MARK, [], (), told, now)
        said = json.dumps(show(client)[2])
        assert f"The newest backup is {days} d" in said
        assert ("remark" in said) is marked
        assert "3.0 MB" in said
