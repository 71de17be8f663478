"""Fences: areas and lines drawn on the map, and what may be there and how fast (HS/T 82-2024, 8.1.5 b, e).

A fence is a GeoJSON feature (RFC 7946): longitude before latitude, WGS 84. What somebody drew is checked here before
it is kept, so that no rule ever meets a ring that is open or crosses itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from domain.errors import CockpitError

METRES_PER_DEGREE = 111_320.0
MOST_CORNERS, MOST_WORDS = 200, 60
LEAST_SQUARE_METRES, MOST_SQUARE_METRES = 20.0, 25e6
LEAST_METRES = 2.0  # of a line
MARGIN_METRES = 2_000.0  # a fence may reach so far beyond what is drawn of the port
Point = tuple[float, float]


class FenceKind(StrEnum):
    """What a fence is for."""

    RESTRICTED = "restricted"  # nobody and nothing may be in it but what `applies` leaves out
    ALLOWED_STOP = "allowed_stop"  # vehicles with controlled cargo may stand here
    SPEED_ZONE = "speed_zone"  # no faster than `limit` km/h
    WAITING_LINE = "waiting_line"  # people wait behind it, no more than `limit`


LIMITS: Mapping[FenceKind, tuple[float, float]] = {
    FenceKind.SPEED_ZONE: (5.0, 120.0),  # km/h
    FenceKind.WAITING_LINE: (1.0, 100_000.0),  # people
}
APPLIES = ("person", "vehicle")
ACTIVE, RETIRED = "active", "retired"


class FenceError(CockpitError):
    """A fence cannot be kept; ``code`` is a word of the catalogue, ``fence.error.<code>``, with ``params``."""

    def __init__(self, code: str, **params: Any) -> None:
        """Remember why."""
        super().__init__(f"{code} {params}" if params else code)
        self.code, self.params = code, params


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a fence.

    Attributes:
        fence_id: stays the same through all versions.
        name: as people call it.
        kind: what it is for.
        points: corners of a ring, the first again at the end, or of a line (``waiting_line``); (longitude, latitude).
        limit: km/h or people; None where the kind has none.
        applies: of ``restricted``: to whom, of ``APPLIES``.
        state: ``active`` or ``retired``.
        version: 0 before it is kept, then 1 and so on.
    """

    fence_id: str
    name: str
    kind: FenceKind
    points: tuple[Point, ...]
    limit: float | None = None
    applies: tuple[str, ...] = ()
    state: str = ACTIVE
    version: int = 0

    def feature(self) -> dict[str, Any]:
        """The same as GeoJSON."""
        line = [list(point) for point in self.points]
        shape = ("LineString", line) if self.is_line else ("Polygon", [line])
        told: dict[str, Any] = {"name": self.name, "kind": self.kind.value, "state": self.state}
        told |= {"limit": self.limit} if self.limit is not None else {}
        told |= {"applies": list(self.applies)} if self.applies else {}
        geometry = dict(zip(("type", "coordinates"), shape, strict=True))
        return {"type": "Feature", "id": self.fence_id, "geometry": geometry, "properties": told}

    @property
    def is_line(self) -> bool:
        """Whether it is a line and no area."""
        return self.kind is FenceKind.WAITING_LINE


class Ground(msgspec.Struct, frozen=True):
    """Where fences may be: west, south, east, north, degrees."""

    west: float
    south: float
    east: float
    north: float

    @staticmethod
    def around(points: Sequence[Point]) -> Ground:
        """The box around points, with a margin.

        Raises:
            ValueError: no points.
        """
        lons, lats = zip(*points, strict=True)
        up = MARGIN_METRES / METRES_PER_DEGREE
        aside = up / math.cos(math.radians(sum(lats) / len(lats)))
        return Ground(min(lons) - aside, min(lats) - up, max(lons) + aside, max(lats) + up)

    def holds(self, point: Point) -> bool:
        """Whether a point lies in it."""
        return self.west <= point[0] <= self.east and self.south <= point[1] <= self.north


def fence_of(feature: Any, ground: Ground, fence_id: str = "", version: int = 0) -> Fence:
    """A fence out of GeoJSON as somebody drew it.

    Args:
        feature: a GeoJSON Feature with ``name``, ``kind`` and what the kind needs among its properties.
        ground: where fences may be.
        fence_id: of the fence this is a version of; empty: the feature's own ``id``.
        version: as it was read.

    Raises:
        FenceError: what cannot be, and where.
    """
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise FenceError("not_a_feature")
    told, shape = feature.get("properties"), feature.get("geometry")
    if not isinstance(told, dict) or not isinstance(shape, dict):
        raise FenceError("not_a_feature")
    kind = _kind(told.get("kind"))
    points = _points(shape, kind, ground)
    return Fence(
        fence_id=fence_id or str(feature.get("id") or ""), name=_name(told.get("name")), kind=kind, points=points,
        limit=_limit(told.get("limit"), kind), applies=_applies(told.get("applies"), kind), version=version,
        state=RETIRED if told.get("state") == RETIRED else ACTIVE,
    )  # fmt: skip


def _kind(told: Any) -> FenceKind:
    if told not in list(FenceKind):
        raise FenceError("kind_unknown", kind=str(told)[:MOST_WORDS])
    return FenceKind(told)


def _name(told: Any) -> str:
    name = " ".join(told.split()) if isinstance(told, str) else ""
    if not name:
        raise FenceError("name_missing")
    if len(name) > MOST_WORDS:
        raise FenceError("name_long", most=MOST_WORDS)
    return name


def _limit(told: Any, kind: FenceKind) -> float | None:
    if kind not in LIMITS:
        return None
    least, most = LIMITS[kind]
    if isinstance(told, bool) or not isinstance(told, int | float) or not least <= told <= most:
        raise FenceError("limit", least=least, most=most)
    return float(told)


