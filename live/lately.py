"""What was made lately, so that many who ask the same at about the same time are answered once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any


class Lately:
    """Answers by question; bounded in age, number and bytes. Thread-safe."""

    def __init__(
        self,
        seconds: float,
        most: int,
        most_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is kept yet.

        Args:
            seconds: an older answer is none.
            most: number of answers kept.
            most_bytes: of all together; None = unbounded.
            clock: seconds, never set back.
        """
        self._seconds, self._most, self._most_bytes, self._clock = seconds, most, most_bytes, clock
        self._lock = Lock()
        self._bytes = 0
        self._found: OrderedDict[Hashable, tuple[float, int, Any]] = OrderedDict()

    def get(self, asked: Hashable) -> Any:
        """The answer to the question; None when there is none, or it is too old."""
        with self._lock:
            found = self._found.get(asked)
            if found is None or self._clock() - found[0] >= self._seconds:
                return None
            self._found.move_to_end(asked)
            return found[2]

    def put(self, asked: Hashable, made: Any, size: int = 0) -> None:
        """Keep it, letting go of what was not asked for longest."""
        with self._lock:
            if (before := self._found.pop(asked, None)) is not None:
                self._bytes -= before[1]
            self._found[asked] = (self._clock(), size, made)
            self._bytes += size
            while len(self._found) > self._most or (self._most_bytes is not None and self._bytes > self._most_bytes):
                _, (_, gone, _) = self._found.popitem(last=False)
                self._bytes -= gone
