"""The yard over a span: what stood at every full hour, and the most at any instant. Exact.

Hours are summed in the database. The peak lies in an hour whose beginning and arrivals together could
reach it; only such hours, the most promising first, are looked at event by event.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from domain.pictures import YardCourse
from domain.viewer import Viewer
from store.moments import HOUR, moment
from store.reads.scope import current, visible
from store.reads.stock import TEU, stock
from store.schema import container_stay as stay
from store.schema import yard_stock as sums
from store.stock import SHOWN

Ints = npt.NDArray[np.int64]


def course(
    connection: Connection, viewer: Viewer, since: int, until: int, feed: str | None = None, then: bool = False
) -> YardCourse:
    """Boxes and TEU of the yard, or of one feed's part of it, over [since, until).

    A box counts from the first full hour at or after its arrival to the last before its departure.

    Args:
        connection: inside a read transaction.
        viewer: whose boxes.
        since: microseconds.
        until: microseconds, exclusive.
        feed: only its boxes.
        then: as the live picture showed them, instead of by today's knowledge.
    """
    if until <= since:
        return YardCourse()
    standing = [row for row in stock(connection, viewer, since, then) if feed is None or row[1] == feed]
    boxes, teu = sum(int(row[3]) for row in standing), sum(int(row[4]) for row in standing)
    ends = np.arange(since // HOUR + 1, -(-until // HOUR) + 1, dtype=np.int64)  # hours that are stretches' ends
    net_boxes, net_teu, came = _by_hour(connection, viewer, (since, until), ends, feed, then)
    at_end = boxes + np.cumsum(net_boxes)
    at_begin = np.concatenate(([boxes], at_end[:-1]))
    peak, at = _peak(connection, viewer, (since, until), ends, (at_begin, at_begin + came), feed, then)
    whole = ends * HOUR < until  # the last stretch may end with the span, before its hour
    hours, counts, weights = ends[whole], at_end[whole], (teu + np.cumsum(net_teu))[whole]
    if since % HOUR == 0:
        hours, counts, weights = (np.insert(a, 0, b) for a, b in zip(
            (hours, counts, weights), (since // HOUR, boxes, teu), strict=True))  # fmt: skip
    return YardCourse(
        hours=[moment(int(hour) * HOUR) for hour in hours],
        boxes=counts.tolist(),
        teu=[float(weight) for weight in weights],
        peak=peak,
        peak_at=None if at is None else moment(at),
    )


def _by_hour(
    connection: Connection, viewer: Viewer, span: tuple[int, int], ends: Ints, feed: str | None, then: bool
) -> tuple[Ints, Ints, Ints]:
    """Net boxes, net TEU and boxes that came, by the first full hour that sees them."""
    found = np.zeros((3, len(ends)), dtype=np.int64)
    for time, boxes, teu, query in _parts(viewer, span, feed, then):
        hour = (time + _constant(HOUR - 1)) // _constant(HOUR)  # cuts towards 0: there is no time before 1970
        came = func.sum(case((boxes > 0, boxes), else_=0))
        grouped = query.with_only_columns(hour, func.sum(boxes), func.sum(teu), came).group_by(hour)
        for row in connection.execute(grouped):
            found[:, int(row[0]) - ends[0]] += [int(value) for value in row[1:]]
    return found[0], found[1], found[2]


def _constant(value: int) -> ColumnElement[int]:
    """Written into the text: PostgreSQL takes an expression with parameters for another one in GROUP BY."""
    return literal_column(str(value), BigInteger)


def _peak(
    connection: Connection, viewer: Viewer, span: tuple[int, int], ends: Ints, bounds: tuple[Ints, Ints],
    feed: str | None, then: bool,
) -> tuple[int, int | None]:  # fmt: skip
    """Most boxes and when first; ``bounds`` are each stretch's stock at its begin, and the most it can reach."""
    at_begin, most = bounds
    begins = np.maximum((ends - 1) * HOUR, span[0])
    best = int(np.argmax(at_begin))
    peak, at = int(at_begin[best]), int(begins[best])
    for number in np.argsort(-most, kind="stable"):
        if most[number] < peak:
            break
        if most[number] == peak and begins[number] >= at:
            continue
        stretch = (int(begins[number]), min(int(ends[number]) * HOUR + 1, span[1]))
        reached, when = _peak_within(connection, viewer, stretch, int(at_begin[number]), feed, then)
        if when is not None and (reached > peak or (reached == peak and when < at)):
            peak, at = reached, when
    return (peak, at) if peak > 0 else (0, None)


def _peak_within(
    connection: Connection, viewer: Viewer, span: tuple[int, int], before: int, feed: str | None, then: bool
) -> tuple[int, int | None]:
    """Most boxes at an event inside the span, and when first; (0, None) when nothing happens there."""
    parts = _parts(viewer, span, feed, then)
    queries = [query.with_only_columns(time.label("at"), boxes.label("n")) for time, boxes, _, query in parts]
    events: Sequence[Any] = connection.execute(union_all(*queries)).all()
    if not events:
        return 0, None
    times, place = np.unique(np.array([row[0] for row in events], dtype=np.int64), return_inverse=True)
    change = np.bincount(place, np.array([int(row[1]) for row in events]), len(times)).astype(np.int64)
    reached = before + np.cumsum(change)
    best = int(np.argmax(reached))
    return int(reached[best]), int(times[best])


Part = tuple[ColumnElement[int], ColumnElement[int], ColumnElement[int], Select[Any]]


def _parts(viewer: Viewer, span: tuple[int, int], feed: str | None, then: bool) -> list[Part]:
    """Time, boxes and TEU of every change inside (begin, end), and the rows they are read from."""
    begin, end = span
    if then:
        rows = select().where(
            sums.c.known == SHOWN, sums.c.span == 0, sums.c.start > begin, sums.c.start < end,
            *visible(viewer, sums.c.scope), *(() if feed is None else (sums.c.feed == feed,)),
        )  # fmt: skip
        return [(sums.c.start, sums.c.boxes, sums.c.boxes * sums.c.teu, rows)]
    mine = (*visible(viewer, stay.c.scope), *(() if feed is None else (stay.c.feed == feed,)))
    parts: list[Part] = []
    for time, boxes in ((stay.c.arrived_at, literal(1)), (stay.c.departed_at, literal(-1))):
        rows = select().where(current(stay), time > begin, time < end, stay.c.arrived_at < stay.c.departed_at, *mine)
        parts.append((time, boxes, TEU * boxes, rows))
    return parts
