"""Two feeds on one vehicle or vessel: one places it, the other's fixes are kept beside, in ``other_position``.

The feed that goes before places it. Another does once that was silent for as long as it may be: a place, other than
what is said of a declaration, is soon no place any more. When the first is heard again it places it at once, also
where its clock is behind by no more than that. Both may be right: where neither place can be reached from the other in
the time between, the fix says so (`domain.disagreement.FLAG`), and so does the row it is shown by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from domain.deadband import DeadBand
from domain.disagreement import APART, FLAG, PATIENCE, Order, rank
from domain.reach import Fix, reachable
from domain.records import Origin, Record, VehiclePosition, VesselPosition
from store import sql
from store.moments import micros, moment, moment_or_none
from store.writes import tellers, tracks
from store.writes.tally import Tally

OTHER = tracks.TrackTable("other_position", "other_latest", "subject", "course_degrees")
_PLACE = ("feed", "event_time", "recorded_time", "lon", "lat")


class OtherFix(Record, frozen=True, kw_only=True):
    """A fix of a feed that another goes before. Key: (subject, event_time)."""

    subject: str
    lon: float
    lat: float
    course_degrees: float | None = None
    speed: float | None = None


def prepare(
    spec: tracks.TrackTable, band: DeadBand, group: Sequence[Fix], received_at: datetime, tally: Tally, order: Order
) -> sql.Work:
    """Encode outside the lock, as if nobody contested; the returned function parts the fixes when somebody does."""
    alone = Tally()
    work = tracks.prepare(spec, band, group, received_at, alone)

    def write(connection: Connection) -> None:
        if not tellers.several(connection, spec.history, group, order.ranks):
            work.write(connection)
            tally.add(alone)
            return
        contest = _Contest(spec, order)
        contest.recall(connection, group)
        contest.judge(group)
        if contest.shown:
            counted = Tally()
            tracks.prepare(spec, band, contest.shown, received_at, counted, contest.back).write(connection)
            tally.add(contest.as_handed_in(counted))
        if contest.others:
            counted = Tally()
            tracks.prepare(OTHER, band, contest.others, received_at, counted).write(connection)
            tally.aside += [*counted.fresh, *counted.late]
            tally.duplicate += counted.duplicate

    return sql.Work(write)


class _Contest:
    """Who places what, fix by fix in the order of their times.

    Attributes:
        shown: fixes that are shown, or would have been in their time.
        others: fixes kept beside.
        back: subjects whose newest row gives way to an older fix, and its time.
    """

    def __init__(self, spec: tracks.TrackTable, order: Order) -> None:
        self._spec, self._order = spec, order
        self.shown: list[Fix] = []
        self.others: list[OtherFix] = []
        self.back: dict[object, int] = {}
        self._placed: dict[object, Fix] = {}  # the shown fix of each
        self._beside: dict[object, dict[str, Fix]] = {}  # the newest of other feeds
        self._originals: dict[int, Fix] = {}

    def recall(self, connection: Connection, group: Sequence[Fix]) -> None:
        """Look up where everything is shown, and where others place it."""
        spec, like = self._spec, {getattr(fix, self._spec.key): fix for fix in group}
        columns = (spec.key, *_PLACE)
        for key, *place in sql.probe(connection, spec.latest, (spec.key,), [(key,) for key in like], columns):
            self._placed[key] = _fix(like[key], place)
        feeds = tellers.tellers(connection, spec.history)
        names = {_named(spec, key, feed): key for key in like for feed in feeds}
        for name, *place in sql.probe(
            connection, OTHER.latest, (OTHER.key,), [(name,) for name in names], (OTHER.key, *_PLACE)
        ):
            key = names[name]
            self._beside.setdefault(key, {})[place[0]] = _fix(like[key], place)

    def judge(self, group: Iterable[Fix]) -> None:
        """Part the fixes."""
        ranks = self._order.ranks
        for fix in sorted(group, key=lambda fix: (fix.event_time, rank(ranks, fix.feed))):
            key = getattr(fix, self._spec.key)
            placed = self._placed.get(key)
            if placed is None or self._places(fix, placed):
                self._show(key, fix, placed)
            elif fix.feed == placed.feed or rank(ranks, fix.feed) < rank(ranks, placed.feed):
                self._late(fix)
            else:
                self._set_beside(key, fix, placed)

    def as_handed_in(self, tally: Tally) -> Tally:
        """The same with the records the caller knows."""
        tally.fresh = [self._originals.get(id(one), one) for one in tally.fresh]
        tally.late = [self._originals.get(id(one), one) for one in tally.late]
        return tally

    def _places(self, fix: Fix, placed: Fix) -> bool:
        if fix.feed == placed.feed:
            return fix.event_time > placed.event_time
        ranks, patience = self._order
        if rank(ranks, fix.feed) < rank(ranks, placed.feed):
            return fix.event_time >= placed.event_time - timedelta(seconds=patience.get(fix.feed, PATIENCE))
        return fix.event_time - placed.event_time > timedelta(seconds=patience.get(placed.feed, PATIENCE))

    def _show(self, key: object, fix: Fix, placed: Fix | None) -> None:
        beside = self._beside.setdefault(key, {})
        beside.pop(fix.feed, None)
        if placed is not None and placed.feed != fix.feed:
            beside[placed.feed] = placed
            if fix.event_time <= placed.event_time:
                self.back[key] = micros(fix.event_time)
        self._placed[key] = fix
        self._late(fix, [one for one in beside.values() if not reachable(fix, one)])

    def _late(self, fix: Fix, contradicted: Sequence[Fix] = ()) -> None:
        """Into history, or what is shown."""
        said = replace(fix, flags=(*fix.flags, FLAG)) if contradicted else fix
        self._originals[id(said)] = fix
        self.shown.append(said)

    def _set_beside(self, key: object, fix: Fix, placed: Fix) -> None:
        beside = self._beside.setdefault(key, {})
        before = beside.get(fix.feed)
        if before is None or before.event_time < fix.event_time:
            beside[fix.feed] = fix
        flags = fix.flags if reachable(fix, placed) else (*fix.flags, FLAG)
        speed, course = (
            (fix.speed_kmh, fix.heading_degrees) if isinstance(fix, VehiclePosition)
            else (fix.speed_knots, fix.course_degrees)
        )  # fmt: skip
        self.others.append(OtherFix(
            subject=_named(self._spec, key, fix.feed), lon=fix.lon, lat=fix.lat, course_degrees=course, speed=speed,
            feed=fix.feed, origin=fix.origin, event_time=fix.event_time, recorded_time=fix.recorded_time, ref=fix.ref,
            flags=flags, scope=fix.scope,
        ))  # fmt: skip


def _named(spec: tracks.TrackTable, key: object, feed: str) -> str:
    return APART.join((spec.history, str(key), feed))


def _fix(like: Fix, place: Sequence[Any]) -> Fix:
    feed, time, recorded, lon, lat = place
    common: Any = {"feed": feed, "origin": Origin.LIVE, "event_time": moment(time), "lon": lon, "lat": lat,
                   "recorded_time": moment_or_none(recorded)}  # fmt: skip
    if isinstance(like, VehiclePosition):
        return VehiclePosition(vehicle_id=like.vehicle_id, **common)
    return VesselPosition(mmsi=like.mmsi, **common)
