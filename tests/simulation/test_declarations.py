"""What the model tells of declarations beside their nodes: hours, officers, holds, special ways."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from datetime import timedelta

import numpy as np
import pytest

from domain.records import Direction, InspectionPhoto, InspectionStep, InspectionTask, Node, Special, VehiclePosition
from tests.simulation.port import MONDAY, Port

DAYS = 60


@pytest.fixture(scope="module")
def port():
    return Port(trucks=1200)  # enough that some carry inspected boxes


@pytest.fixture(scope="module")
def told(port):
    return port.history("inspections", MONDAY - timedelta(days=DAYS), MONDAY)


@pytest.fixture(scope="module")
def versions(told):
    """All versions of each declaration, oldest first."""
    found = defaultdict(list)
    for record in told:
        if isinstance(record, InspectionTask):
            found[record.declaration_no].append(record)
    return {number: sorted(rows, key=lambda r: r.event_time) for number, rows in found.items()}


@pytest.fixture(scope="module")
def last(versions):
    return [rows[-1] for rows in versions.values()]


def test_hours_from_commission_to_release_are_those_of_the_seed(last):
    """Seed 000: 13.7 h farm goods, 19.7 h others, 从确认委托至收到海关放行信息."""
    hours = defaultdict(list)
    for task in last:
        if task.released_at:
            hours[task.farm].append((task.released_at - task.accepted_at) / timedelta(hours=1))
    assert np.mean(hours[True]) == pytest.approx(13.7, abs=0.7)
    assert np.mean(hours[False]) == pytest.approx(19.7, abs=0.6)


def test_release_lies_between_billing_and_leaving(told, last):
    steps = {(r.declaration_no, r.node): r.event_time for r in told if isinstance(r, InspectionStep)}
    done = [task for task in last if (task.declaration_no, Node.DEPARTED) in steps]
    assert done
    for task in done:
        assert steps[task.declaration_no, Node.BILLED] <= task.released_at <= steps[task.declaration_no, Node.DEPARTED]
        assert task.accepted_at < task.applied_at
        assert task.officer[0] == {"north": "N", "south": "S"}[task.area]
        assert task.fee_waived == (task.fee_cny == 0)


def test_one_pair_of_agent_and_officer_meets_too_often(last):
    pairs, agents = (
        Counter((t.agent, t.officer) for t in last if t.officer),
        Counter(t.agent for t in last if t.officer),
    )
    share = {pair: count / agents[pair[0]] for pair, count in pairs.items() if agents[pair[0]] >= 100}
    (_, most), (_, second) = sorted(share.items(), key=lambda item: -item[1])[0:2]
    assert most > 1.5 * second
    assert len({officer for _, officer in pairs}) == 24


def test_holds_are_versions_that_end(versions):
    """Every hold begins when it says and is followed by the declaration going its way; some last over a day."""
    long = Counter()
    kinds = Counter()
    for rows in versions.values():
        assert rows[-1].hold == "" or rows[-1].released_at is None
        for row, after in itertools.pairwise(rows):
            assert row.event_time < after.event_time
            if row.hold:
                assert row.held_since <= row.event_time
                kinds[row.hold] += 1
                long[row.hold] += (after.event_time - row.held_since) > timedelta(hours=24)
            if row.hold == "rejected":
                assert after.second_application
                assert not row.second_application
    assert set(kinds) == {"not_appointed", "rejected", "suspended"}
    assert all(1 < long[hold] < kinds[hold] for hold in kinds)


def test_cold_chain_goods_are_tested_before_they_apply(versions):
    cold = [rows for rows in versions.values() if Special.COLD_CHAIN in rows[-1].special]
    words = [[row.test_result for row in rows] for rows in cold]
    assert {"pending", "failed", "passed"} == {word for chain in words for word in chain}
    assert np.mean([rows[-1].test_result == "passed" for rows in cold]) > 0.98
    assert all(row.applied_at is None for rows in cold for row in rows if row.test_result == "failed")


def test_special_ways_keep_to_what_they_are_for(last):
    ways = Counter(way for task in last for way in task.special)
    assert set(ways) == set(Special)
    assert ways[Special.UNACCOMPANIED] / len(last) == pytest.approx(0.4, abs=0.03)
    for task in last:
        if Special.SHIP_SIDE in task.special:
            assert (task.direction, task.mode) == (Direction.IMPORT, "machine")
        if Special.CROSS_AREA in task.special:
            assert task.direction is Direction.EXPORT
            assert (
                task.appointed_for + timedelta(hours=6)
            ).weekday() >= 5  # appointed two hours before, at the port's clock


def test_reasons_are_told_for_some_that_left_the_order(last):
    assert 10 < sum(bool(task.order_reason) for task in last) < 120


def test_photographs_belong_to_inspections_nobody_accompanies(told, last):
    alone = {task.declaration_no: set(task.containers) for task in last if Special.UNACCOMPANIED in task.special}
    taken = defaultdict(list)
    for record in told:
        if isinstance(record, InspectionPhoto):
            taken[record.declaration_no].append(record)
            assert record.container_no in alone[record.declaration_no]
            assert record.place.startswith("archive/20")
    assert {len(shots) for shots in taken.values() if shots[0].event_time < MONDAY - timedelta(days=3)} == {2, 3, 4}


def test_a_truck_ordered_through_the_platform_is_seen_with_the_box(port, told, last):
    steps = {(r.declaration_no, r.node): r.event_time for r in told if isinstance(r, InspectionStep)}
    lately = [t for t in last if t.truck and (t.declaration_no, Node.TRANSFERRED) in steps][:40]
    newest = max(lately, key=lambda t: steps[t.declaration_no, Node.TRANSFERRED])
    there = steps[newest.declaration_no, Node.TRANSFERRED]
    seen = [
        r for r in port.history("vehicles", there - timedelta(minutes=20), there)
        if isinstance(r, VehiclePosition) and r.vehicle_id == newest.truck
    ]  # fmt: skip
    assert newest.declaration_no in {r.declaration_no for r in seen}
    assert all(Special.PLATFORM_TRUCK in t.special for t in lately)
