"""The yard's stock at a moment, and what changed it over a span: from the sums of `store.stock`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, select, union_all

from domain.viewer import Viewer
from store.reads.scope import current, visible
from store.schema import container_stay as stay
from store.schema import yard_stock as sums
from store.stock import CORRECTED, SHOWN, SPANS, ranges

TEU: ColumnElement[Any] = case((stay.c.length_ft > 20, 2), else_=1)  # unknown length counts as a 20 ft box
Ints = npt.NDArray[np.int64]


def stock(connection: Connection, viewer: Viewer, at: int, then: bool) -> Sequence[Any]:
    """(block, feed, origin, boxes, TEU) standing at a moment, exact; rows may be zero."""
    known = SHOWN if then else CORRECTED
    spans = [and_(sums.c.span == span, sums.c.start >= begin, sums.c.start < end) for span, begin, end in ranges(at)]
    last = at // SPANS[0] * SPANS[0]  # the spans reach so far; the events since are counted one by one
    if then:
        spans.append(and_(sums.c.span == 0, sums.c.start >= last, sums.c.start <= at))
    # One range of the key per span: an OR over them would be walked as the whole table.
    parts = [_summed(viewer, known, span) for span in spans]
    if not then:
        parts += [_events(viewer, stay.c.arrived_at, last, at, 1), _events(viewer, stay.c.departed_at, last, at, -1)]
    u = union_all(*parts).subquery()
    key = (u.c.block_id, u.c.feed, u.c.origin)
    return connection.execute(select(*key, func.sum(u.c.boxes), func.sum(u.c.teu)).group_by(*key)).all()


def _summed(viewer: Viewer, known: int, span: ColumnElement[bool]) -> Select[Any]:
    key = (sums.c.block_id, sums.c.feed, sums.c.origin)
    total = (func.sum(sums.c.boxes).label("boxes"), func.sum(sums.c.boxes * sums.c.teu).label("teu"))
    return select(*key, *total).where(sums.c.known == known, span, *visible(viewer, sums.c.scope)).group_by(*key)


def _events(viewer: Viewer, time: ColumnElement[int], since: int, until: int, boxes: int) -> Select[Any]:
    """Boxes that came (or left) in [since, until]; those that left when they came never stood."""
    key = (stay.c.block_id, stay.c.feed, stay.c.origin)
    return (
        select(*key, func.sum(literal(boxes)).label("boxes"), func.sum(TEU * boxes).label("teu"))
        .where(current(stay), time >= since, time <= until, stay.c.arrived_at < stay.c.departed_at)
        .where(*visible(viewer, stay.c.scope))
        .group_by(*key)
    )


class Changes(msgspec.Struct):
    """Stock at a begin, and every change after it.

    Attributes:
        boxes, teu: by block, at the begin.
        time: of each change, microseconds, sorted.
        block: index into ``names``.
        d_boxes, d_teu: how much the stock changed.
    """

    names: list[str]
    boxes: Ints
    teu: Ints
    time: Ints
    block: Ints
    d_boxes: Ints
    d_teu: Ints


def changes(connection: Connection, viewer: Viewer, since: int, until: int) -> Changes:
    """What stood at ``since`` and what came and left in (since, until], raw tuples because they may be many.

    By today's knowledge: roll-ups are made of it.
    """
    numbers: dict[str, int] = {}
    standing = stock(connection, viewer, since, False)
    for row in standing:
        numbers.setdefault(row[0], len(numbers))
    cursor = connection.execute(_told(viewer, since, until)).cursor
    rows = cursor.fetchall() if cursor is not None else []
    time, names, d_boxes, d_teu = _columns(rows)
    for name in dict.fromkeys(names):
        numbers.setdefault(name, len(numbers))
    block = np.fromiter(map(numbers.__getitem__, names), np.int64, len(names))
    boxes, teu = np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.int64)
    for name, _, _, count, weight in standing:
        boxes[numbers[name]] += int(count)
        teu[numbers[name]] += int(weight)
    order = np.argsort(time, kind="stable")
    return Changes(list(numbers), boxes, teu, time[order], block[order], d_boxes[order], d_teu[order])


def _columns(rows: Sequence[Any]) -> tuple[Ints, Sequence[str], Ints, Ints]:
    time, names, boxes, teu = zip(*rows, strict=True) if rows else ((), (), (), ())
    return np.array(time, np.int64), names, np.array(boxes, np.int64), np.array(teu, np.int64)


def _told(viewer: Viewer, since: int, until: int) -> Any:
    parts = [
        select(time.label("at"), stay.c.block_id, literal(boxes).label("boxes"), (TEU * boxes).label("teu"))
        .where(current(stay), time > since, time <= until, stay.c.arrived_at < stay.c.departed_at)
        .where(*visible(viewer, stay.c.scope))
        for time, boxes in ((stay.c.arrived_at, 1), (stay.c.departed_at, -1))
    ]
    return union_all(*parts)
