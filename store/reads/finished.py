"""Declarations that left the inspection area over the last weeks, as columns: what others are compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from domain.sailing_check import Finished
from store.moments import SECOND
from store.progress import NODES
from store.reads import declarations as past
from store.reads.asof import AsOf
from store.reads.plain import plain
from store.reads.scope import current_by_key
from store.schema import inspection_progress as progress
from store.schema import inspection_task as task

_WORDS = ("direction", "farm", "mode", "area", "platform")


def finished(connection: Connection, at: AsOf | None, now: int, since: int) -> Finished:
    """Those of all enterprises, for distributions no single one can be read from; see docs/scopes.md.

    A declaration ends when its goods are out of the area, or when they are released if that is told and later.
    """
    rows = _live(connection, now, since) if at is None else _then(connection, at, since)
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * (len(NODES) + 2 + len(_WORDS))
    times = [np.array(column, np.float64) / SECOND for column in columns[: len(NODES) + 2]]
    nodes, ended, released = np.stack(times[: len(NODES)], axis=1), times[-2], times[-1]
    late = np.where(released * SECOND <= now, released, np.nan)  # told beforehand it is only a plan
    words = {name: _texts(name, column) for name, column in zip(_WORDS, columns[len(NODES) + 2 :], strict=True)}
    return Finished(words=words, nodes=nodes, ended=np.fmax(ended, late))


def _texts(name: str, column: Any) -> Any:
    texts = ["1" if value else "" for value in column] if name == "farm" else [value or "" for value in column]
    found = np.empty(len(texts), object)
    found[:] = texts
    return found


def _live(connection: Connection, now: int, since: int, at: AsOf | None = None) -> list[tuple[Any, ...]]:
    """Those that stand as they are stored; at a moment only those that stood so then."""
    columns = [*(progress.c[node] for node in NODES), progress.c.finished_at, task.c.released_at]
    columns += [task.c[name] for name in _WORDS]
    match = (progress.c.declaration_no == task.c.declaration_no) & current_by_key(task)
    span = [progress.c.finished_at > since, progress.c.finished_at <= now]
    if at is not None:
        span += [past.settled(at), past.task_settled(at)]
    return plain(connection, select(*columns).join_from(progress, task, match).where(*span))


def _then(connection: Connection, at: AsOf, since: int) -> list[tuple[Any, ...]]:
    """The same of a moment: nearly all stood as they are stored; the others are put together again."""
    found = _live(connection, at.at, since, at)
    chosen = past.otherwise(connection, at, past.alive_at(at, since))
    if chosen is None:
        return found
    extra = {
        row[0]: row[1] for query in past.task_queries(at, chosen, "released_at") for row in plain(connection, query)
    }
    names = (*NODES, "finished_at")
    return found + [
        (*(row[name] for name in names), extra[row["declaration_no"]], *(row[name] for name in _WORDS))
        for row in past.declarations(connection, None, at, chosen)
        if row["declaration_no"] in extra and since < row["finished_at"] <= at.at
    ]
