"""One declaration's file: everything the store knows of it, each part by an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Table, or_, select

from domain.alert_pictures import decoded
from domain.declaration_file import (
    ActOnAlert,
    Box,
    Check,
    DeclarationFile,
    Fix,
    Photo,
    Sample,
    clock,
    compared,
)
from domain.permissions import Permission
from domain.pictures import AlertRow, InspectionRow, QueueRow
from domain.records import InspectionTask, LabSample, MachineScan, Node, Record
from domain.viewer import Viewer
from store.codec import decode, fields
from store.moments import DAY, SECOND, micros, moment
from store.reads import alerts as alerts_read
from store.reads import inspections, queue
from store.reads.asof import AsOf
from store.reads.baseline import Baselines
from store.reads.queue_past import Expectations
from store.reads.scope import sees_port, stood, visible
from store.schema import (
    SUPERSEDED,
    alert,
    audit,
    check_result,
    inspection_photo,
    metadata,
    vehicle_latest,
    vehicle_position,
)
from store.writes.versions import STATES

LONGEST_WAY = 2 * DAY  # of a transfer; a node that was never told must not make it years
_HAPPENED = ("applied_at", "accepted_at", "released_at", "held_since", "gathered_at")
_WAITS = ("", Node.APPOINTED)
_NEAR = 2 * SECOND  # between an act on an alert and its entry in the audit
Row = Any
R = TypeVar("R", bound=Record)


def declaration_file(
    connection: Connection,
    viewer: Viewer,
    number: str,
    at: AsOf | None,
    now: int,
    days: int,
    limit_minutes: float,
    expectations: Expectations,
    baselines: Baselines,
) -> DeclarationFile | None:
    """Everything of one declaration; None when it is unknown or not the viewer's.

    Args:
        connection: to read from.
        viewer: who asks.
        number: of the declaration.
        at: the moment; None = now.
        now: microseconds.
        days: how far back its kind is looked for.
        limit_minutes: longest wait for confirmation, for its place in the queue.
        expectations: what its place in the queue is reckoned with.
        baselines: what its times are held against.
    """
    row = inspections.inspection(connection, viewer, number, at, now)
    if row is None:
        return None
    now = now if at is None else at.at
    task = _task(connection, viewer, number, at, now)
    alike = baselines.of(connection, viewer, days, at, now)
    checks = _checks(connection, viewer, number, row.containers, at)
    photos = _photos(connection, viewer, number, at)
    boxes = _boxes(row.containers, _scans(connection, viewer, number, at, moment(now)), checks, photos)
    subjects = {number, *(box.container_no for box in boxes)}
    about = alerts_read.by_subject(connection, viewer, at, subjects)
    trucks = _trucks(connection, viewer, number, task, at)
    truck = trucks[0] if trucks else ""
    return DeclarationFile(
        as_of=moment(now), row=row, task=task, baseline_days=days,
        segments=compared(clock(row.nodes, moment(now), task), row, alike),
        boxes=boxes, checks=[one for _, one in checks if not one.container_no],
        photos=[one for one in photos if not one.container_no],
        samples=_samples(connection, viewer, number, at, moment(now)),
        truck=truck, other_trucks=trucks[1:], way=_way(connection, viewer, truck, row, at, now),
        alerts=about, acts=_acts(connection, viewer, about, now),
        queue=_place(connection, viewer, row, task, at, now, limit_minutes, expectations),
    )  # fmt: skip


def _task(connection: Connection, viewer: Viewer, number: str, at: AsOf | None, now: int) -> InspectionTask | None:
    """What its source says, without what had not happened yet and without where in the port's files it stands."""
    task = next(iter(_versions(connection, viewer, InspectionTask, number, at)), None)
    if task is None:
        return None
    later = {name: None for name in _HAPPENED if (told := getattr(task, name)) is not None and micros(told) > now}
    return replace(task, ref="", scope=None, **later)


