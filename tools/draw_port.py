"""Draw a port: turn a compact description into assets/geo/port.geojson.

    python tools/draw_port.py                                   # the built-in Qianwan port
    python tools/draw_port.py tools/port_qianwan.toml assets/geo/port.geojson

The description (TOML, see tools/port_qianwan.toml) names quays in lon/lat and everything on land in
metres along and behind a quay, so blocks, lanes and berths come out exact and reproducible. Standard
library only. Output: one GeoJSON FeatureCollection, WGS84, ``properties.kind`` one of terminal,
berth, block, gate, area, platform, road, fairway, anchorage, label. Roads are split at every junction, so
two roads meet exactly where an end point of each has the same coordinates.
"""

from __future__ import annotations

import json
import math
import sys
import tomllib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
Point = tuple[float, float]  # lon, lat
BAY_METRES = 6.5  # a twenty-foot bay with its gap
END_METRES = 24.0  # of a block's length, for turning at both ends
LANE_METRES = 32.0  # lane and crane clearance around a block
QUAY_LANE_METRES = 78.0  # first lane behind the quay edge: apron and crane legs lie before it


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres per degree of longitude and latitude on WGS84 at a latitude in degrees."""
    phi = math.radians(lat)
    east = 111412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi)
    north = 111132.954 - 559.822 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi)
    return east, north


class Frame:
    """Metres along (u) and behind (v) a straight quay, to lon/lat and back."""

    def __init__(self, a: Sequence[float], b: Sequence[float], inland: str) -> None:
        self.a, self.b = a, b
        self.east, self.north = metres_per_degree((a[1] + b[1]) / 2)
        dx, dy = (b[0] - a[0]) * self.east, (b[1] - a[1]) * self.north
        self.length = math.hypot(dx, dy)
        self.along = (dx / self.length, dy / self.length)
        side = 1.0 if inland == "left" else -1.0
        self.behind = (-self.along[1] * side, self.along[0] * side)

    def place(self, u: float, v: float) -> Point:
        """Lon/lat of a place, rounded to 1e-6 degrees (0.1 m)."""
        x = u * self.along[0] + v * self.behind[0]
        y = u * self.along[1] + v * self.behind[1]
        return round(self.a[0] + x / self.east, 6), round(self.a[1] + y / self.north, 6)

    def box(self, u0: float, u1: float, v0: float, v1: float) -> list[Point]:
        """Closed ring of a rectangle, anticlockwise as GeoJSON wants it."""
        ring = [self.place(u, v) for u, v in ((u0, v0), (u1, v0), (u1, v1), (u0, v1), (u0, v0))]
        area = sum(p[0] * q[1] - q[0] * p[1] for p, q in pairwise(ring))
        return ring if area > 0 else ring[::-1]


class Drawing:
    """Collects features."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.features: list[dict[str, Any]] = []
        self.quays = {k: Frame(q["a"], q["b"], q["inland"]) for k, q in plan["quays"].items()}
        self.terminals = {t["id"]: t for t in plan["terminals"]}
        self.roads: set[frozenset[Point]] = set()

    def add(self, kind: str, geometry: str, coordinates: Any, **properties: Any) -> None:
        """Add one feature."""
        shape = {"type": geometry, "coordinates": coordinates}
        self.features.append({"type": "Feature", "properties": {"kind": kind, **properties}, "geometry": shape})

    def road(self, name: str, rank: str, points: Sequence[Point]) -> None:
        """Add a chain of road pieces, one feature between two neighbouring nodes; never one twice."""
        for i, (p, q) in enumerate(pairwise(points), 1):
            if p != q and frozenset((p, q)) not in self.roads:
                self.roads.add(frozenset((p, q)))
                self.features.append(
                    {
                        "type": "Feature",
                        "properties": {"kind": "road", "id": f"{name}-{i}", "class": rank},
                        "geometry": {"type": "LineString", "coordinates": [p, q]},
                    }
                )

    def node(self, name: str) -> Point:
        """Lon/lat of a named trunk node."""
        spec = self.plan["nodes"][name]
        return self.quays[spec[0]].place(spec[1], spec[2]) if isinstance(spec[0], str) else (spec[0], spec[1])


def lane_v(t: dict[str, Any], row: int) -> float:
    """Distance of a terminal's lane from the quay, metres; lane 0 is the quay lane."""
    return QUAY_LANE_METRES + row * float(t["row_m"])


