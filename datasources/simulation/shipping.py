"""Vessels in motion: up the fairway, at anchor, alongside, and out again; tugs between."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from datasources.simulation.calls import CallTable, Timetable
from datasources.simulation.chance import DAY, day_start, scatter
from datasources.simulation.geography import METRES_PER_DEGREE, Geography, Point
from datasources.simulation.legs import GATHERING, SLOWING, Legs, legs
from datasources.simulation.routes import Polylines

AT_SEA, UNDER_WAY, ANCHORED, MOORED, LEAVING = -1, 0, 1, 5, 10  # 0, 1, 5 as ITU-R M.1371; 10 is UNDER_WAY after a turn
_SEA_METRES_PER_SECOND = 6.0
_BERTH_OFF = 24.0  # metres of the ship's middle line off the quay
_TUG_CYCLE = 3 * 3600


class Shipping:
    """Where every ship and tug is."""

    def __init__(self, seed: int, geography: Geography, timetable: Timetable) -> None:
        self._seed, self._ground, self._timetable = seed, geography, timetable
        self._scale = np.array([geography.metres_per_lon, METRES_PER_DEGREE])
        self.moored: list[tuple[Point, float]] = [self._alongside(b)[:2] for b in range(len(timetable.berths))]
        self.ways = [self._way_in(b) for b in range(len(timetable.berths))]

    @property
    def movers(self) -> int:
        """Ships and tugs."""
        return self._timetable.ships + self._timetable.tugs

    def day(self, day: int) -> tuple[Legs, Polylines]:
        """Legs that touch a local day, and the lines they follow; movers are ships, then tugs."""
        start, end = day_start(day), day_start(day + 1)
        table = self._timetable.between(start - 2 * DAY, end + 2 * DAY)
        chart = _Chart(self, self._ground.metres_per_lon)
        parts = [self._call(chart, table, i) for i in range(len(table.code))]
        parts += [self._tug(chart, t, start - DAY // 4, end + DAY // 4) for t in range(self._timetable.tugs)]
        chart.lines.settle()
        return Legs.join(parts), chart.lines

    def _call(self, chart: _Chart, table: CallTable, i: int) -> Legs:
        """Legs of one call: in, perhaps at anchor, alongside, out."""
        berth, ship, ata, atd = (int(c[i]) for c in (table.berth, table.vessel, table.ata, table.atd))
        waits = int(table.anchored[i])
        way = chart.line(berth, -1)
        length = chart.length(way)
        sail = int(length / _SEA_METRES_PER_SECOND)
        rows: list[tuple[int, int, int, float, float, int, int]] = []
        spot = int(table.code[i]) if waits and self._ground.anchorages else -1
        if spot >= 0:
            out, back = chart.line(berth, spot, inward=False), chart.line(berth, spot)
            in_time = int(chart.length(back) / 4.0) + 600
            out_time = int(chart.length(out) / _SEA_METRES_PER_SECOND)
            leaves = ata - in_time
            rows.append((leaves - waits - out_time, leaves - waits, out, 0.0, chart.length(out), SLOWING, UNDER_WAY))
            rows.append((leaves - waits, leaves, back, 0.0, 0.0, 0, ANCHORED))
            rows.append((leaves, ata, back, 0.0, chart.length(back), SLOWING, UNDER_WAY))
        else:
            rows.append((ata - sail, ata, way, 0.0, length, SLOWING, UNDER_WAY))
        rows.append((ata, atd, way, length, length, 0, MOORED))
        rows.append((atd, atd + sail, way, length, 0.0, GATHERING, LEAVING))
        rows.append((atd + sail, atd + sail + 60, -1, 0.0, 0.0, 0, AT_SEA))
        return _rows(ship, rows, berth)

    def anchor(self, way: list[Point], spot: int) -> tuple[Point, int]:
        """An anchor place of its own and the fairway vertex it is reached from."""
        line = np.array(way) * self._scale
        best: list[tuple[float, int, int]] = []
        for number, ring in enumerate(self._ground.anchorages):
            gaps = np.hypot(*(line - np.array(ring).mean(axis=0) * self._scale).T)
            best.append((float(gaps.min()), number, int(gaps.argmin())))
        near = sorted(best)[:2]
        _, number, join = near[int(scatter(self._seed, 30, spot) * len(near)) % len(near)]
        corners = np.array(self._ground.anchorages[number][:4])
        u, v = 0.08 + 0.84 * scatter(self._seed, 31, spot), 0.08 + 0.84 * scatter(self._seed, 32, spot)
        if len(corners) == 4:
            place = (
                corners[0] * (1 - u) * (1 - v)
                + corners[1] * u * (1 - v)
                + corners[2] * u * v
                + corners[3] * (1 - u) * v
            )
        else:
            place = corners.mean(axis=0)
        return (float(place[0]), float(place[1])), join

    def _alongside(self, berth: int) -> tuple[Point, float, Point, Point]:
        """Where a ship lies, its heading, the way she points and the way to the water."""
        quay = self._ground.berths[self._timetable.berths[berth]]
        along = (np.array(quay.end) - quay.start) * self._scale
        along /= max(float(np.hypot(*along)), 1e-9)
        middle = np.array(quay.middle)
        fairway = self._nearest_fairway(quay.middle)
        toward = (fairway - middle) * self._scale
        water = np.array([-along[1], along[0]])
        water = water if float(water @ toward) >= 0 else -water
        if float(along @ ((np.array(self._sea()) - middle) * self._scale)) > 0:
            along = -along  # she comes in bow first
        at = middle + water * _BERTH_OFF / self._scale
        heading = float(np.degrees(np.arctan2(along[0], along[1])) % 360)
        return (float(at[0]), float(at[1])), heading, (along[0], along[1]), (water[0], water[1])

    def _sea(self) -> Point:
        return self._ground.fairways[0][0] if self._ground.fairways else self._ground.berths[0].middle

    def _nearest_fairway(self, place: Point) -> np.ndarray:
        if not self._ground.fairways:
            return np.array([place[0] + 0.01, place[1]])
        points = np.concatenate([_dense(line) for line in self._ground.fairways])
        return np.asarray(points[np.hypot(*((points - place) * self._scale).T).argmin()])

    def _way_in(self, berth: int) -> list[Point]:
        """From the open sea to the berth, ending parallel to the quay."""
        at, _, along, water = self._alongside(berth)
        quay = np.array(self._ground.berths[self._timetable.berths[berth]].middle)
        best: tuple[float, list[Point]] = (np.inf, [])
        for line in self._ground.fairways:
            points = _dense(line)
            gaps = np.hypot(*((points - quay) * self._scale).T)
            stop = int(gaps.argmin())
            if gaps[stop] < best[0]:
                best = (float(gaps[stop]), [(float(x), float(y)) for x, y in points[: stop + 1]])
        before = quay + (np.array(water) * 150 - np.array(along) * 320) / self._scale
        beside = quay + (np.array(water) * 45 - np.array(along) * 120) / self._scale
        approach = [p for p in best[1] if np.hypot(*((np.array(p) - quay) * self._scale)) > 500]
        return [*approach, (float(before[0]), float(before[1])), (float(beside[0]), float(beside[1])), at]

    def _tug(self, chart: _Chart, tug: int, since: int, until: int) -> Legs:
        """A tug lies at a quay's end and goes out to the turning basin now and then."""
        berth = int(scatter(self._seed, 33, tug) * len(self.ways))
        way = self.ways[berth]
        number = chart.lines.add([*way[-2:-4:-1], *way[-8:-4][::-1]])
        reach = chart.length(number)
        rows: list[tuple[int, int, int, float, float, int, int]] = []
        for k in range(since // _TUG_CYCLE, until // _TUG_CYCLE + 1):
            begin = k * _TUG_CYCLE + int(scatter(self._seed, 34, tug) * 3_600)
            far = reach * (0.4 + 0.6 * float(scatter(self._seed, 35, tug, k)))
            run = max(300, int(far / 3.5))
            rows.append((begin, begin + run, number, 0.0, far, 0, UNDER_WAY))
            rows.append((begin + run, begin + run + 1_200, number, far, far, 0, UNDER_WAY))
            rows.append((begin + run + 1_200, begin + 2 * run + 1_200, number, far, 0.0, 0, UNDER_WAY))
            rows.append((begin + 2 * run + 1_200, begin + _TUG_CYCLE, number, 0.0, 0.0, 0, MOORED))
        return _rows(self._timetable.ships + tug, rows, berth)


class _Chart:
    """The lines sailed on one day."""

    def __init__(self, shipping: Shipping, metres_per_lon: float) -> None:
        self._shipping = shipping
        self._scale = np.array([metres_per_lon, METRES_PER_DEGREE])
        self._known: dict[tuple[int, int, bool], int] = {}
        self.lines = Polylines(metres_per_lon)

    def length(self, number: int) -> float:
        """Metres of a line."""
        step = np.diff(self.lines.points(number), axis=0) * self._scale
        return float(np.hypot(step[:, 0], step[:, 1]).sum())

    def line(self, berth: int, spot: int, inward: bool = True) -> int:
        """Line number: sea to berth (spot -1), sea to anchor spot, or anchor spot to berth."""
        key = (berth, spot, inward)
        if key not in self._known:
            way = self._shipping.ways[berth]
            if spot >= 0:
                place, join = self._shipping.anchor(way, spot)
                way = [place, *way[join + 1 :]] if inward else [*way[: join + 1], place]
            self._known[key] = self.lines.add(way)
        return self._known[key]


def _rows(mover: int, rows: list[tuple[int, int, int, float, float, int, int]], note: int) -> Legs:
    parts = [
        legs(np.array([mover]), np.array([r[0]]), np.array([r[1]]), np.array([r[2]]), r[3], r[4], r[6], note, r[5])
        for r in rows
    ]
    return Legs.join(parts)


def _dense(line: tuple[Point, ...]) -> np.ndarray:
    """A line with a vertex at least every 0.002 degrees or so."""
    points = np.array(line)
    parts = [points[:1]]
    for a, b in pairwise(points):
        count = max(1, int(np.hypot(*(b - a)) / 0.002))
        parts.append(a + (b - a) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(parts)
