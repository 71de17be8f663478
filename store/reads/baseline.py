"""Declarations that were finished lately and how long each step took them: what a declaration is held against."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from domain.declaration_file import CODES, COMMISSION, WHOLE, Baseline
from domain.terms import Node
from domain.viewer import Viewer
from store.moments import DAY, HOUR
from store.progress import NODES
from store.reads.asof import AsOf
from store.reads.finished import rows

_TOLD = ("accepted_at", "released_at")
_KIND = ("farm", "mode", "area")
KEPT = 8  # hours and scopes, about 2 MB each for two months of a port
FRESH_SECONDS = 300.0  # late data may still correct an hour


class Baselines:
    """What is compared with, by the hour: whoever opens one declaration after the other waits for it once.

    Thread-safe.
    """

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, Baseline]] = OrderedDict()

    def of(self, connection: Connection, viewer: Viewer, days: int, at: AsOf | None, now: int) -> Baseline:
        """Declarations finished in the days before the last full hour.

        Args:
            connection: to read from.
            viewer: who asks; nobody is given what was read for another scope.
            days: how far back.
            at: the moment; None = now.
            now: the moment in microseconds.
        """
        until, then = now // HOUR * HOUR, at is not None and at.then
        name = (until, days, at is None, then, viewer.scope)
        with self._lock:
            ends, found = self._kept.get(name, (0.0, None))
        if found is None or ends < time.monotonic():
            found = baseline(connection, viewer, until - days * DAY, until, None if at is None else AsOf(until, then))
            fresh = FRESH_SECONDS if len(found.kinds["farm"]) else 0.0
            with self._lock:
                self._kept[name] = (time.monotonic() + fresh, found)
                self._kept.move_to_end(name)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return found


def baseline(connection: Connection, viewer: Viewer, since: int, until: int, at: AsOf | None) -> Baseline:
    """Declarations that left the inspection area in (since, until], as they stood; the viewer's own alone.

    Args:
        connection: to read from.
        viewer: who asks.
        since: microseconds.
        until: microseconds; the moment.
        at: the moment, when it is a past one.
    """
    return _columns(rows(connection, viewer, since, until, at, (*_TOLD, *_KIND)), until)


def _columns(found: Sequence[tuple[Any, ...]], until: int) -> Baseline:
    columns = list(zip(*found, strict=True)) if found else [()] * (len(NODES) + len(_TOLD) + len(_KIND))
    times = [_times(column, until) for column in columns[: len(NODES) + len(_TOLD)]]
    node = dict(zip(NODES, times, strict=False))
    accepted, released = times[len(NODES) :]
    spans = {NODES[0]: node[NODES[0]] - accepted}
    spans |= {after: node[after] - node[before] for before, after in pairwise(NODES)}
    spans |= {WHOLE: node[Node.DEPARTED] - node[Node.APPOINTED], COMMISSION: released - accepted}
    farm, mode, area = columns[-len(_KIND) :]
    return Baseline(
        hours={code: np.where(spans[code] >= 0, spans[code], np.nan) / HOUR for code in CODES},
        kinds={
            "farm": np.array(["yes" if one else "no" for one in farm], dtype=np.str_),
            "mode": np.array([one or "unknown" for one in mode], dtype=np.str_),
            "area": np.array([one or "" for one in area], dtype=np.str_),
        },
    )  # fmt: skip


def _times(column: Sequence[Any], until: int) -> npt.NDArray[np.float64]:
    """Microseconds, to the quarter as floats have them; what is told for later had not come yet."""
    times = np.array(column, dtype=np.float64)
    return np.where(times <= until, times, np.nan)
