"""What belongs to one alert: file, orders, what else happened, the figure it is about, the way, photographs, data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, or_, select

from domain.alert_packet import AFTER, BEFORE, HOURS_AFTER, HOURS_BEFORE, NEAR, Course, Packet, related, thinned
from domain.alert_pictures import AlertFile, AlertRow
from domain.declaration_file import Fix, Photo
from domain.viewer import Viewer
from store.moments import micros, moment
from store.reads import alerts, dispatch, port, positions, quality
from store.reads.asof import AsOf
from store.reads.scope import visible
from store.schema import gate_latest, gate_state, inspection_photo, measurement, weather_observation

_MOVES = MappingProxyType({"vehicle": "vehicles", "vessel": "vessels"})
_HOURLY: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType({
    "block": (("yard_occupancy", "share"),), "port": (("yard_teu", "TEU"),),
})  # fmt: skip
_GATES = (gate_state, gate_latest)
Points = list[tuple[int, float]]


def packet(connection: Connection, viewer: Viewer, number: str, at: AsOf | None, now: int) -> Packet | None:
    """One alert with all that belongs to it; None when it is unknown or not to be seen.

    Args:
        connection: to read from.
        viewer: who asks.
        number: sixteen hexadecimal digits.
        at: the moment; None = now.
        now: microseconds.
    """
    file = alerts.file(connection, viewer, number, at)
    if file is None:
        return None
    row, now = file.alert, now if at is None else at.at
    way = _way(connection, viewer, row, at, now)
    # What began before the cockpit ran is judged by the data it was found in, not by those of a time nobody kept.
    found = next((one.at for one in file.history if one.opened_at == row.opened_at), row.opened_at)
    opened = AsOf(min(micros(max(row.opened_at, found)), now), at is not None and at.then)
    told = next((feed for feed in port.feeds(connection, viewer, opened) if feed.key == row.feed), None)
    return Packet(
        as_of=moment(now), file=file, orders=dispatch.orders(connection, viewer, number, at),
        related=related(row, _others(connection, viewer, row, at, now)),
        course=_course(connection, viewer, file, way, at, now), way=way,
        photos=_photos(connection, viewer, row, at), feed=told,
        scores=[one for one in quality.scores(connection, viewer, opened, now) if one.feed == row.feed],
    )  # fmt: skip


def _others(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None, now: int) -> list[AlertRow]:
    """Alerts of the hours around, and whatever else is about the subject."""
    since, until = row.opened_at - NEAR, row.opened_at + NEAR
    near = alerts.history(connection, viewer, micros(since), min(micros(until), now + 1))
    same = alerts.by_subject(connection, viewer, at, [row.subject])
    return list({other.key: other for other in (*near, *same)}.values())


def _span(row: AlertRow, before: Any, after: Any, now: int) -> tuple[int, int]:
    """Around the whole of it: from before it opened until after it was last found."""
    return micros(row.opened_at - before), min(micros(max(row.last_at, row.opened_at) + after), now)


def _way(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None, now: int) -> list[Fix]:
    subject = row.subject if row.subject_kind in _MOVES else str(row.params.get("vehicle_id") or "")
    kind = _MOVES.get(row.subject_kind, "vehicles")
    if not subject:
        return []
    since, _ = _span(row, NEAR, NEAR, now)
    until = min(micros(row.opened_at + NEAR), now)
    fixes = positions.track(connection, viewer, kind, subject, since, until, at)
    return [Fix(at=time, lon=lon, lat=lat, speed_kmh=speed) for time, lon, lat, speed in fixes]


def _course(
    connection: Connection, viewer: Viewer, file: AlertFile, way: list[Fix], at: AsOf | None, now: int
) -> Course | None:
    """The first figure of the subject there is: what was measured of it, its gate's wait, its hours, its speed."""
    row = file.alert
    sought: tuple[Callable[[], Course | None], ...] = (
        lambda: _gate(connection, viewer, row, at, now),
        lambda: _measured(connection, viewer, row, at, now),
        lambda: _weather(connection, viewer, row, at, now),
        lambda: _hourly(connection, viewer, row, now),
        lambda: _speed(row, way),
    )
    return next((found for ask in sought if (found := ask()) is not None), None)


def _limit(row: AlertRow, *names: str) -> float | None:
    """The line the rule held the figure against, where it says so."""
    for name in (*names, *(() if names else row.seen)):
        told = row.seen.get(name)
        limit = told.get("limit") if isinstance(told, dict) else None
        if isinstance(limit, int | float):
            return float(limit)
    return None


