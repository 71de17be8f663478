"""Trucks and ships move as such things move."""

from __future__ import annotations

import itertools
from datetime import timedelta

import numpy as np
import pytest

from datasources.simulation.geography import load
from domain.records import InspectionTask, VehiclePosition, VesselPosition
from tests.simulation.port import GEO, MONDAY, Port

METRES = np.array([111_320 * np.cos(np.radians(36.01)), 111_320])


@pytest.fixture(scope="module")
def minute():
    """Positions of all trucks over two minutes, second by second."""
    port = Port(trucks=800)
    port.poll("vehicles")
    found = []
    for _ in range(120):
        port.pass_time(seconds=1)
        found.append([r for r in port.poll("vehicles") if isinstance(r, VehiclePosition)])
    return found


def test_all_trucks_report_every_second(minute):
    assert {len(second) for second in minute} == {800}
    assert len({r.vehicle_id for r in minute[0]}) == 800


def test_nobody_jumps(minute):
    """No truck gets further in a second than 30 m."""
    places = np.array([[(r.lon, r.lat) for r in second] for second in minute]) * METRES
    steps = np.hypot(*np.diff(places, axis=0).transpose(2, 0, 1))
    assert np.percentile(steps, 99.9) < 25
    assert steps.max() < 100


def test_trucks_do_all_a_truck_does(minute):
    states = {r.status for second in minute for r in second}
    assert states == {"driving", "queueing", "loading", "idle"}
    moving = [r for r in minute[0] if r.status == "driving"]
    assert 0.2 < len(moving) / 800 < 0.8
    assert all(0 <= r.heading_degrees < 360 for r in minute[0])
    assert max(r.speed_kmh for r in minute[0]) < 110
    assert any(r.declaration_no and r.container_no for second in minute for r in second)


def test_a_truck_with_declared_goods_belongs_to_whose_they_are(minute):
    for second in minute:
        for truck in second:
            assert bool(truck.declaration_no) == bool(truck.scope), truck
    port = Port(trucks=800)
    tasks = port.history("inspections", port.now - timedelta(days=3), port.now)
    owners = {r.declaration_no: r.scope for r in tasks if isinstance(r, InspectionTask)}
    shared = [r for r in minute[0] if r.declaration_no in owners]
    assert shared
    assert all(owners[r.declaration_no] == r.scope for r in shared)


def test_a_truck_off_its_route_says_how_far():
    """Some time on a working day a truck is more than 200 m off the route it was given."""
    port = Port(trucks=800)
    off = []
    for _ in range(36):
        port.pass_time(minutes=10)
        since = port.now - timedelta(seconds=2)
        off += [r.off_route_metres for r in port.history("vehicles", since, port.now) if hasattr(r, "off_route_metres")]
    known = [metres for metres in off if metres is not None]
    assert all(metres >= 0 for metres in known)


def test_moored_ships_lie_along_their_berths():
    """Position beside the quay line, heading exactly along it."""
    port = Port()
    berths = load(GEO).berths
    ships = [r for r in port.poll("vessels") if isinstance(r, VesselPosition) and r.nav_status == 5]
    alongside = 0
    for ship in ships:
        for berth in berths:
            start, end = np.array(berth.start) * METRES, np.array(berth.end) * METRES
            along = (end - start) / np.hypot(*(end - start))
            rel = np.array([ship.lon, ship.lat]) * METRES - start
            if 0 <= rel @ along <= np.hypot(*(end - start)) and abs(rel[0] * along[1] - rel[1] * along[0]) < 60:
                bearing = np.degrees(np.arctan2(along[0], along[1])) % 180
                gap = abs((ship.heading_degrees % 180) - bearing)
                assert min(gap, 180 - gap) < 1.5
                assert ship.speed_knots == 0
                alongside += 1
                break
    assert alongside >= 8


def test_ships_sail_in_and_out():
    """Over a day ships are seen under way, at anchor and moored; none jumps."""
    port = Port()
    tracks: dict[int, list[VesselPosition]] = {}
    port.poll("vessels")
    states = set()
    for _ in range(110):
        port.pass_time(minutes=10)
        for r in port.poll("vessels"):
            if isinstance(r, VesselPosition):
                tracks.setdefault(r.mmsi, []).append(r)
                states.add(r.nav_status)
    assert states == {0, 1, 5}
    for track in tracks.values():
        for before, after in itertools.pairwise(track):
            seconds = (after.event_time - before.event_time).total_seconds()
            if 0 < seconds <= 30:
                gone = np.hypot(*((np.array([after.lon, after.lat]) - [before.lon, before.lat]) * METRES))
                assert gone / seconds < 14, (before, after)


def test_reports_come_often_under_way_and_seldom_at_rest():
    port = Port()
    port.poll("vessels")
    port.pass_time(minutes=10)
    counts: dict[tuple[int, bool], int] = {}
    for r in port.poll("vessels"):
        if isinstance(r, VesselPosition):
            still = r.nav_status in (1, 5)
            counts[r.mmsi, still] = counts.get((r.mmsi, still), 0) + 1
    assert max((n for (_, still), n in counts.items() if still), default=0) <= 5
    assert port.now > MONDAY
