"""How long declarations took from appointment to leaving the inspection area, over the last weeks."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, false, func, select

from domain.kpis.facts import Turnaround
from domain.viewer import Viewer
from store.moments import DAY, HOUR
from store.reads import declarations as past
from store.reads.asof import AsOf
from store.reads.inspections import OWNER, days_before
from store.reads.plain import plain
from store.reads.scope import visible
from store.schema import inspection_progress as progress

SPARK_DAYS = 14
LONG = 30 * DAY
Finished = tuple[int, int, bool]  # finished at, appointed at, farm


def turnarounds(
    connection: Connection, viewer: Viewer, now: int, zone: ZoneInfo, at: AsOf | None
) -> tuple[Turnaround, Turnaround]:
    """Of farm products and of everything else."""
    days = [days_before(now, zone, days) for days in range(SPARK_DAYS - 1, -1, -1)]
    since = min(now - LONG, days[0])
    table = np.array(_finished(connection, viewer, since, now, at), dtype=np.int64).reshape(-1, 3)
    farm, other = (_of(table[table[:, 2] == kind], now, days) for kind in (1, 0))
    return farm, other


def _of(rows: npt.NDArray[np.int64], now: int, days: list[int]) -> Turnaround:
    took, end = rows[:, 0] - rows[:, 1], rows[:, 0]

    def mean(since: int, until: int) -> tuple[int, float | None]:
        chosen = took[(end >= since) & (end < until)]
        return len(chosen), float(chosen.sum()) / len(chosen) / HOUR if len(chosen) else None

    number, week = mean(now - 7 * DAY, now + 1)
    return Turnaround(
        mean_hours_7d=week, count_7d=number, mean_hours_30d=mean(now - LONG, now + 1)[1],
        daily_mean_hours=[mean(*day)[1] for day in zip(days, [*days[1:], now + 1], strict=True)],
    )  # fmt: skip


def _finished(connection: Connection, viewer: Viewer, since: int, now: int, at: AsOf | None) -> list[Finished]:
    """Nearly all declarations stood then as they are stored; one range of an index tells those."""
    names = (progress.c.finished_at, progress.c.appointed, func.coalesce(progress.c.farm, false()))
    done = [progress.c.finished_at >= since, progress.c.finished_at <= now, progress.c.appointed.is_not(None)]
    if at is not None:
        done += [past.settled(at), past.task_settled(at)]
    rows: list[Any] = plain(connection, select(*names).where(*done, *visible(viewer, OWNER)))
    return rows if at is None else [*rows, *_otherwise(connection, viewer, since, at)]


def _otherwise(connection: Connection, viewer: Viewer, since: int, at: AsOf) -> list[Finished]:
    """Those of which the stored row says more than was so, or known, at the moment."""
    chosen = past.otherwise(connection, at, past.alive_at(at, since - 1))
    if chosen is None:
        return []
    names = (progress.c.declaration_no, progress.c.finished_at, progress.c.appointed, progress.c.scope)
    found = {row[0]: row[1:] for row in plain(connection, select(*names).where(chosen, past.settled(at)))}
    for number, row in past.unsettled(connection, at, chosen).items():
        found[number] = (row["finished_at"], row["appointed"], row["scope"])
    queries = past.task_queries(at, chosen, "farm", "scope")
    tasks = {row[0]: row[1:] for query in queries for row in plain(connection, query)}
    rows = []
    for number, (finished_at, appointed, scope) in found.items():
        farm, owner = tasks.get(number, (False, scope))
        if since <= finished_at <= at.at and appointed is not None and _sees(viewer, owner):
            rows.append((finished_at, appointed, bool(farm)))
    return rows


def _sees(viewer: Viewer, scope: str | None) -> bool:
    return viewer.scope is None or scope in viewer.scope
