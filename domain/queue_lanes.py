"""The lanes of a queue in fair order: declarations that differ only in the time they go by, or not even in that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

# Cycle (0: the next), class, direction, time unknown, time, application unknown, application, number.
Key = tuple[float, int, int, int, float, int, float, str]


class Lane(msgspec.Struct, frozen=True, gc=False):
    """A run of declarations of one cycle, class and direction; places count from 0 on their platform.

    Attributes:
        cycle: epoch seconds of its cut where that is a later one than the next, else 0.
        first: 0 with priority, 1 without.
        direction: 0 export, 1 import, 2 unknown.
        cycle_start, class_start, start, end: where its cycle, its class and it itself begin, and where it ends.
        known: where those begin whose time is not known.
        starts: where each group of equal times begins.
    """

    cycle: float
    first: int
    direction: int
    cycle_start: int
    class_start: int
    start: int
    known: int
    end: int
    starts: tuple[int, ...]

    def groups(self) -> Iterator[tuple[int, int]]:
        """The places, from and to, of each group that goes by the same time."""
        return pairwise((*self.starts, self.end))


def lanes(keys: Sequence[Key]) -> Iterator[Lane]:
    """Cut one platform's sorted keys into lanes."""
    cycle_start = class_start = start = 0
    starts = [0]
    for index in range(1, len(keys) + 1):
        before, now = keys[index - 1], keys[index] if index < len(keys) else None
        if now is not None and now[:3] == before[:3]:
            if now[3:5] != before[3:5]:
                starts.append(index)
            continue
        known = starts[-1] if before[3] else index
        yield Lane(*before[:3], cycle_start, class_start, start, known, index, tuple(starts))
        if now is None:
            return
        cycle_start = index if now[0] != before[0] else cycle_start
        class_start = index if now[:2] != before[:2] else class_start
        start, starts = index, [index]
