"""When declarations passed the points of their inspection, as columns: for percentiles, distributions, trends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, Table, select

from domain.records import Hold
from domain.segments import NEVER, POINTS, Segments
from domain.viewer import Viewer
from store.moments import FOREVER
from store.progress import NODES
from store.reads import declarations as past
from store.reads.asof import AsOf
from store.reads.inspections import OWNER
from store.reads.plain import plain
from store.reads.scope import current_by_key, visible
from store.schema import SUPERSEDED
from store.schema import inspection_progress as progress
from store.schema import inspection_task as task

_TOLD = ("accepted_at", "released_at", "farm", "second_application", "mode", "area", "direction", "platform", "hold",
         "scope")  # fmt: skip
_NOT_TOLD = (None, None, False, False, "", "", "", "", "", None)
_KEPT = 9  # of _TOLD: without the scope
_HOLDS = [hold.value for hold in Hold]
Row = tuple[Any, ...]


def segments(connection: Connection, viewer: Viewer, since: int, now: int, at: AsOf | None) -> Segments:
    """Declarations that had begun by the moment and not left by ``since``, oldest number first.

    Args:
        connection: to read from.
        viewer: who asks.
        since: microseconds.
        now: microseconds, for a live read.
        at: the moment; None = now.
    """
    moment = now if at is None else at.at
    found = _now(connection, viewer, since, now) if at is None else _then(connection, viewer, since, at)
    numbers = sorted(found)
    place = {number: i for i, number in enumerate(numbers)}
    spells = [(place[row[0]], *row[1:]) for row in _spells(connection, since, moment, at) if row[0] in place]
    return _columns(moment, numbers, [found[number] for number in numbers], spells)


def _now(connection: Connection, viewer: Viewer, since: int, now: int) -> dict[str, Row]:
    """Number -> nodes and _TOLD: one row of each, joined."""
    match = (progress.c.declaration_no == task.c.declaration_no) & current_by_key(task)
    query = (
        select(progress.c.declaration_no, *(progress.c[name] for name in NODES), *(task.c[name] for name in _TOLD))
        .join_from(progress, task, match, isouter=True)
        .where(progress.c.finished_at > since, progress.c.began_at <= now, *visible(viewer, OWNER))
    )
    return {row[0]: row[1:] for row in plain(connection, query)}


def _then(connection: Connection, viewer: Viewer, since: int, at: AsOf) -> dict[str, Row]:
    """The same as it stood, or was known, at a moment."""
    chosen = past.alive_at(at, since)
    query = select(progress.c.declaration_no, *(progress.c[name] for name in NODES), progress.c.scope).where(chosen)
    nodes = {row[0]: row[1:] for row in plain(connection, query)}
    for number, row in past.unsettled(connection, at, chosen).items():
        nodes[number] = (*(row[name] for name in NODES), row["scope"])
    queries = past.task_queries(at, chosen, *_TOLD)
    tasks = {row[0]: row[1:] for query in queries for row in plain(connection, query)}
    found = {}
    for number, (*times, scope) in nodes.items():
        told = tasks.get(number)
        if times[-1] is not None and times[-1] <= since:  # known later than so, but left before
            continue
        if viewer.scope is None or (scope if told is None else told[-1]) in viewer.scope:
            found[number] = (*times, *(told or _NOT_TOLD))
    return found


def _spells(connection: Connection, since: int, moment: int, at: AsOf | None) -> Iterable[Row]:
    """(number, why, since, until) of each time a declaration was held; the end is NEVER while it lasts."""
    chosen = progress.c.finished_at > since if at is None else past.alive_at(at, since)
    found: dict[tuple[str, int], Row] = {}
    for t in (task, SUPERSEDED[task.name]) if at is not None and at.then else (task,):
        for number, why, began, ends in plain(connection, _held(t, chosen, moment, at)):
            found[number, began] = (number, why, began, ends if ends <= moment else NEVER)
    return _joined(found[key] for key in sorted(found))


def _joined(spells: Iterable[Row]) -> list[Row]:
    """Spells of one word that follow each other without a gap are one, told twice."""
    joined: list[Row] = []
    for number, why, began, ends in spells:
        before = joined[-1] if joined else None
        if before is not None and (number, why, began) == (before[0], before[1], before[3]):
            joined[-1] = (number, why, before[2], ends)
        else:
            joined.append((number, why, began, ends))
    return joined


def _held(t: Table, chosen: ColumnElement[bool], moment: int, at: AsOf | None) -> Select[Any]:
    known = [t.c.received_at <= moment] if at is not None and at.then else []
    return (
        select(t.c.declaration_no, t.c.hold, t.c.valid_from, t.c.valid_to)
        .join_from(progress, t, progress.c.declaration_no == t.c.declaration_no)
        .where(chosen, t.c.hold.in_(_HOLDS), t.c.valid_from <= moment, *known)
    )


def _columns(moment: int, numbers: list[str], rows: list[Row], spells: list[Row]) -> Segments:
    nodes = len(NODES)
    table = np.full((len(rows), len(POINTS)), NEVER, np.int64)
    order = [POINTS.index(name) for name in (*NODES, "accepted", "released")]
    for column, place in enumerate(order):
        table[:, place] = [NEVER if row[column] is None else row[column] for row in rows]
    table[(table > moment) | (table >= FOREVER)] = NEVER
    told = [row[nodes : nodes + _KEPT] for row in rows]

    def words(column: int) -> np.ndarray[Any, np.dtype[np.object_]]:
        return np.array([row[column] or "" for row in told], dtype=object)

    return Segments(
        moment=moment, declaration_no=np.array(numbers, dtype=object), times=table,
        farm=np.array([bool(row[2]) for row in told], bool), second=np.array([bool(row[3]) for row in told], bool),
        mode=words(4), area=words(5), direction=words(6), platform=words(7), hold=words(8),
        held_row=np.array([s[0] for s in spells], np.int64), held_word=np.array([s[1] for s in spells], dtype=object),
        held_since=np.array([s[2] for s in spells], np.int64), held_until=np.array([s[3] for s in spells], np.int64),
    )  # fmt: skip
