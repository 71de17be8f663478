"""The gate with its memory: jumps are refused, honest devices come through (RELIABILITY.md, fault tests 18 and 19)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.contract import Batch
from domain.errors import StoreUnavailableError
from domain.reach import FORGOTTEN_SECONDS, GIVEN_UP, SETTLED
from domain.records import ContainerStay, GateState, Origin, Record, VehiclePosition, VesselPosition
from domain.viewer import SYSTEM
from pipeline.gate import judge
from pipeline.reach import REASON, Reach, Trail
from store.engine import Store, open_store

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
COMMON = {"feed": "test", "origin": Origin.LIVE}
KNOTS_300 = 300 * 1852 / 3600 / 111_195  # degrees of latitude a second


def ship(
    second: float = 0.0, lat: float = 36.0, lon: float = 120.2, mmsi: int = 412_345_678, **more: Any
) -> VesselPosition:
    at = NOW - timedelta(hours=12) + timedelta(seconds=second)
    return VesselPosition(**{**COMMON, "event_time": at, **more}, mmsi=mmsi, lon=lon, lat=lat)  # type: ignore[arg-type]


def truck(second: float = 0.0, lat: float = 36.0, lon: float = 120.2, name: str = "鲁B12345") -> VehiclePosition:
    at = NOW - timedelta(hours=12) + timedelta(seconds=second)
    return VehiclePosition(**COMMON, event_time=at, vehicle_id=name, lon=lon, lat=lat)  # type: ignore[arg-type]


def gate(name: str, waiting: int) -> GateState:
    return GateState(**COMMON, event_time=NOW, gate_id=name, name=name, trucks_waiting=waiting, wait_minutes=3.0)  # type: ignore[arg-type]


def test_everything_bad_is_quarantined_with_its_reason_and_everything_good_is_kept() -> None:
    good: list[Record] = [
        ship(0), truck(0), ship(10, 36.0005), truck(10, 36.001), gate("G1", 0), ship(20, 36.001),
        ship(0, mmsi=413_000_000),
    ]  # fmt: skip
    bad: list[tuple[Record, str]] = [
        (gate("G2", -1), "negative"), (ship(11, 91.0), "position_outside_world"), (ship(12, 0.0, 0.0), "position_zero"),
        (ship(15, 36.0 + 15 * KNOTS_300), REASON), (truck(14, 36.0 + 14 * KNOTS_300), REASON),
        (ship(16, math.nan), "not_a_number"), (ship(17, event_time=NOW + timedelta(days=1)), "future"),
        (ship(18, event_time=datetime(1970, 1, 1, tzinfo=UTC)), "time_implausible"),
    ]  # fmt: skip
    batch = Batch(records=[*good[:4], *(record for record, _ in bad), *good[4:]])
    judged = judge(batch, NOW, Trail())
    assert judged.records == good
    assert sorted(reject.reason for reject in judged.rejects) == sorted(reason for _, reason in bad)
    assert all(reject.detail and reject.raw and reject.dataset for reject in judged.rejects)


@pytest.mark.parametrize("wrong", [NOW + timedelta(days=1), datetime(1970, 1, 1, tzinfo=UTC)])
def test_wrong_times_never_become_latest(wrong: datetime, tmp_path: Any) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'c.db'}", clock=lambda: NOW)
    trail = Trail()
    right = [ship(12 * 3600 - 30, event_time=NOW - timedelta(seconds=30)), ship(0, event_time=wrong, lat=36.2)]
    for records in (right, right[::-1]):
        judged = judge(Batch(records=list(records)), NOW, trail)
        store.ingest("test", judged.records, judged.rejects, received_at=NOW)
        assert list(store.reads.vessels(SYSTEM).lat) == [36.0]
    assert store.reads.counts(SYSTEM)["quarantine"] == 1
    store.close()


def parted(trail: Trail, *records: Record) -> list[bool]:
    """Which of them are kept."""
    kept, refused = trail.part(records)
    assert len(kept) + len(refused) == len(records)
    assert all(reject.reason == REASON for reject in refused)
    return [any(record is one for one in kept) for record in records]


def test_a_single_jump_costs_only_itself() -> None:
    assert parted(Trail(), ship(0), ship(10, 40.0), ship(20), ship(30)) == [True, False, True, True]


def test_a_wrong_first_fix_does_not_make_all_later_ones_look_wrong() -> None:
    fixes = [ship(0, -5.0), *(ship(10 * n) for n in range(1, 8))]
    assert parted(Trail(), *fixes) == [True, *[False] * (SETTLED - 1), *[True] * (8 - SETTLED)]


def test_a_device_that_went_by_air_settles() -> None:
    trail = Trail()
    assert parted(trail, ship(0), ship(10)) == [True, True]
    assert parted(trail, *(ship(20 + n, 50.0) for n in range(5))) == [False, False, True, True, True]
    assert parted(trail, ship(60)) == [False]  # and the old place is the wrong one now


def test_far_away_after_a_long_silence_is_fine() -> None:
    assert parted(Trail(), truck(0), truck(FORGOTTEN_SECONDS + 60, -33.0, 18.0)) == [True, True]
    assert parted(Trail(), ship(0), ship(5 * 3600, 40.0)) == [True, True]


def test_late_and_shuffled_fixes_of_an_honest_ship_are_all_believed() -> None:
    fixes = [ship(60 * n, 36.0 + n * 0.008) for n in range(20)]
    assert all(parted(Trail(), *fixes[::-1]))
    assert all(parted(Trail(), *fixes[::2], *fixes[1::2]))


def test_two_devices_of_one_name_show_one_of_them() -> None:
    both = [fix for n in range(20) for fix in (ship(n * 10), ship(n * 10 + 5, 50.0))]
    assert parted(Trail(), *both) == [True, False] * 20


def test_a_name_many_devices_have_is_not_frozen_at_the_first() -> None:
    fixes = [ship(0, -60.0), *(ship(n, 10.0 * (n % 3)) for n in range(1, 40))]
    kept = parted(Trail(), *fixes)
    assert kept[0]
    assert kept[1:GIVEN_UP] == [False] * (GIVEN_UP - 1)
    assert kept[GIVEN_UP]


def test_other_kinds_pass_in_their_place() -> None:
    stay = ContainerStay(**COMMON, event_time=NOW, stay_id="1", arrived_at=NOW)  # type: ignore[arg-type]
    records = [stay, ship(0), gate("G1", 1), ship(10, 40.0), stay]
    kept, refused = Trail().part(records)
    assert kept == [stay, records[1], records[2], stay]
    assert len(refused) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30_000), st.floats(-90, 90), st.floats(-180, 180))))
def test_no_row_is_lost_whatever_comes(rows: list[tuple[int, int, float, float]]) -> None:
    fixes = [ship(at, lat, lon, mmsi=412_000_000 + who) for who, at, lat, lon in rows]
    trail = Trail()
    kept, refused = trail.part(fixes)
    assert len(kept) + len(refused) == len(fixes)
    assert len(trail) <= 8
    assert [fix for fix in fixes if any(fix is one for one in kept)] == kept


def test_memory_is_bounded_and_the_oldest_are_forgotten_first() -> None:
    trail = Trail(subjects=100)
    for n in range(1_000):
        trail.part([truck(n, name=f"鲁B{n:05d}")])
    assert len(trail) <= 101
    assert parted(trail, truck(1_000, 50.0, name="鲁B00999")) == [False]
    assert parted(trail, truck(1_000, 50.0, name="鲁B00001")) == [True]


def test_a_restart_goes_on_from_the_newest_positions_in_the_store(tmp_path: Any) -> None:
    store: Store = open_store(f"sqlite:///{tmp_path / 'c.db'}", clock=lambda: NOW)
    near = NOW - timedelta(minutes=1)
    store.ingest("test", [ship(event_time=near), truck(12 * 3600 - 60)], received_at=near)
    trail = Reach(store.newest_fixes).of("test", NOW)
    assert parted(trail, ship(event_time=NOW, lat=40.0), truck(12 * 3600, 40.0)) == [False, False]
    other = Reach(store.newest_fixes).of("other", NOW)
    assert parted(other, ship(event_time=NOW, lat=40.0)) == [True]  # another feed's word is no jump of this one's
    store.close()


def test_a_store_that_cannot_be_read_stops_nothing() -> None:
    def broken(feed: str, since: datetime) -> list[Record]:
        raise StoreUnavailableError("locked", "busy")

    reach = Reach(broken)
    assert parted(reach.of("test", NOW), ship(0)) == [True]
    assert reach.of("test", NOW) is reach.of("test", NOW)
