"""What the queue's forecast rests on: declarations confirmed in the last weeks, read once a day, kept for a while."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from datetime import timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, false, func, select

from domain.cycles import Cycles
from domain.queue_durations import Durations, Past
from domain.queue_forecast import QueueForecast
from domain.rota import Inspections
from store.moments import SECOND, micros, moment
from store.reads import declarations as stored
from store.reads.asof import AsOf
from store.reads.plain import plain
from store.reads.scope import current_by_key
from store.schema import inspection_progress as progress
from store.schema import inspection_task as task

KEPT = 8  # days of history, and moments, kept at hand: what people who look at the past go to and fro between
FRESH_SECONDS, EMPTY_SECONDS = 1200.0, 60.0
_T = TypeVar("_T")


class Expectations:
    """Forecasts of the queue, of the live moment and of past ones. Thread-safe.

    Attributes:
        rota: how the inspection areas work.
        cycles: when customs' system confirms.
    """

    def __init__(self, timezone: str, rota: Inspections) -> None:
        """Nothing is read yet."""
        self.rota, self.cycles = rota, Cycles(minutes=rota.cycle_minutes, timezone=timezone)
        self._zone = ZoneInfo(timezone)
        self._lock = threading.Lock()
        self._days: OrderedDict[Hashable, tuple[float, Durations]] = OrderedDict()
        self._made: OrderedDict[Hashable, tuple[float, QueueForecast]] = OrderedDict()

    def at(self, connection: Connection, at: AsOf | None, now: int) -> QueueForecast:
        """The forecast of a moment, by the whole days before it; the whole port's, whoever asks.

        Args:
            connection: one that may read everything.
            at: the moment; None = live.
            now: the moment in microseconds.
        """
        here = moment(now)
        midnight = Cycles(minutes=1440.0, timezone=self.cycles.timezone).before(here)
        then = at is not None and at.then
        with self._lock:
            lasting, durations = self._durations(connection, (midnight, then), at if then else None)
            made = _kept(self._made, (midnight, then, self.cycles.before(here)))
            if made is None or made[0] != lasting:
                made = (lasting, QueueForecast(durations, self.cycles, here))
                _keep(self._made, (midnight, then, self.cycles.before(here)), made)
            return made[1]

    def _durations(self, connection: Connection, day: tuple[Any, bool], at: AsOf | None) -> tuple[float, Durations]:
        found = _kept(self._days, day)
        if found is None or found[0] < time.monotonic():
            until = micros(day[0])
            since = micros(day[0] - timedelta(days=self.rota.baseline_days))
            past = confirmed(connection, since, until, at)
            fresh = FRESH_SECONDS if len(past.confirmed) else EMPTY_SECONDS  # history may just be filled in
            found = (time.monotonic() + fresh, Durations(past, self.rota, self._zone))
            _keep(self._days, day, found)
        return found


def confirmed(connection: Connection, since: int, until: int, at: AsOf | None) -> Past:
    """Declarations that left the queue within a span, with what had become of them by its end.

    Args:
        connection: one that may read everything.
        since: microseconds, from
        until: and to.
        at: a moment by whose knowledge to read; declarations that stand otherwise now are left out. None = today's.
    """
    match = (progress.c.declaration_no == task.c.declaration_no) & current_by_key(task)
    columns = (progress.c.appointed, progress.c.left_queue_at, progress.c.assigned, progress.c.inspected)
    words = (task.c.platform, task.c.area, task.c.mode, func.coalesce(task.c.farm, false()))
    query = (
        select(*columns, *words)
        .join_from(progress, task, match)
        .where(progress.c.left_queue_at >= since, progress.c.left_queue_at < until, progress.c.appointed >= since)
    )
    rows = plain(connection, query if at is None else query.where(stored.settled(at)))
    told = list(zip(*rows, strict=True)) if rows else [()] * 8
    appointed, left, assigned, inspected = (_seconds(column, until) for column in told[:4])
    platform, area, mode = (np.array(column, dtype=np.str_) for column in told[4:7])
    return Past(
        since=since / SECOND, until=until / SECOND, platform=platform, area=area, mode=mode,
        farm=np.array(told[7], dtype=np.bool_), appointed=appointed, confirmed=left, assigned=assigned,
        inspected=inspected,
    )  # fmt: skip


def _seconds(column: tuple[int | None, ...], until: int) -> npt.NDArray[np.float64]:
    """Epoch seconds; NaN for what had not come by then."""
    values = np.array(column, dtype=np.float64)
    return np.where(values < until, values, np.nan) / SECOND


def _kept(shelf: OrderedDict[Hashable, _T], name: Hashable) -> _T | None:
    if name in shelf:
        shelf.move_to_end(name)
    return shelf.get(name)


def _keep(shelf: OrderedDict[Hashable, _T], name: Hashable, value: _T) -> None:
    shelf[name] = value
    while len(shelf) > KEPT:
        shelf.popitem(last=False)