def draw_terminal(d: Drawing, t: dict[str, Any]) -> None:
    """Outline, berths, blocks and lanes of one terminal."""
    frame = d.quays[t["quay"]]
    u0, width = float(t["u0"]), t["columns"] * float(t["column_m"])
    outline = frame.box(u0 - 35, u0 + width + 35, 0, lane_v(t, t["rows"]) + 40)
    short = {key: t[key] for key in ("short_zh", "short_en") if key in t}
    d.add("terminal", "Polygon", [outline], id=t["id"], name_zh=t["name_zh"], name_en=t["name_en"], **short)
    berth = width / t["berths"]
    for i in range(t["berths"]):
        line = [frame.place(u0 + i * berth + 8, 0), frame.place(u0 + (i + 1) * berth - 8, 0)]
        name, length = f"{t['prefix']}-{i + 1}", round(berth - 16)
        d.add("berth", "LineString", line, id=f"{t['id']}-b{i + 1}", terminal=t["id"], name=name, length_m=length)
    draw_blocks(d, t, frame)
    draw_lanes(d, t, frame)


def draw_blocks(d: Drawing, t: dict[str, Any], frame: Frame) -> None:
    """The grid of blocks between the lanes."""
    for row in range(t["rows"]):
        for column in range(t["columns"]):
            tag = f"{chr(65 + row)}{column + 1:0{2 if t['columns'] > 9 else 1}d}"
            kind = t.get("kinds", {}).get(tag, t.get("kind", "standard"))
            u = t["u0"] + column * t["column_m"] + LANE_METRES / 2
            v = lane_v(t, row) + LANE_METRES / 2
            u_end, v_end = u + t["column_m"] - LANE_METRES, v + t["row_m"] - LANE_METRES
            length = max(u_end - u, v_end - v)
            name = t["prefix"] + (tag[1:] if t["rows"] == 1 else tag)
            block(d, frame.box(u, u_end, v, v_end), f"{t['id']}-{tag}", name, t["id"], kind, length)


def block(d: Drawing, ring: list[Point], key: str, name: str, terminal: str, kind: str, length: float) -> None:
    """One block with its ground slots, tiers and capacity in TEU."""
    stack = d.plan["stacks"][kind]
    slots = int((length - END_METRES) / BAY_METRES) * stack["rows"]
    d.add(
        "block", "Polygon", [ring], id=key, name=name, terminal=terminal, stay_kind=kind,
        ground_slots=slots, tiers=stack["tiers"], capacity_teu=slots * stack["tiers"],
    )  # fmt: skip


def draw_lanes(d: Drawing, t: dict[str, Any], frame: Frame) -> None:
    """Lanes along the quay and between the columns, with a node before the middle of every block."""
    halves = [t["u0"] + i * t["column_m"] / 2 for i in range(2 * t["columns"] + 1)]
    for row in range(t["rows"] + 1):
        points = [frame.place(u, lane_v(t, row)) for u in halves]
        d.road(f"{t['id']}-lane{row}", "service", points)
    for column in range(t["columns"] + 1):
        points = []
        for row in range(t["rows"] + 1):
            if row and t.get("upright"):  # long columns get a node half-way
                points.append(frame.place(halves[2 * column], (lane_v(t, row - 1) + lane_v(t, row)) / 2))
            points.append(frame.place(halves[2 * column], lane_v(t, row)))
        d.road(f"{t['id']}-cross{column}", "service", points)


def draw_gate(d: Drawing, g: dict[str, Any]) -> None:
    """A gate half-way between a terminal's back lane and a trunk node, with its road."""
    t = d.terminals[g["terminal"]]
    inner = d.quays[t["quay"]].place(t["u0"] + g["column"] * t["column_m"], lane_v(t, t["rows"]))
    outer = d.node(g["node"])
    gate = (round((inner[0] + outer[0]) / 2, 6), round((inner[1] + outer[1]) / 2, 6))
    d.add("gate", "Point", gate, id=g["id"], name_zh=g["name_zh"], name_en=g["name_en"], lanes=g["lanes"])
    d.road(f"{g['id']}-road", "main", [inner, gate, outer])


