"""Where other feeds place a vehicle or vessel than the one that goes before them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from domain.disagreement import APART, Elsewhere
from domain.reach import FORGOTTEN_SECONDS, Fix, metres, reachable
from domain.records import Origin, VehiclePosition, VesselPosition
from domain.viewer import Viewer
from store.moments import SECOND, moment, moment_or_none
from store.reads.asof import AsOf
from store.reads.positions import Shape, shape_of
from store.reads.scope import visible
from store.schema import other_latest, other_position

_PLACE = ("feed", "event_time", "recorded_time", "lon", "lat")


def elsewhere(connection: Connection, viewer: Viewer, kind: str, subject: str, at: AsOf | None) -> list[Elsewhere]:
    """The newest place of each other feed, by feed, unless it is so old that it may be anywhere since.

    Raises:
        ValueError: an unknown kind.
    """
    shape = shape_of(kind)
    if kind == "vessels" and not (subject.isascii() and subject.isdigit()):
        return []
    key: Any = int(subject) if kind == "vessels" else subject
    place = _newest(connection, viewer, (shape.latest, shape.history), shape.latest.c[shape.key].name, key, shape, at)
    if place is None:
        return []
    shown, found = _fix(key, place), []
    begins = APART.join((shape.history.name, subject, ""))
    for feed in _feeds(connection, begins):
        row = _newest(connection, viewer, (other_latest, other_position), "subject", begins + feed, None, at)
        if row is None or feed == shown.feed or row[1] < place[1] - FORGOTTEN_SECONDS * SECOND:
            continue
        fix = _fix(key, row)
        found.append(
            Elsewhere(
                feed=feed, seen_at=fix.event_time, lon=fix.lon, lat=fix.lat, metres=metres(shown, fix),
                shown_feed=shown.feed, shown_at=shown.event_time, disagree=not reachable(shown, fix),
            )
        )  # fmt: skip
    return found


def _feeds(connection: Connection, begins: str) -> list[str]:
    t = other_latest
    ends = begins[:-1] + chr(ord(APART) + 1)
    query = select(t.c.feed).where(t.c.subject >= begins, t.c.subject < ends).order_by(t.c.subject)
    return list(connection.execute(query).scalars())


def _newest(
    connection: Connection, viewer: Viewer, tables: tuple[Table, Table], name: str, key: Any, shape: Shape | None,
    at: AsOf | None,
) -> Any:  # fmt: skip
    """The newest fix as of a moment: the latest row, or what history has."""
    rows = []
    for t in tables:
        seen = shape.seen(viewer, t.c.scope) if shape is not None else visible(viewer, t.c.scope)
        conditions: list[ColumnElement[bool]] = [t.c[name] == key, *seen]
        if at is not None:
            conditions.append(t.c.received_at <= at.at if at.then else t.c.event_time <= at.at)
        query = select(*(t.c[column] for column in _PLACE)).where(*conditions).order_by(t.c.event_time.desc()).limit(1)
        if (row := connection.execute(query).first()) is not None:
            if at is None:
                return row
            rows.append(row)
    return max(rows, key=lambda row: int(row[1]), default=None)


def _fix(key: Any, place: Any) -> Fix:
    feed, time, recorded, lon, lat = place
    common: Any = {"feed": feed, "origin": Origin.LIVE, "event_time": moment(time), "lon": lon, "lat": lat,
                   "recorded_time": moment_or_none(recorded)}  # fmt: skip
    return VesselPosition(mmsi=key, **common) if isinstance(key, int) else VehiclePosition(vehicle_id=key, **common)
