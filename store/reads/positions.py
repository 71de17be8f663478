"""Where vehicles and vessels are, as columns for the map, and where one of them has been."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    case,
    func,
    literal,
    null,
    select,
    tuple_,
)

from domain.pictures import STATUS, Positions
from domain.viewer import Viewer
from store.moments import DAY, MINUTE, SECOND, moment
from store.reads.asof import AsOf
from store.reads.plain import plain
from store.reads.scope import public, visible
from store.schema import vehicle_latest, vehicle_position, vessel_latest, vessel_position, vessel_static
from store.wall import lowered, walled

OFF_ROUTE_METRES = 200.0
MOVING_KMH = 3.0
MOVING_KNOTS = 0.5
LIVE_AGE = DAY  # what was not heard for longer is no longer on the live map
AHEAD = 10 * MINUTE  # as far before its own time a record may be received: domain.plausibility.FUTURE_LIMIT
_CODE = {name: code for code, name in enumerate(STATUS)}
_VEHICLE = {"driving": "moving", "queueing": "queueing", "loading": "loading", "idle": "stopped"}

Column = Callable[[Any], ColumnElement[Any]]


class Shape(msgspec.Struct, frozen=True):
    """Where a kind of moving things is kept, and how its columns are called.

    The functions take the history, the latest table or a selection of one; ``seen`` says which rows a viewer sees.
    """

    history: Table
    latest: Table
    key: str
    label: Column
    speed: Column
    heading: Column
    status: Column
    seen: Callable[[Viewer, ColumnElement[Any]], tuple[ColumnElement[bool], ...]] = visible


def _vehicle_status(t: FromClause) -> ColumnElement[Any]:
    by_speed = case(
        (t.c.speed_kmh.is_(None), _CODE["unknown"]),
        (t.c.speed_kmh > MOVING_KMH, _CODE["moving"]),
        else_=_CODE["stopped"],
    )
    return case(
        (t.c.off_route_metres > OFF_ROUTE_METRES, _CODE["off_route"]),
        *((t.c.status == word, _CODE[name]) for word, name in _VEHICLE.items()),
        else_=by_speed,
    )


def _vessel_status(t: FromClause) -> ColumnElement[Any]:
    return case(
        (t.c.nav_status == 1, _CODE["anchored"]),
        (t.c.nav_status == 5, _CODE["moored"]),
        (t.c.speed_knots.is_(None), _CODE["unknown"]),
        (t.c.speed_knots > MOVING_KNOTS, _CODE["moving"]),
        else_=_CODE["stopped"],
    )


def _vessel_name(t: FromClause) -> ColumnElement[Any]:
    s = vessel_static
    named = select(s.c.name).where(s.c.mmsi == t.c.mmsi, s.c.name != "").order_by(s.c.event_time.desc()).limit(1)
    return named.correlate(t).scalar_subquery()


_SHAPES = {
    "vehicles": Shape(
        vehicle_position, vehicle_latest, "vehicle_id", lambda t: null(), lambda t: t.c.speed_kmh,
        lambda t: t.c.heading_degrees, _vehicle_status,
    ),
    "vessels": Shape(
        vessel_position, vessel_latest, "mmsi", _vessel_name, lambda t: t.c.speed_knots,
        lambda t: func.coalesce(t.c.heading_degrees, t.c.course_degrees), _vessel_status, public,
    ),
}  # fmt: skip


def shape_of(kind: str) -> Shape:
    """Where ``vehicles`` or ``vessels`` are kept.

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in _SHAPES:
        raise ValueError(f"no tracks of {kind!r}")
    return _SHAPES[kind]


def driving(table: FromClause, key: str) -> ColumnElement[Any]:
    """The key of the table a join begins with: never looked up by it, so its rows drive the seeks.

    Else a planner may walk the whole history and look up the latest row of each fix.
    """
    return func.coalesce(table.c[key], table.c[key])


def positions(
    connection: Connection, viewer: Viewer, kind: str, at: AsOf | None, newer_than: int | None, now: int
) -> Positions:
    """Newest position of everything heard within a day; only those newer than a moment, if given.

    Vessels are labelled with their name; their heading falls back to the course.
    """
    shape = _SHAPES[kind]
    since = (now if at is None else at.at) - LIVE_AGE
    if newer_than is not None:
        since = max(since, newer_than)
    rows = [row for query in _queries(connection, shape, at, since, viewer) for row in plain(connection, query)]
    rows.sort(key=lambda row: row[0])
    c = list(zip(*rows, strict=True)) if rows else [()] * 12
    ids = [str(value) for value in c[0]]
    return Positions(
        kind=kind, as_of=moment(max(c[7])) if rows else None, expected_seconds=60.0,
        origins=sorted(set(c[9])), feeds=sorted(set(c[10])),
        ids=ids, labels=[label or key for label, key in zip(c[1], ids, strict=True)],
        lon=_floats(c[2]), lat=_floats(c[3]), speed=_floats(c[4]), heading=_floats(c[5]),
        status=np.array(c[6], dtype=np.int16), seen=_floats(c[7]) / SECOND,
        recorded=_floats(c[8]) / SECOND if any(value is not None for value in c[8]) else None,
        owners={key: owner for key, owner in zip(ids, c[11], strict=True) if owner},
    )  # fmt: skip


