"""What the port's drawing (``port.geojson``) says of places where rules look: the ground, and where one may stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.fences import Fence, FenceKind, Ground, Point

_OF_THE_PORT = frozenset({"terminal", "block", "berth", "gate", "area", "platform"})  # roads lead far away
_STANDING = frozenset({"terminal", "area"})
PLAN = "plan-"  # begins the ids of places that nobody drew


def ground_of(features: Iterable[Mapping[str, Any]]) -> Ground:
    """Where fences may be: around what is drawn of the port on land.

    Raises:
        ValueError: nothing is drawn.
    """
    return Ground.around([point for one in features if _kind(one) in _OF_THE_PORT for point in _corners(one)])


def standing_places(features: Iterable[Mapping[str, Any]]) -> list[Fence]:
    """Terminals and inspection areas: vehicles with controlled cargo may stand there without anybody drawing it."""
    return [
        Fence(
            fence_id=f"{PLAN}{told['id']}", name=str(told.get("name_zh") or told["id"]), kind=FenceKind.ALLOWED_STOP,
            points=tuple(_corners(one)),
        )
        for one in features
        if _kind(one) in _STANDING and (told := one["properties"])
    ]  # fmt: skip


def places_of(features: Iterable[Mapping[str, Any]]) -> dict[str, Point]:
    """The middle of each place of the port, by id and by each of its names; where two share a name, neither has it."""
    found: dict[str, set[Point]] = {}
    for one in features:
        if _kind(one) in _OF_THE_PORT:
            corners, told = list(_corners(one)), one["properties"]
            lons, lats = [lon for lon, _ in corners], [lat for _, lat in corners]
            middle = (round((min(lons) + max(lons)) / 2, 6), round((min(lats) + max(lats)) / 2, 6))
            for name in {str(told[key]) for key in ("id", "name", "name_zh", "name_en") if told.get(key)}:
                found.setdefault(name, set()).add(middle)
    return {name: next(iter(middles)) for name, middles in found.items() if len(middles) == 1}


def _kind(feature: Mapping[str, Any]) -> str:
    return str(feature["properties"]["kind"])


def _corners(feature: Mapping[str, Any]) -> Iterator[Point]:
    told = feature["geometry"]["coordinates"]
    nested = {"Point": [told], "LineString": told}.get(feature["geometry"]["type"]) or told[0]
    return ((float(lon), float(lat)) for lon, lat, *_ in nested)
