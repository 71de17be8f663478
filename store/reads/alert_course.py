"""The figure an alert is about, around its moment, with the line the rule held that very figure against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from domain.alert_packet import AFTER, BEFORE, HOURS_AFTER, HOURS_BEFORE, Course, thinned
from domain.alert_pictures import AlertRow
from domain.declaration_file import Fix
from domain.viewer import Viewer
from store.moments import micros, moment
from store.reads import kpis, port
from store.reads.asof import AsOf
from store.reads.scope import visible
from store.schema import gate_latest, gate_state, measurement, weather_observation

Points = list[tuple[int, float]]
HOUR = 3_600_000_000  # microseconds
_GATES = (gate_state, gate_latest)
# What a rule saw, and the columns of a mast that show it; a gust where there are gusts, else the wind.
_WEATHER: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType({
    "gust": (("gust_metres_per_second", "metres_per_second"), ("wind_metres_per_second", "metres_per_second")),
    "wind": (("wind_metres_per_second", "metres_per_second"),),
    "visibility": (("visibility_metres", "metres"),),
})  # fmt: skip
# What a rule saw of a reading, and the name the reading has.
_READ: Mapping[str, str] = MappingProxyType({
    "degrees": "reefer_celsius", "minutes": "reefer_power", "people": "passengers_waiting",
})  # fmt: skip
# Units of readings the catalogue has words for, which sources say in UCUM ("1", "Cel").
_UNITS: Mapping[str, str] = MappingProxyType({
    "reefer_celsius": "celsius", "reefer_power": "", "passengers_waiting": "people",
})  # fmt: skip
_FORECAST: Mapping[str, str] = MappingProxyType({
    "yard_occupancy": "share", "gate_moves": "moves_per_hour", "inspections_appointed": "declarations_per_hour",
})  # fmt: skip


def course(
    connection: Connection, viewer: Viewer, row: AlertRow, way: Sequence[Fix], at: AsOf | None, now: int
) -> Course | None:
    """The first figure of the subject there is: gate, reading, weather, turn of trucks, hours, speed; None: none.

    Args:
        connection: to read from.
        viewer: who asks.
        row: the alert.
        way: where it was around the moment.
        at: the moment; None = now.
        now: microseconds.
    """
    asked = (connection, viewer, row, at, now)
    sought: tuple[Callable[[], Course | None], ...] = (
        lambda: _gate(*asked), lambda: _measured(*asked), lambda: _weather(*asked), lambda: _turn(*asked),
        lambda: _hourly(connection, viewer, row, now), lambda: _speed(row, way),
    )  # fmt: skip
    return next((found for ask in sought if (found := ask()) is not None), None)


def _span(row: AlertRow, before: timedelta, after: timedelta, now: int) -> tuple[int, int]:
    """Around the whole of it: from before it opened until after it was last found."""
    return micros(row.opened_at - before), min(micros(max(row.last_at, row.opened_at) + after), now)


def _limit(row: AlertRow, *names: str) -> float | None:
    """The line the rule held one of these figures against, where it says so; of another figure it would be no line."""
    for name in names:
        told = row.seen.get(name)
        limit = told.get("limit") if isinstance(told, dict) else None
        if isinstance(limit, int | float):
            return float(limit)
    return None


def _said(row: AlertRow, name: str) -> float | None:
    told = row.params.get(name)
    return float(told) if isinstance(told, int | float) else None


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
    """What was measured of the subject: what the rule looked at, else whatever there is."""
    t, span = measurement, _span(row, BEFORE, AFTER, now)
    query = select(t.c.measure, t.c.unit).where(
        t.c.subject == row.subject, t.c.event_time >= span[0], t.c.event_time <= span[1], *visible(viewer, t.c.scope)
    )
    measures: dict[str, str] = dict(connection.execute(query.distinct()).all())
    if not measures:
        return None
    looked_at = (*row.seen, *(_READ.get(name, "") for name in row.seen), str(row.params.get("measure", "")))
    name = next((one for one in looked_at if one in measures), min(measures))
    points = _points(connection, viewer, t, t.c.value, at, span, t.c.subject == row.subject, t.c.measure == name)
    return _made(name, _UNITS.get(name, measures[name]), sorted(points), _line(row, name))


def _line(row: AlertRow, measure: str) -> float | None:
    """Of a reefer the temperature beyond which it is too far from what it is set to, on the side it went to."""
    apart, set_at, here = _limit(row, "degrees"), _said(row, "set_celsius"), _said(row, "celsius")
    if measure == _READ["degrees"]:
        return None if apart is None or set_at is None else set_at + (-apart if (here or set_at) < set_at else apart)
    return _limit(row, measure, *(("people",) if measure == _READ["people"] else ()))


def _weather(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None, now: int) -> Course | None:
    if row.subject_kind != "station":
        return None
    t, span = weather_observation, _span(row, BEFORE, AFTER, now)
    seen = [name for name in row.seen if name in _WEATHER] or list(_WEATHER)
    for what, column, unit in ((one, *two) for one in seen for two in _WEATHER[one]):
        points = _points(connection, viewer, t, t.c[column], at, span, t.c.station == row.subject)
        if found := _made(column, unit, sorted(points), _limit(row, what)):
            return found
    return None


def _turn(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None, now: int) -> Course | None:
    """How long trucks were in the port, by the hour they left it; of an alert about that."""
    if row.subject_kind != "port" or "minutes" not in row.seen:
        return None
    _, until = _span(row, HOURS_BEFORE, HOURS_AFTER, now)
    ended: dict[int, list[float]] = defaultdict(list)
    for end, minutes in kpis.turns(connection, viewer, until, at):
        ended[end - end % HOUR].append(minutes)
    points = [(hour, sum(found) / len(found)) for hour, found in sorted(ended.items())]
    return _made("truck_turn", "minutes", points, _limit(row, "minutes"), hourly=True)


def _hourly(connection: Connection, viewer: Viewer, row: AlertRow, now: int) -> Course | None:
    """What is kept by the hour: of a block, of the port, or of what a forecast is about."""
    metric, subject, unit, limit = "yard_occupancy", row.subject, "share", _limit(row, "occupancy")
    if row.subject_kind == "forecast" and row.subject in _FORECAST:
        metric, subject, unit, limit = row.subject, "port", _FORECAST[row.subject], _said(row, "limit")
    elif row.subject_kind == "port" and "occupancy" not in row.seen:
        metric, unit, limit = "yard_teu", "teu", None
    elif row.subject_kind not in ("block", "port"):
        return None
    since, until = _span(row, HOURS_BEFORE, HOURS_AFTER, now)
    times, values = port.series(connection, viewer, metric, subject, moment(since), moment(until))
    return _made(metric, unit, list(zip(map(micros, times), values, strict=True)), limit, hourly=True)


def _speed(row: AlertRow, way: Sequence[Fix]) -> Course | None:
    points = [(micros(fix.at), fix.speed_kmh) for fix in way if fix.speed_kmh is not None]
    unit = "knots" if row.subject_kind == "vessel" else "kmh"
    return _made("speed", unit, points, _limit(row, "speed_kmh", "speed_knots", "speed"))
