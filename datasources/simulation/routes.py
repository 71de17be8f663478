"""Routes: shortest ways on the road graph, and where one is after so many metres of them.

All routes lie one after the other in flat arrays, so the place of ten thousand trucks on their
routes is two searches and one interpolation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from datasources.simulation.chance import Floats, Ints
from datasources.simulation.geography import METRES_PER_DEGREE, Point, Road

_GAP = 1.0  # metres between two routes in the flat arrays, keeps their keys apart
_SNAP_METRES = 400.0  # a place further from any road is reached in a straight line


class Polylines:
    """A growing book of polylines with vectorised look-up by distance travelled."""

    def __init__(self, metres_per_lon: float) -> None:
        self.metres_per_lon = metres_per_lon
        self._parts: list[Floats] = []
        self._steps: list[Floats] = []  # metres from vertex to vertex of each part
        self._bearing: list[Floats] = []
        self._ready = 0
        self.length = np.zeros(0)
        self._base = np.zeros(0)
        self._key = np.zeros(0)
        self._points = np.zeros((0, 2))
        self._heading = np.zeros(0)
        self._last = np.zeros(0, np.int64)

    def add(self, points: Sequence[Point]) -> int:
        """Take up a polyline (lon, lat); returns its number."""
        line = np.array(points, np.float64)
        keep = np.concatenate(([True], np.any(np.diff(line, axis=0) != 0, axis=1)))
        line = line[keep]
        if len(line) < 2:
            line = np.vstack((line, line + np.array([1e-7, 0.0])))
        east, north = np.diff(line[:, 0]) * self.metres_per_lon, np.diff(line[:, 1]) * METRES_PER_DEGREE
        bearing = np.degrees(np.arctan2(east, north)) % 360
        self._parts.append(line)
        self._steps.append(np.hypot(east, north))
        self._bearing.append(np.append(bearing, bearing[-1]))
        return len(self._parts) - 1

    def points(self, number: int) -> Floats:
        """The polyline itself, shape (n, 2): lon, lat."""
        return self._parts[number]

    def settle(self) -> None:
        """Bring the flat arrays up to date with what was added."""
        if self._ready == len(self._parts):
            return
        self.length = np.array([steps.sum() for steps in self._steps])
        sizes = np.array([len(line) for line in self._parts])
        self._last = np.cumsum(sizes) - 1
        # One running sum over all parts: the gap steps from the end of one to the start of the next.
        steps = np.concatenate([np.append(steps, _GAP) for steps in self._steps])
        self._key = np.concatenate(([0.0], np.cumsum(steps)[:-1]))
        self._base = self._key[self._last - sizes + 1]
        self._points = np.concatenate(self._parts)
        self._heading = np.concatenate(self._bearing)
        self._ready = len(self._parts)

    def at(self, number: Ints, metres: Floats) -> tuple[Floats, Floats, Floats]:
        """Longitude, latitude and heading (degrees) after so many metres of each polyline."""
        wanted = self._base[number] + np.clip(metres, 0.0, self.length[number])
        step = np.searchsorted(self._key, wanted, side="right") - 1
        step = np.minimum(step, self._last[number] - 1)
        span = self._key[step + 1] - self._key[step]
        part = np.clip((wanted - self._key[step]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
        here = self._points[step] + part[:, None] * (self._points[step + 1] - self._points[step])
        return here[:, 0], here[:, 1], self._heading[step]

    def distance_to(self, number: int, lon: float, lat: float) -> float:
        """Metres from a point to the nearest part of a polyline."""
        scale = np.array([self.metres_per_lon, METRES_PER_DEGREE])
        line = (self._parts[number] - [lon, lat]) * scale
        start, along = line[:-1], np.diff(line, axis=0)
        part = np.clip(-(start * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9), 0, 1)
        nearest = start + part[:, None] * along
        return float(np.hypot(nearest[:, 0], nearest[:, 1]).min())


class RoadMap:
    """Shortest routes between the places of the port."""

    def __init__(self, roads: Sequence[Road], places: Sequence[Point], metres_per_lon: float) -> None:
        """Build the graph and the distances between all places.

        Args:
            roads: pieces whose shared vertices have exactly equal coordinates.
            places: what routes run between; each is tied to the nearest road vertex.
            metres_per_lon: metres of one degree of longitude.
        """
        self.lines = Polylines(metres_per_lon)
        self._places = list(places)
        self._route: dict[tuple[int, ...], int] = {}
        nodes: dict[Point, int] = {}
        edges: list[tuple[int, int]] = []
        for road in roads:
            numbers = [nodes.setdefault((round(p[0], 7), round(p[1], 7)), len(nodes)) for p in road.line]
            edges.extend((a, b) for a, b in pairwise(numbers) if a != b)
        self._nodes = np.array(list(nodes), np.float64).reshape(-1, 2)
        scale = np.array([metres_per_lon, METRES_PER_DEGREE])
        here = np.array(self._places, np.float64).reshape(-1, 2) * scale
        self.metres = np.hypot(*(here[:, None] - here[None, :]).transpose(2, 0, 1))
        self._node, self._before = np.full(len(here), -1), np.zeros((0, 0), np.int64)
        if edges:
            self._connect(np.array(edges), here, scale)

    def _connect(self, edges: Ints, here: Floats, scale: Floats) -> None:
        # Slow to load, and whoever only shows, or only checks the configuration, finds no ways.
        from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
        from scipy.sparse.csgraph import dijkstra  # type: ignore[import-untyped]

        vertices = self._nodes * scale
        gaps = np.hypot(*(here[:, None] - vertices[None, :]).transpose(2, 0, 1))
        near = gaps.argmin(axis=1)
        snap = gaps[np.arange(len(here)), near]
        self._node = np.where(snap <= _SNAP_METRES, near, -1)
        weight = np.hypot(*(vertices[edges[:, 0]] - vertices[edges[:, 1]]).T)
        size = len(vertices)
        both = np.concatenate((edges, edges[:, ::-1]))
        order = np.unique(both[:, 0] * size + both[:, 1], return_index=True)[1]  # a doubled piece counts once
        weights = np.concatenate((weight, weight))
        graph = coo_matrix((weights[order], (both[order, 0], both[order, 1])), shape=(size, size)).tocsr()
        metres, before = dijkstra(graph, indices=near, return_predecessors=True)
        self._before = before.astype(np.int64)
        by_road = metres[:, near] + snap[:, None] + snap[None, :]
        known = (self._node[:, None] >= 0) & (self._node[None, :] >= 0) & np.isfinite(by_road)
        self.metres = np.where(known, by_road, self.metres)
        np.fill_diagonal(self.metres, 0.0)

    def routes(self, origin: Ints, destination: Ints) -> Ints:
        """Route numbers for pairs of places; new ones are worked out and kept."""
        pairs = origin * len(self._places) + destination
        unique, inverse = np.unique(pairs, return_inverse=True)
        numbers = [self.route(int(p) // len(self._places), int(p) % len(self._places)) for p in unique]
        self.lines.settle()
        return np.array(numbers, np.int64)[inverse]

    def route(self, *places: int) -> int:
        """Number of the route that visits the places in this order."""
        number = self._route.get(places)
        if number is None:
            points: list[Point] = []
            for a, b in pairwise(places):
                points.extend(self._way(a, b))
            number = self._route[places] = self.lines.add(points)
        return number

    def _way(self, a: int, b: int) -> list[Point]:
        ends = [self._places[a], self._places[b]]
        if a == b or self._node[a] < 0 or self._node[b] < 0:
            return ends
        chain, node, start = [], int(self._node[b]), int(self._node[a])
        while node != start:
            chain.append(node)
            node = int(self._before[a, node])
            if node < 0:
                return ends
        way = [(float(x), float(y)) for x, y in self._nodes[[start, *reversed(chain)]]]
        return [ends[0], *way, ends[1]]
