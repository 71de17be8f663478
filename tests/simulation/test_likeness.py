"""The model is like the port of the source documents: volumes, hours, rota, levels, identities."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from stdnum import imo, iso6346

from datasources import simulation
from datasources.simulation import world
from datasources.simulation.chance import DAY, LOCAL_OFFSET, day_start, local_day, weekday
from datasources.simulation.transfers import Segments
from datasources.simulation.world import Scale, World
from tests.simulation.port import DATASETS, GEO, MONDAY, Port, key

DAYS = 42
TODAY = local_day(MONDAY.timestamp())


@pytest.fixture(scope="module")
def port() -> World:
    world._worlds.clear()
    made = World(Scale(82, 1200, 50, GEO))
    made.remember(DAYS)
    return made


@pytest.fixture(scope="module")
def tasks(port):
    return [port.tasks(day) for day in range(TODAY - DAYS, TODAY)]


def _column(tasks, name):
    return np.concatenate([getattr(t, name) for t in tasks])


def test_volumes_of_a_year(tasks):
    """Seed 000: 83,000 declarations and 208,000 containers in 2021."""
    assert sum(len(t.declaration) for t in tasks) / DAYS * 365 == pytest.approx(83_000, rel=0.03)
    assert sum(len(t.box_task) for t in tasks) / DAYS * 365 == pytest.approx(208_000, rel=0.05)


def test_mean_hours_from_appointment_to_leaving(tasks):
    """Seed 000: 13.7 h farm goods, 19.7 h others."""
    hours = (_column(tasks, "departed") - _column(tasks, "appointed")) / 3600
    farm, exported = _column(tasks, "farm") == 1, _column(tasks, "imported") == 0
    assert hours[farm & exported].mean() == pytest.approx(13.7, abs=0.7)
    assert hours[~farm & exported].mean() == pytest.approx(19.7, abs=0.6)
    assert hours[farm].mean() == pytest.approx(13.7, abs=0.7)
    assert hours[~farm].mean() == pytest.approx(19.7, abs=0.6)


def test_nodes_come_in_order(tasks):
    names = ("applied", "appointed", "confirmed", "transferred", "assigned", "inspected", "billed", "departed")
    for earlier, later in itertools.pairwise(names):
        assert (_column(tasks, earlier) <= _column(tasks, later)).all(), (earlier, later)


def test_weekend_rota(port, tasks):
    """Saturday the north area works, Sunday the south area; on other days both."""
    area = np.array([p.area for p in port.geography.platforms])
    inspected, where = _column(tasks, "inspected"), area[_column(tasks, "platform")]
    day = (inspected + LOCAL_OFFSET) // DAY
    week = np.array([weekday(int(d)) for d in day])
    assert set(where[week == 5]) == {"north"}
    assert set(where[week == 6]) == {"south"}
    assert set(where[week < 5]) == {"north", "south"}
    hour = (inspected + LOCAL_OFFSET) % DAY / 3600
    assert hour.min() >= 8
    assert hour.max() <= 20.6


def test_queue_in_working_hours(port, tasks):
    """The busiest platform has 10 to 40 waiting at nine on weekdays; a handful are overdue, at night few wait."""
    peaks, nights = [], []
    appointed, confirmed, platform = (_column(tasks, n) for n in ("appointed", "confirmed", "platform"))
    for day in range(TODAY - DAYS + 1, TODAY):
        for hour, found in ((8.98, peaks), (23.5, nights)):
            at = day_start(day) + hour * 3600
            waiting = (appointed <= at) & (confirmed > at)
            if weekday(day) < 5 or found is nights:
                found.append(np.bincount(platform[waiting], minlength=1).max() if waiting.any() else 0)
    assert 10 <= np.mean(peaks) <= 40
    assert np.mean(nights) < 4
    overdue = ((confirmed - appointed) > 240 * 60).sum() / DAYS
    assert 0.5 < overdue < 12


def test_boxes_are_inspected_once_and_really_stand_in_the_yard(port, tasks):
    boxes = _column(tasks, "box_stay")
    assert len(np.unique(boxes)) == len(boxes)
    pieces = Segments.join([port.segments(day) for day in range(TODAY - 20, TODAY - 10)])
    assert (pieces.departs > pieces.arrives).all()
    moved = {int(s) for s, part in zip(pieces.stay, pieces.part, strict=True) if part == 2}
    order = {(int(s), int(p)): (int(a), int(d)) for s, p, a, d in zip(
        pieces.stay, pieces.part, pieces.arrives, pieces.departs, strict=True)}  # fmt: skip
    assert moved
    for stay in moved:
        assert order[stay, 0][1] <= order[stay, 1][0] <= order[stay, 1][1] <= order[stay, 2][0]


def test_occupancy_is_believable(port):
    """Each block mostly between 40 and 85 %, never over its capacity, one over 85 % now and then."""
    capacity, levels, backlog = port.geography.capacity(), [], 0
    ordinary = np.array([b.kind.value != "inspection" for b in port.geography.blocks])
    moments = range(day_start(TODAY - DAYS), day_start(TODAY), DAY // 2)
    for at in moments:
        found = np.zeros(len(capacity))
        for s in port.segments_about(at, at):
            here = (s.arrives <= at) & (s.departs > at)
            found += np.bincount(s.block[here], s.length[here] / 20, minlength=len(capacity))
        levels.append((found / capacity)[ordinary])
        backlog += int((found / capacity)[ordinary].max() > 0.85)
    low, high = np.percentile(levels, [2, 98])
    assert low > 0.38
    assert high < 0.88
    assert np.max(levels) < 1.0
    assert 0.55 < np.mean(levels) < 0.72
    assert 0.05 < backlog / len(moments) < 0.95


def test_incidents_happen_at_a_believable_rate(port):
    doors = detours = slow = 0
    for day in range(TODAY - DAYS, TODAY):
        script = port.script(day)
        doors, detours = doors + len(script.doors), detours + len(script.detours)
        visits = port.trade(day)[1]
        slow += int((visits.entered - visits.queued).max() > 30 * 60)
    assert 0.5 < doors / DAYS < 5
    assert 0.5 < detours / DAYS < 5
    assert 0.1 < slow / DAYS < 0.9


def test_identities_are_valid():
    port = Port(trucks=1200)
    stays = [r for r in port.poll("yard") if type(r).__name__ == "ContainerStay"]
    assert len({r.container_no for r in stays}) == len(stays)
    for record in stays[:: len(stays) // 300]:
        assert iso6346.is_valid(record.container_no)
    ships = [r for r in port.poll("vessels") if type(r).__name__ == "VesselStatic"]
    assert len({r.name for r in ships}) == len(ships)
    assert all(imo.is_valid(str(r.imo)) for r in ships if r.imo)
    assert all(200_000_000 < r.mmsi < 800_000_000 for r in ships)
    tasks = [r for r in port.poll("inspections") if type(r).__name__ == "InspectionTask"]
    assert all(len(r.declaration_no) == 18 and r.declaration_no.isdigit() for r in tasks)
    assert all(iso6346.is_valid(box) for r in tasks for box in r.containers)
    road = {r.vehicle_id for r in port.poll("vehicles") if r.vehicle_id.startswith("鲁")}
    assert all(len(plate) == 7 and plate[1] in "BU" for plate in road)


@pytest.mark.parametrize("dataset", DATASETS)
def test_counts_are_what_was_made(dataset):
    """The running count, taken from the plans, is the number of distinct records of the history."""
    port = Port()
    since = MONDAY - timedelta(days=4)
    made: dict[str, set] = {}
    for record in port.history(dataset, since, MONDAY):
        identity = (record.gate_id,) if type(record).__name__ == "GateState" else key(record)
        made.setdefault(type(record).__name__, set()).add(identity)
    counted = simulation.expected_counts(port.choose(dataset), since, MONDAY, GEO)
    assert counted
    assert counted == {name: len(keys) for name, keys in made.items() if not name.endswith("Position")}


def test_gate_moves_pair_up():
    port = Port()
    moves = [r for r in port.history("gates", MONDAY - timedelta(days=2), MONDAY) if type(r).__name__ == "GateMove"]
    inward = {r.visit_id: r for r in moves if r.direction == "in"}
    outward = {r.visit_id: r for r in moves if r.direction == "out"}
    both = inward.keys() & outward.keys()
    assert len(both) > 0.95 * len(inward)
    assert all(inward[v].vehicle_id == outward[v].vehicle_id for v in both)
    assert all(inward[v].queued_at <= inward[v].event_time < outward[v].event_time for v in both)
    turn = np.mean([(outward[v].event_time - inward[v].event_time).total_seconds() / 60 for v in both])
    assert 20 < turn < 60


def test_direct_release_and_samples():
    port = Port()
    scans = [
        r for r in port.history("inspections", MONDAY - timedelta(days=10), MONDAY) if type(r).__name__ == "MachineScan"
    ]
    reviewed = [r for r in scans if r.reviewed_at]
    assert 0.3 < np.mean([r.released_directly for r in reviewed]) < 0.6
    samples = port.history("laboratory", MONDAY - timedelta(days=10), MONDAY)
    days = [(r.completed_at - r.sent_at) / timedelta(days=1) for r in samples if r.completed_at]
    assert 1 <= min(days) <= max(days) <= 3
    assert any(r.completed_at is None for r in samples)


@pytest.mark.parametrize("hour", [2, 6, 19])
def test_a_newcomer_sees_incidents(hour):
    """Within ten minutes of a cold start, at any hour: a seal that does not agree, a door opened on the way."""
    port = Port(now=datetime(2031, 5, 6, hour, 0, tzinfo=UTC))
    for dataset in ("inspections", "vehicles"):
        port.poll(dataset)
    port.pass_time(minutes=10)
    checks = [r for r in port.poll("inspections") if type(r).__name__ == "CheckResult"]
    doors = [r for r in port.poll("vehicles") if type(r).__name__ == "DoorEvent"]
    assert "seal_mismatch" in {c.result for c in checks}
    assert doors
