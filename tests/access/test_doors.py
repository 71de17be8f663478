"""The whole cockpit with accounts, over http: doors, cookies, tokens, headers; what a stranger gets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dash
import msgspec
import pyotp
import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

import entering
from access.paths import PATHS
from access.throttle import LOGIN
from domain.permissions import Role
from domain.viewer import Viewer
from layouts.door import Door, Frame, drawn
from settings import load
from store.engine import open_store
from tests.access.conftest import ADMIN, GOOD
from tests.wall import hall

URL = "https://cockpit.example"
CONFIG = '[access]\nmode = "accounts"\n[server]\nhost = "127.0.0.1"\nnames = ["cockpit.example"]\ntls = "proxy"\n'


class Cockpit:
    """The application, its store beside it, and a browser of its own for everybody who asks."""

    def __init__(self, home: Path) -> None:
        self.config = home / "cockpit.toml"
        self.config.write_text(CONFIG)
        self.app = hall.build(home, self.config)
        self.dash: Any = dash.get_app()
        self.settings = load(self.config, environ={"COCKPIT_HOME": str(home)})
        self.store = open_store(self.settings.database_url)
        self.desk = entering.desk_of(self.settings, self.store)
        self.started = TestClient(self.app, URL, client=("10.0.0.1", 1))  # lifespan runs in this one

    def browser(self, peer: str = "10.0.0.2") -> TestClient:
        return TestClient(self.app, URL, client=(peer, 1), follow_redirects=False)

    def hire(self, name: str, role: Role) -> tuple[TestClient, str]:
        """Somebody with an account, logged in the way people are; gives the authenticator's secret too."""
        _, link = self.desk.add(ADMIN, name, "", [role], ["agent-1"] if role is Role.ENTERPRISE else None)
        one = self.browser(f"10.1.0.{len(self.desk.accounts(ADMIN))}")
        went = one.post(f"/welcome/{link}", data={"new": GOOD, "again": GOOD}, headers={"origin": URL})
        assert went.headers["location"].startswith("/login/enrol"), went.text
        page = one.get("/login/enrol").text
        found = re.search(r'door-secret num">([^<]+)<', page)
        assert found is not None
        secret = found[1].replace(" ", "")
        went = one.post("/login/enrol", data={"code": pyotp.TOTP(secret).now()}, headers={"origin": URL})
        assert went.status_code == 200, went.text
        assert len(re.findall(r"<li>[0-9a-f]{10}-[0-9a-f]{10}</li>", went.text)) == 10
        return one, secret


@pytest.fixture(scope="module")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    built = Cockpit(tmp_path_factory.mktemp("doors"))
    with built.started:
        yield built
    built.store.close()


@pytest.fixture(scope="module")
def supervisor(cockpit: Cockpit) -> TestClient:
    return cockpit.hire("sup", Role.SUPERVISOR)[0]


def test_a_stranger_gets_doors_files_and_probes(cockpit: Cockpit) -> None:
    stranger = cockpit.browser()
    for methods, line, asked in PATHS:
        path = line.replace("{}", "x").replace("*", "x")
        for method in set(methods) - {"WEBSOCKET", "HEAD"}:
            status = stranger.request(method, path, headers={"origin": URL}).status_code
            if asked is None:
                assert status not in (403, 500), (method, path, status)
            else:
                assert status == (303 if path == "/api/docs" else 401), (
                    method,
                    path,
                    status,
                )  # a page leads to the login
    with pytest.raises(WebSocketDisconnect), stranger.websocket_connect("wss://cockpit.example/live"):
        pass


@pytest.mark.parametrize("path", ["/", "/yard", "/inspections/123", "/kpis?at=2026-01-01T00:00:00Z", "/no-such-page"])
def test_a_stranger_s_page_is_the_login_and_leads_back(cockpit: Cockpit, path: str) -> None:
    went = cockpit.browser().get(path)
    assert went.status_code == 303
    assert went.headers["location"].startswith("/login?next=/")
    assert cockpit.browser().get(went.headers["location"]).status_code == 200


def test_a_wall_never_falls_to_a_login(cockpit: Cockpit) -> None:
    went = cockpit.browser().get("/wall?screen=duty-1")
    assert went.headers["location"].startswith("/unbound?next=/wall")
    page = cockpit.browser().get(went.headers["location"])
    assert (page.status_code, 'type="password"' in page.text) == (401, False)
    assert 'http-equiv="refresh" content="30;url=/wall?screen=duty-1"' in page.text


def test_a_screen_is_bound_looks_and_speaks_for_itself_alone(cockpit: Cockpit) -> None:
    boss = Viewer(name="sup", roles=frozenset({Role.SUPERVISOR}))
    link, screen = cockpit.desk.invite_screen(boss, "duty-1"), cockpit.browser("10.0.0.30")
    assert "duty-1" in screen.get(f"/bind/{link}").text
    went = screen.post(f"/bind/{link}", headers={"origin": URL})
    assert went.headers["location"] == "/wall?screen=duty-1"
    assert "Max-Age=34560000" in went.headers["set-cookie"]
    assert screen.get("/wall?screen=duty-1").status_code == 200
    assert screen.get("/api/v1/kpis").status_code == 200
    ours = {"x-csrftoken": screen.cookies["_csrf_token"], "origin": URL}
    assert screen.post("/api/v1/screens/duty-1/report", json={}, headers=ours).status_code == 204
    assert screen.post("/api/v1/screens/duty-2/report", json={}, headers=ours).status_code == 403
    assert screen.post("/api/v1/screens/duty-1/acts", json={"act": "forget"}, headers=ours).status_code == 403
    assert screen.post(f"/bind/{link}", headers={"origin": URL}).status_code == 410


