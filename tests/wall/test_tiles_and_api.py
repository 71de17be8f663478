"""Tiles that do not exist or cannot be made, and what screens may say over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import api
import composition
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.viewer import Viewer
from layouts import tiles
from layouts.moment import LIVE
from layouts.tiles import Tile
from tests.screens import gallery
from tests.seen_by import seen_by


@pytest.fixture
def stage_there() -> Any:
    _, hub = gallery.build()
    yield hub
    hub.close()


def said(component: Any) -> str:
    return composition.encode_view(component).decode()


def test_an_unknown_tile_names_itself_the_file_and_what_there_is(stage_there: Any) -> None:
    words = said(tiles.place("nosuch", "en", LIVE))
    assert "nosuch" in words
    assert "cockpit.toml" in words
    assert "forecast-yard" in words


def test_a_tile_that_throws_gives_its_reason_and_keeps_its_place(
    stage_there: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(tiles.TILES, "broken", Tile(build=broken))  # type: ignore[arg-type]
    monkeypatch.setitem(tiles.TILES, "gone", Tile("no-such-view"))  # type: ignore[arg-type]
    assert "ZeroDivisionError" in said(tiles.place("broken", "en", LIVE))
    assert "KeyError" in said(tiles.place("gone", "zh_CN", LIVE))
    assert "data-view" in said(tiles.place("kpis", "en", LIVE))


def test_every_tile_is_drawn_with_and_without_data() -> None:
    for filled in (True, False):
        _, hub = gallery.build(filled=filled)
        for name, tile in tiles.TILES.items():
            for lang in ("zh_CN", "en"):
                assert said(tiles.place(name, lang, LIVE))
                if tile.view:
                    assert hub.draw(tile.view, lang) is not None
            assert tile.made_of()
        hub.close()


class Desk:
    """Remembers what it was asked; refuses what it was told to."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.error: Exception | None = None

    def hear(self, viewer: Viewer, screen: str, told: Any) -> None:
        self.calls.append(("hear", viewer.name, screen, told))

    def set(self, viewer: Viewer, screen: str, changes: Any, version: int | None = None) -> None:
        if self.error:
            raise self.error
        self.calls.append(("set", viewer.name, screen, changes, version))

    def reload(self, viewer: Viewer, screen: str) -> None:
        self.calls.append(("reload", viewer.name, screen))

    name = forget = test_sound = reload

    def mute(self, viewer: Viewer, screen: str, minutes: float) -> None:
        self.calls.append(("mute", viewer.name, screen, minutes))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(desk: Desk) -> TestClient:
    app = FastAPI()
    api.attach_screens(app, desk)
    return TestClient(seen_by(app), client=("127.0.0.1", 5000))


def test_a_screen_tells_of_itself_without_any_session(client: TestClient, desk: Desk) -> None:
    client.cookies.set("session", "expired")
    assert client.post("/api/v1/screens/duty-1/report", json={"fps": 60}).status_code == 204
    assert desk.calls == [("hear", "screen:duty-1", "duty-1", {"fps": 60})]


def test_a_screen_that_chatters_is_passed_over_but_a_hold_is_not(client: TestClient, desk: Desk) -> None:
    for body in ({}, {}, {"hold": {"scene": "yard", "seconds": 5}}):
        client.post("/api/v1/screens/a/report", json=body)
    assert [call[3] for call in desk.calls] == [{}, {"hold": {"scene": "yard", "seconds": 5}}]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"NaN"])
def test_what_is_no_report_is_refused(client: TestClient, desk: Desk, body: bytes) -> None:
    assert client.post("/api/v1/screens/a/report", content=body).status_code == 400
    assert desk.calls == []


def test_a_program_changes_only_what_it_names(client: TestClient, desk: Desk) -> None:
    body = {"act": "set", "changes": {"scene": "yard"}, "version": 3}
    assert client.post("/api/v1/screens/a/acts", json=body).status_code == 204
    assert desk.calls == [("set", "loopback", "a", {"scene": "yard"}, 3)]


@pytest.mark.parametrize("body", [{"act": "explode"}, {"act": "set", "changes": {"colour": 1}}, {}])
def test_unknown_acts_and_fields_are_refused(client: TestClient, desk: Desk, body: dict[str, Any]) -> None:
    assert client.post("/api/v1/screens/a/acts", json=body).status_code == 400
    assert desk.calls == []


def test_a_page_mutes_and_what_is_no_length_of_time_is_refused(client: TestClient, desk: Desk) -> None:
    for body in (b'{"minutes": "5"}', b"{}", b'{"minutes": NaN}', b'{"minutes": 5, "screen": "b"}'):
        assert client.post("/api/v1/screens/a/mute", content=body).status_code == 400
    assert client.post("/api/v1/screens/a/mute", json={"minutes": 5}).status_code == 204
    assert desk.calls == [("mute", "loopback", "a", 5.0)]


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotAllowedError("no"), 403), (StoreUnavailableError("locked"), 503), (ValueError("part"), 400)],
)
def test_refusals_have_their_status(client: TestClient, desk: Desk, error: Exception, status: int) -> None:
    desk.error = error
    assert client.post("/api/v1/screens/a/acts", json={"act": "set"}).status_code == status


def test_nothing_is_set_from_the_past(client: TestClient, desk: Desk) -> None:
    answer = client.post("/api/v1/screens/a/acts?at=2026-11-21T03:00:00Z", json={"act": "reload"})
    assert (answer.status_code, desk.calls) == (409, [])
