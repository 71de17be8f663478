"""The integrity watch: reads a span, has it judged, keeps the newest reports, and puts on record who looked."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.audit import by
from domain.cycles import Cycles
from domain.integrity import SPANS, Report
from domain.integrity_report import report_of
from domain.permissions import Permission
from domain.viewer import Viewer
from settings import Settings
from store.engine import Store

BUCKET = timedelta(minutes=5)  # a report is made anew so often; playback goes in such steps
KEPT = 6
NOTED_SECONDS = 600.0  # who looks on and on is noted once in this time

Key = tuple[str, datetime, int, bool]


class IntegrityWatch:
    """The one way to the figures of the integrity watch; thread-safe, blocks for a second or two."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            settings: say where days begin and how far back is compared.
            store: is read, and keeps the record of who looked.
            clock: aware UTC.
            monotonic: seconds.
        """
        self._settings, self._store, self._clock, self._monotonic = settings, store, clock, monotonic
        self._reports: OrderedDict[Key, Report] = OrderedDict()
        self._noted: dict[tuple[str, str, int], float] = {}
        self._turn, self._noting = threading.Lock(), threading.Lock()

    def report(self, viewer: Viewer, days: int, at: datetime | None = None, known: str = "corrected") -> Report:
        """What deserves a look in the days before a moment, at most five minutes old.

        Args:
            viewer: who asks. Who may see some enterprises only is told nothing.
            days: one of ``SPANS``.
            at: a past moment; None = now.
            known: ``corrected`` or ``then``.

        Raises:
            NotAllowedError: the viewer may not.
            ValueError: another span, or another word for knowledge.
            StoreUnavailableError: try again.
        """
        viewer.require(Permission.INTEGRITY)
        if days not in SPANS:
            raise ValueError(f"days must be one of {', '.join(map(str, SPANS))}")
        self._note(viewer, days, at, known)
        moment = _floor(at or self._clock())
        key = (known if at is not None else "", moment, days, viewer.scope is None)
        with self._turn:  # one at a time: a second one who asks the same finds it made
            found = self._reports.get(key)
            if found is None:
                found = self._reports[key] = self._made(viewer, days, moment, known)
                while len(self._reports) > KEPT:
                    self._reports.popitem(last=False)
            self._reports.move_to_end(key)
            return found

    def _made(self, viewer: Viewer, days: int, moment: datetime, known: str) -> Report:
        told = self._settings.inspections
        since = moment - timedelta(days=max(days, told.baseline_days))
        history = self._store.reads.integrity(viewer, since, moment, known)
        cycles = Cycles(told.cycle_minutes, self._settings.port.timezone)
        return report_of(history, moment, days, told.baseline_days, cycles, known)

    def _note(self, viewer: Viewer, days: int, at: datetime | None, known: str) -> None:
        """Put on record that somebody looked, before they see anything."""
        now, who = self._monotonic(), (viewer.name, viewer.address, days)
        with self._noting:
            last = self._noted.get(who)
            if last is not None and now - last < NOTED_SECONDS:
                return
            told = {"days": days, "at": at.isoformat() if at is not None else None, "known": known}
            self._store.note(by(viewer, "integrity.view", after=told))
            self._noted = {one: at_ for one, at_ in self._noted.items() if now - at_ < NOTED_SECONDS}
            self._noted[who] = now


def _floor(moment: datetime) -> datetime:
    """The beginning of its five minutes: nothing later is ever shown."""
    return moment - (moment - datetime.min.replace(tzinfo=UTC)) % BUCKET
