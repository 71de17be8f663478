"""One good record of every type, to be spoilt one field at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.records import (
    CheckResult,
    ContainerStay,
    Direction,
    DoorEvent,
    EnterpriseClass,
    GateMove,
    GateState,
    InspectionPhoto,
    InspectionStep,
    InspectionTask,
    LabSample,
    MachineScan,
    Measurement,
    Node,
    Origin,
    Record,
    VehiclePosition,
    VesselCall,
    VesselPosition,
    VesselStatic,
    WeatherObservation,
    YardBlock,
)
from domain.watch_records import AreaEvent, Recognition

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=2)
HEAD = {"feed": "test", "origin": Origin.LIVE, "event_time": NOW, "ref": "file.csv:2"}
DECLARATION = "425820210000443873"
BOX = "MIOU2453144"

GOOD: tuple[Record, ...] = (
    YardBlock(**HEAD, block_id="B1", name="B1", terminal="T1", ground_slots=10, tiers=4, capacity_teu=40),
    ContainerStay(**HEAD, stay_id="1", container_no=BOX, length_ft=40, arrived_at=BEFORE, departed_at=NOW),
    InspectionTask(
        **HEAD,
        declaration_no=DECLARATION,
        direction=Direction.EXPORT,
        enterprise_class=EnterpriseClass.GENERAL,
        applied_at=BEFORE,
        containers=(BOX,),
    ),
    InspectionStep(**HEAD, declaration_no=DECLARATION, node=Node.APPOINTED),
    LabSample(**HEAD, declaration_no=DECLARATION, sent_at=BEFORE, completed_at=NOW),
    MachineScan(**HEAD, declaration_no=DECLARATION, container_no=BOX, scanned_at=BEFORE, reviewed_at=NOW),
    InspectionPhoto(
        **HEAD, photo_id="1", declaration_no=DECLARATION, container_no=BOX, part="seal", place="2026/03/1.jpg"
    ),
    CheckResult(**HEAD, check_id="1", declaration_no=DECLARATION, container_no=BOX, result="seal_mismatch"),
    DoorEvent(**HEAD, container_no=BOX, lon=120.2, lat=36.0),
    AreaEvent(**HEAD, event_id="1", area="F1", kind="intrusion", what="person", lon=120.2, lat=36.0),
    Recognition(**HEAD, event_id="1", place="G1", plate_read="鲁B12345", plate_expected="鲁B12345"),
    VehiclePosition(**HEAD, vehicle_id="鲁B12345", lon=120.2, lat=36.0, speed_kmh=30.0, heading_degrees=90.0),
    VesselPosition(**HEAD, mmsi=412_345_678, lon=120.2, lat=36.0, speed_knots=9.5, course_degrees=180.0),
    VesselStatic(**HEAD, mmsi=412_345_678, imo=9_319_466, name="EXAMPLE", length_metres=300.0),
    VesselCall(**HEAD, call_id="1", vessel_name="EXAMPLE", eta=BEFORE, etd=NOW, ata=BEFORE, atd=NOW),
    GateMove(**HEAD, move_id="1", gate_id="G1", direction="in", queued_at=BEFORE),
    GateState(**HEAD, gate_id="G1", name="G1", trucks_waiting=3, wait_minutes=4.0, lanes_open=2),
    WeatherObservation(
        **HEAD, station="ZSQD", lon=120.2, lat=36.0, wind_metres_per_second=7.0, gust_metres_per_second=12.0,
        wind_from_degrees=330.0, visibility_metres=9_999.0, temperature_celsius=-3.0, pressure_hpa=1031.0, weather="BR",
    ),
    Measurement(**HEAD, measure="reefer_celsius", subject=BOX, value=-18.5, unit="degC"),
)  # fmt: skip


def good(kind: type[Record]) -> Record:
    """The good record of a type."""
    return next(record for record in GOOD if type(record) is kind)
