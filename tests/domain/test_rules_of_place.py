"""Rules of place and movement, as timelines: each fires on its case and stays quiet beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.fences import Fence, FenceKind
from domain.pictures import FeedRow, FeedState
from domain.records import ContainerStay, DoorEvent, InspectionTask, VehiclePosition
from domain.rules.recognition_mismatch import mismatches
from domain.watch_records import NO_APPOINTMENT, AreaEvent, Recognition
from tests.domain.rule_timeline import found, play
from tests.domain.samples import BEFORE, BOX, DECLARATION, NOW, good

PLATE = "鲁B12345"
INSIDE, OUTSIDE = (120.201, 36.001), (120.21, 36.01)
RING = ((120.2, 36.0), (120.202, 36.0), (120.202, 36.002), (120.2, 36.002), (120.2, 36.0))


def fences(kind: FenceKind, **told: Any) -> dict[str, Any]:
    return {"fences": {"F1": Fence(fence_id="F1", name="罐区", kind=kind, points=RING, **told)}}


def fix(seconds: float, place: tuple[float, float] = OUTSIDE, **told: Any) -> tuple[float, dict[str, Any]]:
    """A row of a timeline: the vehicle's newest fix, at its moment."""
    told = {"speed_kmh": 20.0, "declaration_no": DECLARATION, "container_no": BOX, "status": "driving", **told}
    at = NOW + timedelta(seconds=seconds)
    return seconds, {
        "vehicles": {PLATE: replace(good(VehiclePosition), event_time=at, lon=place[0], lat=place[1], **told)}
    }


def with_facts(row: tuple[float, dict[str, Any]], facts: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    return row[0], {**row[1], **facts}


def event(**told: Any) -> AreaEvent:
    return replace(good(AreaEvent), **told)


def test_cameras_see_people_and_vehicles_where_they_may_not_be() -> None:
    new = [event(), event(event_id="2", what="vehicle", area="F2"), event(kind="crossing"), event(kind="loitering")]
    assert play("area_intrusion", [(0, {"new": new}), (5, {"new": [event(event_id="3")]})]) == [
        (0, "event 1", "F1"), (0, "event 2", "F2"), (5, "event 1", "F1"),
    ]  # fmt: skip
    [named] = found("area_intrusion", {"new": {AreaEvent: [event()]}, **fences(FenceKind.RESTRICTED)})
    assert (named.params["area"], named.lon, named.lat) == ("罐区", 120.2, 36.0)


def test_the_perimeter_crossed_and_not_the_line_of_the_waiting_hall() -> None:
    new = [event(kind="tripwire", direction="in"), event(kind="tripwire", direction="?"), event(kind="crossing")]
    both = found("perimeter_tripwire", {"new": {AreaEvent: new}})
    assert [(one.level, one.params["way_key"]) for one in both] == [(2, "alert.way.in"), (2, "alert.way.unknown")]


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({}, []),
        ({"plate_read": "鲁B99999"}, ["plate"]),
        ({"plate_read": ""}, []),  # not read
        ({"plate_expected": ""}, []),  # nobody expected
        ({"container_read": "MIOU 245314 4", "container_expected": BOX}, []),  # written otherwise, the same box
        ({"container_read": "MIOU2453145", "container_expected": BOX}, ["container"]),
        ({"position_read": "A1-03-2", "position_expected": "A1-01-2"}, ["yard"]),
        ({"appointment_no": NO_APPOINTMENT, "plate_expected": ""}, ["appointment"]),
        ({"appointment_no": NO_APPOINTMENT, "plate_read": "鲁B1", "position_read": "a", "position_expected": "b"},
         ["plate", "appointment", "yard"]),
    ],
)  # fmt: skip
def test_what_was_read_is_held_against_what_was_expected(told: dict[str, str], wrong: list[str]) -> None:
    seen = replace(good(Recognition), **told)
    assert mismatches(seen) == wrong
    said = found("recognition_mismatch", {"new": {Recognition: [seen]}})
    assert [one.params["what_key"].rpartition(".")[2] for one in said] == wrong[:1]
    assert [one.level for one in said] == [{"plate": 2, "container": 2}.get(kind, 3) for kind in wrong[:1]]


def test_a_door_in_transit_is_graver_than_one_in_the_yard() -> None:
    door = replace(good(DoorEvent), event_time=NOW)
    stands = replace(good(ContainerStay), block_id="A1", arrived_at=BEFORE, departed_at=None)
    facts = {"new": {DoorEvent: [door]}}

    def graded(**more: Any) -> list[tuple[int, str]]:
        return [(one.level, one.params["where_key"]) for one in found("door_opened", {**facts, **more})]

    transit, yard = [(1, "alert.door_opened.transit")], [(2, "alert.door_opened.yard")]
    assert graded() == transit
    assert graded(stays={BOX: stands}) == yard
    assert graded(stays={BOX: replace(stands, arrived_at=NOW + timedelta(hours=1))}) == transit  # announced
    assert graded(stays={BOX: replace(stands, departed_at=BEFORE)}) == transit
    assert graded(stays={BOX: stands}, new={DoorEvent: [replace(door, vehicle_id=PLATE)]}) == transit


