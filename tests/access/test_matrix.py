"""Every route, callback, page and topic, with every role and with nobody: each cell as the matrix says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dash
import pytest
from fastapi.testclient import TestClient

from access.desk import AccountDesk
from access.paths import DOORS, PAGES, PATHS, Unknown, permission_of
from domain.accounts import POLICIES
from domain.permissions import DEMO_ROLES, MATRIX, TOPIC_PERMISSIONS, Permission, Role
from domain.pictures import TOPICS
from domain.viewer import Viewer
from live.hub import Hub
from live.outbox import Outbox
from live.requests import Limits, Refused, Subscribe
from live.views import asked_of, register_view, registered
from pages._visitor import callback, check, declared
from store.engine import open_store
from tests.wall import hall
from tools.permissions import FILE, told

HERE = ("127.0.0.1", 50000)


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The whole application over pictures made by hand; answers 500 where a bare question makes no sense."""
    built = hall.build(tmp_path_factory.mktemp("hall"))
    app = dash.get_app()  # a later test builds another
    with TestClient(built, "http://127.0.0.1", client=HERE, raise_server_exceptions=False) as client:
        client.dash = app  # type: ignore[attr-defined]
        yield client


def routes(found: Any, under: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route of a server, of routers in it too."""
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes, under)
        elif hasattr(route, "methods"):
            yield from ((method, under + route.path) for method in route.methods)


def as_role(client: TestClient, role: Role) -> TestClient:
    """The same client, in a role."""
    client.cookies.set("cockpit_role", role)
    client.cookies.set("_csrf_token", "ofthispage")
    client.headers["x-csrftoken"] = "ofthispage"
    return client


def test_every_role_and_every_topic_stands_in_the_matrix() -> None:
    assert set(MATRIX) == set(Role)
    assert set(TOPIC_PERMISSIONS) == set(TOPICS)
    assert all(Permission.ENTER in allowed for allowed in MATRIX.values())
    assert not any(Permission.LOOK in MATRIX[r] for r in (Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN))


def test_every_route_answers_as_the_matrix_says(asking: TestClient) -> None:
    server = asking.dash.server  # type: ignore[attr-defined]
    walked = sorted({(m, re.sub(r"{[^}]*}", "x", path)) for m, path in routes(server.routes)})
    assert len(walked) > 30
    for role in DEMO_ROLES:
        client = as_role(asking, role)
        for method, path in walked:
            if path == "/_dash-update-component":
                continue  # each callback by itself, below
            try:
                asked = permission_of(method, path)
            except Unknown:
                assert client.request(method, path).status_code == 404, (method, path)
                continue
            may = asked is None or asked in MATRIX[role]
            assert (client.request(method, path).status_code == 403) is not may, (role, method, path)


def test_every_line_of_the_list_is_a_route_or_a_file(asking: TestClient) -> None:
    found = {(m, re.sub(r"{[^}]*}", "{}", path)) for m, path in routes(asking.dash.server.routes)}  # type: ignore[attr-defined]
    files = ("/assets/*", "/static/*", "/_dash-component-suites/*", "/manifest.webmanifest", "/live")
    lines = {(methods[0], path) for methods, path, _ in PATHS if path not in files and not DOORS.fullmatch(path)}
    assert lines - found == set(), "nobody answers there any more"


def test_nobody_gets_anything_but_files_and_probes(tmp_path: Path) -> None:
    client = TestClient(hall.build(tmp_path), "http://127.0.0.1", client=("10.1.2.3", 1))
    for methods, path, _ in PATHS:
        asked = path.replace("{}", "x").replace("*", "x")
        assert all(client.request(m, asked).status_code == 403 for m in methods if m != "WEBSOCKET"), path


def test_every_callback_runs_for_those_who_may_and_for_nobody_else(asking: TestClient) -> None:
    known = asking.dash.callback_map  # type: ignore[attr-defined]
    runs = [output for output, one in known.items() if one.get("callback")]
    assert len(runs) > 10
    for role in DEMO_ROLES:
        client = as_role(asking, role)
        for output in runs:
            asked = declared(known, output)
            answer = client.post("/_dash-update-component", json={"output": output, "inputs": [], "changedPropIds": []})
            assert (answer.status_code == 403) is (asked not in MATRIX[role]), (role, output)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"output": 5}', b'{"output": "nobody.children"}', b'{"outputs": {"id": "a"}}', b"\xff"]
)
def test_a_callback_nobody_declared_is_refused(asking: TestClient, body: bytes) -> None:
    asking.cookies.clear()
    asked = asking.post("/_dash-update-component", content=body, headers={"content-type": "application/json"})
    assert asked.status_code == 403


def test_a_callback_registers_with_a_permission_or_not_at_all() -> None:
    with pytest.raises(TypeError):
        callback(dash.Output("a", "b"), dash.Input("c", "d"))  # type: ignore[arg-type]

    def open_to_all() -> None: ...

    with pytest.raises(RuntimeError, match=r"a\.b"):
        check({"a.b": {"callback": open_to_all}})


@pytest.mark.parametrize("role", DEMO_ROLES)
def test_a_page_shows_itself_to_those_who_may(asking: TestClient, role: Role) -> None:
    client = as_role(asking, role)
    for path, asked in PAGES.items():
        body = {
            "output": ".._pages_content.children..._pages_store.data..",
            "outputs": [
                {"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"},
            ],
            "inputs": [
                {"id": "_pages_location", "property": "pathname", "value": path.replace("<scene>", "overview")},
                {"id": "_pages_location", "property": "search", "value": ""},
            ],
            "changedPropIds": ["_pages_location.pathname"],
        }  # fmt: skip
        answer = client.post("/_dash-update-component", json=body)
        assert answer.status_code == 200
        assert ("page-refused" in answer.text) is (asked not in MATRIX[role]), path


@pytest.mark.parametrize("role", Role)
def test_a_topic_exists_for_those_who_may_read_it(asking: TestClient, role: Role) -> None:
    hub = Hub(lambda value: b"null")
    names = [*TOPICS, *(f"view:{name}@en" for name in registered())]
    viewer = Viewer(name="x", roles=frozenset({role}))
    for topic in names:
        outbox = Outbox(hub, Limits(), None, "", False, lambda frame: None, viewer)  # type: ignore[arg-type]
        asked = Subscribe(topics={topic: None})
        if asked_of(topic) <= MATRIX[role]:
            assert outbox.subscribe(asked) == [topic]
        else:
            with pytest.raises(Refused, match="unknown topic"):
                outbox.subscribe(asked)
    if role in DEMO_ROLES:
        told = as_role(asking, role).get("/api/v1/topics", params={"topics": ",".join(names)}).json()["unknown"]
        assert set(told) == {topic for topic in names if not asked_of(topic) <= MATRIX[role]}
    hub.close()


def test_a_view_asks_for_all_it_is_drawn_from() -> None:
    register_view("matrix-test", ("feeds", "queue"), lambda pictures, lang: None)
    assert asked_of("view:matrix-test@en") == {Permission.ENTER, Permission.LOOK}
    registered().pop("matrix-test")  # type: ignore[attr-defined]


def test_the_documented_matrix_is_the_one_in_the_code() -> None:
    assert FILE.read_text("utf-8") == told(), "python -m tools.permissions"


def test_a_key_is_what_it_may_in_a_demo_too(asking: TestClient, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("keys")
    built = hall.build(home)
    store = open_store(f"sqlite:///{home / 'cockpit.db'}")
    desk = AccountDesk(store.accounts, POLICIES["mlps3"], lambda: datetime.now(UTC))
    boss = Viewer(name="boss", roles=frozenset({Role.SECURITY_ADMIN}))
    with TestClient(built, "http://127.0.0.1", client=HERE) as client:
        for role in (Role.LEADER, Role.AUDITOR, Role.SYSTEM_ADMIN):
            _, text = desk.add_key(boss, f"a-{role}", [role])
            for path in ("/api/v1/kpis", "/api/v1/quarantine", "/metrics"):
                answer = client.get(path, headers={"authorization": f"Bearer {text}"})
                asked = permission_of("GET", path)
                assert (answer.status_code == 403) is (asked not in MATRIX[role]), (role, path)
        assert client.get("/api/v1/kpis", headers={"authorization": "Bearer guessed"}).status_code == 401
    store.close()