def _made(measure: str, unit: str, points: Points, limit: float | None, hourly: bool = False) -> Course | None:
    if len(points) < 2:
        return None
    times, values = thinned([moment(time) for time, _ in points], [value for _, value in points])
    return Course(measure=measure, unit=unit, times=times, values=values, limit=limit, hourly=hourly)


def _points(
    connection: Connection, viewer: Viewer, table: Table, value: ColumnElement[Any], at: AsOf | None,
    span: tuple[int, int], *chosen: ColumnElement[bool],
) -> Points:  # fmt: skip
    t = table.c
    known = (t.received_at <= at.at,) if at is not None and at.then else ()
    query = select(t.event_time, value).where(
        t.event_time >= span[0], t.event_time <= span[1], value.is_not(None), *chosen, *known, *visible(viewer, t.scope)
    )
    return [(time, float(figure)) for time, figure in connection.execute(query)]


def _gate(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None, now: int) -> Course | None:
    if row.subject_kind != "gate":
        return None
    span = _span(row, BEFORE, AFTER, now)
    found = {
        time: wait
        for t in _GATES
        for time, wait in _points(connection, viewer, t, t.c.wait_minutes, at, span, t.c.gate_id == row.subject)
    }
    return _made("gate_wait", "minutes", sorted(found.items()), _limit(row, "wait_minutes"))


def _measured(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None, now: int) -> Course | None:
    """What was measured of the subject: what the rule saw by that name, else whatever there is most of."""
    t, span = measurement, _span(row, BEFORE, AFTER, now)
    query = select(t.c.measure, t.c.unit).where(
        t.c.subject == row.subject, t.c.event_time >= span[0], t.c.event_time <= span[1], *visible(viewer, t.c.scope)
    )
    measures: dict[str, str] = dict(connection.execute(query.distinct()).all())
    if not measures:
        return None
    name = next((one for one in (*row.seen, str(row.params.get("measure", ""))) if one in measures), min(measures))
    points = _points(connection, viewer, t, t.c.value, at, span, t.c.subject == row.subject, t.c.measure == name)
    return _made(name, measures[name], sorted(points), _limit(row, name) or _limit(row))


def _weather(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None, now: int) -> Course | None:
    if row.subject_kind != "station":
        return None
    t, span = weather_observation, _span(row, BEFORE, AFTER, now)
    for name, unit in (("gust_metres_per_second", "m/s"), ("wind_metres_per_second", "m/s"),
                       ("visibility_metres", "metres")):  # fmt: skip
        if row.seen and name not in row.seen:
            continue
        points = _points(connection, viewer, t, t.c[name], at, span, t.c.station == row.subject)
        if found := _made(name, unit, sorted(points), _limit(row, name)):
            return found
    return None


def _hourly(connection: Connection, viewer: Viewer, row: AlertRow, now: int) -> Course | None:
    since, until = _span(row, HOURS_BEFORE, HOURS_AFTER, now)
    for metric, unit in _HOURLY.get(row.subject_kind, ()):
        times, values = port.series(connection, viewer, metric, row.subject, moment(since), moment(until))
        if found := _made(metric, unit, list(zip(map(micros, times), values, strict=True)), _limit(row), hourly=True):
            return found
    return None


def _speed(row: AlertRow, way: list[Fix]) -> Course | None:
    points = [(micros(fix.at), fix.speed_kmh) for fix in way if fix.speed_kmh is not None]
    unit = "knots" if row.subject_kind == "vessel" else "kmh"
    return _made("speed", unit, points, _limit(row, "speed_kmh", "speed_knots", "speed"))


def _photos(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None) -> list[Photo]:
    t = inspection_photo
    numbers = [str(row.params.get("declaration_no") or ""), row.subject if row.subject_kind == "declaration" else ""]
    about: ColumnElement[bool] = t.c.declaration_no.in_([one for one in numbers if one])
    if row.subject_kind == "container":
        about = or_(about, t.c.container_no == row.subject)
    chosen = [about, *visible(viewer, t.c.scope)]
    if at is not None:
        chosen.append(t.c.received_at <= at.at if at.then else t.c.event_time <= at.at)
    query = select(t).where(*chosen).order_by(t.c.event_time).limit(50)
    return [
        Photo(at=moment(one.event_time), container_no=one.container_no, part=one.part, place=one.place)
        for one in connection.execute(query)
    ]
