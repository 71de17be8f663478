"""How many declarations went a special way of late."""

from __future__ import annotations

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, and_, select

from domain.special_modes import SECOND, untested
from domain.viewer import Viewer
from store.moments import DAY
from store.reads.asof import AsOf
from store.reads.inspections import local_midnight
from store.reads.plain import plain
from store.reads.scope import stood, visible
from store.schema import SUPERSEDED
from store.schema import inspection_progress as progress
from store.schema import inspection_task as task

DAYS = 7


def modes(connection: Connection, viewer: Viewer, now: int, zone: ZoneInfo, at: AsOf | None) -> dict[str, Any]:
    """Facts ``applied_7d``, ``modes_7d``, ``modes_today``, ``untested_7d``; none where nothing was applied for."""
    then = at is not None and at.then
    began, over = (progress.c.began_known, progress.c.finished_known) if then else (
        progress.c.began_at, progress.c.finished_at,
    )  # fmt: skip
    since = now - DAYS * DAY
    chosen = and_(over > since, began > since, began <= now)  # what began is over later: the index knows the end
    midnight, applied, unready = local_midnight(now, zone), 0, 0
    week: Counter[str] = Counter()
    today: Counter[str] = Counter()
    for t in (task, SUPERSEDED["inspection_task"]) if then else (task,):
        match = (progress.c.declaration_no == t.c.declaration_no) & stood(t, at)
        columns = (began, t.c.special, t.c.second_application, t.c.test_result, t.c.applied_at, progress.c.appointed)
        query = select(*columns).join_from(progress, t, match).where(chosen, *visible(viewer, t.c.scope))
        for first, special, second, test, *asked in plain(connection, query):
            ways = [*msgspec.json.decode(special or "[]"), *([SECOND] if second else [])]
            applied += 1
            week.update(ways)
            if first >= midnight:
                today.update(ways)
            unready += untested(ways, test or "", any(time is not None and time <= now for time in asked))
    if not applied:
        return {}
    return {"applied_7d": applied, "modes_7d": dict(week), "modes_today": dict(today), "untested_7d": unready}