def test_a_vehicle_in_an_area_closed_to_vehicles() -> None:
    closed = fences(FenceKind.RESTRICTED, applies=("vehicle",))
    rows = [with_facts(fix(0, INSIDE), closed), fix(5), fix(10, INSIDE), fix(20, INSIDE), fix(40)]
    assert play("fence_intrusion", rows, until=120) == [
        (0, "pending", PLATE), (5, "dropped", PLATE), (10, "pending", PLATE), (20, "level 2", PLATE),
        (100, "clear", PLATE),
    ]  # fmt: skip
    for other in (fences(FenceKind.RESTRICTED, applies=("person",)), fences(FenceKind.ALLOWED_STOP)):
        assert play("fence_intrusion", [with_facts(fix(0, INSIDE), other)], until=60) == []


def test_a_fence_drawn_around_a_vehicle_that_stands_counts_at_once() -> None:
    closed = fences(FenceKind.RESTRICTED, applies=("vehicle",))
    assert play("fence_intrusion", [fix(0, INSIDE), (60, closed)], until=100) == [(60, "level 2", PLATE)]


def test_a_stop_outside_allowed_places_that_lasts() -> None:
    allowed = fences(FenceKind.ALLOWED_STOP)
    standing = [with_facts(fix(0, speed_kmh=0.0), allowed), *(fix(s, speed_kmh=1.0) for s in range(60, 901, 60))]
    assert play("stop_outside", [*standing, fix(960)], every=30, until=1100) == [
        (0, "pending", PLATE), (600, "level 3", PLATE), (1020, "clear", PLATE),
    ]  # fmt: skip
    queue = [fix(s, speed_kmh=0.0, status="queueing") for s in range(0, 1000, 60)]
    empty = [fix(s, speed_kmh=0.0, declaration_no="", container_no="") for s in range(0, 1000, 60)]
    near = [with_facts(fix(s, (120.2025, 36.001), speed_kmh=0.0), allowed) for s in range(0, 1000, 60)]  # 45 m outside
    unknown = [fix(s, speed_kmh=None) for s in range(0, 1000, 60)]
    for quiet in (queue, empty, near, unknown):
        assert play("stop_outside", quiet, every=30) == []


def test_too_fast_for_where_it_is() -> None:
    zone = fences(FenceKind.SPEED_ZONE, limit=30.0)
    speeds = ((5, 40.0), (8, 32.0), (12, 40.0), (14, 50.0), (20, 30.0))
    rows = [with_facts(fix(0, speed_kmh=40.0), zone), *(fix(s, INSIDE, speed_kmh=kmh) for s, kmh in speeds)]
    assert play("overspeed", rows, until=90) == [
        (5, "pending", PLATE), (8, "dropped", PLATE), (12, "pending", PLATE), (14, "level 3", PLATE),
        (80, "clear", PLATE),
    ]  # fmt: skip
    assert play("overspeed", [fix(0, speed_kmh=65.0)], until=60) == []  # within a tenth of the general limit
    assert found("overspeed", {"vehicles": {PLATE: replace(good(VehiclePosition), speed_kmh=None)}}) == []


def test_of_two_speed_zones_the_lower_limit_counts() -> None:
    both = {**fences(FenceKind.SPEED_ZONE, limit=30.0)["fences"],
            "F2": Fence(fence_id="F2", name="全港", kind=FenceKind.SPEED_ZONE, points=RING, limit=50.0)}  # fmt: skip
    [one] = found("overspeed", {"fences": both, **fix(0, INSIDE, speed_kmh=45.0)[1]})
    assert one.seen["speed_kmh"] == {"value": 45.0, "limit": 30.0, "unit": "kmh"}


def feed(state: FeedState) -> list[FeedRow]:
    return [FeedRow(key="test", title="", adapter="", origin="live", state=state, every_seconds=1, expected_seconds=3)]


def test_a_vehicle_under_way_that_falls_silent() -> None:
    assert play("signal_lost", [fix(0), fix(602)], until=700) == [(601, "level 3", PLATE), (662, "clear", PLATE)]
    assert play("signal_lost", [fix(0, status="idle")], every=60, until=1200) == []
    assert play("signal_lost", [fix(0, declaration_no="", container_no="")], every=60, until=1200) == []
    gone = play("signal_lost", [fix(0)], every=60, until=5 * 3600)
    assert [what for _, what, _ in gone] == ["level 3", "clear"]  # after four hours it has left


def test_while_the_whole_feed_is_silent_no_vehicle_is_lost() -> None:
    rows = [with_facts(fix(0), {"feeds": feed(FeedState.DOWN)}), (1200, {"feeds": feed(FeedState.OK)})]
    assert play("signal_lost", rows, every=30, until=1260)[0][0] >= 1200


def test_a_truck_still_under_way_long_after_its_appointment() -> None:
    task = replace(good(InspectionTask), appointed_for=NOW, platform="P1")
    facts = {"tasks": {DECLARATION: task}}
    rows = [with_facts(fix(s, destination="P1"), facts) for s in range(0, 1201, 60)]
    late = play("late_for_appointment", rows, every=60, params={"minutes": 10})
    assert late == [(660, "level 4", PLATE)]
    back = [with_facts(fix(s, destination="A1"), facts) for s in range(0, 1201, 60)]
    there = [with_facts(fix(s, destination="P1", status="loading"), facts) for s in range(0, 1201, 60)]
    held = [
        with_facts(fix(s, destination="P1"), {"tasks": {DECLARATION: replace(task, hold="suspended")}})
        for s in (0, 1200)
    ]
    for quiet in (back, there, held, [fix(0), fix(1200)]):
        assert play("late_for_appointment", quiet, every=60, params={"minutes": 10}) == []
