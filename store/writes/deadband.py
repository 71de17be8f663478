"""Which fixes go into history: the dead-band of `domain.deadband`, put into figures a loop can use."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from domain.deadband import TURN_AFTER, DeadBand
from store.moments import SECOND

METRES_PER_DEGREE = 111_195.0

Fix = tuple[int, float, float, Any]  # time, lon, lat, course (None when not known)
Judge = Callable[[Fix, Fix], bool]


def judge(band: DeadBand) -> Judge:
    """Tell whether a fix is worth keeping after the one kept before it."""
    span = math.inf if band.seconds == math.inf else int(band.seconds * SECOND)
    far, moved = ((share * band.metres / METRES_PER_DEGREE) ** 2 for share in (1.0, TURN_AFTER))
    degrees, cos, radians = band.degrees, math.cos, math.radians

    def worth(before: Fix, fix: Fix) -> bool:
        time, lon, lat, course = fix
        if time - before[0] >= span:
            return True
        x, y = (lon - before[1]) * cos(radians(lat)), lat - before[2]
        way = x * x + y * y
        if way >= far:
            return True
        if way < moved or course is None or before[3] is None:
            return False
        turn = abs(course - before[3]) % 360.0
        return bool(min(turn, 360.0 - turn) >= degrees)

    return worth
