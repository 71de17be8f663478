"""Sizes, parts, dimming and the configuration of walls."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app
import settings
from domain import wall
from domain.errors import ConfigError
from domain.wall import Layout, Night, Part, Scene, Wall


def test_a_letter_at_six_metres_is_28_mm_high() -> None:
    assert wall.seen_pixels(6, 1, 16) == pytest.approx(27.9, abs=0.1)  # NUREG-0700
    assert wall.seen_pixels(6, 1, 20) == pytest.approx(34.9, abs=0.1)


@given(st.floats(0.3, 60), st.floats(0.05, 20))
def test_text_spans_what_it_must_from_there(distance: float, pitch: float) -> None:
    font = wall.least_font_pixels(distance, pitch)
    for share, arcmin in ((wall.CAPITAL_SHARE, 16), (wall.HANZI_SHARE, 20)):
        seen = math.degrees(2 * math.atan(font * share * pitch / 2000 / distance)) * 60
        assert seen >= arcmin - 1e-6
    assert wall.least_font_pixels(2 * distance, pitch) == pytest.approx(2 * font)


def test_an_unknown_pitch_asks_for_nothing() -> None:
    assert wall.least_font_pixels(6, 0) == 0


@given(st.integers(1, 4), st.integers(1, 4))
def test_the_parts_of_a_wall_are_all_different_and_all_there(columns: int, rows: int) -> None:
    parts = [wall.part_of(f"{n}of{columns}x{rows}") for n in range(1, columns * rows + 1)]
    assert {(p.column, p.row) for p in parts} == {(c, r) for c in range(columns) for r in range(rows)}
    assert all((p.columns, p.rows) == (columns, rows) for p in parts)


@pytest.mark.parametrize("text", ["0of3", "4of3", "1of0", "5of2x2", "left", "1of99", "1of5x5", "1 of 3"])
def test_a_part_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="part"):
        wall.part_of(text)


@given(st.integers(0, 1439), st.integers(1, 120), st.integers(250, 1100), st.floats(0.2, 1), st.floats(0, 1439.99))
def test_brightness_stays_between_night_and_day(begins: int, ramp: int, long: int, dim: float, minute: float) -> None:
    def clock(n: int) -> str:
        return f"{n % 1440 // 60:02d}:{n % 60:02d}"

    night = Night(begins=clock(begins), ends=clock(begins + long), brightness=dim, ramp_minutes=ramp)
    points = wall.brightness_points(night)
    assert dim - 1e-9 <= wall.brightness_at(points, minute) <= 1 + 1e-9
    assert wall.brightness_at(points, (begins + ramp) % 1440) == pytest.approx(dim)
    assert wall.brightness_at(points, begins) == pytest.approx(1)
    assert wall.brightness_at(points, (begins + long + ramp) % 1440) == pytest.approx(1)


@given(st.text("abcdefgh-", min_size=1, max_size=20))
def test_screens_refresh_at_a_minute_of_their_own_within_the_span(name: str) -> None:
    told = Wall(refresh_at="23:50", refresh_spread_minutes=30)
    assert (wall.refresh_minute(told, name) - (23 * 60 + 50)) % 1440 < 30
    assert wall.refresh_minute(told, name) == wall.refresh_minute(told, name)


def test_a_tile_across_a_seam_is_named() -> None:
    layout = Layout(size=(30, 10), alarm=(0, 0, 10, 10), tiles={"a": (0, 0, 10, 10), "b": (5, 0, 10, 10)})
    assert wall.across_seams(layout, Part(columns=3)) == ["b"]
    assert wall.across_seams(layout, Part(columns=2)) == []


SCENE = """
[wall.scenes.a.layouts.b]
size = [10, 10]
alarm = {alarm}
[wall.scenes.a.layouts.b.tiles]
{tiles}
"""


@pytest.mark.parametrize(
    ("text", "key", "word"),
    [
        ("[wall]\ndistance_metres = 0", "wall.distance_metres", "0.3 to 60"),
        ("[wall]\ndwell = 3", "wall.dwell", "unknown key"),
        ("[wall]\nrefresh_at = '25:00'", "wall.refresh_at", "21:30"),
        ("[wall]\nrotation = ['nowhere']", "wall.rotation", "no scene 'nowhere'"),
        ("[wall.night]\nbrightness = 0", "wall.night.brightness", "0.2 to 1"),
        ("[wall.night]\nramp_minutes = 900", "wall.night.ramp_minutes", "shorter"),
        ("[wall.scenes.Bad]\nlayouts = {}", "wall.scenes.Bad", "lower-case"),
        ("[wall.scenes.rotation]\nlayouts = {}", "wall.scenes.rotation", "lower-case"),
        ("[wall.scenes.a]\nlayouts = {}", "wall.scenes.a.layouts", "needs a layout"),
        (SCENE.format(alarm="[0,0,5,5]", tiles=""), "wall.scenes.a.layouts.b.tiles", "no tile"),
        (SCENE.format(alarm="[0,0,5,5]", tiles="map=[6,0,5,5]"), "wall.scenes.a.layouts.b.tiles.map", "10 x 10"),
        (
            SCENE.format(alarm="[0,0,5,5]", tiles="a=[5,0,5,5]\nb=[7,2,3,3]"),
            "wall.scenes.a.layouts.b.tiles.b",
            "over a",
        ),
        (SCENE.format(alarm="[0,0,5,5]", tiles="a=[3,0,5,5]"), "wall.scenes.a.layouts.b.alarm", "part of a"),
        (SCENE.format(alarm="[0,0,0,5]", tiles="a=[5,0,5,5]"), "wall.scenes.a.layouts.b.alarm", "10 x 10"),
        (SCENE.format(alarm="[0,0]", tiles="a=[5,0,5,5]"), "wall.scenes.a.layouts[...].alarm", "array"),
    ],
)
def test_every_mistake_is_named_with_file_key_and_reason(tmp_path: Path, text: str, key: str, word: str) -> None:
    file = tmp_path / "cockpit.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        settings.load(file, environ={})
    assert (caught.value.key, caught.value.where) == (key, str(file))
    assert word in caught.value.problem


def test_the_shipped_scenes_are_composed_of_tiles_there_are() -> None:
    from layouts.tiles import unknown

    told = settings.load(environ={}).wall
    assert set(told.rotation) == {"overview", "yard", "inspections"} <= set(told.scenes)
    assert unknown(told) == []
    for scene in told.scenes.values():
        for layout in scene.layouts.values():
            assert 7 <= len(layout.tiles) <= 9


def test_checking_the_configuration_names_unknown_tiles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cockpit.toml"
    file.write_text(SCENE.format(alarm="[0,0,5,5]", tiles="nosuch = [5,5,5,5]"))
    assert app.main(["check-config", "--config", str(file)]) == 0
    assert "wall.scenes.a.layouts.b.tiles.nosuch: warning" in capsys.readouterr().out


def test_the_nearest_layout_is_taken() -> None:
    told = settings.load(environ={}).wall
    scene: Scene = told.scenes["overview"]
    for (width, height), size in {(1920, 1080): 32, (3840, 2160): 32, (6656, 1792): 64, (7680, 2160): 64}.items():
        assert wall.nearest_layout(scene, width, height).size[0] == size
