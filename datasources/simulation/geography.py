"""The port's drawing (``port.geojson``) as the model needs it: places, sizes, a metric plane."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from datasources.simulation.chance import Floats
from domain.errors import FeedError
from domain.records import StayKind

METRES_PER_DEGREE = 111_320.0
Point = tuple[float, float]


class Block(msgspec.Struct, frozen=True):
    """A yard block; ``axis`` is half its long side, degrees (lon, lat)."""

    id: str
    name: str
    terminal: str
    kind: StayKind
    ground_slots: int
    tiers: int
    capacity_teu: int
    at: Point
    axis: Point


class Gate(msgspec.Struct, frozen=True):
    """A gate with its lanes."""

    id: str
    name: str
    lanes: int
    at: Point


class Platform(msgspec.Struct, frozen=True):
    """An inspection platform of an area (north | south)."""

    id: str
    area: str
    name: str
    at: Point


class Berth(msgspec.Struct, frozen=True):
    """A berth: its quay line from one end to the other."""

    id: str
    terminal: str
    name: str
    start: Point
    end: Point

    @property
    def middle(self) -> Point:
        """Middle of the quay line."""
        return (self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2


class Road(msgspec.Struct, frozen=True):
    """One piece of the road graph; class main | service | outside."""

    kind: str
    line: tuple[Point, ...]


class Geography(msgspec.Struct, frozen=True):
    """Everything the model knows about the ground."""

    blocks: tuple[Block, ...]
    gates: tuple[Gate, ...]
    platforms: tuple[Platform, ...]
    berths: tuple[Berth, ...]
    roads: tuple[Road, ...]
    fairways: tuple[tuple[Point, ...], ...]
    anchorages: tuple[tuple[Point, ...], ...]

    @property
    def metres_per_lon(self) -> float:
        """Metres of one degree of longitude here."""
        return METRES_PER_DEGREE * float(np.cos(np.radians(self.blocks[0].at[1])))

    def distance(self, a: Point, b: Point) -> float:
        """Metres between two points of the port."""
        return float(np.hypot((a[0] - b[0]) * self.metres_per_lon, (a[1] - b[1]) * METRES_PER_DEGREE))

    def capacity(self) -> Floats:
        """TEU each block holds."""
        return np.array([b.capacity_teu for b in self.blocks], np.float64)


def load(folder: Path) -> Geography:
    """Read ``port.geojson`` of a folder.

    Raises:
        FeedError: the file is missing, not GeoJSON, or lacks blocks, gates or platforms.
    """
    source = folder / "port.geojson"
    try:
        features = msgspec.json.decode(source.read_bytes())["features"]
        found: dict[str, list[Any]] = {}
        for feature in features:
            found.setdefault(feature["properties"]["kind"], []).append(feature)
        geography = _read(found)
    except FileNotFoundError:
        raise FeedError("missing_file", "the port's drawing is missing", source.name) from None
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise FeedError("bad_geometry", f"cannot be used: {error!r}", source.name) from None
    if not (geography.blocks and geography.gates and geography.platforms and geography.berths):
        raise FeedError("bad_geometry", "needs blocks, gates, platforms and berths", source.name)
    return geography


def _read(found: dict[str, list[Any]]) -> Geography:
    def line(feature: Any) -> tuple[Point, ...]:
        return tuple((float(p[0]), float(p[1])) for p in feature["geometry"]["coordinates"])

    def each(kind: str) -> list[tuple[dict[str, Any], Any]]:
        return [(f["properties"], f) for f in found.get(kind, [])]

    return Geography(
        blocks=tuple(_block(p, f["geometry"]["coordinates"][0]) for p, f in each("block")),
        gates=tuple(
            Gate(p["id"], p.get("name_zh", p["id"]), int(p.get("lanes", 4)), _point(f)) for p, f in each("gate")
        ),
        platforms=tuple(
            Platform(p["id"], p["area"], p.get("name_zh", p["id"]), _point(f)) for p, f in each("platform")
        ),
        berths=tuple(
            Berth(p["id"], p["terminal"], p.get("name", p["id"]), line(f)[0], line(f)[-1]) for p, f in each("berth")
        ),
        roads=tuple(Road(p.get("class", "service"), line(f)) for p, f in each("road")),
        fairways=tuple(line(f) for _, f in each("fairway")),
        anchorages=tuple(
            tuple((float(x), float(y)) for x, y, *_ in f["geometry"]["coordinates"][0][:-1])
            for _, f in each("anchorage")
        ),
    )


def _point(feature: Any) -> Point:
    lon, lat = feature["geometry"]["coordinates"][:2]
    return float(lon), float(lat)


def _block(properties: dict[str, Any], ring: list[list[float]]) -> Block:
    corners = np.array(ring[:-1], np.float64)[:, :2]
    sides = np.diff(np.array(ring, np.float64)[:, :2], axis=0)
    longest = sides[int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))] / 2
    middle = corners.mean(axis=0)
    return Block(
        id=properties["id"],
        name=properties.get("name", properties["id"]),
        terminal=properties["terminal"],
        kind=StayKind(properties.get("stay_kind", "standard")),
        ground_slots=int(properties["ground_slots"]),
        tiers=int(properties["tiers"]),
        capacity_teu=int(properties["capacity_teu"]),
        at=(float(middle[0]), float(middle[1])),
        axis=(float(longest[0]), float(longest[1])),
    )
