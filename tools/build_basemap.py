"""Cut a port's coast out of OpenStreetMap's land polygons, for a map that needs no internet.

The polygons come in the ``roaring-landmask`` wheel from PyPI (100 MB), so this runs at build time
only, in an environment of its own::

    python -m venv /some/where/basemap
    /some/where/basemap/bin/pip install roaring-landmask shapely
    /some/where/basemap/bin/python tools/build_basemap.py                 # the Qianwan box
    /some/where/basemap/bin/python tools/build_basemap.py --box 103.4 1.0 104.2 1.6 \
        --fine 103.6 1.15 103.9 1.32 --out assets/geo/land.geojson      # any other port
    /some/where/basemap/bin/python tools/build_basemap.py --config cockpit.toml

With ``--config`` the boxes are laid around ``[port] centre`` (half a degree, and six minutes for the
fine one) and the file goes to the folder ``[port] geo``. Needs about 700 MB of memory and ten
seconds. The result is (c) OpenStreetMap contributors, ODbL 1.0: the map must say so.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
Box = tuple[float, float, float, float]  # west, south, east, north in degrees
QIANWAN_BOX: Box = (119.85, 35.55, 120.95, 36.45)
QIANWAN_FINE: Box = (120.10, 35.92, 120.40, 36.10)
COARSE_DEGREES = 0.0003  # about 30 m
FINE_DEGREES = 0.00001  # about 1 m: quays keep every corner
LEAST_ISLET_DEGREES2 = 2e-7  # about 2,000 m2 outside the fine box
LARGEST_BYTES = 200_000


def read_land(box: Box) -> Any:
    """Land within the box as one valid shapely geometry.

    Raises:
        SystemExit: when the build-time packages are missing.
    """
    try:
        import shapely
        from roaring_landmask import LandmaskProvider, Shapes
    except ImportError as error:
        raise SystemExit(f"{error.name} is missing; see how to run this:\n{__doc__}") from None
    window = shapely.box(*box)
    world = shapely.from_wkb(bytes(Shapes.wkb(LandmaskProvider.Osm)))
    parts = shapely.get_parts(world)
    near = parts[shapely.intersects(parts, window)]
    clipped = shapely.intersection(shapely.make_valid(near), window)
    return shapely.union_all(clipped)


def simplify(land: Any, box: Box, fine: Box) -> list[Any]:
    """Polygons, largest first: every corner kept in the fine box, about 30 m outside.

    The two parts are simplified each on its own and joined again; the seam is the fine box's edge,
    whose points ``simplify`` keeps because both sides end there.
    """
    import shapely

    window = shapely.box(*fine)
    inside = shapely.intersection(land, window).simplify(FINE_DEGREES)
    outside = shapely.difference(shapely.box(*box), window).intersection(land).simplify(COARSE_DEGREES)
    joined = shapely.union_all([shapely.make_valid(inside), shapely.make_valid(outside)])
    exact = shapely.make_valid(shapely.set_precision(joined, 1e-5))
    polygons = [p for p in shapely.get_parts(exact) if p.geom_type == "Polygon"]
    kept = [p for p in polygons if p.area >= LEAST_ISLET_DEGREES2 or p.intersects(window)]
    return sorted((p for p in kept if p.area > 0), key=lambda p: -p.area)


def collection(polygons: Sequence[Any], box: Box, fine: Box) -> dict[str, Any]:
    """GeoJSON with the licence said in the file itself."""
    from shapely.geometry import mapping, polygon

    features = [
        {"type": "Feature", "properties": {"kind": "land"}, "geometry": _rounded(mapping(polygon.orient(p)))}
        for p in polygons
    ]
    return {
        "type": "FeatureCollection",
        "attribution": "© OpenStreetMap contributors (ODbL)",
        "licence": "https://opendatacommons.org/licenses/odbl/1-0/",
        "bbox": list(box),
        "fine_bbox": list(fine),
        "features": features,
    }


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    rings = [[[round(x, 5), round(y, 5)] for x, y in ring] for ring in geometry["coordinates"]]
    return {"type": geometry["type"], "coordinates": rings}


def boxes_of(config: Path) -> tuple[Box, Box, Path]:
    """Box, fine box and output folder of a cockpit configuration."""
    port = tomllib.loads(config.read_text("utf-8-sig")).get("port", {})
    if "centre" not in port:
        return QIANWAN_BOX, QIANWAN_FINE, PROJECT / port.get("geo", "assets/geo")
    lat, lon = port["centre"]

    def around(half: float) -> Box:
        wide = half / math.cos(math.radians(lat))
        west, south, east, north = lon - wide, lat - half, lon + wide, lat + half
        return round(west, 4), round(south, 4), round(east, 4), round(north, 4)

    return around(0.5), around(0.1), PROJECT / port.get("geo", "assets/geo")


def _box(degrees: Sequence[float]) -> Box:
    west, south, east, north = degrees
    return west, south, east, north


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    degrees: dict[str, Any] = {"type": float, "nargs": 4, "metavar": ("WEST", "SOUTH", "EAST", "NORTH")}
    parser.add_argument("--box", **degrees, help="degrees WGS84")
    parser.add_argument("--fine", **degrees, help="box within it that keeps every corner")
    parser.add_argument("--config", type=Path, help="take the boxes from [port] of this cockpit.toml")
    parser.add_argument("--out", type=Path, help="default: land.geojson in the port's geo folder")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> None:
    """Build the file and say what it holds.

    Raises:
        SystemExit: box out of order, no land in it, or more than 200 KB.
    """
    told = arguments(words)
    box, fine, folder = QIANWAN_BOX, QIANWAN_FINE, PROJECT / "assets" / "geo"
    if told.config:
        box, fine, folder = boxes_of(told.config)
    if told.box:
        box = fine = _box(told.box)
    if told.fine:
        fine = _box(told.fine)
    for west, south, east, north in (box, fine):
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise SystemExit(f"box {west} {south} {east} {north}: must be west south east north in degrees")
    polygons = simplify(read_land(box), box, fine)
    if not polygons:
        raise SystemExit(f"no land in {box}")
    features = collection(polygons, box, fine)
    text = json.dumps(features, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    if size > LARGEST_BYTES:
        raise SystemExit(f"{size} bytes are more than {LARGEST_BYTES}: choose a smaller box or a smaller fine box")
    target = told.out or folder / "land.geojson"
    target.write_text(text + "\n", "utf-8")
    points = sum(len(r) for f in features["features"] for r in f["geometry"]["coordinates"])
    print(f"{target}: {len(polygons)} polygons, {points} points, {size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