def _versions(connection: Connection, viewer: Viewer, kind: type[R], number: str, at: AsOf | None) -> list[R]:
    """The records of one declaration that stood; each was once the newest, so it is in the table or its twin."""
    table = metadata.tables[STATES[kind].table]
    names = ("declaration_no", *(name for name in fields(kind) if name != "declaration_no"), "recorded_time", "ref")
    found: list[R] = []
    for t in (table, SUPERSEDED[table.name]) if at is not None and at.then else (table,):
        columns = [t.c.valid_from, *(t.c[name] for name in names)]
        query = select(*columns).where(t.c.declaration_no == number, stood(t, at), *visible(viewer, t.c.scope))
        found += [decode(kind, ("event_time", *names), tuple(row)) for row in connection.execute(query)]
    return found


def _told(connection: Connection, viewer: Viewer, kind: type[R], number: str, at: AsOf | None) -> list[R]:
    """The same of things that tell their own times: today's knowledge of a moment is in their newest version."""
    return _versions(connection, viewer, kind, number, at if at is not None and at.then else None)


def _by(time: datetime | None, now: datetime) -> datetime | None:
    return time if time is not None and time <= now else None


def _samples(connection: Connection, viewer: Viewer, number: str, at: AsOf | None, now: datetime) -> list[Sample]:
    sent = [one for one in _told(connection, viewer, LabSample, number, at) if one.sent_at <= now]
    return [
        Sample(sample_no=one.sample_no, sent_at=one.sent_at, completed_at=_by(one.completed_at, now))
        for one in sorted(sent, key=lambda one: one.sample_no)
    ]


def _scans(connection: Connection, viewer: Viewer, number: str, at: AsOf | None, now: datetime) -> dict[str, Box]:
    return {
        one.container_no: Box(
            container_no=one.container_no, scanned_at=one.scanned_at, reviewed_at=_by(one.reviewed_at, now),
            released_directly=one.released_directly,
        )
        for one in _told(connection, viewer, MachineScan, number, at)
        if one.scanned_at <= now
    }  # fmt: skip


def _facts(
    connection: Connection, viewer: Viewer, t: Table, at: AsOf | None, *chosen: ColumnElement[bool]
) -> Iterable[Row]:
    if at is not None:
        chosen = (*chosen, t.c.event_time <= at.at, *((t.c.received_at <= at.at,) if at.then else ()))
    query = select(*t.c).where(*chosen, *visible(viewer, t.c.scope)).order_by(t.c.event_time)
    return connection.execute(query)


def _checks(
    connection: Connection, viewer: Viewer, number: str, boxes: Sequence[str], at: AsOf | None
) -> list[tuple[str, Check]]:
    """Comparisons that did not agree: of the declaration, or of one of its boxes where no declaration was told."""
    t = check_result
    nobodys = (t.c.declaration_no == "") & t.c.container_no.in_(sorted(boxes))
    rows = _facts(connection, viewer, t, at, or_(t.c.declaration_no == number, nobodys))
    return [
        (row.container_no, Check(at=moment(row.event_time), result=row.result, container_no=row.container_no,
                                 seal_no=row.seal_no, feed=row.feed))
        for row in rows
    ]  # fmt: skip


def _photos(connection: Connection, viewer: Viewer, number: str, at: AsOf | None) -> list[Photo]:
    t = inspection_photo
    rows = _facts(connection, viewer, t, at, t.c.declaration_no == number)
    return [
        Photo(at=moment(row.event_time), container_no=row.container_no, part=row.part, place=row.place) for row in rows
    ]


def _boxes(
    declared: Sequence[str], scans: dict[str, Box], checks: Sequence[tuple[str, Check]], photos: Sequence[Photo]
) -> list[Box]:
    """Its containers as declared, then any that something else names."""
    others = sorted({*scans, *(box for box, _ in checks), *(photo.container_no for photo in photos)} - {""})
    return [
        replace(
            scans.get(name, Box(container_no=name)),
            checks=[check for box, check in checks if box == name],
            photos=[photo for photo in photos if photo.container_no == name],
        )
        for name in dict.fromkeys((*declared, *others))
    ]


