"""The committed coast and port as shapely shapes, and distances in metres."""

from __future__ import annotations

import json
import math
from functools import cache

import shapely
from shapely.geometry import shape

from tests.conftest import REPO

GEO = REPO / "assets" / "geo"


@cache
def land_file():
    return json.loads((GEO / "land.geojson").read_text("utf-8"))


@cache
def land():
    """The coast as one geometry, degrees."""
    return shapely.union_all([shape(f["geometry"]) for f in land_file()["features"]])


@cache
def features(kind):
    """[(properties, shape)] of a kind."""
    port = json.loads((GEO / "port.geojson").read_text("utf-8"))
    return [(f["properties"], shape(f["geometry"])) for f in port["features"] if f["properties"]["kind"] == kind]


def metres(p, q):
    """Ground distance of two lon/lat pairs, good to a per mille within a port."""
    mid = math.radians((p[1] + q[1]) / 2)
    return math.hypot((p[0] - q[0]) * 111_320 * math.cos(mid), (p[1] - q[1]) * 111_000)


@cache
def network():
    """Road graph: node -> its neighbours."""
    nodes = {}
    for _, line in features("road"):
        a, *_, b = line.coords
        nodes.setdefault(a, set()).add(b)
        nodes.setdefault(b, set()).add(a)
    return nodes


def reached(nodes, start):
    """Everything a vehicle can get to from a node."""
    seen, todo = set(), [start]
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo += nodes[node]
    return seen