def test_the_cookie_of_a_session_is_this_host_s_and_no_script_s(cockpit: Cockpit) -> None:
    _, link = cockpit.desk.add(ADMIN, "cookie", "", [Role.LEADER])
    went = cockpit.browser("10.0.0.40").post(
        f"/welcome/{link}", data={"new": GOOD, "again": GOOD}, headers={"origin": URL}
    )
    said = went.headers["set-cookie"]
    assert said.startswith("__Host-cockpit_session=")
    assert all(word in said for word in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"))
    assert "Domain" not in said


def test_a_page_acts_with_its_token_and_only_with_it(supervisor: TestClient) -> None:
    supervisor.get("/")
    token = supervisor.cookies["_csrf_token"]
    body = {"act": "name"}
    path = "/api/v1/screens/duty-9/acts"
    for headers in (
        {"origin": URL}, {"origin": URL, "x-csrftoken": "guess"}, {}, {"content-type": "text/plain"},
        {"origin": "https://evil.example", "x-csrftoken": token}, {"origin": "null", "x-csrftoken": token},
        {"origin": "https://cockpit.example.evil.example", "x-csrftoken": token},
        {"sec-fetch-site": "cross-site", "x-csrftoken": token}, {"sec-fetch-site": "same-site", "x-csrftoken": token},
    ):  # fmt: skip
        assert supervisor.post(path, json=body, headers=headers).status_code == 403, headers
    assert supervisor.post(path, json=body, headers={"origin": URL, "x-csrftoken": token}).status_code != 403


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "https://cockpit.example.evil.example"])
def test_a_foreign_page_gets_no_websocket(supervisor: TestClient, origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    with (
        pytest.raises(WebSocketDisconnect),
        supervisor.websocket_connect("wss://cockpit.example/live", headers=headers),
    ):
        pass


def test_a_login_form_from_elsewhere_is_refused(cockpit: Cockpit) -> None:
    form = {"name": "sup", "password": GOOD}
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
                    {"cookie": "a=b"}):  # fmt: skip
        assert cockpit.browser("10.0.0.50").post("/login", data=form, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "where", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/login", "\n/x", "/unbound"]
)
def test_a_login_leads_to_a_page_of_ours(cockpit: Cockpit, where: str) -> None:
    page = cockpit.browser("10.0.0.51").get("/login", params={"next": where})
    assert 'name="next" value="/"' in page.text


def test_of_a_thousand_guesses_from_one_place_few_are_judged(cockpit: Cockpit) -> None:
    one = cockpit.browser("10.0.0.60")
    form = {"name": "nobody", "password": "x"}
    told = [one.post("/login", data=form, headers={"origin": URL}).status_code for _ in range(200)]
    assert set(told) == {401, 429}
    assert told.count(401) <= 2 * LOGIN.amount, "a minute may end in between"


def test_a_logout_is_one_everywhere(cockpit: Cockpit) -> None:
    one, _ = cockpit.hire("leaver", Role.LEADER)
    assert one.get("/api/v1/kpis").status_code == 200
    kept = one.cookies["__Host-cockpit_session"]
    assert one.post("/logout", headers={"origin": URL}).headers["location"] == "/login"
    again = cockpit.browser()
    again.cookies.set("__Host-cockpit_session", kept)
    assert again.get("/api/v1/kpis").status_code == 401