def draw_area(d: Drawing, a: dict[str, Any]) -> None:
    """An inspection area: outline, platforms on its front lane, blocks on its back lane."""
    frame = d.quays[a["quay"]]
    (u0, u1), (v0, v1) = a["u"], a["v"]
    d.add("area", "Polygon", [frame.box(u0, u1, v0, v1)], id=a["id"], name_zh=a["name_zh"], name_en=a["name_en"])
    front, back, middle = v0 + 70, v0 + 150, (u0 + u1) / 2
    step = (u1 - u0) / a["platforms"]
    stations = sorted({u0 + (i + 0.5) * step for i in range(a["platforms"])} | {u0 + 20, middle, u1 - 20})
    for i in range(a["platforms"]):
        key, at = i + 1, frame.place(u0 + (i + 0.5) * step, v0 + 45)
        zh, en = f"{a['name_zh']}{key}号平台", f"{a['name_en']}, platform {key}"
        d.add("platform", "Point", at, id=f"{a['id']}-p{key}", area=a["id"], name_zh=zh, name_en=en)
        d.road(f"{a['id']}-p{key}-road", "service", [at, frame.place(u0 + (i + 0.5) * step, front)])
    d.road(f"{a['id']}-front", "service", [frame.place(u, front) for u in stations])
    share = (u1 - u0 - 40) / len(a["blocks"])
    middles = [u0 + 20 + (i + 0.5) * share for i in range(len(a["blocks"]))]
    d.road(f"{a['id']}-back", "service", [frame.place(u, back) for u in sorted({*middles, u0 + 20, middle, u1 - 20})])
    for end in (u0 + 20, middle, u1 - 20):
        d.road(f"{a['id']}-link{round(end)}", "service", [frame.place(end, front), frame.place(end, back)])
    for name, u in zip(a["blocks"], middles, strict=True):
        ring = frame.box(u - share / 2 + 12, u + share / 2 - 12, back + 20, v1 - 25)
        block(d, ring, f"{a['id']}-{name}", name, a["terminal"], "inspection", share - 24)


def link_areas(d: Drawing) -> None:
    """Join each inspection area's front lane to the trunk nodes straight before its two ends and middle."""
    for a in d.plan["areas"]:
        frame = d.quays[a["quay"]]
        (u0, u1), front = a["u"], a["v"][0] + 70
        trunk = {name: d.node(name) for name, s in d.plan["nodes"].items() if s[0] == a["quay"]}
        for u in (u0 + 20, (u0 + u1) / 2, u1 - 20):
            at = frame.place(u, front)
            near = min(
                trunk.values(), key=lambda p: math.hypot((p[0] - at[0]) * frame.east, (p[1] - at[1]) * frame.north)
            )
            d.road(f"{a['id']}-entry{round(u)}", "service", [at, near])


def draw(plan: dict[str, Any]) -> dict[str, Any]:
    """The whole port as a GeoJSON FeatureCollection."""
    d = Drawing(plan)
    for key, places in plan["fairways"].items():
        d.add("fairway", "LineString", places, id=key)
    for a in plan["anchorages"]:
        ring = [*a["ring"], a["ring"][0]]
        d.add("anchorage", "Polygon", [ring], id=a["id"], name_zh=a["name_zh"], name_en=a["name_en"])
    for label in plan.get("labels", []):
        d.add("label", "Point", label["at"], **{k: v for k, v in label.items() if k != "at"})
    for t in plan["terminals"]:
        draw_terminal(d, t)
    for rank, chains in plan["roads"].items():
        for chain in chains:
            d.road(f"{rank}-{chain[0]}-{chain[-1]}", rank, [d.node(n) for n in chain])
    for g in plan["gates"]:
        draw_gate(d, g)
    for a in plan["areas"]:
        draw_area(d, a)
    link_areas(d)
    return {"type": "FeatureCollection", "features": d.features}


def main(arguments: Sequence[str]) -> None:
    """Read the description, write the GeoJSON, say what it holds."""
    source = Path(arguments[0]) if arguments else PROJECT / "tools" / "port_qianwan.toml"
    target = Path(arguments[1]) if len(arguments) > 1 else PROJECT / "assets" / "geo" / "port.geojson"
    port = draw(tomllib.loads(source.read_text("utf-8")))
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in port["features"])
    target.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', "utf-8")
    counts: dict[str, int] = {}
    for feature in port["features"]:
        counts[feature["properties"]["kind"]] = counts.get(feature["properties"]["kind"], 0) + 1
    capacity = sum(f["properties"].get("capacity_teu", 0) for f in port["features"])
    print(f"{target}: {counts}, {capacity} TEU, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
