"""What of the integrity watch rules look at, made anew every five minutes in a thread of its own.

Nobody sees names by it, so no look is put on record as ``integrity.view``; what comes of it are alerts, which are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.cycles import Cycles
from domain.integrity_report import signs_of
from domain.integrity_signs import DAYS, Hide, Signs
from domain.viewer import SYSTEM
from pipeline.counts import STEPS
from pipeline.integrity_watch import BUCKET
from pipeline.step_thread import StepThread
from pipeline.troubles import Troubles
from settings import Settings
from store.engine import Store

FIRST_SECONDS = 30.0  # at the start everything else is busy


class IntegrityBeat(StepThread):
    """One thread that reads and judges the span; seconds of work in five minutes.

    Attributes:
        newest: what was found last; None before the first time.
    """

    def __init__(
        self, settings: Settings, store: Store, hide: Hide, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            settings: say where days begin and how far back is compared.
            store: is read.
            hide: makes the codes that stand for names.
            clock: aware UTC.
        """
        self._settings, self._store, self._hide, self._clock = settings, store, hide, clock
        self.newest: Signs | None = None
        self._troubles = Troubles()
        super().__init__("integrity")

    @STEPS.of("integrity").timed()
    def look(self) -> None:
        """Read and judge the span up to now.

        Raises:
            StoreUnavailableError: what was found last stays.
        """
        told, now = self._settings.inspections, self._clock()
        since = now - timedelta(days=max(DAYS, told.baseline_days))
        history = self._store.reads.integrity(SYSTEM, since, now, "corrected")
        cycles = Cycles(told.cycle_minutes, self._settings.port.timezone)
        self.newest = signs_of(history, now, told.baseline_days, cycles, self._hide)

    def _loop(self) -> None:
        wait = FIRST_SECONDS
        while not self._stopped.wait(wait):
            wait = BUCKET.total_seconds()
            try:
                self.look()
            except Exception as error:
                self._troubles.failed("integrity", error)
                wait = FIRST_SECONDS
            else:
                self._troubles.worked("integrity")
