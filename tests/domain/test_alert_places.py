"""An alert stands on the map where its subject is, whether or not the finding says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.alert_flow import merge
from domain.alert_places import place_of
from domain.port_plan import places_of
from domain.records import ContainerStay
from domain.rules.base import Facts, Finding, Judged
from tests.domain.samples import NOW, good

SQUARE = [[120.0, 36.0], [120.2, 36.0], [120.2, 36.1], [120.0, 36.1], [120.0, 36.0]]
B1, P1 = (120.1, 36.05), (120.3, 36.2)


def feature(kind: str, geometry: dict, **told) -> dict:
    return {"properties": {"kind": kind, **told}, "geometry": geometry}


PLAN = places_of([
    feature("block", {"type": "Polygon", "coordinates": [SQUARE]}, id="b1", name="B1"),
    feature("platform", {"type": "Point", "coordinates": [*P1, 4.0]}, id="p1", name_zh="一号平台"),
    feature("berth", {"type": "Point", "coordinates": [120.4, 36.0]}, id="x1", name="1"),
    feature("berth", {"type": "Point", "coordinates": [120.5, 36.0]}, id="y1", name="1"),
])  # fmt: skip


def found(kind: str = "container", subject: str = "QGRU1125809", **more) -> Finding:
    return Finding(rule="r", subject_kind=kind, subject=subject, level=3, event_time=NOW, **more)


def test_the_plan_knows_places_by_each_name_that_is_theirs_alone() -> None:
    assert PLAN["b1"] == PLAN["B1"] == B1
    assert PLAN["一号平台"] == P1
    assert "1" not in PLAN  # two berths have it


@pytest.mark.parametrize(
    ("finding", "at"),
    [
        (found(lon=1.0, lat=2.0, params={"block": "b1"}), (1.0, 2.0)),  # what it tells itself comes first
        (found(params={"block": "b1"}), B1),
        (found("block", "b1"), B1),
        (found("platform", "一号平台"), P1),
        (found("declaration", "42", params={"platform": "一号平台"}), P1),
        (found(params={"block": "—"}), None),
        (found("feed", "yard"), None),
    ],
)
def test_named_places(finding: Finding, at: tuple[float, float] | None) -> None:
    assert place_of(finding, Facts(now=NOW), PLAN) == at


def test_a_box_is_in_its_block_and_moves_with_it() -> None:
    facts = Facts(now=NOW, stays={"QGRU1125809": replace(good(ContainerStay), block_id="b1")})
    assert place_of(found(), facts, PLAN) == B1

    def judged(at) -> list[Judged]:
        return [Judged(rule="r", kind="condition", findings=[found()], clear_after_seconds=60, version=1)]

    (row,) = merge({}, judged(NOW), NOW, where=lambda one: place_of(one, facts, PLAN)).changed
    assert (row.lon, row.lat) == B1
    later = NOW + timedelta(minutes=5)
    assert not merge({row.key: row}, judged(later), later, where=lambda _: B1).changed
    (moved,) = merge({row.key: row}, judged(later), later, where=lambda _: P1).changed
    assert (moved.lon, moved.lat) == P1
    assert moved.version == row.version  # it goes on; nothing happened to it
