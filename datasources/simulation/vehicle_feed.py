"""What the trucks' telematics report: positions every second, doors that open."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datasources.simulation import identity
from datasources.simulation.chance import Floats, Ints, local_day, scatter
from datasources.simulation.fleet import IDLE, LOADING, STATUS, WINDOW_SECONDS, Fleet, Window
from datasources.simulation.geography import METRES_PER_DEGREE
from datasources.simulation.legs import Legs
from datasources.simulation.stamp import Stamp
from datasources.simulation.world import World
from domain.records import DoorEvent, Record, VehiclePosition

_CAUGHT_UP, _CATCH_UP_EVERY = 120, 10  # seconds of positions delivered after a gap, and how dense
_GAP = 5
_HISTORY, _HISTORY_EVERY, _HISTORY_MOST = 7_200, 60, 300_000
_TURN_OFF_SECONDS = 30.0
_SIDE_METRES = 4.0  # trucks keep to the right of the road's middle line
_QUAY_SPOT_METRES = 32.0  # less than the apron is deep
_SPOT_METRES = 70.0  # standing trucks spread around the place they stand at


class VehicleFeed:
    """Dataset ``vehicles``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._fleet = Fleet(world)
        self._ids = np.array(self._fleet.ids, object)
        every = np.arange(len(self._ids))
        angle = 2 * np.pi * scatter(world.seed, 63, every)
        self._aside = np.stack((np.cos(angle), np.sin(angle)), axis=1)
        at_quay = every >= self._fleet.road  # these stand on aprons, too
        self._reach = np.where(at_quay, _QUAY_SPOT_METRES, _SPOT_METRES) * np.sqrt(scatter(world.seed, 64, every))

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
        step = max(_HISTORY_EVERY, stamp.part * _HISTORY_EVERY // max(trucks, 1))
        for last in range(until, max(since, until - reach), -step):
            moments = np.arange(max(last - step, since, until - reach) + 1, last + 1)
            when, who = np.nonzero(moments[:, None] % _HISTORY_EVERY == np.arange(trucks)[None, :] % _HISTORY_EVERY)
            yield self._positions(stamp, who, moments[when])

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
                lon, lat = self._fleet.on_approach(visits, visit, at)
                box = identity.container_numbers(stays.first + visits.delivers[visit : visit + 1])[0]
                records.append(
                    DoorEvent(
                        feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), container_no=box,
                        vehicle_id=identity.plate(int(truck[0])), lon=lon, lat=lat,
                    )
                )  # fmt: skip
        return records

    def _place(self, window: Window, trucks: Ints, at: Ints) -> tuple[Floats, Floats, Floats, Floats, Ints]:
        """Longitude, latitude, heading, m/s and leg of trucks at times."""
        table = window.legs
        leg = table.index(trucks, at)
        lon, lat, heading, speed = table.place(self._world.roads.lines, leg, at)
        radians = np.radians(heading)
        spot = self._off_the_road(table, leg, at)
        reach = self._reach[trucks] * spot
        side = _SIDE_METRES * (1 - spot)
        east = np.cos(radians) * side + self._aside[trucks, 0] * reach
        north = -np.sin(radians) * side + self._aside[trucks, 1] * reach
        metres_per_lon = self._world.geography.metres_per_lon
        return lon + east / metres_per_lon, lat + north / METRES_PER_DEGREE, heading, speed, leg

    @staticmethod
    def _off_the_road(table: Legs, leg: Ints, at: Ints) -> Floats:
        """How far trucks have turned off the road to their own spot, 0 (on it) to 1 (standing)."""
        standing = (table.status == LOADING) | (table.status == IDLE)
        before, after = np.maximum(leg - 1, 0), np.minimum(leg + 1, len(standing) - 1)
        comes_from = standing[before] | (table.mover[before] != table.mover[leg])
        goes_to = standing[after] | (table.mover[after] != table.mover[leg])
        leaving = np.where(comes_from, 1 - np.clip((at - table.start[leg]) / _TURN_OFF_SECONDS, 0, 1), 0.0)
        arriving = np.where(goes_to, 1 - np.clip((table.end[leg] - at) / _TURN_OFF_SECONDS, 0, 1), 0.0)
        return np.where(standing[leg], 1.0, np.maximum(leaving, arriving))

    def _positions(self, stamp: Stamp, trucks: Ints, at: Ints | int) -> list[Record]:
        moments = np.broadcast_to(np.asarray(at, np.int64), len(trucks))
        records: list[Record] = []
        hours = moments // WINDOW_SECONDS
        for hour in range(int(hours[-1]), int(hours[0]) - 1, -1) if len(hours) else ():
            mine = slice(None) if hours[0] == hours[-1] else np.flatnonzero(hours == hour)
            records += self._in_window(stamp, self._fleet.window(hour), trucks[mine], moments[mine])
        return records

    def _in_window(self, stamp: Stamp, window: Window, trucks: Ints, at: Ints) -> list[Record]:
        lon, lat, heading, speed, leg = self._place(window, trucks, at)
        notes, note = window.notes, window.legs.note[leg].tolist()
        status = np.where(at >= window.legs.end[leg], IDLE, window.legs.status[leg]).tolist()
        feed, origin = stamp.feed, stamp.origin
        columns = zip(
            self._ids[trucks].tolist(), np.round(lon, 6).tolist(), np.round(lat, 6).tolist(),
            np.round(speed * 3.6, 1).tolist(), (np.round(heading, 0) % 360).tolist(), status, note, stamp.times(at),
            strict=True,
        )  # fmt: skip
        container, declaration, destination, planned, owner = (
            notes.container, notes.declaration, notes.destination, notes.planned, notes.owner,
        )  # fmt: skip
        return [
            VehiclePosition(
                feed=feed, origin=origin, event_time=time, vehicle_id=who, lon=x, lat=y, speed_kmh=v,
                heading_degrees=h, status=STATUS[s], destination=destination[n], container_no=container[n],
                declaration_no=declaration[n], scope=owner[n] or None,
                off_route_metres=self._off(planned[n], x, y) if planned[n] >= 0 else None,
            )
            for who, x, y, v, h, s, n, time in columns
        ]  # fmt: skip

    def _off(self, planned: int, lon: float, lat: float) -> float:
        return round(self._world.roads.lines.distance_to(planned, lon, lat), 0)
