"""The fixes of everything that moved over a span of time: what playback draws from."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, null, select

from domain.viewer import Viewer
from store.moments import MINUTE, SECOND
from store.reads.plain import plain
from store.reads.positions import driving, shape_of, subjects

STAY = {"vehicles": 30 * MINUTE, "vessels": 60 * MINUTE}  # as long a silent one stays in the live picture
GONE = (None, 0)  # label and status of what is no longer the viewer's to see
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
    keys = sorted(set(columns[0]))
    number = dict(zip(keys, range(len(keys)), strict=True))
    subject = np.fromiter(map(number.__getitem__, columns[0]), np.int64, len(rows))
    time = np.array(columns[1], dtype=np.int64)
    place = np.lexsort((time, subject))
    place = place[_last_of_each(subject[place], time[place])]  # the newest fix may be in both tables
    if then:
        place = place[_ever_shown(subject[place], np.array(columns[6], dtype=np.int64)[place])]
    if every > 0:
        place = place[_last_of_each(subject[place], np.maximum(time[place] - since, -1) // every)]
    there, first = np.unique(subject[place], return_index=True)
    keys = [keys[n] for n in there.tolist()]
    lon, lat, speed, heading = (np.array(column, dtype=np.float64)[place] for column in columns[2:6])
    return Fixes(
        kind=kind, ids=[str(key) for key in keys], labels=[names.get(key, GONE)[0] or str(key) for key in keys],
        status=[names.get(key, GONE)[1] for key in keys], first=np.append(first, len(place)),
        time=time[place] / SECOND, lon=lon, lat=lat, speed=speed, heading=heading,
    )  # fmt: skip


def _rows(
    connection: Connection, viewer: Viewer, kind: str, since: int, until: int, then: bool
) -> tuple[dict[Any, tuple[str | None, int]], list[Any]]:
    """Label and status by subject, and (subject, time, lon, lat, speed, heading, received)."""
    shape = shape_of(kind)
    h, latest = shape.history, shape.latest
    key, heard = h.c[shape.key], since - STAY[kind]
    past = h.alias("b")
    there, conditions = subjects(connection, shape, latest.c.event_time > heard)
    # One seek per subject for where to begin: its last fix at or before ``since``.
    begin = (
        select(func.max(past.c.event_time))
        .where(past.c[shape.key] == there.c[shape.key], past.c.event_time <= since, past.c.event_time > heard)
        .correlate(there).scalar_subquery()
    )  # fmt: skip
    from_there = (key == driving(there, shape.key)) & (h.c.event_time >= func.coalesce(begin, since))
    received = h.c.received_at if then else null()
    query = (
        select(key, h.c.event_time, h.c.lon, h.c.lat, shape.speed(h), shape.heading(h), received)
        .join_from(there, h, from_there)
        .where(h.c.event_time <= until, *conditions, *shape.seen(viewer, h.c.scope))
    )
    if then:
        query = query.where(h.c.received_at <= until)
    rows = plain(connection, query)
    newest = select(
        latest.c[shape.key], latest.c.event_time, latest.c.lon, latest.c.lat, shape.speed(latest),
        shape.heading(latest), latest.c.received_at, shape.label(latest), shape.status(latest),
    ).where(latest.c.event_time > heard, *shape.seen(viewer, latest.c.scope))  # fmt: skip
    names: dict[Any, tuple[str | None, int]] = {}
    for row in plain(connection, newest):
        names[row[0]] = (row[7], row[8])
        # The newest fix may be thinned out of history.
        if row[1] <= until and (not then or row[6] <= until):
            rows.append(row[:7])
    return names, rows


def _ever_shown(subject: npt.NDArray[np.int64], received: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Marks fixes received no later than every newer one of their subject; sorted by subject and time."""
    if not len(received):
        return np.ones(0, bool)
    # Each subject in a band of its own, so that one running minimum from the end serves all.
    banded = received - received.min() + subject * (int(received.max() - received.min()) + 1)
    shown: npt.NDArray[np.bool_] = banded <= np.minimum.accumulate(banded[::-1])[::-1]
    return shown


def _last_of_each(subject: npt.NDArray[np.int64], span: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Marks the last of each run of equal (subject, span)."""
    last = np.ones(len(subject), bool)
    last[:-1] = (subject[1:] != subject[:-1]) | (span[1:] != span[:-1])
    return last
