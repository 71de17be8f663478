"""The other pictures: queue, inspections, gates, positions, facts for KPIs, calls."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from domain.records import (
    CheckResult,
    Direction,
    DoorEvent,
    EnterpriseClass,
    GateState,
    LabSample,
    MachineScan,
    Node,
    VesselCall,
    VesselPosition,
    VesselStatic,
)
from domain.watch_records import AreaEvent
from store.engine import Store
from tests.store.samples import NOW, PORT, ago, block, common, move, one_of_each, stay, step, task, truck


def test_the_queue_is_in_fair_order_with_reasons_and_waiting_times(store: Store) -> None:
    aeo = task("2", platform="P", direction=Direction.IMPORT, enterprise_class=EnterpriseClass.ADVANCED)
    plain = task(
        "1", platform="P", direction=Direction.EXPORT, vessel_departure_at=NOW, source_rank=1, flags=("short",)
    )
    done = task("3", platform="P")
    steps = [step(n, Node.APPOINTED, ago(hours=int(n))) for n in "123"] + [step("3", Node.CONFIRMED, ago(minutes=30))]
    store.ingest("test", [plain, aeo, done, *steps, task("4", platform="Q", at=ago(minutes=5))])
    picture = store.reads.queue(PORT, limit_minutes=100)
    assert [(row.key, row.rank, row.platform) for row in picture.rows] == [("2", 1, "P"), ("1", 2, "P"), ("4", 1, "Q")]
    assert [row.waited_minutes for row in picture.rows] == [120, 60, None]
    assert picture.rows[1].flags == ["short", "bill_of_lading_blank"]
    assert picture.rows[1].source_rank == 1
    assert [reason.code for reason in picture.rows[0].reason][:2] == ["rank", "priority_aeo"]
    assert picture.platforms == ["P", "Q"]
    assert [row.key for row in store.reads.queue(PORT, platform="Q").rows] == ["4"]
    assert [row.key for row in store.reads.queue(PORT, ago(minutes=45)).rows] == ["2", "1", "3"]


def test_a_declaration_past_a_later_node_no_longer_waits(store: Store) -> None:
    store.ingest("test", [task("1"), step("1", Node.APPOINTED, ago(hours=3)), step("1", Node.INSPECTED, ago(hours=1))])
    assert store.reads.queue(PORT).rows == []


def test_inspections_under_way_and_finished(store: Store) -> None:
    def path(number: str, *times: float) -> list[object]:
        return [step(number, node, ago(hours=at)) for node, at in zip(Node, times, strict=False)]

    old = path("old", 60, 59, 58, 57, 56, 55, 50)
    done = path("done", 23, 20, 18, 15, 10, 5, 3)
    half = path("half", 6, 5, 4)
    waiting = path("wait", 2)
    sample = LabSample(declaration_no="half", sent_at=ago(hours=1), **common(ago(hours=1)))
    ended = LabSample(declaration_no="half", sample_no=2, sent_at=ago(hours=1), completed_at=NOW, **common(NOW))
    store.ingest("test", [*old, *done, *half, *waiting, sample, ended, task("half", containers=("A", "B"), farm=True)])  # type: ignore[list-item]
    picture = store.reads.inspections(PORT)
    assert [row.key for row in picture.rows] == ["wait", "done", "half"]
    assert (picture.waiting, picture.in_progress, picture.finished_today) == (1, 1, 1)
    by_key = {row.key: row for row in picture.rows}
    assert (by_key["half"].stage, by_key["half"].samples_open, by_key["half"].containers) == (
        "transferred",
        1,
        ["A", "B"],
    )
    assert by_key["done"].stage == "departed"
    before = store.reads.inspections(PORT, ago(hours=4))
    assert {row.key: row.stage for row in before.rows} == {"half": "transferred", "done": "billed"}
    assert store.reads.inspection(PORT, "nobody") is None


def test_every_declaration_is_in_one_group_and_platforms_count_them(store: Store) -> None:
    def path(number: str, *times: float) -> list[object]:
        return [step(number, node, ago(hours=at)) for node, at in zip(Node, times, strict=False)]

    on, off = {"platform": "P", "area": "north"}, {"platform": "P", "area": "north", "hold": "suspended"}
    rows = [
        task("wait", **on), *path("wait", 2), task("held", **off, held_since=ago(hours=1)), *path("held", 3),
        task("bay", **on), *path("bay", 9, 8, 7, 6), task("gone", **on), *path("gone", 9, 8, 7, 6, 5, 4, 3),
        task("done", **on), *path("done", 9, 8, 7, 6, 5, 4), task("out", **on, released_at=ago(hours=1)),
        *path("out", 9, 8, 7, 6, 5, 4), task("cold", **on, special=("cold_chain",), test_result="pending"),
        *path("cold", 1),
    ]  # fmt: skip
    store.ingest("test", rows)  # type: ignore[arg-type]
    picture = store.reads.inspections(PORT)
    assert {row.key: row.group for row in picture.rows} == {
        "wait": "waiting", "cold": "waiting", "held": "held", "bay": "in_progress", "done": "to_release",
        "out": "finished", "gone": "finished",
    }  # fmt: skip
    counts = (picture.waiting, picture.in_progress, picture.to_release, picture.held, picture.total)
    assert counts == (2, 1, 1, 1, 7)
    (platform,) = picture.platforms
    assert (platform.key, platform.area, platform.waiting, platform.on_platform, platform.held) == (
        "P",
        "north",
        2,
        1,
        1,
    )
    assert (platform.expected, platform.minutes, platform.measured) == (2, 60.0, 3)
    by_key = {row.key: row for row in picture.rows}
    assert by_key["cold"].flags == ["cold_chain_untested"]
    assert by_key["held"].held_since == ago(hours=1)
    then = {row.key: row.group for row in store.reads.inspections(PORT, ago(hours=5.5)).rows}
    assert then["done"] == then["gone"] == "in_progress"
    facts = store.reads.kpi_facts(PORT, NOW, "Asia/Shanghai", 240)
    assert (facts.applied_7d, facts.modes_7d, facts.untested_7d, facts.waiting) == (7, {"cold_chain": 1}, 1, 2)


def test_a_replayed_inspection_tells_its_shift(store: Store) -> None:
    store.ingest("test", [step("D", Node.APPOINTED, ago(hours=1), recorded_time=ago(days=10, hours=1))])
    row = store.reads.inspection(PORT, "D")
    assert row is not None
    assert row.recorded_shift_seconds == 10 * 86_400


def test_gates_now_and_then(store: Store) -> None:
    def state(minutes: int, waiting: int) -> GateState:
        at = ago(minutes=minutes)
        return GateState(
            gate_id="G1", name="Gate 1", trucks_waiting=waiting, wait_minutes=9.5, lanes_open=4, **common(at)
        )

    store.ingest(
        "test", [state(20, 7), state(10, 8), state(0, 9), move("1", ago(minutes=30)), move("2", ago(minutes=70))]
    )
    row = store.reads.gates(PORT, limit_minutes=25).rows[0]
    assert (row.key, row.trucks_waiting, row.wait_minutes, row.limit_minutes) == ("G1", 9, 9.5, 25)
    assert (row.lanes_open, row.moves_last_hour) == (4, 1)
    past = store.reads.gates(PORT, ago(minutes=15)).rows[0]
    assert (past.trucks_waiting, past.moves_last_hour) == (7, 2)


def test_vehicles_and_vessels_as_columns(store: Store) -> None:
    store.ingest("test", [
        truck("A", ago(minutes=2), speed_kmh=30.0),
        truck("B", ago(minutes=1), status="queueing", recorded_time=ago(days=1)),
        truck("C", ago(seconds=5), status="driving", off_route_metres=500.0), truck("old", ago(days=2)),
        VesselPosition(mmsi=2, lon=1.0, lat=2.0, nav_status=5, course_degrees=7.0, **common(ago(seconds=3))),
        VesselStatic(mmsi=2, name="OLD NAME", **common(ago(hours=3))),
        VesselStatic(mmsi=2, name="NEW NAME", **common(ago(hours=2))),
        VesselStatic(mmsi=2, callsign="X", **common(NOW)),
    ])  # fmt: skip
    seen = store.reads.vehicles(PORT)
    assert (seen.ids, seen.labels, list(seen.status)) == (["A", "B", "C"], ["A", "B", "C"], [1, 3, 7])
    assert seen.speed[0] == 30
    assert math.isnan(seen.speed[1])
    assert seen.as_of == ago(seconds=5)
    assert seen.recorded is not None
    assert list(seen.recorded[1:2]) == [ago(days=1).timestamp()]
    assert store.reads.vehicles(PORT, newer_than=ago(minutes=1)).ids == ["C"]
    assert store.reads.vehicles(PORT, ago(seconds=90)).ids == ["A"]
    ships = store.reads.vessels(PORT)
    assert (ships.ids, ships.labels, list(ships.status), list(ships.heading)) == (["2"], ["NEW NAME"], [5], [7.0])
    assert ships.recorded is None
    assert store.reads.vessels(PORT, ago(minutes=5)).ids == []


def test_tracks_of_unknown_things(store: Store) -> None:
    assert store.reads.track(PORT, "vessels", "no number", ago(hours=1), NOW) == []
    assert store.reads.track(PORT, "vehicles", "nobody", ago(hours=1), NOW) == []
    with pytest.raises(ValueError, match="cranes"):
        store.reads.track(PORT, "cranes", "1", ago(hours=1), NOW)


def test_no_data_is_none_and_never_zero(store: Store) -> None:
    facts = store.reads.kpi_facts(PORT, NOW, "Asia/Shanghai", 240)
    assert facts.inspected_today is None
    assert (facts.waiting, facts.scans_7d, facts.truck_turn_minutes, facts.samples_open) == (None, None, None, None)
    assert (facts.gate_moves_today, facts.yard_occupancy, facts.farm.mean_hours_7d) == (None, None, None)


def test_facts_for_kpis(store: Store) -> None:
    store.ingest("test", [
        step("f", Node.APPOINTED, ago(hours=10)), step("f", Node.INSPECTED, ago(hours=2)),
        step("f", Node.DEPARTED, ago(hours=1)), task("f", farm=True, direction=Direction.EXPORT),
        step("g", Node.APPOINTED, ago(days=9)), step("g", Node.INSPECTED, ago(days=8, hours=1)),
        step("g", Node.DEPARTED, ago(days=8)), step("h", Node.INSPECTED, ago(days=7, hours=3)),
        task("w", direction=Direction.EXPORT, vessel_departure_at=NOW + timedelta(hours=11)),
        step("w", Node.APPOINTED, ago(hours=5)),
        MachineScan(declaration_no="f", container_no="1", scanned_at=ago(days=1), reviewed_at=ago(days=1),
                    released_directly=True, **common(ago(days=1))),
        MachineScan(declaration_no="f", container_no="2", scanned_at=ago(days=9), reviewed_at=ago(days=9),
                    **common(ago(days=9))),
        MachineScan(declaration_no="f", container_no="3", scanned_at=ago(hours=1), **common(ago(hours=1))),
        LabSample(declaration_no="f", sent_at=ago(hours=30), **common(ago(hours=30))),
        move("1", ago(minutes=60), visit="a"), move("2", ago(minutes=20), "out", visit="a"),
        move("3", ago(hours=5), visit="b"), move("4", ago(hours=4), "out", visit="b"), move("5", ago(minutes=1), "out"),
        block("A1", 10), stay("s", ago(days=2)),
    ])  # fmt: skip
    facts = store.reads.kpi_facts(PORT, NOW, "Asia/Shanghai", 240)
    assert (facts.inspected_today, facts.inspected_week_ago) == (1, 1)  # noon at the port: 12 h of today
    assert [n for n in facts.inspected_hourly if n] == [1]
    assert (facts.farm.mean_hours_7d, facts.farm.count_7d, facts.farm.daily_mean_hours[-1]) == (9, 1, 9)
    assert (facts.other.mean_hours_7d, facts.other.mean_hours_30d, facts.other.daily_mean_hours[5]) == (None, 24, 24)
    assert (facts.waiting, facts.overdue, facts.export_at_risk) == (1, 1, 1)
    assert (facts.direct_release_7d, facts.scans_7d, facts.direct_release_30d, facts.scans_30d) == (1, 1, 1, 2)
    assert (facts.truck_turn_minutes, facts.truck_turn_p90_minutes, facts.gate_moves_today) == (40, 40, 5)
    assert facts.truck_turn_hourly[-1] == 40
    assert facts.truck_turn_hourly[-4:-2] == [60, None]
    assert (facts.samples_open, facts.samples_oldest_hours) == (1, 30)
    assert (facts.yard_occupancy, facts.yard_occupancy_day_ago) == (0.1, 0.1)


def test_calls_in_port_and_due(store: Store) -> None:
    def call(name: str, **times: object) -> VesselCall:
        return VesselCall(call_id=name, vessel_name=name, **times, **common(ago(days=1)))  # type: ignore[arg-type]

    store.ingest("test", [
        call("in", ata=ago(hours=5)), call("gone", ata=ago(hours=9), atd=ago(hours=1)),
        call("due", eta=NOW + timedelta(days=2)), call("far", eta=NOW + timedelta(days=9)),
    ])  # fmt: skip
    assert [(row["call_id"], row["state"]) for row in store.reads.calls(PORT)] == [("in", "in_port"), ("due", "due")]
    assert [row["call_id"] for row in store.reads.calls(PORT, ago(hours=2))] == ["gone", "in", "due"]


def test_what_came_since_and_hourly_counts(store: Store) -> None:
    check = CheckResult(check_id="c", result="seal_missing", flags=("x", "y"), **common(ago(hours=2)))
    door = DoorEvent(container_no="C", lon=120.0, lat=36.0, **common(ago(hours=1)))
    trip = AreaEvent(event_id="1", area="F1", kind="tripwire", what="person", count=2, **common(ago(minutes=50)))
    store.ingest("test", [door, check, trip, move("1", ago(minutes=90)), move("2", ago(minutes=61))], received_at=NOW)
    assert store.reads.received_since(PORT, ago(seconds=1)) == [check, door, trip]
    assert store.reads.received_since(PORT, NOW) == []
    rows = [row for row in store.reads.hourly(PORT, ago(hours=2), NOW) if row[1] == "port" and row[0] == "gate_moves"]
    assert [(hour, value) for _, _, hour, value in rows] == [(ago(hours=2), 2), (ago(hours=1), 0)]


def test_counts_name_every_table(store: Store) -> None:
    store.ingest("test", one_of_each())
    counts = store.reads.counts(PORT)
    assert counts["gate_move"] == 2
    assert counts["inspection_progress"] == 1