def _applies(told: Any, kind: FenceKind) -> tuple[str, ...]:
    if kind is not FenceKind.RESTRICTED:
        return ()
    given = told if isinstance(told, list | tuple) else APPLIES
    chosen = tuple(word for word in APPLIES if word in given)
    if not chosen:
        raise FenceError("applies_nobody")
    return chosen


def _points(shape: dict[str, Any], kind: FenceKind, ground: Ground) -> tuple[Point, ...]:
    """Corners of a shape that is sound."""
    wanted = "LineString" if kind is FenceKind.WAITING_LINE else "Polygon"
    if shape.get("type") != wanted:
        raise FenceError("shape", wanted=wanted)
    told = shape.get("coordinates")
    if wanted == "Polygon":
        if not isinstance(told, list | tuple) or len(told) != 1:
            raise FenceError("one_ring")
        told = told[0]
    if not isinstance(told, list | tuple):
        raise FenceError("shape", wanted=wanted)
    points = tuple(_point(one, place, ground) for place, one in enumerate(told[: MOST_CORNERS + 2], start=1))
    if len(points) > MOST_CORNERS + (wanted == "Polygon"):
        raise FenceError("corners_many", most=MOST_CORNERS)
    if wanted == "Polygon":
        _sound_ring(points)
    elif len(set(points)) < 2 or _metres(points) < LEAST_METRES:
        raise FenceError("line_short", least=LEAST_METRES)
    return points


def _point(told: Any, place: int, ground: Ground) -> Point:
    numbers = told[:2] if isinstance(told, list | tuple) and len(told) >= 2 else ()
    if not numbers or any(
        isinstance(n, bool) or not isinstance(n, int | float) or not math.isfinite(n) for n in numbers
    ):
        raise FenceError("corner", corner=place)
    point = (round(float(numbers[0]), 7), round(float(numbers[1]), 7))
    if not ground.holds(point):
        raise FenceError("outside", corner=place, lon=point[0], lat=point[1])
    return point


def _sound_ring(points: tuple[Point, ...]) -> None:
    if len(points) < 4 or len(set(points)) < 3:
        raise FenceError("corners_few")
    if points[0] != points[-1]:
        raise FenceError("ring_open")
    shape = shapely.Polygon(points)
    if not shape.is_valid:
        raise FenceError("ring_crosses", where=shapely.is_valid_reason(shape)[:MOST_WORDS])
    size = shapely.Polygon(_plane(points)).area
    if not LEAST_SQUARE_METRES <= size <= MOST_SQUARE_METRES:
        raise FenceError("size", metres=round(size), least=LEAST_SQUARE_METRES, most=MOST_SQUARE_METRES)


def _plane(points: Sequence[Point]) -> list[Point]:
    """Corners in metres, east and north of the first; true to a thousandth within a port."""
    lon, lat = points[0]
    across = METRES_PER_DEGREE * math.cos(math.radians(lat))
    return [((x - lon) * across, (y - lat) * METRES_PER_DEGREE) for x, y in points]


def _metres(points: Sequence[Point]) -> float:
    return float(shapely.LineString(_plane(points)).length)


class Zones:
    """Areas made ready to be asked of many points at once.

    Attributes:
        fences: the areas.
        boxes: around each, with the tolerance: west, south, east, north, degrees.
    """

    def __init__(self, fences: Sequence[Fence], tolerance_metres: float = 0.0) -> None:
        """Prepare.

        Args:
            fences: areas; lines and retired ones are left out.
            tolerance_metres: how far outside still counts as inside (a little less to east and west): fixes stray.
        """
        self.fences = [fence for fence in fences if not fence.is_line and fence.state == ACTIVE]
        self._shapes = [self._shape(fence.points, tolerance_metres) for fence in self.fences]
        self.boxes: list[tuple[float, float, float, float]] = [shape.bounds for shape in self._shapes]
        shapely.prepare(self._shapes)

    @staticmethod
    def _shape(points: Sequence[Point], tolerance: float) -> Any:
        shape = shapely.Polygon(points)
        return shape if not tolerance else shapely.buffer(shape, tolerance / METRES_PER_DEGREE, quad_segs=2)

    def inside(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points lie in which area: shape (areas, points)."""
        if not self._shapes:
            return np.zeros((0, len(lon)), bool)
        return np.array([shapely.contains_xy(shape, lon, lat) for shape in self._shapes])

    def at(self, lon: float, lat: float) -> list[Fence]:
        """The areas a point lies in; what lies in no box around one costs next to nothing."""
        if not self.fences:
            return []
        return [
            fence
            for fence, shape, (west, south, east, north) in zip(self.fences, self._shapes, self.boxes, strict=True)
            if west <= lon <= east and south <= lat <= north and shapely.contains_xy(shape, lon, lat)
        ]


class Places:
    """Fences as rules ask for them: made ready once for every change of the mapping they stand in."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._of: Mapping[str, Fence] | None = None
        self._ready: dict[tuple[FenceKind, float], Zones] = {}

    def zones(self, fences: Mapping[str, Fence], kind: FenceKind, tolerance_metres: float = 0.0) -> Zones:
        """Areas of a kind.

        Args:
            fences: by id; a mapping is never changed but replaced by another.
            kind: of an area.
            tolerance_metres: as for ``Zones``.
        """
        if self._of is not fences:
            self._of, self._ready = fences, {}
        key = (kind, tolerance_metres)
        if key not in self._ready:
            self._ready[key] = Zones([one for one in fences.values() if one.kind is kind], tolerance_metres)
        return self._ready[key]


PLACES = Places()
"""For the one thread that judges rules."""
