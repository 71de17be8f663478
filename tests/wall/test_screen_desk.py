"""Screens on a real store: told, set, refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import settings
from domain.errors import NotAllowedError
from domain.screen_pictures import ScreensPicture
from domain.viewer import PORT_OPERATOR, Viewer
from domain.wall import least_font_pixels
from pipeline.screen_desk import NotPossibleError, ScreenDesk
from store.engine import open_store
from store.writes.screens import MOST_SCREENS, ScreenError

WALL = settings.load(environ={}).wall


def kiosk(screen: str) -> Viewer:
    return Viewer(name=f"screen:{screen}", roles=frozenset({"wall"}))


class Room:
    """A desk and what it published last."""

    def __init__(self, url: str) -> None:
        self.store = open_store(url)
        self.shown = ScreensPicture()
        self.desk = ScreenDesk(self.store, WALL, self._take)

    def _take(self, topic: str, picture: Any) -> None:
        assert topic == "screens"
        self.shown = picture

    def audit(self) -> list[Any]:
        auditor = Viewer(name="auditor", roles=frozenset({"auditor"}))
        span = (datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1))
        return [noted.entry for noted in self.store.reads.audit(auditor, *span)]

    def row(self, screen: str) -> Any:
        return next((row for row in self.shown.rows if row.key == screen), None)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    found = Room(f"sqlite:///{tmp_path / 'wall.db'}")
    yield found
    found.store.close()


def test_a_screen_that_tells_of_itself_is_on_the_list(room: Room) -> None:
    room.desk.hear(
        kiosk("duty-1"), "duty-1", {"fps": 60, "width": 1920, "clock_error_seconds": 3600.0, "shows": "yard"}
    )
    row = room.row("duty-1")
    assert row.health == {"fps": 60, "width": 1920, "clock_error_seconds": 3600.0, "shows": "yard"}
    assert row.seen_at is not None


def test_what_it_was_set_to_stays_when_it_tells_again(room: Room) -> None:
    room.desk.set(PORT_OPERATOR, "a", {"scene": "yard", "part": "2of3", "palette": "night", "brightness": 0.6})
    room.desk.hear(kiosk("a"), "a", {"fps": 30})
    row = room.row("a")
    assert (row.scene, row.part, row.window, row.palette, row.brightness) == (
        "yard",
        "2of3",
        (1, 0, 3, 1),
        "night",
        0.6,
    )
    room.desk.set(PORT_OPERATOR, "a", {"part": ""})
    assert room.row("a").window is None
    assert room.row("a").health == {"fps": 30}


def test_its_own_distance_leads_to_its_own_size_of_text(room: Room) -> None:
    room.desk.set(PORT_OPERATOR, "far", {"distance_metres": 6, "pixel_pitch_mm": 1.25})
    room.desk.set(PORT_OPERATOR, "as-configured", {})
    assert room.row("far").least_pixels == pytest.approx(least_font_pixels(6, 1.25), abs=0.01)
    expected = least_font_pixels(WALL.distance_metres, WALL.pixel_pitch_mm)
    assert room.row("as-configured").least_pixels == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scene": "nowhere"}, "scene"), ({"part": "4of3"}, "part"), ({"palette": "neon"}, "palette"),
        ({"brightness": 0.05}, "brightness"), ({"role": "king"}, "role"), ({"name": "x" * 41}, "name"),
        ({"distance_metres": 100}, "distance"), ({"pixel_pitch_mm": -1}, "pitch"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_changes_nothing(room: Room, changes: dict[str, Any], code: str) -> None:
    room.desk.set(PORT_OPERATOR, "a", {"scene": "yard"})
    with pytest.raises(NotPossibleError) as caught:
        room.desk.set(PORT_OPERATOR, "a", changes)
    assert caught.value.code == code
    assert room.store.reads.screens(PORT_OPERATOR).rows[0].scene == "yard"


def test_a_kiosk_may_tell_of_itself_and_nothing_else(room: Room) -> None:
    with pytest.raises(NotAllowedError):
        room.desk.hear(kiosk("a"), "b", {})
    for act in (room.desk.reload, room.desk.name, room.desk.forget):
        with pytest.raises(NotAllowedError):
            act(kiosk("a"), "a")
    with pytest.raises(NotAllowedError):
        room.desk.set(kiosk("a"), "a", {"scene": "yard"})


def test_the_second_of_two_who_change_the_same_screen_is_told(room: Room) -> None:
    seen = room.desk.set(PORT_OPERATOR, "a", {"scene": "yard"})
    room.desk.set(PORT_OPERATOR, "a", {"scene": "overview"}, seen.version)
    with pytest.raises(ScreenError) as caught:
        room.desk.set(PORT_OPERATOR, "a", {"scene": "inspections"}, seen.version)
    assert caught.value.code == "changed"
    assert room.row("a").scene == "overview"


def test_reload_counts_name_ends_and_forget_forgets(room: Room) -> None:
    room.desk.reload(PORT_OPERATOR, "a")
    room.desk.reload(PORT_OPERATOR, "a")
    room.desk.name(PORT_OPERATOR, "a")
    assert (room.row("a").reloads, room.row("a").named_until > 0) == (2, True)
    room.desk.forget(PORT_OPERATOR, "a")
    assert room.row("a") is None


def test_one_screen_sounds_and_to_choose_another_takes_it_from_the_first_on_record(room: Room) -> None:
    room.desk.set(PORT_OPERATOR, "a", {"sounds": True, "scene": "yard"})
    room.desk.set(PORT_OPERATOR, "b", {"scene": "yard"})
    stale = room.row("a")
    room.desk.set(PORT_OPERATOR, "b", {"sounds": True})
    assert [(row.key, row.sounds) for row in room.shown.rows] == [("a", False), ("b", True)]
    assert (room.row("a").scene, room.row("a").version > stale.version) == ("yard", True)
    told = {(note.object, str(note.after)) for note in room.audit()}
    assert {("a", "{'sounds': False}"), ("b", "{'sounds': True}")} <= told
    room.desk.forget(PORT_OPERATOR, "b")
    assert not any(row.sounds for row in room.shown.rows)


def test_sound_is_off_for_a_while_at_most_and_by_whom_is_on_record(room: Room) -> None:
    officer = Viewer(name="li", roles=frozenset({"watch_officer"}))
    room.desk.set(PORT_OPERATOR, "a", {"sounds": True})
    for viewer in (officer, kiosk("a")):
        room.desk.mute(viewer, "a", 10)
        row = room.row("a")
        assert (row.muted_by, row.muted_until - row.muted_at) == (viewer.name, 600)
    assert ("a", "screen.mute", "li") in {(note.object, note.what, note.who) for note in room.audit()}
    room.desk.mute(officer, "a", 0)
    assert (room.row("a").muted_until, room.row("a").muted_by) == (0, "")
    for minutes in (10.1, -1, float("nan"), float("inf")):
        with pytest.raises(NotPossibleError):
            room.desk.mute(officer, "a", minutes)
    for viewer in (kiosk("b"), Viewer(name="w", roles=frozenset({"leader"}))):
        with pytest.raises(NotAllowedError):
            room.desk.mute(viewer, "a", 5)
    with pytest.raises(NotPossibleError) as caught:
        room.desk.mute(officer, "silent", 5)
    assert caught.value.code == "silent"


def test_a_screen_that_sounds_is_tested_and_no_other(room: Room) -> None:
    room.desk.set(PORT_OPERATOR, "a", {"sounds": True})
    room.desk.test_sound(PORT_OPERATOR, "a")
    assert room.row("a").sound_tests == 1
    with pytest.raises(NotPossibleError):
        room.desk.test_sound(PORT_OPERATOR, "b")


def test_a_held_scene_is_shared_and_bounded(room: Room) -> None:
    room.desk.hear(kiosk("a"), "a", {"hold": {"scene": "yard", "seconds": 1e9}})
    row = room.row("a")
    assert row.hold_scene == "yard"
    assert row.hold_until <= room.shown.as_of.timestamp() + WALL.hold_seconds
    room.desk.hear(kiosk("a"), "a", {"hold": {"scene": "<b>", "seconds": 10}})
    assert room.row("a").hold_scene == "yard"


@pytest.mark.parametrize("screen", ["", "Wall", "a b", "../x", "ä", "a" * 41, "-a"])
def test_an_identity_is_plain(room: Room, screen: str) -> None:
    with pytest.raises(NotPossibleError):
        room.desk.hear(PORT_OPERATOR, screen, {})


def test_wrong_words_and_types_are_left_out(room: Room) -> None:
    told = {"fps": "fast", "width": True, "shows": "x" * 50, "errors": 1, "secret": 1, "ratio": float("nan")}
    room.desk.hear(kiosk("a"), "a", told)
    assert room.row("a").health == {"errors": 1}


def test_there_is_an_end_to_screens(room: Room) -> None:
    for n in range(MOST_SCREENS):
        room.store.hear_screen(f"s{n}", {})
    with pytest.raises(ScreenError) as caught:
        room.desk.hear(kiosk("more"), "more", {})
    assert caught.value.code == "too_many"
    room.desk.hear(kiosk("s1"), "s1", {"fps": 1})
    assert room.row("s1").health == {"fps": 1}
