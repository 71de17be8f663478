"""What the simulation's tests share: a clock to turn, feeds of a fresh world, a small drawing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from datasources import simulation
from datasources.contract import Context
from datasources.simulation import world
from domain.records import Origin, Record

GEO = Path(__file__).resolve().parents[2] / "assets" / "geo"
MONDAY = datetime(2031, 5, 5, 2, 0, tzinfo=UTC)  # 10:00 at the port
DATASETS = ("vehicles", "vessels", "yard", "inspections", "gates", "laboratory", "guard", "sensors")


class Port:
    """Feeds of one world and the clock they go by."""

    def __init__(self, now: datetime = MONDAY, geo: Path = GEO, fresh: bool = True, **options: Any) -> None:
        if fresh:
            world._worlds.clear()
        self.now, self.geo, self.options = now, geo, {"trucks": 400, **options}
        self.feeds: dict[str, simulation.SimulationFeed] = {}
        self.cursors: dict[str, dict[str, Any] | None] = {}

    def context(self, dataset: str) -> Context:
        return Context(
            feed=dataset, origin=Origin.LIVE, now=lambda: self.now, home=Path(), base=Path(), geo=self.geo,
            cursor=self.cursors.get(dataset),
        )  # fmt: skip

    def choose(self, dataset: str) -> simulation.Options:
        return simulation.Options(dataset=dataset, **self.options)  # type: ignore[arg-type]

    def poll(self, dataset: str) -> list[Record]:
        """All a feed has at hand."""
        if dataset not in self.feeds:
            self.feeds[dataset] = simulation.create(self.choose(dataset), self.context(dataset))
        records: list[Record] = []
        while True:
            batch = self.feeds[dataset].poll()
            records += batch.records
            if batch.cursor is not None:
                self.cursors[dataset] = json.loads(json.dumps(batch.cursor))
            if not batch.more:
                return records

    def restart(self) -> None:
        """A new process: nothing left but the cursors."""
        world._worlds.clear()
        self.feeds.clear()

    def pass_time(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def history(self, dataset: str, since: datetime, until: datetime) -> list[Record]:
        batches = simulation.backfill(self.choose(dataset), self.context(dataset), since, until)
        return [record for batch in batches for record in batch.records]


def key(record: Any) -> tuple[Any, ...]:
    """What identifies a record, by type."""
    names = {
        "ContainerStay": ("stay_id",), "GateMove": ("move_id",), "InspectionTask": ("declaration_no",),
        "InspectionStep": ("declaration_no", "node"), "MachineScan": ("declaration_no", "container_no"),
        "CheckResult": ("check_id",), "LabSample": ("declaration_no", "sample_no"), "VesselCall": ("call_id",),
        "VehiclePosition": ("vehicle_id", "event_time"), "VesselPosition": ("mmsi", "event_time"),
        "DoorEvent": ("container_no", "event_time"), "GateState": ("gate_id", "event_time"),
        "YardBlock": ("block_id",), "InspectionPhoto": ("photo_id",), "VesselStatic": ("mmsi",),
        "AreaEvent": ("event_id",), "Recognition": ("event_id",), "WeatherObservation": ("station", "event_time"),
        "Measurement": ("measure", "subject", "event_time"),
    }  # fmt: skip
    kind = type(record).__name__
    return (kind, *(getattr(record, name) for name in names[kind]))


def latest(records: list[Record]) -> dict[tuple[Any, ...], Record]:
    """The last version of each."""
    found: dict[tuple[Any, ...], Record] = {}
    for record in sorted(records, key=lambda r: r.event_time):
        found[key(record)] = record
    return found


def tiny_drawing(folder: Path) -> Path:
    """A drawing without roads, fairways or inspection blocks: everything must still work."""

    def feature(kind: str, geometry: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
        return {
            "type": "Feature",
            "properties": {"kind": kind, **properties},
            "geometry": {"type": geometry, "coordinates": coordinates},
        }

    ring = [[0.0, 0.0], [0.004, 0.0], [0.004, 0.001], [0.0, 0.001], [0.0, 0.0]]
    block = {"name": "A", "terminal": "t", "stay_kind": "standard", "ground_slots": 60, "tiers": 4, "capacity_teu": 800}
    features = [
        feature("block", "Polygon", [ring], id="A", **block),
        feature("gate", "Point", [0.0, -0.003], id="g", name_zh="g", lanes=2),
        feature("platform", "Point", [0.005, -0.002], id="n1", area="north", name_zh="north 1"),
        feature("berth", "LineString", [[0.0, 0.003], [0.004, 0.003]], id="b1", terminal="t", name="1", length_m=400),
    ]
    (folder / "port.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return folder
