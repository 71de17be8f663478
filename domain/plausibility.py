"""What each type of record is checked for. One function per type, found by type.

A check raises UnusableError, or adds flag codes (catalogue ``flag.<code>``) to what it found; a
field that is beyond repair but not needed (a heading of 511 degrees) is emptied and flagged.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from domain.identifiers import (
    MmsiKind,
    container_flag,
    declaration_flag,
    imo_is_valid,
    is_search_aircraft,
    mmsi_kind,
)
from domain.records import (
    CheckResult,
    ContainerStay,
    DoorEvent,
    EnterpriseClass,
    GateMove,
    GateState,
    InspectionStep,
    InspectionTask,
    LabSample,
    MachineScan,
    Record,
    VehiclePosition,
    VesselCall,
    VesselPosition,
    VesselStatic,
    YardBlock,
)

VEHICLE_SPEED_LIMIT_KMH = 250.0
VESSEL_SPEED_LIMIT_KNOTS = 100.0  # the fastest ships make under 60
AIRCRAFT_SPEED_LIMIT_KNOTS = 1023.0
LENGTHS_FT = frozenset({10, 20, 30, 40, 45, 48, 53})
FUTURE_LIMIT = timedelta(minutes=10)


class UnusableError(Exception):
    """The record cannot be used."""

    def __init__(self, reason: str, detail: str) -> None:
        """Remember the reason code and the field with its value."""
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Irregular:
    """What was found wrong with a record that is kept all the same."""

    __slots__ = ("flags", "repairs")

    def __init__(self) -> None:
        """Begin with nothing found."""
        self.flags: list[str] = []
        self.repairs: dict[str, Any] = {}


def _key(value: str, field: str) -> None:
    if not value or value.isspace():
        raise UnusableError("missing_key", f"{field}={value!r}")


def _number(value: float | None, field: str, least: float = 0.0) -> None:
    """Refuse NaN, infinities and values below ``least``; None is unknown and fine."""
    if value is None:
        return
    if not math.isfinite(value):
        raise UnusableError("not_a_number", f"{field}={value}")
    if value < least:
        raise UnusableError("negative", f"{field}={value}")


def _speed(value: float | None, field: str, limit: float) -> None:
    _number(value, field)
    if value is not None and value >= limit:
        raise UnusableError("speed_impossible", f"{field}={value}")


def _place(lon: float | None, lat: float | None) -> None:
    """Refuse a position outside the world, exactly 0/0 (a receiver without a fix), or half given."""
    if lon is None and lat is None:
        return
    if lon is None or lat is None:
        raise UnusableError("position_incomplete", f"lat={lat}, lon={lon}")
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise UnusableError("not_a_number", f"lat={lat}, lon={lon}")
    if not -90.0 <= lat <= 90.0:
        raise UnusableError("position_outside_world", f"lat={lat}")
    if not -180.0 <= lon <= 180.0:
        raise UnusableError("position_outside_world", f"lon={lon}")
    if lat == 0.0 and lon == 0.0:
        raise UnusableError("position_zero", "lat=0, lon=0")


def _angle(value: float | None, field: str, found: Irregular) -> None:
    if value is not None and not 0.0 <= value <= 360.0:
        found.repairs[field] = None
        found.flags.append(f"{field.removesuffix('_degrees')}_out_of_range")


def _in_order(first: datetime | None, second: datetime | None, reason: str, names: tuple[str, str]) -> None:
    if first is not None and second is not None and second < first:
        raise UnusableError(reason, f"{names[0]}={first.isoformat()}, {names[1]}={second.isoformat()}")


def _happened(when: datetime | None, now: datetime, field: str) -> None:
    if when is not None and when - now > FUTURE_LIMIT:
        raise UnusableError("future", f"{field}={when.isoformat()}")


def _container(container_no: str, found: Irregular) -> None:
    flag = container_flag(container_no)
    if flag:
        found.flags.append(flag)


def _declaration(declaration_no: str, found: Irregular) -> None:
    flag = declaration_flag(declaration_no)
    if flag:
        found.flags.append(flag)


def _vehicle_position(r: VehiclePosition, now: datetime, found: Irregular) -> None:
    _key(r.vehicle_id, "vehicle_id")
    _place(float(r.lon), float(r.lat))
    _speed(r.speed_kmh, "speed_kmh", VEHICLE_SPEED_LIMIT_KMH)
    _angle(r.heading_degrees, "heading_degrees", found)
    _number(r.off_route_metres, "off_route_metres")
    if r.container_no:
        _container(r.container_no, found)


def _mmsi(mmsi: int, found: Irregular) -> None:
    if not 0 < mmsi <= 999_999_999:
        raise UnusableError("missing_key", f"mmsi={mmsi}")
    if mmsi_kind(mmsi) is not MmsiKind.SHIP:
        found.flags.append("mmsi_not_ship")


def _vessel_position(r: VesselPosition, now: datetime, found: Irregular) -> None:
    _mmsi(r.mmsi, found)
    _place(float(r.lon), float(r.lat))
    aircraft = is_search_aircraft(r.mmsi)
    _speed(r.speed_knots, "speed_knots", AIRCRAFT_SPEED_LIMIT_KNOTS if aircraft else VESSEL_SPEED_LIMIT_KNOTS)
    _angle(r.course_degrees, "course_degrees", found)
    _angle(r.heading_degrees, "heading_degrees", found)


def _vessel_static(r: VesselStatic, now: datetime, found: Irregular) -> None:
    _mmsi(r.mmsi, found)
    _imo(r.imo, found)
    _number(r.length_metres, "length_metres")
    _number(r.width_metres, "width_metres")
    _number(r.draught_metres, "draught_metres")


def _imo(number: int | None, found: Irregular) -> None:
    if number and not imo_is_valid(number):  # 0 is AIS for "not available"
        found.flags.append("imo_check_digit")


def _vessel_call(r: VesselCall, now: datetime, found: Irregular) -> None:
    _key(r.call_id, "call_id")
    _number(r.discharge_boxes, "discharge_boxes")
    _number(r.load_boxes, "load_boxes")
    _in_order(r.ata, r.atd, "departed_before_arrived", ("ata", "atd"))
    _happened(r.ata, now, "ata")
    _happened(r.atd, now, "atd")
    _imo(r.imo, found)
    if r.mmsi is not None and mmsi_kind(r.mmsi) is not MmsiKind.SHIP:
        found.flags.append("mmsi_not_ship")
    if r.eta is not None and r.etd is not None and r.etd < r.eta:
        found.flags.append("etd_before_eta")


def _yard_block(r: YardBlock, now: datetime, found: Irregular) -> None:
    _key(r.block_id, "block_id")
    _number(r.capacity_teu, "capacity_teu")
    _number(r.ground_slots, "ground_slots")
    _number(r.tiers, "tiers")
    _place(r.lon, r.lat)
    if r.capacity_teu == 0:
        found.flags.append("capacity_unknown")


def _container_stay(r: ContainerStay, now: datetime, found: Irregular) -> None:
    _key(r.stay_id, "stay_id")
    _in_order(r.arrived_at, r.departed_at, "departed_before_arrived", ("arrived_at", "departed_at"))
    _number(r.weight_tonnes, "weight_tonnes")
    _number(r.bay, "bay")
    _number(r.tier, "tier")
    if r.arrived_at.tzinfo is None:
        raise UnusableError("time_without_zone", f"arrived_at={r.arrived_at.isoformat()}")
    if r.container_no:
        _container(r.container_no, found)
    if r.length_ft is not None and r.length_ft not in LENGTHS_FT:
        found.flags.append("length_unusual")


def _inspection_task(r: InspectionTask, now: datetime, found: Irregular) -> None:
    _key(r.declaration_no, "declaration_no")
    _declaration(r.declaration_no, found)
    _happened(r.applied_at, now, "applied_at")
    if r.enterprise_class is EnterpriseClass.UNKNOWN:
        found.flags.append("enterprise_class_unknown")
    if r.direction is None:
        found.flags.append("direction_unknown")
    for container_no in r.containers:
        _container(container_no, found)


def _inspection_step(r: InspectionStep, now: datetime, found: Irregular) -> None:
    _key(r.declaration_no, "declaration_no")
    _declaration(r.declaration_no, found)


def _lab_sample(r: LabSample, now: datetime, found: Irregular) -> None:
    _key(r.declaration_no, "declaration_no")
    _declaration(r.declaration_no, found)
    _number(r.sample_no, "sample_no")
    _in_order(r.sent_at, r.completed_at, "completed_before_sent", ("sent_at", "completed_at"))
    _happened(r.sent_at, now, "sent_at")
    _happened(r.completed_at, now, "completed_at")


def _machine_scan(r: MachineScan, now: datetime, found: Irregular) -> None:
    _key(r.declaration_no, "declaration_no")
    _declaration(r.declaration_no, found)
    _key(r.container_no, "container_no")
    _container(r.container_no, found)
    _in_order(r.scanned_at, r.reviewed_at, "reviewed_before_scanned", ("scanned_at", "reviewed_at"))
    _happened(r.scanned_at, now, "scanned_at")
    _happened(r.reviewed_at, now, "reviewed_at")


def _check_result(r: CheckResult, now: datetime, found: Irregular) -> None:
    _key(r.check_id, "check_id")
    _key(r.result, "result")
    _declaration(r.declaration_no, found)
    if not r.container_no:
        found.flags.append("container_no_blank")
    _container(r.container_no, found)


def _door_event(r: DoorEvent, now: datetime, found: Irregular) -> None:
    _key(r.container_no, "container_no")
    _place(r.lon, r.lat)
    _container(r.container_no, found)


def _gate_move(r: GateMove, now: datetime, found: Irregular) -> None:
    _key(r.move_id, "move_id")
    _key(r.gate_id, "gate_id")
    if r.direction not in ("in", "out"):
        raise UnusableError("unknown_value", f"direction={r.direction!r}")
    if r.queued_at is not None and r.queued_at > r.event_time:
        found.repairs["queued_at"] = None
        found.flags.append("queued_after_passage")
    if r.container_no:
        _container(r.container_no, found)


def _gate_state(r: GateState, now: datetime, found: Irregular) -> None:
    _key(r.gate_id, "gate_id")
    _number(r.trucks_waiting, "trucks_waiting")
    _number(r.wait_minutes, "wait_minutes")
    _number(r.lanes_open, "lanes_open")


CHECKS: dict[type[Record], Callable[[Any, datetime, Irregular], None]] = {
    YardBlock: _yard_block,
    ContainerStay: _container_stay,
    InspectionTask: _inspection_task,
    InspectionStep: _inspection_step,
    LabSample: _lab_sample,
    MachineScan: _machine_scan,
    CheckResult: _check_result,
    DoorEvent: _door_event,
    VehiclePosition: _vehicle_position,
    VesselPosition: _vessel_position,
    VesselStatic: _vessel_static,
    VesselCall: _vessel_call,
    GateMove: _gate_move,
    GateState: _gate_state,
}
