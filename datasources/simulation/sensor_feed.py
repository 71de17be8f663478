"""What gauges of the port report: weather masts, people who wait, the temperature and the plug of reefers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
import numpy as np

from datasources.simulation import goods, identity
from datasources.simulation.chance import Floats, Ints, scatter
from datasources.simulation.passengers import HALL, waiting
from datasources.simulation.sky import sky
from datasources.simulation.stamp import Stamp
from datasources.simulation.transfers import Segments
from datasources.simulation.world import World
from datasources.simulation.yard_plan import KINDS
from domain.records import Measurement, Record, StayKind, WeatherObservation

MASTS = ("mast-north", "mast-south")
WAITING, CELSIUS, POWER = "passengers_waiting", "reefer_celsius", "reefer_power"
_REEFER = KINDS.index(StayKind.REEFER)
_SKY_EVERY, _WAITING_EVERY, _NOBODY_EVERY = 600, 60, 1_800
_SHOWN_AT_START = 3_600
_READ_EVERY, _TROUBLED_EVERY = 4 * 3600, 900  # seconds between two readings of a reefer; while it is in trouble
_READINGS_BACK = 86_400  # usual readings of so long before are in the history, troubles of all of it
_UNPLUGGED, _BROKEN = 0.005, 0.003  # of stays: two or three a day in a yard of two thousand


class Troubles(msgspec.Struct):
    """What befalls reefers, in step with their stays: unplugged or broken in [since, until), warming meanwhile."""

    since: Ints
    until: Ints
    unplugged: np.ndarray
    per_hour: Floats  # degrees


class SensorFeed:
    """Dataset ``sensors``."""

    def __init__(self, world: World) -> None:
        self._world = world

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """The last hour's weather and waiting people; every reefer's newest reading."""
        since = at - _SHOWN_AT_START
        yield self._weather(stamp, since, at) + self._waiting(stamp, since, at)
        stays = self._reefers(at, at)
        for start in range(0, len(stays.stay), stamp.part // 2):
            part = stays.take(np.arange(start, min(start + stamp.part // 2, len(stays.stay))))
            now = np.full(len(part.stay), at)
            yield self._readings(stamp, part, now, self._power(part, now))

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """What gauges said in (since, until]."""
        records = self._weather(stamp, since, until) + self._waiting(stamp, since, until)
        records += self._usual(stamp, since, until) + self._troubled(stamp, since, until)
        return sorted(records, key=lambda r: r.event_time)

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """Weather, waiting people and troubles by day, newest first; usual readings of the last day only."""
        yield self._usual(stamp, max(since, until - _READINGS_BACK), until)
        for last in range(until, since, -86_400):
            first = max(since, last - 86_400)
            yield self._weather(stamp, first, last) + self._waiting(stamp, first, last)
            yield self._troubled(stamp, first, last)

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Observations of the masts and distinct measurements of ``history``."""
        told = [record for part in self.history(Stamp("counted"), since, until) for record in part]
        found = {(r.measure, r.subject, r.event_time) for r in told if isinstance(r, Measurement)}
        marks = until // _SKY_EVERY - since // _SKY_EVERY
        return {"WeatherObservation": len(MASTS) * marks, "Measurement": len(found)}

    def _weather(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        ground, at = self._world.geography, _marks(since, until, _SKY_EVERY)
        places = (ground.gates[0].at, ground.berths[-1].middle)
        records: list[Record] = []
        for mast, (name, (lon, lat)) in enumerate(zip(MASTS, places, strict=True)):
            seen = sky(self._world.seed, at, mast)
            columns = [
                np.round(v, 1).tolist()
                for v in (seen.wind, seen.gust, np.round(seen.degrees), seen.visibility, seen.celsius, seen.hpa)
            ]
            records += [
                WeatherObservation(
                    feed=stamp.feed, origin=stamp.origin, event_time=when, station=name, lon=round(lon, 6),
                    lat=round(lat, 6), wind_metres_per_second=wind, gust_metres_per_second=gust,
                    wind_from_degrees=degrees, visibility_metres=float(round(metres, -1)), temperature_celsius=celsius,
                    pressure_hpa=hpa, weather="FG" if fog > 0.9 else "BR" if fog > 0.5 else "",
                )
                for when, wind, gust, degrees, metres, celsius, hpa, fog in zip(
                    stamp.times(at), *columns, seen.fog.tolist(), strict=True
                )
            ]  # fmt: skip
        return records

    def _waiting(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """Every minute while somebody waits, and once more when nobody does; else every half hour."""
        at = _marks(since, until, _WAITING_EVERY)
        count = waiting(self._world.seed, at)
        told = (count > 0) | (waiting(self._world.seed, at - _WAITING_EVERY) > 0) | (at % _NOBODY_EVERY == 0)
        counted = zip(stamp.times(at[told]), count[told].tolist(), strict=True)
        return [_measured(stamp, when, WAITING, HALL, float(people), "1") for when, people in counted]

    def _usual(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """Readings of reefers, each every four hours."""
        stays = self._reefers(since, until)
        first = (7 * stays.stay) % _READ_EVERY
        turns = np.arange(max(0, (until - since) // _READ_EVERY + 1))[:, None]
        at = ((since - first) // _READ_EVERY + 1) * _READ_EVERY + first + turns * _READ_EVERY
        turn, which = np.nonzero((at <= until) & (at > stays.arrives) & (at < stays.departs))
        part, moments = stays.take(which), at[turn, which]
        return self._readings(stamp, part, moments, self._power(part, moments))

    def _troubled(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """Plugs pulled and put back, and readings every quarter of an hour meanwhile."""
        stays = self._reefers(since, until)
        of = self._troubles(stays)
        ill = np.flatnonzero((of.since < until) & (of.until > since))
        records: list[Record] = []
        for i in ill.tolist():
            first, last = int(of.since[i]), int(of.until[i])
            marks = [*range(first, last, _TROUBLED_EVERY), last]
            at = np.array(
                [m for m in marks if since < m <= until and stays.arrives[i] < m < stays.departs[i]], np.int64
            )
            part = stays.take(np.full(len(at), i))
            records += self._readings(stamp, part, at, self._power(part, at))
        return records

    def _readings(self, stamp: Stamp, s: Segments, at: Ints, power: np.ndarray) -> list[Record]:
        numbers, when = identity.container_numbers(s.stay), stamp.times(at)
        records: list[Record] = []
        for box, time, degrees, on in zip(numbers, when, self._celsius(s, at).tolist(), power.tolist(), strict=True):
            records.append(_measured(stamp, time, CELSIUS, box, degrees, "Cel"))
            records.append(_measured(stamp, time, POWER, box, float(on), "1"))
        return records

    def _reefers(self, since: int, until: int) -> Segments:
        """Reefers in their own blocks some time in [since, until]."""
        parts = []
        for s in self._world.segments_about(since, until):
            there = (s.kind == _REEFER) & (s.arrives <= until) & (s.departs > since)
            parts.append(s.take(np.flatnonzero(there)))
        return Segments.join(parts)

    def _troubles(self, s: Segments) -> Troubles:
        seed, odds = self._world.seed, scatter(self._world.seed, 150, s.stay)
        unplugged, ill = odds < _UNPLUGGED, odds < _UNPLUGGED + _BROKEN
        lasts = (1_800 + 9_000 * scatter(seed, 151, s.stay)).astype(np.int64)
        room = np.maximum(s.ended - s.began - lasts - 7_200, 1)
        since = s.began + 3_600 + (room * scatter(seed, 152, s.stay)).astype(np.int64)
        return Troubles(
            np.where(ill, since, goods.NEVER), np.where(ill, since + lasts, goods.NEVER), unplugged,
            1.2 + 2.4 * scatter(seed, 153, s.stay),
        )  # fmt: skip

    def _power(self, s: Segments, at: Ints) -> np.ndarray:
        of = self._troubles(s)
        return ~(of.unplugged & (at >= of.since) & (at < of.until))

    def _celsius(self, s: Segments, at: Ints) -> Floats:
        """Set temperature, a little off as it always is, and what a trouble adds; it is cooled away twice as fast."""
        of = self._troubles(s)
        hours = np.where(of.since == goods.NEVER, 0.0, np.clip(at - of.since, 0, of.until - of.since) / 3600)
        after = np.where(of.since == goods.NEVER, 0.0, np.maximum(at - of.until, 0) / 3600)
        warmer = np.maximum(hours * of.per_hour - 2 * after * of.per_hour, 0)
        wobble = 0.7 * (scatter(self._world.seed, 154, s.stay, at) - 0.5)
        return np.round(goods.of(self._world.seed, s).celsius + wobble + warmer, 1)


def _marks(since: int, until: int, every: int) -> Ints:
    """Full steps of the clock in (since, until]."""
    return np.arange((since // every + 1) * every, until + 1, every)


def _measured(stamp: Stamp, when: datetime, measure: str, subject: str, value: float, unit: str) -> Measurement:
    return Measurement(
        feed=stamp.feed, origin=stamp.origin, event_time=when, measure=measure, subject=subject, value=value, unit=unit
    )