def test_a_program_s_key_needs_no_cookie_and_no_token(cockpit: Cockpit) -> None:
    _, text = cockpit.desk.add_key(ADMIN, "erp", [Role.LEADER])
    program = cockpit.browser("10.0.0.70")
    bearer = {"authorization": f"Bearer {text}"}
    assert program.get("/api/v1/kpis", headers=bearer).status_code == 200
    assert program.post("/api/v1/screens/x/acts", json={"act": "name"}, headers=bearer).status_code == 403
    answer = program.get("/api/v1/kpis", headers={"authorization": "Bearer cockpit_guess"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_key_of_some_datasets_reads_those_and_nothing_else(cockpit: Cockpit) -> None:
    _, text = cockpit.desk.add_key(ADMIN, "gates", [Role.LEADER], datasets=["gate_move"])
    program, bearer = cockpit.browser("10.0.0.71"), {"authorization": f"Bearer {text}"}
    assert [one["name"] for one in program.get("/api/v1/datasets", headers=bearer).json()["datasets"]] == ["gate_move"]
    read = {path: program.get(path, headers=bearer).status_code for path in (
        "/api/v1/datasets/gate_move", "/api/v1/datasets/gate_state", "/api/openapi.json", "/api/v1/kpis",
        "/api/v1/topics?topics=yard", "/", "/api/v1/moment", "/livez",
    )}  # fmt: skip
    assert list(read.values()) == [200, 404, 200, 403, 403, 403, 403, 200], read
    with (
        pytest.raises(WebSocketDisconnect),
        program.websocket_connect("wss://cockpit.example/live", headers={**bearer, "origin": URL}),
    ):
        pass


def test_every_answer_carries_the_headers(cockpit: Cockpit, supervisor: TestClient) -> None:
    for answer in (
        supervisor.get("/"), supervisor.get("/api/v1/kpis"), cockpit.browser().get("/login"),
        cockpit.browser().get("/api/v1/kpis"), cockpit.browser().get("/nowhere"),
    ):  # fmt: skip
        told = answer.headers
        assert "unsafe-eval" not in told["content-security-policy"]
        assert "script-src 'self'" in told["content-security-policy"]
        assert told["x-content-type-options"] == "nosniff"
        assert told["strict-transport-security"].startswith("max-age=")
        assert told["cache-control"] == "no-store"
        assert told["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/docs", "/redoc", "/_reload-hash", "/_mcp", "/_dash-ws-callback", "/.env", "/admin"]
)
def test_what_frameworks_open_by_themselves_is_closed(supervisor: TestClient, path: str) -> None:
    assert supervisor.get(path).status_code in (200, 404)
    assert "react-entry-point" in supervisor.get(path).text or supervisor.get(path).status_code == 404


def test_the_interface_s_page_leads_strangers_to_the_login_and_its_documents_do_not(cockpit: Cockpit) -> None:
    one = cockpit.browser()
    assert one.get("/api/docs").headers["location"] == "/login?next=/api/docs"
    assert [one.get(f"/api/{name}.json").status_code for name in ("openapi", "asyncapi")] == [401, 401]


def test_a_strange_host_is_refused(cockpit: Cockpit) -> None:
    assert cockpit.browser().get("/login", headers={"host": "evil.example"}).status_code == 421


def test_a_form_with_odd_things_in_it_is_answered_in_words(cockpit: Cockpit) -> None:
    one = cockpit.browser("10.0.0.80")
    for body in (
        b"",
        b"\xff\xfe",
        b"name=" + b"x" * 9000,
        b"&".join(b"a=1" for _ in range(10)),
        b"name=%00&password=%0a",
    ):
        told = one.post("/login", content=body, headers={"origin": URL})
        assert (told.status_code, "Traceback" in told.text) == (401, False), body[:20]
    assert one.get("/login", params={"next": "/yard", "lang": "en"}).text.count("Log in") >= 2
    assert one.get("/login", params={"next": '/"><script>'}).text.count("<script>") == 0


def test_a_second_factor_changes_only_after_the_password_was_given_lately(
    cockpit: Cockpit, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = cockpit.hire("again", Role.SUPERVISOR)
    with monkeypatch.context() as later:
        later.setattr("access.login.FRESH", timedelta(seconds=-1))
        for answer in (one.get("/login/enrol"), one.post("/login/enrol", data={"code": "1"}, headers={"origin": URL})):
            assert answer.headers["location"].startswith("/login/again")
        assert one.post("/login/again", data={"password": "a guess"}, headers={"origin": URL}).status_code == 401
    went = one.post("/login/again", data={"password": GOOD}, headers={"origin": URL})
    assert went.headers["location"].startswith("/login/enrol")
    assert 'name="password"' in one.get("/login/again").text
    assert cockpit.browser().get("/login/again").headers["location"].startswith("/login?ended=1")


def test_a_page_whose_codes_are_shown_nowhere_else_leads_to_no_other_language(cockpit: Cockpit) -> None:
    one, _ = cockpit.hire("tongues", Role.SUPERVISOR)
    page = one.get("/login/enrol").text
    found = re.search(r'door-secret num">([^<]+)<', page)
    assert found is not None
    code = pyotp.TOTP(found[1].replace(" ", "")).now()
    shown = one.post("/login/enrol", data={"code": code}, headers={"origin": URL}).text
    assert "door-codes" in shown
    assert "?lang=" in page
    assert "?lang=" not in shown


def test_who_has_no_password_here_is_led_out_to_come_in_anew(cockpit: Cockpit) -> None:
    one, _ = cockpit.hire("vouched", Role.SUPERVISOR)
    account = cockpit.store.accounts.named("vouched")
    assert account is not None
    cockpit.store.accounts.change(account.account_id, lambda now: msgspec.structs.replace(now, password=""))
    page = one.get("/login/again").text
    assert 'action="/logout"' in page
    assert 'name="password"' not in page
    assert one.post("/logout", headers={"origin": URL}).headers["location"] == "/login"


def test_another_language_says_what_was_said() -> None:
    frame = Frame(lang="en", palette="", port="P", style="", icon="")
    page = drawn(Door(name="login", next="/yard?a=1&b=2", asked="&failed=oidc.weak"), frame)
    assert 'href="?lang=zh_CN&amp;next=/yard%3Fa%3D1%26b%3D2&amp;failed=oidc.weak"' in page
