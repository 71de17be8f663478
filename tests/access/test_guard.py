"""The guard refuses what no honest browser on this machine would send."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request, WebSocket
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from access.guard import MAX_BODY_BYTES, Guard


def _client(peer: str = "127.0.0.1") -> TestClient:
    app = FastAPI(openapi_url=None)

    @app.get("/page")
    async def page() -> dict[str, str]:
        return {"page": "here"}

    @app.post("/api/v1/export")
    async def act(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    @app.websocket("/_dash-ws-callback")
    async def dash_socket(socket: WebSocket) -> None:
        await socket.accept()

    return TestClient(Guard(app, lambda: ["'sha256-abc='"]), base_url="http://127.0.0.1:8050", client=(peer, 50000))


def test_a_page_comes_with_the_security_headers() -> None:
    answer = _client().get("/page")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self' 'sha256-abc='" in policy
    assert "unsafe-eval" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "10.0.0.5:8050"])
def test_a_strange_host_name_is_refused(host: str) -> None:
    assert _client().get("/page", headers={"host": host}).status_code == 421


def test_another_machine_is_refused() -> None:
    assert _client(peer="10.1.2.3").get("/page").status_code == 403


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
def test_a_demo_is_not_shown_to_the_world_by_a_proxy_on_this_machine(header: str) -> None:
    assert _client().get("/page", headers={header: "10.1.2.3"}).status_code == 403


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:8051", "http://127.0.0.1:8050.evil.example", "http://[", "", "["],
)
def test_a_foreign_origin_may_not_act(origin: str) -> None:
    assert _client().post("/api/v1/export", headers={"origin": origin}).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        _client().websocket_connect("ws://127.0.0.1:8050/live", headers={"origin": origin}),
    ):
        pass


def test_a_refused_websocket_is_counted() -> None:
    words: list[str] = []
    app = Guard(FastAPI(openapi_url=None), refused=words.append)
    client = TestClient(app, base_url="http://127.0.0.1:8050", client=("127.0.0.1", 50000))
    for path, header in (
        ("live", {"origin": "http://evil.example"}),
        ("live", {"host": "evil.example"}),
        ("other", {}),
    ):
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect(f"ws://127.0.0.1:8050/{path}", headers=header),
        ):
            pass
    client.post("/api/v1/export", headers={"origin": "http://evil.example"})  # no websocket: not counted here
    assert words == ["origin", "host", "path"]


def test_a_page_of_ours_may_act_with_the_token_it_came_with() -> None:
    client = _client()
    client.get("/page")
    ours = {"origin": "http://127.0.0.1:8050", "x-csrftoken": client.cookies["_csrf_token"]}
    assert client.post("/api/v1/export", content=b"12345", headers=ours).json() == {"bytes": 5}


@pytest.mark.parametrize("token", [{}, {"x-csrftoken": ""}, {"x-csrftoken": "guessed"}])
@pytest.mark.parametrize("said", [{"origin": "http://127.0.0.1:8050"}, {"sec-fetch-site": "same-origin"}, {}])
def test_a_browser_without_its_page_s_token_may_not_act(token: dict[str, str], said: dict[str, str]) -> None:
    client = _client()
    client.get("/page")
    assert client.post("/api/v1/export", content=b"1", headers={**said, **token}).status_code == 403


def test_a_program_sends_nothing_a_browser_would_and_needs_no_token() -> None:
    assert _client().post("/api/v1/export", content=b"12345").json() == {"bytes": 5}


def test_a_cross_site_form_is_refused_even_without_an_origin() -> None:
    assert _client().post("/api/v1/export", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_an_oversized_body_is_refused_with_and_without_a_declared_length() -> None:
    big = b"x" * (MAX_BODY_BYTES + 1)
    assert _client().post("/api/v1/export", content=big).status_code == 413
    assert _client().post("/api/v1/export", content=iter([big[:700_000], big[700_000:]])).status_code == 413


def test_only_our_websocket_is_let_through() -> None:
    with _client().websocket_connect("ws://127.0.0.1:8050/live") as socket:
        assert socket.receive_text() == "hello"
    with pytest.raises(WebSocketDisconnect), _client().websocket_connect("ws://127.0.0.1:8050/_dash-ws-callback"):
        pass
