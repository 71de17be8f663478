"""Records to store, and the whole content of a store to compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select

from domain.fences import Fence, FenceKind
from domain.records import (
    CheckResult,
    ContainerStay,
    Direction,
    DoorEvent,
    GateMove,
    GateState,
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
from domain.viewer import PORT_OPERATOR, Viewer
from domain.watch_records import AreaEvent, Recognition
from store.engine import Store
from store.schema import metadata

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon at the port
PORT = PORT_OPERATOR
ENTERPRISE = Viewer(name="enterprise", scope=frozenset({"E1"}))


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def common(at: datetime, **extra: Any) -> dict[str, Any]:
    return {"feed": "test", "origin": Origin.SIMULATED, "event_time": at, **extra}


def block(block_id: str, capacity: int = 100, at: datetime | None = None, **extra: Any) -> YardBlock:
    return YardBlock(
        block_id=block_id, name=block_id, terminal="QQCT", capacity_teu=capacity, **common(at or ago(days=90), **extra)
    )


def stay(
    stay_id: str,
    arrived: datetime,
    departed: datetime | None = None,
    block_id: str = "A1",
    length: int | None = 20,
    **extra: Any,
) -> ContainerStay:
    at = extra.pop("at", departed or arrived)
    return ContainerStay(
        stay_id=stay_id, block_id=block_id, length_ft=length, arrived_at=arrived, departed_at=departed,
        **common(at, **extra),
    )  # fmt: skip


def task(declaration_no: str, at: datetime | None = None, **extra: Any) -> InspectionTask:
    known = set(InspectionTask.__struct_fields__) - set(Record.__struct_fields__)
    own = {name: extra.pop(name) for name in list(extra) if name in known}
    return InspectionTask(declaration_no=declaration_no, **own, **common(at or ago(hours=20), **extra))


def step(declaration_no: str, node: Node, at: datetime, **extra: Any) -> InspectionStep:
    return InspectionStep(declaration_no=declaration_no, node=node, **common(at, **extra))


def truck(vehicle_id: str, at: datetime, lon: float = 120.2, lat: float = 36.0, **extra: Any) -> VehiclePosition:
    own = {name: extra.pop(name) for name in ("speed_kmh", "status", "off_route_metres") if name in extra}
    return VehiclePosition(vehicle_id=vehicle_id, lon=lon, lat=lat, **own, **common(at, **extra))


def move(move_id: str, at: datetime, direction: str = "in", visit: str = "", **extra: Any) -> GateMove:
    return GateMove(move_id=move_id, gate_id="G1", direction=direction, visit_id=visit, **common(at, **extra))


def one_of_each(scope: str | None = None, prefix: str = "") -> list[Record]:
    """One record of every type, related to one another."""
    at = ago(hours=1)
    mine: dict[str, Any] = {"scope": scope}
    declaration = f"{prefix}D1"
    return [
        block(f"{prefix}A1", **mine),
        stay(f"{prefix}s1", at, block_id=f"{prefix}A1", **mine),
        task(declaration, direction=Direction.EXPORT, **mine),
        step(declaration, Node.APPOINTED, ago(hours=3), **mine),
        LabSample(declaration_no=declaration, sent_at=at, **common(at, **mine)),
        MachineScan(declaration_no=declaration, container_no="C", scanned_at=at, reviewed_at=at, **common(at, **mine)),
        CheckResult(check_id=f"{prefix}c1", result="seal_missing", **common(at, **mine)),
        DoorEvent(container_no=f"{prefix}C1", **common(at, **mine)),
        AreaEvent(event_id=f"{prefix}a1", area="F1", kind="intrusion", what="person", **common(at, **mine)),
        Recognition(event_id=f"{prefix}r1", place="G1", plate_read="X", plate_expected="Y", **common(at, **mine)),
        truck(f"{prefix}T1", at, **mine),
        VesselPosition(mmsi=412000000 + len(prefix), lon=120.3, lat=36.0, speed_knots=9.0, **common(at, **mine)),
        VesselStatic(mmsi=412000000 + len(prefix), name="XIN QINGDAO", **common(at, **mine)),
        VesselCall(call_id=f"{prefix}v1", vessel_name="XIN QINGDAO", ata=at, **common(at, **mine)),
        move(f"{prefix}m1", ago(minutes=50), visit=f"{prefix}1", **mine),
        move(f"{prefix}m2", ago(minutes=10), "out", visit=f"{prefix}1", **mine),
        GateState(gate_id=f"{prefix}G1", name="G1", trucks_waiting=3, wait_minutes=4.0, **common(at, **mine)),
        WeatherObservation(station=f"{prefix}ZSQD", wind_metres_per_second=7.0, weather="BR", **common(at, **mine)),
        Measurement(measure="waiting", subject=f"{prefix}G1", value=3.0, unit="1", **common(at, **mine)),
    ]


def fence(fence_id: str = "f1", **extra: Any) -> Fence:
    """A restricted square of some hundred metres."""
    ring = ((120.2, 36.0), (120.202, 36.0), (120.202, 36.002), (120.2, 36.002), (120.2, 36.0))
    given = {"name": "罐区", "kind": FenceKind.RESTRICTED, "points": ring, "applies": ("person",), **extra}
    return Fence(fence_id=fence_id, **given)


TWO_FEEDS = {"test": 0, "second": 1}


def placed_by_another(scope: str) -> VehiclePosition:
    """Where a feed that ``test`` goes before places the truck of `one_of_each`."""
    return msgspec.structs.replace(truck("T1", ago(hours=1), scope=scope), feed="second")


def content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the store that says something about the port, without when and how it came to be known."""
    passed_over = {"received_at", "updated_at", "ref", "id", "times", "seq", "at", "known_to", "known_from"}
    found = {}
    with store._database.reading() as connection:
        for table in metadata.sorted_tables:
            if table.name.startswith("superseded_") or table.name == "search_name":
                continue
            columns = [c for c in table.c if c.name not in passed_over and not c.name.endswith("_known")]
            query = select(*columns)
            if table.name == "yard_stock":
                query = query.where(table.c.known == 0, table.c.boxes != 0)
            found[table.name] = sorted((tuple(row) for row in connection.execute(query)), key=repr)
    return found
