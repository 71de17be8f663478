"""The one world all feeds of a process share: plans by day, made when first asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import TypeVar

import msgspec
import numpy as np

from datasources.simulation import geography, identity, incidents, inspection_facts, transfers
from datasources.simulation.calls import Timetable
from datasources.simulation.chance import Ints, local_day
from datasources.simulation.inspection_plan import EXPORTS_LAG, IMPORTS_LEAD, InspectionPlanner, Tasks
from datasources.simulation.routes import RoadMap
from datasources.simulation.yard_plan import LONGEST_DAYS, Stays, Visits, YardPlanner
from domain.records import StayKind

T = TypeVar("T")
_KEPT = {"hour": 4, "sea-legs": 4, "transfer-day": 4, "yard-day": 4}  # big or soon over


_HOME_METRES = 12_500.0
_APRON_METRES = 38.0


class Scale(msgspec.Struct, frozen=True):
    """What makes one world differ from another."""

    seed: int
    trucks: int
    vessels: int
    geo: Path


class Shelf:
    """Plans by kind and day, the least recently used thrown out."""

    def __init__(self) -> None:
        self._kept: dict[str, OrderedDict[int, object]] = {}
        self.days = 48  # of each kind; enough for the stays that reach into one day

    def get(self, name: str, day: int, make: Callable[[int], T]) -> T:
        """The plan of a day, made on demand."""
        kept = self._kept.setdefault(name, OrderedDict())
        if day not in kept:
            kept[day] = make(day)
            while len(kept) > _KEPT.get(name, self.days):
                kept.popitem(last=False)
        kept.move_to_end(day)
        return kept[day]  # type: ignore[return-value]

    def clear(self) -> None:
        """Forget all plans."""
        self._kept.clear()


class World:
    """The port. Every method is a pure function of scale, cold start and its arguments."""

    def __init__(self, scale: Scale) -> None:
        self.scale, self.seed = scale, scale.seed
        self.lock = RLock()
        self.geography = ground = geography.load(scale.geo)
        self.cold_start: int | None = None
        self.timetable = Timetable(scale.seed, ground, scale.vessels)
        self.homes = self._homes()
        places = [g.at for g in ground.gates] + [b.at for b in ground.blocks] + [p.at for p in ground.platforms]
        places += [self._apron(ground.berths[b]) for b in self.timetable.berths] + self.homes
        self.roads = RoadMap(ground.roads, places, ground.metres_per_lon)
        gates, blocks, platforms = len(ground.gates), len(ground.blocks), len(ground.platforms)
        self.block_place, self.platform_place = gates, gates + blocks
        self.berth_place = self.platform_place + platforms
        self.home_place = self.berth_place + len(self.timetable.berths)
        metres = self.roads.metres
        inside = slice(gates, gates + blocks)
        self._yard = YardPlanner(scale.seed, ground, self.timetable, metres[:gates, inside], metres[inside, inside])
        self._platform_metres = metres[self.platform_place : self.berth_place, inside]
        self._area_block = self._area_blocks()
        self._inspections = InspectionPlanner(scale.seed, ground)
        self.road_trucks = max(420, min(round(scale.trucks * 0.3), 800))  # visits need as many
        self._shelf = Shelf()

    def _apron(self, berth: geography.Berth) -> geography.Point:
        """Where tractors wait under the crane: landward of the quay line, never on the water."""
        ground = self.geography
        scale = np.array([ground.metres_per_lon, geography.METRES_PER_DEGREE])
        middle = np.array(berth.middle)
        along = (np.array(berth.end) - berth.start) * scale
        inland = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
        block = min(ground.blocks, key=lambda b: (b.terminal != berth.terminal, ground.distance(b.at, berth.middle)))
        if float(inland @ ((np.array(block.at) - middle) * scale)) < 0:
            inland = -inland
        at = middle + inland * _APRON_METRES / scale
        return float(at[0]), float(at[1])

    def _homes(self) -> list[geography.Point]:
        """Where road trucks wait: ends of outside roads not too far from a gate, else the gates themselves."""
        ground = self.geography
        ends = [p for r in ground.roads if r.kind == "outside" for p in (r.line[0], r.line[-1])]
        near = [p for p in ends if min(ground.distance(p, g.at) for g in ground.gates) < _HOME_METRES]
        return list(dict.fromkeys(near)) or [g.at for g in ground.gates]

    def _area_blocks(self) -> Ints:
        """The two inspection blocks nearest each platform, -1 when the port has none."""
        kinds = np.array([b.kind is StayKind.INSPECTION for b in self.geography.blocks])
        if not kinds.any():
            return np.full((len(self.geography.platforms), 2), -1)
        order = np.argsort(np.where(kinds, self._platform_metres, np.inf), axis=1, kind="stable")
        return np.stack((order[:, 0], order[:, min(1, int(kinds.sum()) - 1)]), axis=1)

    def started_cold(self, at: int) -> None:
        """Fix the moment of the cold start, unless it is known already."""
        with self.lock:
            if self.cold_start is None:
                self.cold_start = at
                self._shelf.clear()

    def remember(self, days: int) -> None:
        """Keep plans of so many days and of those that reach into them."""
        self._shelf.days = max(self._shelf.days, days + 3 * LONGEST_DAYS)

    def keep(self, name: str, day: int, make: Callable[[int], T]) -> T:
        """A feed's own plan of a day."""
        return self._shelf.get(name, day, make)

    def trade(self, day: int) -> tuple[Stays, Visits]:
        """Stays and visits planned with a local day."""
        return self._shelf.get("trade", day, self._plan_trade)

    def _plan_trade(self, day: int) -> tuple[Stays, Visits]:
        slow = incidents.slowdowns(self.seed, day, len(self.geography.gates), self.cold_start)
        return self._yard.plan(day, self.road_trucks, slow)

    def visits_before(self, day: int) -> int:
        """Running number of a local day's first visit."""
        return self._yard.visits_before(day)

    def tasks(self, day: int) -> Tasks:
        """Inspections appointed on a local day."""
        return self._shelf.get("tasks", day, self._plan_tasks)

    def _plan_tasks(self, day: int) -> Tasks:
        exports, imports = self.trade(day - EXPORTS_LAG)[0], self.trade(day + IMPORTS_LEAD)[0]
        codes = exports.departure_call[exports.departure_call >= 0]
        return self._inspections.plan(day, exports, imports, self.timetable.departures(codes))

    def numbers(self, day: int) -> list[str]:
        """Container numbers of the boxes inspected under a local day's tasks."""
        return self._shelf.get("numbers", day, lambda d: identity.container_numbers(self.tasks(d).box_stay))

    def facts(self, day: int) -> inspection_facts.Facts:
        """What is told of a local day's inspections beside their nodes."""
        return self._shelf.get("facts", day, self._plan_facts)

    def _plan_facts(self, day: int) -> inspection_facts.Facts:
        tasks = self.tasks(day)
        departures = self.timetable.departures(tasks.call[tasks.call >= 0])
        sails = np.array([departures.get(call, -1) for call in tasks.call.tolist()], np.int64)
        return inspection_facts.facts(self.seed, tasks, [p.area for p in self.geography.platforms], sails)

    def trips(self, day: int) -> transfers.Trips:
        """Moves of the boxes inspected under a local day's tasks."""
        return self._shelf.get(
            "trips", day, lambda d: transfers.trips(self.tasks(d), self._platform_metres, self._area_block)
        )

    def segments(self, day: int) -> transfers.Segments:
        """Pieces of the stays planned with a local day."""
        return self._shelf.get("segments", day, self._plan_segments)

    def _plan_segments(self, day: int) -> transfers.Segments:
        by = [day + EXPORTS_LAG, day - IMPORTS_LEAD]
        return transfers.segments(self.trade(day)[0], [(self.tasks(d), self.trips(d)) for d in by])

    def segments_about(self, since: float, until: float) -> list[transfers.Segments]:
        """Pieces of all stays that may touch a stretch of time."""
        days = range(local_day(since) - LONGEST_DAYS, local_day(until) + LONGEST_DAYS + 1)
        return [self.segments(day) for day in days]

    def lifts(self, code: int, ata: int) -> tuple[int, int]:
        """Boxes discharged and loaded by a call."""
        discharge = load = 0
        for day in range(local_day(ata) - LONGEST_DAYS, local_day(ata) + LONGEST_DAYS + 2):
            counts = self._shelf.get("lifts", day, self._count_lifts)
            discharge += counts[0].get(code, 0)
            load += counts[1].get(code, 0)
        return discharge, load

    def _count_lifts(self, day: int) -> tuple[dict[int, int], dict[int, int]]:
        stays = self.trade(day)[0]
        result = []
        for column in (stays.arrival_call, stays.departure_call):
            code, count = np.unique(column[column >= 0], return_counts=True)
            result.append(dict(zip(code.tolist(), count.tolist(), strict=True)))
        return result[0], result[1]

    def script(self, day: int) -> incidents.Script:
        """Road incidents of a local day."""
        return self._shelf.get(
            "script", day, lambda d: incidents.script(self.seed, d, self.trade(d)[1], self.cold_start)
        )


_worlds: dict[Scale, World] = {}
_worlds_lock = RLock()


def shared(scale: Scale) -> World:
    """The world of a scale; all feeds of a process get the same one."""
    with _worlds_lock:
        if scale not in _worlds:
            _worlds[scale] = World(scale)
        return _worlds[scale]