def _queries(connection: Connection, shape: Shape, at: AsOf | None, since: int, viewer: Viewer) -> list[Select[Any]]:
    """The latest rows that answer, and for the other subjects one seek each into the history."""
    latest, history = shape.latest, shape.history
    heard = (latest.c.event_time > since, *shape.seen(viewer, latest.c.scope))
    if at is None:
        return [_chosen(shape, latest).where(*heard)]
    answers = latest.c.received_at <= at.at if at.then else latest.c.event_time <= at.at
    past = newest(latest, history, shape.key, at, since)
    sought = (~answers, latest.c.event_time > since, history.c.event_time > since)
    mine = shape.seen(viewer, history.c.scope)
    seeks = _chosen(shape, history).join_from(latest, history, past).where(*sought, *mine)
    if walled(connection):
        seeks = _chosen(shape, history).where(_found(connection, shape, past, (*sought, *mine)), *mine)
    return [_chosen(shape, latest).where(answers, *heard), seeks]


def _found(
    connection: Connection, shape: Shape, past: ColumnElement[bool], conditions: Sequence[ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Which rows of the history answer, by their keys, looked for before the wall and to be read behind it.

    Behind it the newest row of a thing would be its newest of the viewer's, whoever had it since; and whatever is
    not his would be read through to its end.
    """
    key, time = shape.history.c[shape.key], shape.history.c.event_time
    with lowered(connection):
        found = plain(connection, select(key, time).join_from(shape.latest, shape.history, past).where(*conditions))
    columns = [[row[place] for row in found] for place in (0, 1)]
    rows = select(*(func.unnest(literal(values, ARRAY(column.type)))
                    for values, column in zip(columns, (key, time), strict=True)))  # fmt: skip
    return tuple_(key, time).in_(rows)


def subjects(
    connection: Connection, shape: Shape, *conditions: ColumnElement[bool]
) -> tuple[FromClause, tuple[ColumnElement[bool], ...]]:
    """What to seek in the history for: by name only, since whose a thing is now says nothing of whose it was.

    Args:
        connection: to read from.
        shape: of the kind.
        conditions: on the latest table.

    Returns:
        A selection with the key, and the conditions still to be set.
    """
    latest = shape.latest
    if not walled(connection):
        return latest, conditions
    key = latest.c[shape.key]
    with lowered(connection):
        names = [row[0] for row in plain(connection, select(key).where(*conditions))]
    return select(func.unnest(literal(names, ARRAY(key.type))).label(shape.key)).subquery(), ()


def newest(latest: FromClause, history: Table, key: str, at: AsOf, since: int) -> ColumnElement[bool]:
    """Joins to each row of the latest table the newest row of its history as of a moment."""
    h = history.alias("h")
    until = (h.c.event_time <= at.at + AHEAD, h.c.received_at <= at.at) if at.then else (h.c.event_time <= at.at,)
    time = (
        select(func.max(h.c.event_time)).where(h.c[key] == latest.c[key], h.c.event_time > since, *until)
        .correlate(latest).scalar_subquery()
    )  # fmt: skip
    return (history.c[key] == driving(latest, key)) & (history.c.event_time == time)


def _chosen(shape: Shape, t: Table) -> Select[Any]:
    return select(
        t.c[shape.key], shape.label(t), t.c.lon, t.c.lat, shape.speed(t), shape.heading(t), shape.status(t),
        t.c.event_time, t.c.recorded_time, t.c.origin, t.c.feed, t.c.scope,
    )  # fmt: skip


def _floats(values: tuple[Any, ...]) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def track(
    connection: Connection, viewer: Viewer, kind: str, subject: str, since: int, until: int, at: AsOf | None
) -> list[tuple[datetime, float, float, float | None]]:
    """Where a vehicle or vessel has been: (time, lon, lat, speed), oldest first.

    Raises:
        ValueError: an unknown kind.
    """
    shape = shape_of(kind)
    if kind == "vessels" and not (subject.isascii() and subject.isdigit()):
        return []
    key: str | int = int(subject) if kind == "vessels" else subject
    found: dict[int, tuple[datetime, float, float, float | None]] = {}
    for t in (shape.history, shape.latest):  # the latest fix may be thinned out of history
        query = select(t.c.event_time, t.c.lon, t.c.lat, shape.speed(t)).where(
            t.c[shape.key] == literal(key), t.c.event_time >= since, t.c.event_time <= until,
            *shape.seen(viewer, t.c.scope),
        )  # fmt: skip
        if at is not None:
            query = query.where(t.c.received_at <= at.at if at.then else t.c.event_time <= at.at)
        for time, lon, lat, value in connection.execute(query):
            found[time] = (moment(time), lon, lat, value)
    return [found[time] for time in sorted(found)]
