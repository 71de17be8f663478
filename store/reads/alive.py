"""Declarations that are, or were at a moment, not through: progress and task in one row, live and of the past alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from domain.viewer import Viewer
from store.moments import DAY
from store.progress import NODES
from store.reads import declarations as past
from store.reads.asof import AsOf
from store.reads.plain import plain
from store.reads.scope import current_by_key, visible
from store.schema import inspection_progress as progress
from store.schema import inspection_task as task

Row = Mapping[str, Any]
_PROGRESS = ("declaration_no", *NODES, "left_queue_at", "finished_at", "last_at")
_TASK = (
    "bill_of_lading", "platform", "area", "direction", "mode", "farm", "containers", "vessel_name",
    "vessel_departure_at", "appointed_for", "special", "hold", "held_since", "accepted_at", "released_at", "cut_off",
    "gathered_at", "needs", "papers_irregular",
)  # fmt: skip
_SOURCE = {"origin": "task_origin", "feed": "task_feed", "recorded_time": "task_recorded", "scope": "task_scope"}
FORGOTTEN = 30 * DAY  # of what was last heard longer ago nobody waits for the next step


def alive(connection: Connection, viewer: Viewer | None, at: AsOf | None, now: int, since: int) -> list[Row]:
    """Declarations of which a task is known, that had begun by the moment and were not finished by ``since``.

    Columns of progress and of the task; the task's own origin, feed, recorded_time and scope as ``task_...``.

    Args:
        connection: to read from.
        viewer: whose; None leaves nothing out, for what is counted over all.
        at: the moment; None = now.
        now: the moment, or the present.
        since: a time before it.
    """
    rows = _live(connection, viewer, now, since) if at is None else _then(connection, viewer, at, since)
    return [row for row in rows if row["finished_at"] > since and _begun(row, now) and _heard(row, now)]


def _live(connection: Connection, viewer: Viewer | None, now: int, since: int) -> list[Row]:
    scope = () if viewer is None else visible(viewer, task.c.scope)
    columns: list[ColumnElement[Any]] = [progress.c[name] for name in _PROGRESS]
    columns += [task.c[name] for name in (*_TASK, "valid_from", *_SOURCE)]
    match = and_(progress.c.declaration_no == task.c.declaration_no, current_by_key(task))
    started = or_(progress.c.appointed.is_(None), progress.c.appointed <= now)
    query = select(*columns).join_from(progress, task, match).where(progress.c.finished_at > since, started, *scope)
    names = (*_PROGRESS, *_TASK, "valid_from", *_SOURCE.values())
    return [dict(zip(names, row, strict=True)) for row in plain(connection, query)]


def _then(connection: Connection, viewer: Viewer | None, at: AsOf, since: int) -> list[Row]:
    chosen = past.alive_at(at, since)
    extra = tuple(name for name in _TASK if name not in past.TASK)
    told = {
        row[0]: dict(zip(extra, row[1:], strict=True))
        for query in past.task_queries(at, chosen, *extra)
        for row in plain(connection, query)
    }
    found = past.declarations(connection, viewer, at, chosen)
    return [{**row, **told[row["declaration_no"]]} for row in found if row["declaration_no"] in told]


def _begun(row: Row, now: int) -> bool:
    """A sign of it had come by the moment: a step, or a task of which no step is known."""
    appointed = row["appointed"]
    if appointed is not None and appointed > now:
        return False
    if row["last_at"] is None:
        return bool(row["valid_from"] is not None and row["valid_from"] <= now)
    return any(row[node] is not None and row[node] <= now for node in NODES)


def _heard(row: Row, now: int) -> bool:
    return bool((row["last_at"] or row["valid_from"] or 0) > now - FORGOTTEN)


def reached(row: Row, now: int) -> dict[str, int]:
    """The nodes it had reached by the moment."""
    return {node: row[node] for node in NODES if row[node] is not None and row[node] <= now}


def in_queue(row: Row, now: int) -> bool:
    """Appointed and not yet further, or a task of which no step was known; not held."""
    return not row["hold"] and past.in_queue(dict(row), now)
