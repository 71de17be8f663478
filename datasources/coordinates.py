"""Coordinates as Chinese sources give them, brought to WGS-84.

Maps published in China use GCJ-02: WGS-84 moved by 200 to 700 m, in another direction at every place. Devices and
platforms that pass a map service on the way deliver such coordinates, so a feed says which ones it has
(``coordinates = "gcj02"``) and everything behind it knows WGS-84 only.

The formula of the way there was never published officially; this is the one everybody uses, as written down in the
article "Restrictions on geographic data in China" (Wikipedia) and in eviltransform (MIT). The way back has no formula
and is found by going there: three steps come to within a millimetre.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, hypot, pi, radians, sin, sqrt
from typing import Any, Literal

System = Literal["wgs84", "gcj02"]

_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323  # Krasovsky's ellipsoid of 1940: metres; squared
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271  # outside nothing is moved
_CENTRE_LON, _CENTRE_LAT = 105.0, 35.0
_NEAR_DEGREES, _STEPS = 1e-9, 8  # 0.1 mm; each step is 100 times nearer
# Waves of the offset: metres, half turns per degree.
_BOTH = ((40 / 3, 6.0), (40 / 3, 2.0))
_NORTHWARD = ((40 / 3, 1.0), (80 / 3, 1 / 3), (320 / 3, 1 / 12), (640 / 3, 1 / 30))
_EASTWARD = ((40 / 3, 1.0), (80 / 3, 1 / 3), (100.0, 1 / 12), (200.0, 1 / 30))


def to_wgs84(lon: float, lat: float, system: System) -> tuple[float, float]:
    """A place in WGS-84.

    Args:
        lon: degrees east.
        lat: degrees north.
        system: what ``lon`` and ``lat`` are.

    Returns:
        Longitude and latitude in degrees; the same ones for ``wgs84``, outside China's box, and for what is no
        place at all (0/0, NaN, 200 degrees), which is for the quality gate to refuse.
    """
    if system == "wgs84" or not _in_china(lon, lat):
        return lon, lat
    at_lon, at_lat = lon, lat
    for _ in range(_STEPS):
        east, north = _offset(at_lon, at_lat)
        miss_lon, miss_lat = at_lon + east - lon, at_lat + north - lat
        at_lon, at_lat = at_lon - miss_lon, at_lat - miss_lat
        if hypot(miss_lon, miss_lat) < _NEAR_DEGREES:
            break
    return at_lon, at_lat


def from_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """A place of WGS-84 in GCJ-02: longitude and latitude in degrees, unchanged outside China's box."""
    if not _in_china(lon, lat):
        return lon, lat
    east, north = _offset(lon, lat)
    return lon + east, lat + north


def place_in_wgs84(values: dict[str, Any], system: System) -> None:
    """Bring ``lon`` and ``lat`` among the fields of a record to WGS-84, in place; half a place is left as it is."""
    lon, lat = values.get("lon"), values.get("lat")
    if lon is not None and lat is not None:
        values["lon"], values["lat"] = to_wgs84(lon, lat, system)


def check_coordinates(system: System, fields: Iterable[str], dataset: str) -> None:
    """Refuse ``coordinates`` for rows that have none; ValueError says so."""
    if system != "wgs84" and not {"lon", "lat"} <= set(fields):
        raise ValueError(f"coordinates: {dataset} has no lon and lat")


def _in_china(lon: float, lat: float) -> bool:
    return _WEST <= lon <= _EAST and _SOUTH <= lat <= _NORTH


def _offset(lon: float, lat: float) -> tuple[float, float]:
    """How far GCJ-02 lies from a place of WGS-84: degrees east and north."""
    x, y = lon - _CENTRE_LON, lat - _CENTRE_LAT
    root, both = sqrt(abs(x)), _waves(x, _BOTH)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + both + _waves(x, _EASTWARD)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + both + _waves(y, _NORTHWARD)
    phi = radians(lat)
    flat = 1.0 - _ECCENTRICITY * sin(phi) ** 2
    meridian = _AXIS * (1.0 - _ECCENTRICITY) / flat**1.5  # radii of curvature, metres
    normal = _AXIS / sqrt(flat)
    return east * 180.0 / (normal * cos(phi) * pi), north * 180.0 / (meridian * pi)


def _waves(at: float, waves: tuple[tuple[float, float], ...]) -> float:
    return sum(metres * sin(at * turns * pi) for metres, turns in waves)
