"""What each type of record is checked for: one function per type, found by type.

A field that is beyond repair but not needed (a heading of 511 degrees) is emptied and flagged;
everything else that cannot be is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.customs_numbers import declaration_flags, inspection_flags
from domain.identifiers import MmsiKind, is_search_aircraft, mmsi_kind, plate_flag
from domain.plausibility import (
    Irregular,
    UnusableError,
    empty_angle,
    judge_container,
    judge_declaration,
    judge_imo,
    judge_mmsi,
    need_key,
    need_number,
    need_order,
    need_past,
    need_place,
    need_speed,
)
from domain.records import (
    CheckResult,
    ContainerStay,
    DoorEvent,
    EnterpriseClass,
    GateMove,
    GateState,
    Hold,
    InspectionPhoto,
    InspectionStep,
    InspectionTask,
    LabSample,
    MachineScan,
    Measurement,
    Record,
    VehiclePosition,
    VesselCall,
    VesselPosition,
    VesselStatic,
    WeatherObservation,
    YardBlock,
)
from domain.watch_records import AreaEvent, Recognition

VEHICLE_SPEED_LIMIT_KMH = 250.0
VESSEL_SPEED_LIMIT_KNOTS = 100.0  # the fastest ships make under 60
AIRCRAFT_SPEED_LIMIT_KNOTS = 1023.0
WIND_LIMIT_METRES_PER_SECOND = 120.0  # the strongest gust ever measured was 113 (WMO, Barrow Island 1996)
TEMPERATURES_CELSIUS = (-90.0, 60.0)  # the coldest and the hottest ever measured are -89.2 and 56.7 (WMO)
PRESSURES_HPA = (850.0, 1100.0)  # at sea level 870 and 1085 (WMO); a little more is a station's own
REEFER_CELSIUS = (-70.0, 40.0)  # what boxes for the deepest frozen goods keep, and what none is set to
BEAUFORT_MOST = 17  # with the forces of typhoons (GB/T 28591)
_HOLDS = frozenset(Hold)
LENGTHS_FT = frozenset({10, 20, 30, 40, 45, 48, 53})


def _vehicle_position(r: VehiclePosition, now: datetime, found: Irregular) -> None:
    need_key(r.vehicle_id, "vehicle_id")
    need_place(float(r.lon), float(r.lat))
    need_speed(r.speed_kmh, "speed_kmh", VEHICLE_SPEED_LIMIT_KMH)
    empty_angle(r.heading_degrees, "heading_degrees", found)
    need_number(r.off_route_metres, "off_route_metres")
    if plate_flag(r.vehicle_id) == "plate_irregular":  # trackers and the yard's machines have names of their own
        found.flags.append("plate_irregular")
    if r.container_no:
        judge_container(r.container_no, found)


def _vessel_position(r: VesselPosition, now: datetime, found: Irregular) -> None:
    judge_mmsi(r.mmsi, found)
    need_place(float(r.lon), float(r.lat))
    aircraft = is_search_aircraft(r.mmsi)
    need_speed(r.speed_knots, "speed_knots", AIRCRAFT_SPEED_LIMIT_KNOTS if aircraft else VESSEL_SPEED_LIMIT_KNOTS)
    empty_angle(r.course_degrees, "course_degrees", found)
    empty_angle(r.heading_degrees, "heading_degrees", found)


def _vessel_static(r: VesselStatic, now: datetime, found: Irregular) -> None:
    judge_mmsi(r.mmsi, found)
    judge_imo(r.imo, found)
    need_number(r.length_metres, "length_metres")
    need_number(r.width_metres, "width_metres")
    need_number(r.draught_metres, "draught_metres")


def _vessel_call(r: VesselCall, now: datetime, found: Irregular) -> None:
    need_key(r.call_id, "call_id")
    need_number(r.discharge_boxes, "discharge_boxes")
    need_number(r.load_boxes, "load_boxes")
    need_order(r.ata, r.atd, "departed_before_arrived", ("ata", "atd"))
    need_past(r.ata, now, "ata")
    need_past(r.atd, now, "atd")
    judge_imo(r.imo, found)
    if r.mmsi is not None and mmsi_kind(r.mmsi) is not MmsiKind.SHIP:
        found.flags.append("mmsi_not_ship")
    if r.eta is not None and r.etd is not None and r.etd < r.eta:
        found.flags.append("etd_before_eta")


def _yard_block(r: YardBlock, now: datetime, found: Irregular) -> None:
    need_key(r.block_id, "block_id")
    need_number(r.capacity_teu, "capacity_teu")
    need_number(r.ground_slots, "ground_slots")
    need_number(r.tiers, "tiers")
    need_place(r.lon, r.lat)
    if r.capacity_teu == 0:
        found.flags.append("capacity_unknown")


def _container_stay(r: ContainerStay, now: datetime, found: Irregular) -> None:
    need_key(r.stay_id, "stay_id")
    need_order(r.arrived_at, r.departed_at, "departed_before_arrived", ("arrived_at", "departed_at"))
    for name in ("weight_tonnes", "vgm_tonnes", "max_gross_tonnes"):
        need_number(getattr(r, name), name)
    need_past(r.declared_at, now, "declared_at")
    _warmth(r.set_celsius, "set_celsius", REEFER_CELSIUS, found)
    need_number(r.bay, "bay")
    need_number(r.tier, "tier")
    if r.arrived_at.tzinfo is None:
        raise UnusableError("time_without_zone", f"arrived_at={r.arrived_at.isoformat()}")
    if r.container_no:
        judge_container(r.container_no, found)
    if r.length_ft is not None and r.length_ft not in LENGTHS_FT:
        found.flags.append("length_unusual")


def _inspection_task(r: InspectionTask, now: datetime, found: Irregular) -> None:
    need_key(r.declaration_no, "declaration_no")
    judge_declaration(r.declaration_no, found)
    found.flags += declaration_flags(r.declaration_no, r.direction, now)
    found.flags += inspection_flags(r.inspection_no, r.direction, now)
    need_past(r.applied_at, now, "applied_at")
    if r.enterprise_class is EnterpriseClass.UNKNOWN:
        found.flags.append("enterprise_class_unknown")
    if r.direction is None:
        found.flags.append("direction_unknown")
    for container_no in r.containers:
        judge_container(container_no, found)
    need_number(r.fee_cny, "fee_cny")
    if r.hold and r.hold not in _HOLDS:
        found.flags.append("hold_unknown")
    if r.accepted_at is not None and r.released_at is not None and r.released_at < r.accepted_at:
        found.flags.append("node_order")


def _inspection_step(r: InspectionStep, now: datetime, found: Irregular) -> None:
    need_key(r.declaration_no, "declaration_no")
    judge_declaration(r.declaration_no, found)


def _lab_sample(r: LabSample, now: datetime, found: Irregular) -> None:
    need_key(r.declaration_no, "declaration_no")
    judge_declaration(r.declaration_no, found)
    need_number(r.sample_no, "sample_no")
    need_order(r.sent_at, r.completed_at, "completed_before_sent", ("sent_at", "completed_at"))
    need_past(r.sent_at, now, "sent_at")
    need_past(r.completed_at, now, "completed_at")


def _machine_scan(r: MachineScan, now: datetime, found: Irregular) -> None:
    need_key(r.declaration_no, "declaration_no")
    judge_declaration(r.declaration_no, found)
    need_key(r.container_no, "container_no")
    judge_container(r.container_no, found)
    need_order(r.scanned_at, r.reviewed_at, "reviewed_before_scanned", ("scanned_at", "reviewed_at"))
    need_past(r.scanned_at, now, "scanned_at")
    need_past(r.reviewed_at, now, "reviewed_at")


def _check_result(r: CheckResult, now: datetime, found: Irregular) -> None:
    need_key(r.check_id, "check_id")
    need_key(r.result, "result")
    judge_declaration(r.declaration_no, found)
    if not r.container_no:
        found.flags.append("container_no_blank")
    judge_container(r.container_no, found)


def _inspection_photo(r: InspectionPhoto, now: datetime, found: Irregular) -> None:
    need_key(r.photo_id, "photo_id")
    need_key(r.declaration_no, "declaration_no")
    judge_declaration(r.declaration_no, found)
    if r.container_no:
        judge_container(r.container_no, found)


def _door_event(r: DoorEvent, now: datetime, found: Irregular) -> None:
    need_key(r.container_no, "container_no")
    need_place(r.lon, r.lat)
    judge_container(r.container_no, found)


def _area_event(r: AreaEvent, now: datetime, found: Irregular) -> None:
    need_key(r.event_id, "event_id")
    need_key(r.area, "area")
    need_key(r.kind, "kind")
    need_place(r.lon, r.lat)
    need_number(r.count, "count")


def _recognition(r: Recognition, now: datetime, found: Irregular) -> None:
    """What a camera read may be anything: a plate no plate can be is what it is there to find."""
    need_key(r.event_id, "event_id")
    need_key(r.place, "place")
    need_place(r.lon, r.lat)
    if r.container_expected:
        judge_container(r.container_expected, found)


def _warmth(value: float | None, field: str, between: tuple[float, float], found: Irregular) -> None:
    """Empty and flag a temperature that cannot be."""
    if value is not None and not between[0] <= value <= between[1]:  # no number lies nowhere
        found.repairs[field] = None
        found.flags.append("temperature_out_of_range")


def _gate_move(r: GateMove, now: datetime, found: Irregular) -> None:
    need_key(r.move_id, "move_id")
    need_key(r.gate_id, "gate_id")
    if r.direction not in ("in", "out"):
        raise UnusableError("unknown_value", f"direction={r.direction!r}")
    if r.queued_at is not None and r.queued_at > r.event_time:
        found.repairs["queued_at"] = None
        found.flags.append("queued_after_passage")
    flag = plate_flag(r.vehicle_id)  # read off a plate by a camera: anything else is worth a look
    if flag:
        found.flags.append(flag)
    if r.container_no:
        judge_container(r.container_no, found)


def _gate_state(r: GateState, now: datetime, found: Irregular) -> None:
    need_key(r.gate_id, "gate_id")
    need_number(r.trucks_waiting, "trucks_waiting")
    need_number(r.wait_minutes, "wait_minutes")
    need_number(r.lanes_open, "lanes_open")


def _weather_observation(r: WeatherObservation, now: datetime, found: Irregular) -> None:
    """A value no weather has is emptied and flagged: one broken gauge does not silence the others."""
    need_key(r.station, "station")
    need_place(r.lon, r.lat)
    empty_angle(r.wind_from_degrees, "wind_from_degrees", found)
    for name, least, most in (
        ("wind_metres_per_second", 0.0, WIND_LIMIT_METRES_PER_SECOND),
        ("gust_metres_per_second", 0.0, WIND_LIMIT_METRES_PER_SECOND),
        ("wind_beaufort", 0, BEAUFORT_MOST),
        ("visibility_metres", 0.0, math.inf),
        ("temperature_celsius", *TEMPERATURES_CELSIUS),
        ("pressure_hpa", *PRESSURES_HPA),
        ("precipitation_millimetres", 0.0, 2_000.0),
    ):
        value = getattr(r, name)
        if value is None:
            continue
        if not math.isfinite(value):
            raise UnusableError("not_a_number", f"{name}={value}")
        if not least <= value <= most:
            found.repairs[name] = None
            found.flags.append(f"{name.partition('_')[0]}_out_of_range")


def _measurement(r: Measurement, now: datetime, found: Irregular) -> None:
    need_key(r.measure, "measure")
    need_key(r.subject, "subject")
    if not math.isfinite(r.value):
        raise UnusableError("not_a_number", f"value={r.value}")


CHECKS: dict[type[Record], Callable[[Any, datetime, Irregular], None]] = {
    YardBlock: _yard_block,
    ContainerStay: _container_stay,
    InspectionTask: _inspection_task,
    InspectionStep: _inspection_step,
    LabSample: _lab_sample,
    MachineScan: _machine_scan,
    CheckResult: _check_result,
    InspectionPhoto: _inspection_photo,
    DoorEvent: _door_event,
    VehiclePosition: _vehicle_position,
    VesselPosition: _vessel_position,
    VesselStatic: _vessel_static,
    VesselCall: _vessel_call,
    GateMove: _gate_move,
    GateState: _gate_state,
    WeatherObservation: _weather_observation,
    Measurement: _measurement,
    AreaEvent: _area_event,
    Recognition: _recognition,
}
