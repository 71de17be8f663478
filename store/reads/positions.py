"""Where vehicles and vessels are, as columns for the map, and where one of them has been."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Table, case, func, literal, null, select

from domain.pictures import STATUS, Positions
from domain.viewer import Viewer
from store.moments import DAY, SECOND, moment
from store.reads.scope import visible
from store.schema import vehicle_latest, vehicle_position, vessel_latest, vessel_position, vessel_static

OFF_ROUTE_METRES = 200.0
MOVING_KMH = 3.0
MOVING_KNOTS = 0.5
LIVE_AGE = DAY  # what was not heard for longer is no longer on the live map
_CODE = {name: code for code, name in enumerate(STATUS)}
_VEHICLE = {"driving": "moving", "queueing": "queueing", "loading": "loading", "idle": "stopped"}


def vehicles(connection: Connection, viewer: Viewer, at: int | None, newer_than: int | None, now: int) -> Positions:
    """Newest position of every vehicle heard within a day; only those newer than a moment, if given."""
    t = _table(vehicle_latest, vehicle_position, at)
    by_speed = case(
        (t.c.speed_kmh.is_(None), _CODE["unknown"]),
        (t.c.speed_kmh > MOVING_KMH, _CODE["moving"]),
        else_=_CODE["stopped"],
    )
    status = case(
        (t.c.off_route_metres > OFF_ROUTE_METRES, _CODE["off_route"]),
        *((t.c.status == word, _CODE[name]) for word, name in _VEHICLE.items()),
        else_=by_speed,
    )
    columns = (t.c.vehicle_id, null(), t.c.lon, t.c.lat, t.c.speed_kmh, t.c.heading_degrees, status)
    return _positions(connection, viewer, "vehicles", t, columns, (at, newer_than, now))


def vessels(connection: Connection, viewer: Viewer, at: int | None, newer_than: int | None, now: int) -> Positions:
    """Newest position of every vessel heard within a day; heading falls back to the course."""
    t = _table(vessel_latest, vessel_position, at)
    status = case(
        (t.c.nav_status == 1, _CODE["anchored"]),
        (t.c.nav_status == 5, _CODE["moored"]),
        (t.c.speed_knots.is_(None), _CODE["unknown"]),
        (t.c.speed_knots > MOVING_KNOTS, _CODE["moving"]),
        else_=_CODE["stopped"],
    )
    s = vessel_static
    name = (
        select(s.c.name).where(s.c.mmsi == t.c.mmsi, s.c.name != "")
        .order_by(s.c.event_time.desc()).limit(1).scalar_subquery()
    )  # fmt: skip
    heading = func.coalesce(t.c.heading_degrees, t.c.course_degrees)
    columns = (t.c.mmsi, name, t.c.lon, t.c.lat, t.c.speed_knots, heading, status)
    return _positions(connection, viewer, "vessels", t, columns, (at, newer_than, now))


def _table(latest: Table, history: Table, at: int | None) -> Any:
    """The latest table, or the newest fix of each subject at a past moment, by one seek each."""
    if at is None:
        return latest
    key = latest.primary_key.columns[0].name
    h = history.alias("h")
    newest = (
        select(func.max(h.c.event_time)).where(h.c[key] == latest.c[key], h.c.event_time <= at)
        .correlate(latest).scalar_subquery()
    )  # fmt: skip
    # The empty addition keeps the planner from walking the whole history and looking up the latest.
    subject = latest.c[key] + ("" if latest is vehicle_latest else 0)
    joined = latest.join(history, (history.c[key] == subject) & (history.c.event_time == newest))
    return select(history).select_from(joined).subquery("past")


def _positions(
    connection: Connection,
    viewer: Viewer,
    kind: str,
    table: Any,
    columns: tuple[Any, ...],
    times: tuple[int | None, int | None, int],
) -> Positions:
    at, newer_than, now = times
    wanted = (*columns, table.c.event_time, table.c.recorded_time, table.c.origin, table.c.feed)
    query = select(*wanted).where(*visible(viewer, table.c.scope))
    query = query.where(table.c.event_time > (now if at is None else at) - LIVE_AGE)
    if newer_than is not None:
        query = query.where(table.c.event_time > newer_than)
    rows = connection.execute(query.order_by(columns[0])).all()
    c = list(zip(*rows, strict=True)) if rows else [()] * len(wanted)
    ids = [str(value) for value in c[0]]
    seen = _floats(c[7]) / SECOND
    return Positions(
        kind=kind, as_of=moment(max(c[7])) if rows else None, expected_seconds=60.0,
        origins=sorted(set(c[9])), feeds=sorted(set(c[10])),
        ids=ids, labels=[label or key for label, key in zip(c[1], ids, strict=True)],
        lon=_floats(c[2]), lat=_floats(c[3]), speed=_floats(c[4]), heading=_floats(c[5]),
        status=np.array(c[6], dtype=np.int16), seen=seen,
        recorded=_floats(c[8]) / SECOND if any(value is not None for value in c[8]) else None,
    )  # fmt: skip


def _floats(values: tuple[Any, ...]) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def track(
    connection: Connection, viewer: Viewer, kind: str, subject: str, since: int, until: int
) -> list[tuple[datetime, float, float, float | None]]:
    """Where a vehicle or vessel has been: (time, lon, lat, speed), oldest first.

    Raises:
        ValueError: an unknown kind.
    """
    shapes: dict[str, tuple[Table, Table, str]] = {
        "vehicles": (vehicle_position, vehicle_latest, "speed_kmh"),
        "vessels": (vessel_position, vessel_latest, "speed_knots"),
    }
    if kind not in shapes:
        raise ValueError(f"no tracks of {kind!r}")
    if (kind == "vessels" and not subject.isascii()) or (kind == "vessels" and not subject.isdigit()):
        return []
    key: str | int = int(subject) if kind == "vessels" else subject
    history, latest, speed = shapes[kind]
    found: dict[int, tuple[datetime, float, float, float | None]] = {}
    for table in (history, latest):  # the latest fix may be thinned out of history
        name = table.primary_key.columns[0].name
        query = select(table.c.event_time, table.c.lon, table.c.lat, table.c[speed]).where(
            table.c[name] == literal(key), table.c.event_time >= since, table.c.event_time <= until,
            *visible(viewer, table.c.scope),
        )  # fmt: skip
        for time, lon, lat, value in connection.execute(query):
            found[time] = (moment(time), lon, lat, value)
    return [found[time] for time in sorted(found)]
