"""Fences: whatever was drawn is either sound or refused with the reason, and tells who is in it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fences import MOST_CORNERS, Fence, FenceError, FenceKind, Ground, Zones, fence_of
from domain.port_plan import ground_of, standing_places

GROUND = Ground.around([(120.18, 35.98), (120.26, 36.04)])
SQUARE = [[120.2, 36.0], [120.202, 36.0], [120.202, 36.002], [120.2, 36.002], [120.2, 36.0]]


def feature(points: Any = SQUARE, kind: str = "restricted", shape: str = "Polygon", **told: Any) -> dict[str, Any]:
    coordinates = [points] if shape == "Polygon" else points
    return {"type": "Feature", "geometry": {"type": shape, "coordinates": coordinates},
            "properties": {"name": "罐区", "kind": kind, **told}}  # fmt: skip


def refused(what: Any) -> str:
    with pytest.raises(FenceError) as error:
        fence_of(what, GROUND)
    return error.value.code


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("fence", "not_a_feature"),
        ({"type": "Feature", "geometry": None, "properties": {}}, "not_a_feature"),
        (feature(kind="moat"), "kind_unknown"),
        (feature(name="  "), "name_missing"),
        (feature(name="x" * 61), "name_long"),
        (feature(shape="Point"), "shape"),
        (feature(SQUARE[:-1]), "ring_open"),
        (feature([SQUARE[0], SQUARE[1], SQUARE[0]]), "corners_few"),
        (feature([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]), "ring_crosses"),
        (feature([*SQUARE[:2], [120.2, float("nan")], *SQUARE[3:]]), "corner"),
        (feature([*SQUARE[:2], ["120.2", 36.0], *SQUARE[3:]]), "corner"),
        (feature([*SQUARE[:2], [36.002, 120.202], *SQUARE[3:]]), "outside"),  # latitude first, a common slip
        (feature([[120.2 + (x - 120.2) / 1000, 36 + (y - 36) / 1000] for x, y in SQUARE]), "size"),
        (feature([[120.2, 36.0]] * (MOST_CORNERS + 5)), "corners_many"),
        (feature(applies=["ghost"]), "applies_nobody"),
        (feature(kind="speed_zone"), "limit"),
        (feature(kind="speed_zone", limit=float("nan")), "limit"),
        (feature(kind="speed_zone", limit=True), "limit"),
        (feature(kind="waiting_line", limit=400), "shape"),
        (feature([SQUARE[0], SQUARE[0]], "waiting_line", "LineString", limit=400), "line_short"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(what, code):
    assert refused(what) == code


def test_holes_are_not_taken_for_more_ground():
    with_hole = feature()
    with_hole["geometry"]["coordinates"].append(SQUARE)
    assert refused(with_hole) == "one_ring"


@given(
    st.lists(st.tuples(st.floats(0, 2 * math.pi), st.floats(0.0004, 0.004)), min_size=3, max_size=30),
    st.sampled_from([kind for kind in FenceKind if kind is not FenceKind.WAITING_LINE]),
)
def test_what_is_kept_is_read_back_the_same_and_holds_what_is_in_it(corners, kind):
    """Rings drawn around a point, in any order of angles: crossing ones are refused, others hold what they surround."""
    ring = [[120.22 + r * math.cos(a), 36.01 + r * math.sin(a)] for a, r in corners]
    drawn = feature([*ring, ring[0]], kind.value, limit=30)
    try:
        fence = fence_of(drawn, GROUND, "f1", 3)
    except FenceError as error:
        if error.code not in ("ring_crosses", "corners_few", "size"):
            raise
        return
    assert fence_of(fence.feature(), GROUND, "", 3) == fence
    lon, lat = np.random.default_rng(len(ring)).uniform((120.215, 36.005), (120.225, 36.015), (200, 2)).T
    inside = Zones([fence]).inside(lon, lat)[0]
    wider = Zones([fence], tolerance_metres=30).inside(lon, lat)[0]
    assert (wider | ~inside).all()
    assert [bool(Zones([fence]).at(x, y)) for x, y in zip(lon[:20], lat[:20], strict=True)] == inside[:20].tolist()


def test_retired_fences_and_lines_hold_nobody():
    square = Fence(fence_id="a", name="a", kind=FenceKind.RESTRICTED, points=tuple(map(tuple, SQUARE)))
    line = Fence(fence_id="b", name="b", kind=FenceKind.WAITING_LINE, points=square.points[:2], limit=400.0)
    retired = Fence(fence_id="c", name="c", kind=FenceKind.RESTRICTED, points=square.points, state="retired")
    assert [f.fence_id for f in Zones([square, line, retired]).at(120.201, 36.001)] == ["a"]
    assert Zones([]).at(120.201, 36.001) == []


def test_the_ports_plan_says_where_fences_may_be_and_where_one_may_stand():
    def drawn(kind: str, shape: str, told: Any) -> dict[str, Any]:
        return {"properties": {"kind": kind, "id": kind}, "geometry": {"type": shape, "coordinates": told}}

    plan = [
        drawn("terminal", "Polygon", [SQUARE]), drawn("gate", "Point", [120.21, 36.01]),
        drawn("road", "LineString", [[120.19, 36.0], [120.2, 36.0]]),
        drawn("fairway", "LineString", [[121, 35], [122, 35]]),
    ]  # fmt: skip
    ground = ground_of(plan)
    assert ground.holds((120.211, 36.02))
    assert not ground.holds((121.0, 35.0))
    assert [place.fence_id for place in standing_places(plan)] == ["plan-terminal"]
