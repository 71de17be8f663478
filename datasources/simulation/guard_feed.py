"""What cameras along the port's lines report: lines crossed, areas entered, vehicles recognised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from datasources.simulation import identity
from datasources.simulation.chance import day_start, generator, local_day, scatter
from datasources.simulation.passengers import HALL, crossings
from datasources.simulation.stamp import Stamp
from datasources.simulation.world import World
from datasources.simulation.yard_plan import Stays, Visits
from domain.records import DoorEvent, Origin, Record, StayKind
from domain.watch_records import NO_APPOINTMENT, AreaEvent, Recognition

_SHOWN_AT_START = 3_600
_INTRUSIONS_PER_DAY, _TRIPS_PER_DAY = 1.1, 0.7
_READ_SHARE = 0.06  # of visits come through a lane with cameras that report here
_WRONG_SHARE = 0.012  # of those something does not agree: three or four a day
_SET_DOWN_SHARE = 0.015  # of boxes brought are seen when they are set down
_WRONG_PLACE_SHARE = 0.02
_YARD_DOORS_SHARE = 0.00025  # of boxes brought are opened soon after they were set down
_METRES = 6e-6  # degrees off the point an event is seen at, about half a metre


Event = AreaEvent | Recognition | DoorEvent


class GuardFeed:
    """Dataset ``guard``."""

    def __init__(self, world: World) -> None:
        self._world = world

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """The last hour's events."""
        yield self.changes(stamp, at - _SHOWN_AT_START, at)

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """Events in (since, until]."""
        days = range(local_day(since + 1) - 1, local_day(until) + 1)
        return sorted((r for day in days for r in self._between(stamp, day, since, until)), key=lambda r: r.event_time)

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """Events by day, newest first."""
        for day in range(local_day(until), local_day(since + 1) - 2, -1):
            yield self._between(stamp, day, since, until)

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Events in (since, until]."""
        records = self.changes(Stamp("counted"), since, until)
        return dict(Counter(type(r).__name__ for r in records))

    def _between(self, stamp: Stamp, day: int, since: int, until: int) -> list[Record]:
        plan = self._world.keep("guard", day, self._day)
        first, last = stamp.when(since), stamp.when(until)
        mine = [r for r in plan if first < r.event_time <= last]
        return [msgspec.structs.replace(r, feed=stamp.feed) for r in mine]

    def _day(self, day: int) -> list[Event]:
        """Events planned with a local day; what a late visit brings may fall on the next."""
        stays, visits = self._world.trade(day)
        found: list[Event] = [*self._intrusions(day), *self._trips(day), *_crossed(self._world, day)]
        found += self._doors(day, stays, visits)
        return [*found, *self._read(day, stays, visits), *self._set_down(day, stays, visits)]

    def _intrusions(self, day: int) -> list[AreaEvent]:
        """People and vehicles where they may not be: among dangerous goods, in an inspection area's blocks."""
        ground, rng = self._world.geography, generator(self._world.seed, 120, day)
        closed = [b for b in ground.blocks if b.kind in (StayKind.DANGEROUS, StayKind.INSPECTION)] or [ground.blocks[0]]
        found = []
        for number in range(rng.poisson(_INTRUSIONS_PER_DAY)):
            block, person = closed[int(rng.integers(len(closed)))], bool(rng.random() < 0.65)
            at = day_start(day) + int(rng.integers(86_400))
            along = float(rng.uniform(-0.8, 0.8))
            found.append(
                self._event(f"I{day}-{number}", at, block.id, "intrusion", "person" if person else "vehicle", "in",
                            (block.at[0] + along * block.axis[0], block.at[1] + along * block.axis[1]))
            )  # fmt: skip
        return found

    def _trips(self, day: int) -> list[AreaEvent]:
        """The perimeter crossed: at the landward ends of the port's roads and along the quays."""
        ground, rng = self._world.geography, generator(self._world.seed, 121, day)
        places = [(f"perimeter-{g.id}", g.at) for g in ground.gates]
        places += [(f"perimeter-{b.id}", b.start) for b in ground.berths]
        found = []
        for number in range(rng.poisson(_TRIPS_PER_DAY)):
            name, at = places[int(rng.integers(len(places)))]
            second = day_start(day) + int(rng.triangular(0, 10_800, 86_400))  # nights more than days
            way = "in" if rng.random() < 0.8 else "out"
            found.append(self._event(f"T{day}-{number}", second, name, "tripwire", "person", way, at))
        return found

    def _event(
        self, name: str, at: int, area: str, kind: str, what: str, way: str, place: tuple[float, float]
    ) -> AreaEvent:
        jitter = scatter(self._world.seed, 122, at, np.arange(2)) - 0.5
        lon, lat = (round(float(c + 60 * _METRES * j), 6) for c, j in zip(place, jitter, strict=True))
        return AreaEvent(
            **_unstamped(at), event_id=name, area=area, kind=kind, what=what, direction=way, lon=lon, lat=lat,
            photo=f"cameras/{area}/{name}.jpg",
        )  # fmt: skip

    def _doors(self, day: int, stays: Stays, visits: Visits) -> list[DoorEvent]:
        """Boxes opened in the yard soon after they were set down."""
        seed, blocks = self._world.seed, self._world.geography.blocks
        brings = np.flatnonzero(visits.delivers >= 0)
        place = visits.delivers[brings[scatter(seed, 127, day, brings) < _YARD_DOORS_SHARE]]
        later = (1_200 + 4_000 * scatter(seed, 128, day, place)).astype(np.int64)
        rows = zip(identity.container_numbers(stays.first + place), place.tolist(), later.tolist(), strict=True)
        return [
            DoorEvent(
                **_unstamped(int(stays.arrives[i]) + wait), container_no=box,
                lon=round(blocks[int(stays.block[i])].at[0], 6), lat=round(blocks[int(stays.block[i])].at[1], 6),
            )
            for box, i, wait in rows
        ]  # fmt: skip

    def _read(self, day: int, stays: Stays, visits: Visits) -> list[Recognition]:
        """What lanes with cameras read of those who come in."""
        world, seed = self._world, self._world.seed
        every = np.arange(len(visits.truck))
        chosen = np.flatnonzero(scatter(seed, 123, day, every) < _READ_SHARE)
        boxes = identity.container_numbers(stays.first + np.maximum(visits.delivers[chosen], 0))
        wrong = scatter(seed, 124, day, chosen) / _WRONG_SHARE
        found = []
        for visit, box, odds in zip(chosen.tolist(), boxes, wrong.tolist(), strict=True):
            gate = world.geography.gates[int(visits.gate[visit])]
            plate, carried = identity.plate(int(visits.truck[visit])), box if visits.delivers[visit] >= 0 else ""
            what: dict[str, Any] = dict.fromkeys(("plate_read", "plate_expected"), plate)
            what |= dict.fromkeys(("container_read", "container_expected"), carried)
            what["appointment_no"] = f"A{world.visits_before(day) + visit}"
            found.append(
                Recognition(
                    **_unstamped(int(visits.entered[visit])), event_id=f"R{day}-{visit}", place=gate.id,
                    camera=f"{gate.id}-{visit % gate.lanes + 1}", lon=round(gate.at[0], 6), lat=round(gate.at[1], 6),
                    photo=f"cameras/{gate.id}/R{day}-{visit}.jpg", **(what | _otherwise(odds, visit, what)),
                )
            )  # fmt: skip
        return found

    def _set_down(self, day: int, stays: Stays, visits: Visits) -> list[Recognition]:
        """Where in the yard boxes were set down, as the crane's camera reads it."""
        world, seed = self._world, self._world.seed
        brings = np.flatnonzero(visits.delivers >= 0)
        chosen = brings[scatter(seed, 125, day, brings) < _SET_DOWN_SHARE]
        place = visits.delivers[chosen]
        found = []
        for visit, i, box, odds in zip(
            chosen.tolist(), place.tolist(), identity.container_numbers(stays.first + place),
            scatter(seed, 126, day, chosen).tolist(), strict=True,
        ):  # fmt: skip
            block, bay, tier = world.geography.blocks[int(stays.block[i])], int(stays.bay[i]), int(stays.tier[i])
            meant = f"{block.id}-{bay:02d}-{tier}"
            found.append(
                Recognition(
                    **_unstamped(int(visits.a_until[visit])), event_id=f"Y{day}-{visit}", place=block.id,
                    camera=f"{block.id}-rtg", container_read=box, container_expected=box,
                    position_expected=meant, lon=round(block.at[0], 6), lat=round(block.at[1], 6),
                    position_read=meant if odds >= _WRONG_PLACE_SHARE else f"{block.id}-{bay + 2:02d}-{tier}",
                )
            )  # fmt: skip
        return found


def _unstamped(at: int) -> dict[str, Any]:
    return {"feed": "", "origin": Origin.SIMULATED, "event_time": datetime.fromtimestamp(at, UTC)}


def _otherwise(odds: float, visit: int, right: dict[str, Any]) -> dict[str, Any]:
    """What of it was read otherwise; nothing from 1 on."""
    if odds >= 1:
        return {}
    if odds < 0.45 or (odds < 0.8 and not right["container_read"]):
        return {"plate_read": identity.plate(visit * 37 + 11)}  # another truck came with this appointment
    if odds < 0.8:
        return {"container_read": identity.container_numbers(np.array([visit * 8_191 + 5]))[0]}
    return {"plate_expected": "", "container_expected": "", "appointment_no": NO_APPOINTMENT}  # came without one


def _crossed(world: World, day: int) -> list[AreaEvent]:
    """People over the line of the waiting hall, counted every five minutes."""
    lon, lat = world.geography.gates[0].at
    return [
        AreaEvent(
            **_unstamped(at), event_id=f"C{at}", area=HALL, kind="crossing", what="person", direction="in",
            count=count, lon=round(lon, 6), lat=round(lat, 6),
        )
        for at, count in crossings(world.seed, day)
    ]  # fmt: skip
