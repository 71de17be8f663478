"""The quality gate: keeps, flags, refuses; never raises."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import quality
from domain.records import (
    CheckResult,
    ContainerStay,
    EnterpriseClass,
    GateMove,
    GateState,
    InspectionStep,
    InspectionTask,
    LabSample,
    MachineScan,
    Measurement,
    Origin,
    Record,
    VehiclePosition,
    VesselCall,
    VesselPosition,
    VesselStatic,
    WeatherObservation,
    YardBlock,
)
from tests.domain.samples import BEFORE, GOOD, HEAD, NOW, good

NAIVE = datetime(2026, 3, 2, 8, 0)


@pytest.mark.parametrize("record", GOOD, ids=lambda record: type(record).__name__)
def test_good_records_pass_untouched(record):
    assert quality.check(record, NOW) == quality.Verdict(record)


def test_every_record_type_is_judged():
    types = {kind for kind in Record.__subclasses__() if kind.__module__.startswith("domain.")}
    assert {type(record) for record in GOOD} == types


REFUSED = [
    (VehiclePosition, {"lat": 91.0}, "position_outside_world", "lat=91.0"),
    (VehiclePosition, {"lon": -180.1}, "position_outside_world", "lon=-180.1"),
    (VehiclePosition, {"lat": 0.0, "lon": 0.0}, "position_zero", "lat=0, lon=0"),
    (VehiclePosition, {"lat": math.nan}, "not_a_number", "lat=nan"),
    (VehiclePosition, {"speed_kmh": math.inf}, "not_a_number", "speed_kmh=inf"),
    (VehiclePosition, {"speed_kmh": 250.0}, "speed_impossible", "speed_kmh=250.0"),
    (VehiclePosition, {"speed_kmh": -1.0}, "negative", "speed_kmh=-1.0"),
    (VehiclePosition, {"vehicle_id": " "}, "missing_key", "vehicle_id=' '"),
    (VehiclePosition, {"event_time": NOW + timedelta(days=1)}, "future", "event_time=2026-03-03"),
    (VehiclePosition, {"event_time": datetime(1970, 1, 1, tzinfo=UTC)}, "time_implausible", "event_time=1970"),
    (VehiclePosition, {"event_time": NAIVE}, "time_without_zone", "event_time=2026"),
    (VehiclePosition, {"lat": None}, "malformed", "VehiclePosition"),
    (VehiclePosition, {"off_route_metres": -5.0}, "negative", "off_route_metres=-5.0"),
    (VesselPosition, {"speed_knots": 300.0}, "speed_impossible", "speed_knots=300.0"),
    (VesselPosition, {"lat": 91.0, "lon": 181.0}, "position_outside_world", "lat=91.0"),
    (VesselPosition, {"mmsi": 0}, "missing_key", "mmsi=0"),
    (VesselStatic, {"mmsi": 10**10}, "missing_key", "mmsi=10000000000"),
    (VesselStatic, {"length_metres": -1.0}, "negative", "length_metres=-1.0"),
    (VesselCall, {"ata": NOW, "atd": BEFORE}, "departed_before_arrived", "ata=2026"),
    (VesselCall, {"load_boxes": -1}, "negative", "load_boxes=-1"),
    (VesselCall, {"atd": NOW + timedelta(hours=1)}, "future", "atd=2026"),
    (YardBlock, {"capacity_teu": -40}, "negative", "capacity_teu=-40"),
    (YardBlock, {"block_id": ""}, "missing_key", "block_id=''"),
    (YardBlock, {"lon": 120.0}, "position_incomplete", "lat=None"),
    (ContainerStay, {"arrived_at": NOW, "departed_at": BEFORE}, "departed_before_arrived", "arrived_at=2026"),
    (ContainerStay, {"arrived_at": NAIVE, "departed_at": None}, "time_without_zone", "arrived_at="),
    (ContainerStay, {"stay_id": ""}, "missing_key", "stay_id=''"),
    (InspectionTask, {"declaration_no": ""}, "missing_key", "declaration_no=''"),
    (InspectionTask, {"applied_at": NOW + timedelta(hours=1)}, "future", "applied_at="),
    (InspectionStep, {"declaration_no": ""}, "missing_key", "declaration_no=''"),
    (InspectionStep, {"event_time": NOW + timedelta(minutes=11)}, "future", "event_time="),
    (LabSample, {"sent_at": NOW, "completed_at": BEFORE}, "completed_before_sent", "sent_at="),
    (MachineScan, {"scanned_at": NOW, "reviewed_at": BEFORE}, "reviewed_before_scanned", "scanned_at="),
    (CheckResult, {"result": ""}, "missing_key", "result=''"),
    (GateMove, {"direction": "sideways"}, "unknown_value", "direction='sideways'"),
    (GateState, {"trucks_waiting": -1}, "negative", "trucks_waiting=-1"),
    (GateState, {"wait_minutes": math.nan}, "not_a_number", "wait_minutes=nan"),
]


@pytest.mark.parametrize(("kind", "spoil", "reason", "detail"), REFUSED)
def test_unusable_records_are_refused_with_field_and_value(kind, spoil, reason, detail):
    verdict = quality.check(replace(good(kind), **spoil), NOW)
    assert verdict.record is None
    assert verdict.reject_reason == reason
    assert verdict.reject_detail.startswith(detail)


FLAGGED = [
    (VehiclePosition, {"event_time": NOW + timedelta(seconds=121)}, "clock_ahead"),
    (VehiclePosition, {"container_no": "MIOU2453145"}, "container_no_check_digit"),
    (VesselPosition, {"mmsi": 2_300_001}, "mmsi_not_ship"),
    (VesselStatic, {"imo": 1_234_568}, "imo_check_digit"),
    (VesselCall, {"eta": NOW, "etd": BEFORE}, "etd_before_eta"),
    (YardBlock, {"capacity_teu": 0}, "capacity_unknown"),
    (ContainerStay, {"container_no": "4711"}, "container_no_format"),
    (ContainerStay, {"length_ft": 41}, "length_unusual"),
    (InspectionTask, {"declaration_no": "42132021000097324"}, "declaration_no_17_digits"),
    (InspectionTask, {"enterprise_class": EnterpriseClass.UNKNOWN}, "enterprise_class_unknown"),
    (InspectionTask, {"direction": None}, "direction_unknown"),
    (InspectionTask, {"containers": ("MIOU2453145",)}, "container_no_check_digit"),
    (InspectionTask, {"declaration_no": "425820211000443873"}, "declaration_no_direction"),
    (InspectionTask, {"declaration_no": "425820990000443873"}, "declaration_no_year"),
    (InspectionTask, {"inspection_no": "22604258000123"}, "inspection_no_irregular"),
    (InspectionTask, {"inspection_no": "126042580001234"}, "inspection_no_direction"),
    (InspectionTask, {"inspection_no": "229042580001234"}, "inspection_no_year"),
    (VehiclePosition, {"vehicle_id": "鲁B1234"}, "plate_irregular"),
    (GateMove, {"vehicle_id": "鲁B1234"}, "plate_irregular"),
    (GateMove, {"vehicle_id": "T-017"}, "plate_foreign"),
    (InspectionStep, {"declaration_no": "422"}, "declaration_no_irregular"),
    (LabSample, {"declaration_no": "422"}, "declaration_no_irregular"),
    (MachineScan, {"declaration_no": "42132021000097324"}, "declaration_no_17_digits"),
    (CheckResult, {"declaration_no": ""}, "declaration_no_blank"),
    (CheckResult, {"container_no": ""}, "container_no_blank"),
]


@pytest.mark.parametrize(("kind", "spoil", "flag"), FLAGGED)
def test_irregular_records_are_kept_and_flagged(kind, spoil, flag):
    record = replace(good(kind), flags=("from_source",), **spoil)
    assert quality.check(record, NOW).record == replace(record, flags=("from_source", flag))


@pytest.mark.parametrize("kind", [WeatherObservation, Measurement])
def test_what_was_written_down_long_ago_is_believed_of_a_recording_only(kind):
    storm = datetime(1949, 7, 20, tzinfo=UTC)
    recorded = replace(good(kind), event_time=storm, origin=Origin.RECORDED)
    assert quality.check(recorded, NOW) == quality.Verdict(recorded)
    assert quality.check_all([recorded], NOW) == ([recorded], [])
    assert quality.check(replace(recorded, origin=Origin.LIVE), NOW).reject_reason == "time_implausible"
    too_old = replace(recorded, event_time=datetime(1849, 12, 31, tzinfo=UTC))
    assert quality.check(too_old, NOW).reject_reason == "time_implausible"


def test_a_useless_but_unneeded_value_is_emptied_and_flagged():
    kept = quality.check(replace(good(VesselPosition), heading_degrees=511.0), NOW).record
    assert (kept.heading_degrees, kept.flags) == (None, ("heading_out_of_range",))
    kept = quality.check(replace(good(GateMove), queued_at=NOW + timedelta(seconds=1)), NOW).record
    assert (kept.queued_at, kept.flags) == (None, ("queued_after_passage",))


def test_a_tracker_or_a_machine_of_the_yard_may_have_any_name():
    record = replace(good(VehiclePosition), vehicle_id="T-017")
    assert quality.check(record, NOW) == quality.Verdict(record)


def test_a_flag_is_given_once():
    once = quality.check(replace(good(CheckResult), declaration_no=""), NOW).record
    assert quality.check(once, NOW).record == once


@pytest.mark.parametrize("kind", [ContainerStay, VesselCall])
def test_what_is_announced_may_lie_ahead(kind):
    ahead = {"event_time": NOW + timedelta(days=20)}
    if kind is ContainerStay:
        ahead |= {"arrived_at": NOW + timedelta(days=20), "departed_at": NOW + timedelta(days=25)}
    record = replace(good(kind), **ahead)
    assert quality.check(record, NOW).record == record


def test_a_slightly_fast_clock_and_a_late_delivery_are_no_fault():
    for shift in (timedelta(seconds=119), -timedelta(days=3000)):
        record = replace(good(VehiclePosition), event_time=NOW + shift)
        assert quality.check(record, NOW).record == record


def test_search_aircraft_may_fly():
    record = replace(good(VesselPosition), mmsi=111_412_001, speed_knots=140.0)
    assert quality.check(record, NOW).record is not None


def test_an_unknown_kind_of_record_is_refused():
    class Whale(Record, frozen=True, kw_only=True):
        name: str

    assert quality.check(Whale(**HEAD, name="Moby"), NOW).reject_reason == "unknown_record"


def test_one_bad_row_never_takes_the_good_ones_with_it():
    bad = replace(good(VehiclePosition), lat=math.nan, ref="file.csv:7")
    kept, refused = quality.check_all([*GOOD, bad, *GOOD], NOW)
    assert kept == [*GOOD, *GOOD]
    (row,) = refused
    assert (row.feed, row.ref, row.reason, row.detail) == ("test", "file.csv:7", "not_a_number", "lat=nan, lon=120.2")
    assert msgspec.json.decode(row.raw)["vehicle_id"] == "鲁B12345"


NASTY = st.one_of(
    st.none(),
    st.floats(),
    st.integers(-(10**400), 10**400),
    st.text(max_size=8),
    st.booleans(),
    st.datetimes(timezones=st.sampled_from([None, UTC])),
    st.just(("x", None)),
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(GOOD), st.data())
def test_whatever_stands_in_a_record_the_gate_answers(record, data):
    field = data.draw(st.sampled_from([f for f in record.__struct_fields__ if f not in ("feed", "ref", "flags")]))
    spoilt = replace(record, **{field: data.draw(NASTY)})
    verdict = quality.check(spoilt, NOW)
    assert (verdict.record is None) == bool(verdict.reject_reason)
    if verdict.record is None:
        assert quality.reject(spoilt, verdict).detail


@settings(deadline=None)
@given(st.floats(), st.floats(), st.none() | st.floats())
def test_a_position_that_is_kept_lies_in_the_world(lon, lat, speed):
    record = replace(good(VehiclePosition), lon=lon, lat=lat, speed_kmh=speed)
    kept = quality.check(record, NOW).record
    sane = -180 <= lon <= 180 and -90 <= lat <= 90 and (lon, lat) != (0, 0) and (speed is None or 0 <= speed < 250)
    assert (kept is not None) == sane
