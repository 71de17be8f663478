"""Declarations that left the inspection area over the last weeks, as columns: what others are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from domain.sailing_check import Finished
from domain.viewer import Viewer
from store.moments import SECOND
from store.progress import NODES
from store.reads import declarations as past
from store.reads.asof import AsOf
from store.reads.inspections import OWNER
from store.reads.plain import plain
from store.reads.scope import current_by_key, visible
from store.schema import inspection_progress as progress
from store.schema import inspection_task as task

_WORDS = ("direction", "farm", "mode", "area", "platform")
_FARM = len(NODES) + 1 + _WORDS.index("farm")  # its place in a row; None where there is no task


def finished(connection: Connection, at: AsOf | None, now: int, since: int) -> Finished:
    """Those of all enterprises that have a task, for distributions no single one can be read from; see docs/scopes.md.

    A declaration ends when its goods are out of the area, or when they are released if that is told and later.
    """
    told = [row for row in rows(connection, None, since, now, at, ("released_at", *_WORDS)) if row[_FARM] is not None]
    columns: list[Any] = list(zip(*told, strict=True)) if told else [()] * (len(NODES) + 1 + len(_WORDS))
    times = [np.array(column, np.float64) / SECOND for column in columns[: len(NODES) + 1]]
    nodes, released = np.stack(times[:-1], axis=1), times[-1]
    late = np.where(released * SECOND <= now, released, np.nan)  # told beforehand it is only a plan
    words = {name: _texts(name, column) for name, column in zip(_WORDS, columns[len(NODES) + 1 :], strict=True)}
    return Finished(words=words, nodes=nodes, ended=np.fmax(nodes[:, -1], late))


def _texts(name: str, column: Any) -> Any:
    texts = ["1" if value else "" for value in column] if name == "farm" else [value or "" for value in column]
    found = np.empty(len(texts), object)
    found[:] = texts
    return found


def rows(
    connection: Connection, viewer: Viewer | None, since: int, until: int, at: AsOf | None, names: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Declarations that left the inspection area in (since, until]: times of the nodes, then what their task says.

    One range of an index and a look at each task by its key. At a moment nearly all stood as they are stored; the
    others are put together again.

    Args:
        connection: to read from.
        viewer: who asks, and is given his own alone; None: everybody's.
        since: microseconds.
        until: microseconds; the moment.
        at: the moment, when it is a past one.
        names: columns of the task; None where there is none.
    """
    same = (task.c.declaration_no == progress.c.declaration_no) & current_by_key(task)
    chosen = [progress.c.finished_at > since, progress.c.finished_at <= until]
    chosen += [] if viewer is None else visible(viewer, OWNER)
    chosen += [] if at is None else [past.settled(at), past.task_settled(at)]
    columns = (*(progress.c[node] for node in NODES), *(task.c[name] for name in names))
    found = plain(connection, select(*columns).join_from(progress, task, same, isouter=True).where(*chosen))
    return found if at is None else [*found, *_otherwise(connection, viewer, since, until, at, names)]


def _otherwise(
    connection: Connection, viewer: Viewer | None, since: int, until: int, at: AsOf, names: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Those of which the stored row says more than was so at the moment."""
    chosen = past.otherwise(connection, at, past.alive_at(at, since))
    if chosen is None:
        return []
    queries = past.task_queries(at, chosen, *names)
    told = {row[0]: row[1:] for query in queries for row in plain(connection, query)}
    nothing = (None,) * len(names)
    return [
        (*(row[node] for node in NODES), *told.get(row["declaration_no"], nothing))
        for row in past.declarations(connection, viewer, at, chosen)
        if since < row["finished_at"] <= until
    ]
