"""What the trucks' telematics report: positions every second, doors that open."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datasources.simulation import identity
from datasources.simulation.chance import Floats, Ints, local_day, scatter
from datasources.simulation.fleet import DRIVING, STATUS, Fleet, Window
from datasources.simulation.geography import METRES_PER_DEGREE
from datasources.simulation.stamp import Stamp
from datasources.simulation.world import World
from domain.records import DoorEvent, Record, VehiclePosition

_CAUGHT_UP, _CATCH_UP_EVERY = 120, 10  # seconds of positions delivered after a gap, and how dense
_GAP = 5
_HISTORY, _HISTORY_EVERY, _HISTORY_MOST = 7_200, 60, 300_000
_SIDE_METRES = 4.0  # trucks keep to the right of the road's middle line
_SPOT_METRES = 70.0  # standing trucks spread around the place they stand at


class VehicleFeed:
    """Dataset ``vehicles``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._fleet = Fleet(world)
        self._ids = np.array(self._fleet.ids, object)

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """Where every truck is."""
        yield self._positions(stamp, np.arange(len(self._ids)), at)

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """Where every truck is at ``until``, after a gap also on the way there; doors opened."""
        every = np.arange(len(self._ids))
        records = self._doors(stamp, since, until)
        if until - since > _GAP:
            first = max(since, until - _CAUGHT_UP)
            for at in range((first // _CATCH_UP_EVERY + 1) * _CATCH_UP_EVERY, until, _CATCH_UP_EVERY):
                records += self._positions(stamp, every, at)
        records += self._positions(stamp, every, until)
        return sorted(records, key=lambda r: r.event_time) if len(records) > len(every) else records

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """Positions of the last two hours, each truck once a minute, newest first; doors of all days."""
        trucks = len(self._ids)
        reach = min(_HISTORY, _HISTORY_MOST * _HISTORY_EVERY // max(trucks, 1))
        yield self._doors(stamp, since, until)
        batch: list[Record] = []
        for at in range(until, max(since, until - reach), -1):
            batch += self._positions(stamp, np.arange(at % _HISTORY_EVERY, trucks, _HISTORY_EVERY), at)
            if len(batch) >= stamp.part:
                yield batch
                batch = []
        yield batch

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Doors opened in (since, until]."""
        days = range(local_day(since) - 1, local_day(until) + 2)
        return {"DoorEvent": sum(since < at <= until for day in days for at, _ in self._world.script(day).doors)}

    def _doors(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        records: list[Record] = []
        for day in range(local_day(since) - 1, local_day(until) + 2):
            for at, visit in self._world.script(day).doors:
                if not since < at <= until:
                    continue
                stays, visits = self._world.trade(day)
                truck = visits.truck[visit : visit + 1]
                lon, lat = self._place(self._fleet.window(at), truck, at)[:2]
                box = identity.container_numbers(stays.first + visits.delivers[visit : visit + 1])[0]
                records.append(
                    DoorEvent(
                        feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), container_no=box,
                        vehicle_id=self._fleet.ids[int(truck[0])], lon=round(float(lon[0]), 6), lat=round(float(lat[0]), 6),
                    )
                )  # fmt: skip
        return records

    def _place(self, window: Window, trucks: Ints, at: int) -> tuple[Floats, Floats, Floats, Floats, Ints]:
        """Longitude, latitude, heading, m/s and leg of trucks at a time."""
        table = window.legs
        leg = table.index(trucks, at)
        lon, lat, heading, speed = table.place(self._world.roads.lines, leg, at)
        radians = np.radians(heading)
        driving = table.status[leg] == DRIVING
        since_start = np.clip((at - table.start[leg]) / 30, 0, 1)
        to_end = np.clip((table.end[leg] - at) / 30, 0, 1)
        spot = np.where(driving, 1 - np.minimum(since_start, to_end), np.where(speed > 0, 0.15, 1.0))
        seed = self._world.seed
        angle = 2 * np.pi * scatter(seed, 63, trucks)
        reach = _SPOT_METRES * np.sqrt(scatter(seed, 64, trucks)) * spot
        side = _SIDE_METRES * (1 - spot)
        east = np.cos(radians) * side + np.cos(angle) * reach
        north = -np.sin(radians) * side + np.sin(angle) * reach
        metres_per_lon = self._world.geography.metres_per_lon
        return lon + east / metres_per_lon, lat + north / METRES_PER_DEGREE, heading, speed, leg

    def _positions(self, stamp: Stamp, trucks: Ints, at: int) -> list[Record]:
        window = self._fleet.window(at)
        lon, lat, heading, speed, leg = self._place(window, trucks, at)
        notes, note = window.notes, window.legs.note[leg].tolist()
        status = np.where(at >= window.legs.end[leg], 3, window.legs.status[leg]).tolist()
        time, feed, origin = stamp.when(at), stamp.feed, stamp.origin
        columns = zip(
            self._ids[trucks].tolist(), np.round(lon, 6).tolist(), np.round(lat, 6).tolist(),
            np.round(speed * 3.6, 1).tolist(), np.round(heading, 0).tolist(), status, note, strict=True,
        )  # fmt: skip
        container, declaration, destination, planned = (
            notes.container, notes.declaration, notes.destination, notes.planned,
        )  # fmt: skip
        return [
            VehiclePosition(
                feed=feed, origin=origin, event_time=time, vehicle_id=who, lon=x, lat=y, speed_kmh=v,
                heading_degrees=h % 360, status=STATUS[s], destination=destination[n], container_no=container[n],
                declaration_no=declaration[n], off_route_metres=self._off(planned[n], x, y) if planned[n] >= 0 else None,
            )
            for who, x, y, v, h, s, n in columns
        ]  # fmt: skip

    def _off(self, planned: int, lon: float, lat: float) -> float:
        return round(self._world.roads.lines.distance_to(planned, lon, lat), 0)
