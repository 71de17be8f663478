"""Tells when the wall clock was set: it then runs apart from the monotonic one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime


class ClockWatch:
    """Compares the wall clock with ``time.monotonic``.

    A slow drift (NTP slewing) is followed silently; a step larger than ``tolerance_seconds``
    between two looks is reported once.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        tolerance_seconds: float = 2.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start watching now.

        Args:
            clock: the wall clock, aware UTC.
            tolerance_seconds: steps up to this are not worth a word.
            monotonic: a clock nobody can set, seconds.
        """
        self._clock, self._monotonic, self._tolerance = clock, monotonic, tolerance_seconds
        self._offset = self._read()

    def _read(self) -> float:
        return self._clock().timestamp() - self._monotonic()

    def jump_seconds(self) -> float:
        """How far the wall clock was set since the last look; 0.0 when it was not.

        Returns:
            Positive when set forward, negative when set back.
        """
        offset = self._read()
        step, self._offset = offset - self._offset, offset
        return step if abs(step) > self._tolerance else 0.0
