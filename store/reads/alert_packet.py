"""What belongs to one alert: file, orders, what else happened, the figure it is about, the way, photographs, data."""

from __future__ import annotations

from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, or_, select

from domain.alert_packet import NEAR, Packet, related
from domain.alert_pictures import AlertRow
from domain.declaration_file import Fix, Photo
from domain.viewer import Viewer
from store.moments import micros, moment
from store.reads import alerts, dispatch, port, positions, quality
from store.reads.alert_course import course
from store.reads.asof import AsOf
from store.reads.scope import visible
from store.schema import inspection_photo

_MOVES = MappingProxyType({"vehicle": "vehicles", "vessel": "vessels"})


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
        course=course(connection, viewer, row, way, at, now), way=way,
        photos=_photos(connection, viewer, row, at), feed=told,
        scores=[one for one in quality.scores(connection, viewer, opened, now) if one.feed == row.feed],
    )  # fmt: skip


def _others(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None, now: int) -> list[AlertRow]:
    """Alerts of the hours around, and whatever else is about the subject."""
    since, until = row.opened_at - NEAR, row.opened_at + NEAR
    near = alerts.history(connection, viewer, micros(since), min(micros(until), now + 1))
    same = alerts.by_subject(connection, viewer, at, [row.subject])
    return list({other.key: other for other in (*near, *same)}.values())


def _way(connection: Connection, viewer: Viewer, row: AlertRow, at: AsOf | None, now: int) -> list[Fix]:
    subject = row.subject if row.subject_kind in _MOVES else str(row.params.get("vehicle_id") or "")
    kind = _MOVES.get(row.subject_kind, "vehicles")
    if not subject:
        return []
    since, until = micros(row.opened_at - NEAR), min(micros(row.opened_at + NEAR), now)
    fixes = positions.track(connection, viewer, kind, subject, since, until, at)
    return [Fix(at=time, lon=lon, lat=lat, speed_kmh=speed) for time, lon, lat, speed in fixes]


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
