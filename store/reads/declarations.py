"""Declarations as of a past moment: their progress and their task as they stood.

The stored progress row is what all steps add up to. It is taken as it is where it was the same at the
moment (nearly always); else it is put together again from the steps that count for the moment.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from domain.viewer import Viewer
from store.progress import COLUMNS, advance, empty
from store.reads.asof import AsOf
from store.reads.plain import plain
from store.reads.scope import stood, visible
from store.schema import SUPERSEDED
from store.schema import inspection_progress as progress
from store.schema import inspection_step as step
from store.schema import inspection_task as task

Declaration = dict[str, Any]
TASK = (
    "bill_of_lading", "platform", "area", "direction", "mode", "enterprise_class", "fresh", "farm", "containers",
    "flags", "country", "entry_state", "vessel_name", "vessel_departure_at", "applied_at", "appointed_for",
    "source_rank", "hold", "valid_from",
    "second_application", "inspection_no", "agent", "special", "held_since", "released_at", "test_result",
)  # fmt: skip
_RENAMED = {"task_origin": "origin", "task_feed": "feed", "task_recorded": "recorded_time", "task_scope": "scope"}
NO_TASK: Declaration = dict.fromkeys((*TASK, *_RENAMED))


def waiting_at(at: AsOf) -> ColumnElement[bool]:
    """Declarations that may have been in the confirmation queue."""
    began, left = (progress.c.began_known, progress.c.left_known) if at.then else (
        progress.c.began_at, progress.c.left_queue_at,
    )  # fmt: skip
    return (began <= at.at) & (left > at.at)


def alive_at(at: AsOf, since: int) -> ColumnElement[bool]:
    """Declarations that had begun and may not have been finished by ``since``."""
    if at.then:
        return (progress.c.began_known <= at.at) & (progress.c.finished_known > since)
    return (progress.c.began_at <= at.at) & (progress.c.finished_at > since)


def settled(at: AsOf) -> ColumnElement[bool]:
    """Whether the stored progress is also that of the moment."""
    if at.then:
        return progress.c.settled_known <= at.at
    return progress.c.last_at.is_(None) | (progress.c.last_at <= at.at)


def task_settled(at: AsOf) -> ColumnElement[bool]:
    """Whether what the stored progress says of the task was also so at the moment."""
    return (progress.c.task_known if at.then else progress.c.task_from) <= at.at


def otherwise(connection: Connection, at: AsOf, chosen: ColumnElement[bool]) -> ColumnElement[bool] | None:
    """Of the chosen declarations those that stood otherwise than they are stored, as a condition; None = none did.

    Found once from an index alone, and named: what is then asked about them need not look for them again.
    """
    query = select(progress.c.declaration_no).where(chosen, ~(settled(at) & task_settled(at)))
    numbers = [row[0] for row in plain(connection, query)]
    return progress.c.declaration_no.in_(numbers) if numbers else None


def declarations(
    connection: Connection, viewer: Viewer | None, at: AsOf, chosen: ColumnElement[bool]
) -> list[Declaration]:
    """The chosen declarations as they stood: progress columns, TASK, and task_origin, _feed, _recorded, _scope.

    Args:
        connection: to read from.
        viewer: who asks; None to leave nothing out.
        at: the moment.
        chosen: a condition on the stored progress.
    """
    found = {row["declaration_no"]: row for row in _progress(connection, chosen)}
    for number, again in unsettled(connection, at, chosen).items():
        found[number].update(again)
    tasks = {row["declaration_no"]: row for row in _tasks(connection, at, chosen)}
    for number, row in found.items():
        row.update(tasks.get(number, NO_TASK))
    rows = list(found.values())
    if viewer is None or viewer.scope is None:
        return rows
    return [row for row in rows if scope_of(row) in viewer.scope]


def scope_of(row: Declaration) -> str | None:
    """Whose a declaration is: its task decides; where only steps are known, the steps do."""
    scope: str | None = row["task_scope"] if row["valid_from"] is not None else row["scope"]
    return scope


def in_queue(row: Declaration, at: int) -> bool:
    """Appointed and not yet further, or a task of which no step was known."""
    appointed = row["appointed"]
    return row["left_queue_at"] > at and (row["last_at"] is None or (appointed is not None and appointed <= at))


def _progress(connection: Connection, chosen: ColumnElement[bool]) -> list[Declaration]:
    query = select(*(progress.c[name] for name in COLUMNS)).where(chosen)
    return [dict(zip(COLUMNS, row, strict=True)) for row in plain(connection, query)]


def unsettled(connection: Connection, at: AsOf, chosen: ColumnElement[bool]) -> dict[str, Declaration]:
    """Progress of the chosen declarations whose stored row says more than was so, from their steps."""
    counts = step.c.received_at <= at.at if at.then else step.c.event_time <= at.at
    names = (step.c.node, step.c.event_time, step.c.feed, step.c.origin, step.c.recorded_time, step.c.scope)
    query = (
        select(progress.c.declaration_no, *names)
        .join_from(progress, step, (step.c.declaration_no == progress.c.declaration_no) & counts, isouter=True)
        .where(chosen, ~settled(at))
    )
    found: dict[str, Declaration] = {}
    for number, node, *rest in plain(connection, query):
        row = found.get(number)
        if row is None:
            row = found[number] = empty()
        if node is not None:
            advance(row, node, *rest)
    return found


def _tasks(connection: Connection, at: AsOf, chosen: ColumnElement[bool]) -> list[Declaration]:
    names = ("declaration_no", *TASK, *_RENAMED)
    rows = [row for query in task_queries(at, chosen) for row in plain(connection, query)]
    return [dict(zip(names, row, strict=True)) for row in rows]


def task_queries(at: AsOf, chosen: ColumnElement[bool], *names: str) -> list[Select[Any]]:
    """Selects the tasks of the chosen declarations as they stood: TASK and the renamed, or some of TASK.

    A declaration has one row in one of the selections, or none.
    """
    queries = []
    for t in (task, SUPERSEDED["inspection_task"]) if at.then else (task,):
        columns: list[ColumnElement[Any]] = [t.c[name] for name in names or TASK]
        if not names:
            columns += [t.c[name].label(label) for label, name in _RENAMED.items()]
        match = (progress.c.declaration_no == t.c.declaration_no) & stood(t, at)
        queries.append(select(t.c.declaration_no, *columns).join_from(progress, t, match).where(chosen))
    return queries


def any_task(connection: Connection, viewer: Viewer, at: AsOf) -> bool:
    """Whether any task was there by the moment."""
    twin = SUPERSEDED["inspection_task"]
    conditions = [(task, task.c.received_at <= at.at if at.then else task.c.valid_from <= at.at)]
    if at.then:
        conditions.append((twin, stood(twin, at)))
    queries = [select(t.c.declaration_no).where(met, *visible(viewer, t.c.scope)).limit(1) for t, met in conditions]
    return any(connection.execute(query).first() is not None for query in queries)
