"""The alarm system's report on itself, at most a minute old: this shift, the last, a day, a week, thirty days."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.alarm_load import log_of, stood
from domain.alarm_metrics import LEAD, Report, report
from domain.viewer import Viewer
from pipeline.shift_desk import ShiftDesk
from settings import Settings
from store.engine import Store

BUCKET = timedelta(minutes=1)
KEPT = 4
LONGEST = timedelta(days=30)
DAYS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": LONGEST}

Reports = dict[str, Report]


class AlarmReports:
    """Reads the log once for all spans and keeps what came of it; thread-safe, blocks."""

    def __init__(
        self, settings: Settings, store: Store, shifts: ShiftDesk,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        """Prepare; nothing is read yet.

        Args:
            settings: how many positions share the load, and the lines it is held against.
            store: is read.
            shifts: say when shifts began.
            clock: aware UTC.
        """
        self._store, self._shifts, self._clock = store, shifts, clock
        self._alerts = settings.alerts
        self._kept: OrderedDict[tuple[str, datetime, bool], Reports] = OrderedDict()
        self._turn = threading.Lock()

    def reports(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> Reports:
        """The reports of the spans ``shift``, ``last_shift``, ``day``, ``week``, ``month`` that end at a moment.

        Args:
            viewer: who asks; who sees a part of the port only is told nothing.
            at: a past moment; None = now.
            known: ``corrected`` or ``then``; the log is the cockpit's own, so both agree.

        Raises:
            StoreUnavailableError: try again.
        """
        now = at or self._clock()
        minute = now - (now - datetime.min.replace(tzinfo=UTC)) % BUCKET
        key = (known if at is not None else "", minute, viewer.scope is None)
        with self._turn:  # one at a time: a second one who asks the same finds it made
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = self._made(viewer, now, at, known)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return found

    def _made(self, viewer: Viewer, now: datetime, at: datetime | None, known: str) -> Reports:
        reads, first = self._store.reads, now - LONGEST - LEAD
        shift, last = self._shifts.shift(now), self._shifts.last(now)
        log = log_of(reads.alert_steps(viewer, first, now), stood(reads.alerts(viewer, first, known).rows, first))
        standing = stood(reads.alerts(viewer, at, known).rows, now)
        then = stood(reads.alerts(viewer, last.ends, known).rows, last.ends)
        made = {
            "shift": report(log, shift.begins, now, standing=standing, alerts=self._alerts),
            "last_shift": report(log, last.begins, last.ends, standing=then, alerts=self._alerts),
        }
        for name, span in DAYS.items():
            made[name] = report(log, now - span, now, standing=standing, alerts=self._alerts)
        return made
