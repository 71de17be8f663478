"""What AIS and the berth plan report: positions, the ships' own descriptions, calls."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datasources.simulation import identity
from datasources.simulation.calls import ANNOUNCED_BEFORE, CallTable
from datasources.simulation.chance import DAY, Ints, day_start, local_day, scatter
from datasources.simulation.legs import Legs
from datasources.simulation.routes import Polylines
from datasources.simulation.shipping import ANCHORED, AT_SEA, LEAVING, MOORED, UNDER_WAY, Shipping
from datasources.simulation.stamp import Stamp
from datasources.simulation.world import World
from domain.records import Record, VesselCall, VesselPosition, VesselStatic

_UNDER_WAY_EVERY, _STILL_EVERY, _STATIC_EVERY = 10, 180, 360  # seconds, about ITU-R M.1371-5 table 1
_POSITIONS_CAUGHT_UP = 600
_HISTORY_POSITIONS = 7_200
_TURN_SECONDS = 900.0
_KNOTS = 3_600 / 1_852


class VesselFeed:
    """Dataset ``vessels``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shipping = Shipping(world.seed, world.geography, world.timetable)

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """All ships' descriptions, where those in sight are, calls in port or due."""
        every = np.arange(self._shipping.movers)
        yield [*self._statics(stamp, every, at), *self._positions(stamp, every, np.full(len(every), at))]
        yield self._calls_alive(stamp, at, at)

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """Reports and changes of calls in (since, until]; positions of the last minutes only."""
        records = self._call_changes(stamp, since, until)
        movers, at = self._report_times(max(since, until - _POSITIONS_CAUGHT_UP), until)
        records += self._positions(stamp, movers, at)
        every = np.arange(self._shipping.movers)
        due = (until - every * 7) // _STATIC_EVERY > (since - every * 7) // _STATIC_EVERY
        records += self._statics(stamp, every[due], until)
        return sorted(records, key=lambda r: r.event_time)

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """Descriptions and positions of the last two hours, then all calls."""
        yield self._statics(stamp, np.arange(self._shipping.movers), until)
        yield self._calls_alive(stamp, since, until)
        movers, at = self._report_times(max(since, until - _HISTORY_POSITIONS), until)
        yield self._positions(stamp, movers, at)

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Calls alive in (since, until] and ships."""
        return {"VesselCall": len(self._alive(since, until).code), "VesselStatic": self._shipping.movers}

    def _report_times(self, since: int, until: int) -> tuple[Ints, Ints]:
        """(mover, time) of the reports in (since, until]: often under way, seldom when still."""
        moments = np.arange(since + 1, until + 1)
        movers = np.arange(self._shipping.movers)
        slot = (moments[None, :] + movers[:, None] * 3) % _UNDER_WAY_EVERY == 0
        who, when = np.nonzero(slot)
        at = moments[when]
        order = np.argsort(at, kind="stable")
        who, at = movers[who][order], at[order]
        status = self._status(who, at)
        still = (status == ANCHORED) | (status == MOORED)
        seldom = (at // _UNDER_WAY_EVERY + who) % (_STILL_EVERY // _UNDER_WAY_EVERY) == 0
        keep = (status != AT_SEA) & (~still | seldom)
        return who[keep], at[keep]

    def _legs(self, day: int) -> tuple[Legs, Polylines]:
        return self._world.keep("sea-legs", day, self._shipping.day)

    def _status(self, who: Ints, at: Ints) -> Ints:
        status = np.full(len(who), AT_SEA)
        for day, mine in _by_day(at):
            table = self._legs(day)[0]
            leg = table.index(who[mine], at[mine])
            status[mine] = np.where(leg >= 0, table.status[np.maximum(leg, 0)], AT_SEA)
        return status

    def _positions(self, stamp: Stamp, who: Ints, at: Ints) -> list[Record]:
        records: list[Record] = []
        for day, mine in _by_day(at):
            (table, lines), movers, when = self._legs(day), who[mine], at[mine]
            leg = table.index(movers, when)
            seen = (leg >= 0) & (table.status[np.maximum(leg, 0)] != AT_SEA)
            records += self._placed(stamp, table, lines, movers[seen], leg[seen], when[seen])
        return records

    def _placed(self, stamp: Stamp, table: Legs, lines: Polylines, movers: Ints, leg: Ints, when: Ints) -> list[Record]:
        if not len(leg):
            return []
        lon, lat, course, speed = table.place(lines, leg, when)
        status, berth = table.status[leg], table.note[leg]
        lying = np.array([m[1] for m in self._shipping.moored])[np.maximum(berth, 0)]
        course = np.where(table.far[leg] < table.near[leg], course + 180, course) % 360
        swing = 360 * scatter(self._world.seed, 36, movers) + 25 * np.sin(when / 5_400 + movers)
        turned = np.clip((when - table.start[leg]) / _TURN_SECONDS, 0, 1)
        leaving = lying + ((course - lying + 180) % 360 - 180) * turned
        heading = np.where(status == ANCHORED, swing, np.where(status == LEAVING, leaving, course))
        heading = np.where((status == MOORED) & (berth >= 0), lying, heading) % 360
        nav = np.where(status == LEAVING, UNDER_WAY, status)
        knots = np.where(status == ANCHORED, 0.1, speed * _KNOTS)
        columns = zip(
            movers.tolist(), np.round(lon, 6).tolist(), np.round(lat, 6).tolist(), np.round(knots, 1).tolist(),
            np.round(course, 1).tolist(), np.round(heading, 0).tolist(), nav.tolist(), stamp.times(when), strict=True,
        )  # fmt: skip
        return [
            VesselPosition(
                feed=stamp.feed, origin=stamp.origin, event_time=time, mmsi=identity.mmsi(mover), lon=x, lat=y,
                speed_knots=v, course_degrees=c % 360, heading_degrees=h % 360, nav_status=n,
            )
            for mover, x, y, v, c, h, n, time in columns
        ]  # fmt: skip

    def _statics(self, stamp: Stamp, movers: Ints, at: int) -> list[Record]:
        """Descriptions as last sent at or before a time."""
        ships = self._world.timetable.ships
        length = self._world.timetable.length
        records: list[Record] = []
        for mover in movers.tolist():
            tug = mover >= ships
            metres = 34.0 if tug else float(np.round(length[mover]))
            sent = (at - mover * 7) // _STATIC_EVERY * _STATIC_EVERY + mover * 7
            records.append(
                VesselStatic(
                    feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(sent), mmsi=identity.mmsi(mover),
                    imo=None if tug else identity.imo(mover),
                    name=identity.tug_name(mover - ships) if tug else identity.vessel_name(mover),
                    callsign=f"BQ{mover:03d}", ship_type=52 if tug else 71, length_metres=metres,
                    width_metres=11.0 if tug else float(round(metres / 7.2)),
                    draught_metres=4.5 if tug else round(metres / 26, 1),
                    destination="CNQDG",
                )
            )  # fmt: skip
        return records

    def _alive(self, since: int, until: int) -> CallTable:
        """Calls announced by ``until`` that had not left at ``since``."""
        table = self._world.timetable.between(since - 2 * DAY, until + ANNOUNCED_BEFORE + 2 * DAY)
        return table.take(np.flatnonzero((table.eta - ANNOUNCED_BEFORE <= until) & (table.atd > since)))

    def _calls_alive(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        table = self._alive(since, until)
        return [self._call(stamp, table, i, until) for i in range(len(table.code) - 1, -1, -1)]

    def _call_changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        records: list[Record] = []
        table = self._alive(since, until)
        for i in range(len(table.code)):
            steps = (int(table.eta[i]) - ANNOUNCED_BEFORE, int(table.ata[i]), int(table.atd[i]))
            records += [self._call(stamp, table, i, at) for at in steps if since < at <= until]
        return records

    def _call(self, stamp: Stamp, table: CallTable, i: int, until: int) -> VesselCall:
        """A call as known at a time."""
        timetable = self._world.timetable
        code, ship = int(table.code[i]), int(table.vessel[i])
        eta, ata, etd, atd = (int(c[i]) for c in (table.eta, table.ata, table.etd, table.atd))
        known = max(at for at in (eta - ANNOUNCED_BEFORE, ata, atd) if at <= until or at == eta - ANNOUNCED_BEFORE)
        discharge, load = self._world.lifts(code, ata)
        return VesselCall(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(known), call_id=timetable.call_id(code),
            vessel_name=identity.vessel_name(ship), mmsi=identity.mmsi(ship), imo=identity.imo(ship),
            berth=self._world.geography.berths[timetable.berths[int(table.berth[i])]].id, voyage=timetable.voyage(code),
            eta=stamp.when(eta), ata=stamp.when(ata) if known >= ata else None, etd=stamp.when(etd),
            atd=stamp.when(atd) if known >= atd else None, cut_off=stamp.when(etd - 12 * 3600),
            discharge_boxes=discharge, load_boxes=load,
        )  # fmt: skip


def _by_day(at: Ints) -> Iterator[tuple[int, Ints]]:
    """The local days of times, with the places of each day's times."""
    if not len(at):
        return
    first, last = local_day(int(at.min())), local_day(int(at.max()))
    for day in range(first, last + 1):
        mine = np.flatnonzero((at >= day_start(day)) & (at < day_start(day + 1)))
        if len(mine):
            yield day, mine
