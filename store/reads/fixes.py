"""The fixes of everything that moved over a span of time: what playback draws from."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, null, select

from domain.viewer import Viewer
from store.moments import MINUTE, SECOND
from store.reads.positions import driving, shape_of
from store.reads.scope import visible

STAY = {"vehicles": 30 * MINUTE, "vessels": 60 * MINUTE}  # as long a silent one stays in the live picture
Floats = npt.NDArray[np.float64]


class Fixes(msgspec.Struct, kw_only=True):
    """Fixes grouped by subject, each group in order of time.

    Attributes:
        kind: ``vehicles`` or ``vessels``.
        ids: vehicle id, or MMSI as text; sorted.
        labels: what to call it.
        status: of its last fix, index into ``domain.pictures.STATUS``.
        first: place of the first fix of each, and at the end the number of all fixes.
        time: epoch seconds.
        lon, lat: degrees WGS84.
        speed: km/h or knots, NaN unknown.
        heading: degrees from north, NaN unknown.
    """

    kind: str
    ids: list[str]
    labels: list[str]
    status: list[int]
    first: npt.NDArray[np.int64]
    time: Floats
    lon: Floats
    lat: Floats
    speed: Floats
    heading: Floats


def fixes(
    connection: Connection, viewer: Viewer, kind: str, since: int, until: int, then: bool, every: int = 0
) -> Fixes:
    """What was heard in [since, until], and of each subject its last fix before, if it still counted.

    Args:
        connection: to read from.
        viewer: who asks.
        kind: ``vehicles`` or ``vessels``.
        since: begin, microseconds.
        until: end, microseconds.
        then: leave out what was received after ``until``, and what came so late that the live
            picture never showed it.
        every: microseconds; of each subject at most the last fix of each such span. 0 = all.

    Raises:
        ValueError: an unknown kind.
    """
    names, rows = _rows(connection, viewer, kind, since, until, then)
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    time = np.array(columns[1], dtype=np.int64)
    numbers: dict[Any, int] = {}
    subject = np.fromiter((numbers.setdefault(key, len(numbers)) for key in columns[0]), np.int64, len(rows))
    keep = np.ones(len(rows), bool)
    if then:
        keep &= _ever_shown(subject, np.array(columns[6], dtype=np.int64))
    if every > 0:
        keep[keep] = _last_of_each(subject[keep], np.maximum(time[keep] - since, -1) // every)
    place = np.flatnonzero(keep)
    there, first = np.unique(subject[place], return_index=True)
    by_number = list(numbers)
    keys = [by_number[number] for number in there.tolist()]
    lon, lat, speed, heading = (np.array(column, dtype=np.float64)[place] for column in columns[2:6])
    return Fixes(
        kind=kind, ids=[str(key) for key in keys], labels=[names[key][0] or str(key) for key in keys],
        status=[names[key][1] for key in keys], first=np.append(first, len(place)),
        time=time[place] / SECOND, lon=lon, lat=lat, speed=speed, heading=heading,
    )  # fmt: skip


def _rows(
    connection: Connection, viewer: Viewer, kind: str, since: int, until: int, then: bool
) -> tuple[dict[Any, tuple[str | None, int]], list[Any]]:
    """Label and status by subject, and (subject, time, lon, lat, speed, heading, received) in order."""
    shape = shape_of(kind)
    h, latest = shape.history, shape.latest
    key, heard = h.c[shape.key], since - STAY[kind]
    past = h.alias("b")
    # One seek per subject for where to begin: its last fix at or before ``since``.
    begin = (
        select(func.max(past.c.event_time))
        .where(past.c[shape.key] == latest.c[shape.key], past.c.event_time <= since, past.c.event_time > heard)
        .correlate(latest).scalar_subquery()
    )  # fmt: skip
    from_there = (key == driving(latest, shape.key)) & (h.c.event_time >= func.coalesce(begin, since))
    received = h.c.received_at if then else null()
    query = (
        select(key, h.c.event_time, h.c.lon, h.c.lat, shape.speed(h), shape.heading(h), received)
        .join_from(latest, h, from_there)
        .where(h.c.event_time <= until, latest.c.event_time > heard, *visible(viewer, h.c.scope))
    )
    if then:
        query = query.where(h.c.received_at <= until)
    rows = [tuple(row) for row in connection.execute(query)]
    newest = select(
        latest.c[shape.key], latest.c.event_time, latest.c.lon, latest.c.lat, shape.speed(latest),
        shape.heading(latest), latest.c.received_at, shape.label(latest), shape.status(latest),
    ).where(latest.c.event_time > heard, *visible(viewer, latest.c.scope))  # fmt: skip
    names: dict[Any, tuple[str | None, int]] = {}
    known = {(row[0], row[1]) for row in rows}
    for row in connection.execute(newest):
        names[row[0]] = (row[7], row[8])
        # The newest fix may be thinned out of history.
        if row[1] <= until and (not then or row[6] <= until) and (row[0], row[1]) not in known:
            rows.append(tuple(row[:7]))
    rows.sort(key=lambda row: row[:2])
    return names, [row for row in rows if row[0] in names]


def _ever_shown(subject: npt.NDArray[np.int64], received: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Fixes received before any newer one of their subject was; sorted input."""
    shown = np.ones(len(subject), bool)
    earliest: dict[int, int] = {}
    for place in range(len(subject) - 1, -1, -1):
        who, at = int(subject[place]), int(received[place])
        shown[place] = at <= earliest.get(who, at)
        earliest[who] = min(at, earliest.get(who, at))
    return shown


def _last_of_each(subject: npt.NDArray[np.int64], span: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Marks the last of each run of equal (subject, span)."""
    last = np.ones(len(subject), bool)
    last[:-1] = (subject[1:] != subject[:-1]) | (span[1:] != span[:-1])
    return last