def _trucks(
    connection: Connection, viewer: Viewer, number: str, task: InspectionTask | None, at: AsOf | None
) -> list[str]:
    """The truck the source names first, then those that say of themselves that they are under way for it."""
    named = [task.truck] if task is not None and task.truck else []
    t = vehicle_latest  # one row of each vehicle
    query = select(t.c.vehicle_id).where(t.c.declaration_no == number, *visible(viewer, t.c.scope))
    if at is not None:
        query = query.where(t.c.received_at <= at.at if at.then else t.c.event_time <= at.at)
    return list(dict.fromkeys([*named, *connection.execute(query.order_by(t.c.vehicle_id)).scalars()]))


def _way(
    connection: Connection, viewer: Viewer, truck: str, row: InspectionRow, at: AsOf | None, now: int
) -> list[Fix]:
    """Where the truck was from confirmation until the inspection was over, less what it did for other declarations."""
    begin = row.nodes.get(Node.CONFIRMED) or row.nodes.get(Node.TRANSFERRED)
    if not truck or begin is None:
        return []
    end = row.nodes.get(Node.INSPECTED)
    since, until = micros(begin), now if end is None else micros(end)
    until = min(until, since + LONGEST_WAY)
    found: dict[int, Fix] = {}
    for t in (vehicle_position, vehicle_latest):  # the latest fix may be thinned out of history
        known = () if at is None or not at.then else (t.c.received_at <= at.at,)
        query = select(t.c.event_time, t.c.lon, t.c.lat, t.c.speed_kmh).where(
            t.c.vehicle_id == truck, t.c.event_time >= since, t.c.event_time <= until,
            t.c.declaration_no.in_(("", row.key)), *known, *visible(viewer, t.c.scope),
        )  # fmt: skip
        for time, lon, lat, speed in connection.execute(query):
            found[time] = Fix(at=moment(time), lon=lon, lat=lat, speed_kmh=speed)
    return [found[time] for time in sorted(found)]


def _acts(connection: Connection, viewer: Viewer, about: Sequence[AlertRow], now: int) -> list[ActOnAlert]:
    """Who acknowledged and when it was closed, in every life of the alerts; who closed is for those who read audits."""
    if not about:
        return []
    t = alert
    chosen = (t.c.key.in_(sorted(row.key for row in about)), *visible(viewer, t.c.scope))
    acts: dict[tuple[datetime, str, str], str] = {}
    for body in connection.execute(select(t.c.body).where(*chosen)).scalars():
        row = decoded(body)
        if row.acknowledged_at is not None:
            acts[(row.acknowledged_at, "acknowledge", row.key)] = row.acknowledged_by
        if row.closed_at is not None:
            acts[(row.closed_at, "close", row.key)] = ""
    named = _closers(connection, viewer, [key for key in acts if key[1] == "close"])
    return [
        ActOnAlert(at=time, what=what, alert=key, who=who or named.get((time, what, key), ""))
        for (time, what, key), who in sorted(acts.items())
        if micros(time) <= now
    ]


def _closers(
    connection: Connection, viewer: Viewer, closings: Sequence[tuple[datetime, str, str]]
) -> dict[tuple[datetime, str, str], str]:
    """Who closed alerts, by the audit."""
    if not viewer.may(Permission.AUDIT) or not sees_port(viewer):
        return {}
    named = {}
    for closing in closings:
        at, _, key = closing
        near = (audit.c.at >= micros(at) - _NEAR, audit.c.at <= micros(at) + _NEAR)
        said = (audit.c.what == "alert.close", audit.c.object == key)
        who = connection.execute(select(audit.c.who).where(*near, *said).limit(1)).scalar()
        if who is not None:
            named[closing] = who
    return named


def _place(
    connection: Connection, viewer: Viewer, row: InspectionRow, task: InspectionTask | None, at: AsOf | None,
    now: int, limit_minutes: float, expectations: Expectations,
) -> QueueRow | None:  # fmt: skip
    """Its place in the fair order while it waits."""
    if task is None or task.hold or row.stage not in _WAITS:
        return None
    picture = queue.queue(connection, viewer, at, None, limit_minutes, now, expectations)
    return next((place for place in picture.rows if place.key == row.key), None)
