"""What would move a waiting declaration, named by what stands in its queue: nothing is said that was not counted.

Each sentence changes one thing and leaves the rest of the queue as it is. Only what may still become known or happen is
named: a sailing, a direction or a class that is missing, a vessel earlier or later, who is confirmed, who comes in.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from domain.pictures import Reason
from domain.queue_lanes import Key, Lane

_WORDS = ("export", "import", "unknown")
_EXPORT, _UNKNOWN = 0, 2


@lru_cache(maxsize=1 << 15)
def said(code: str, name: str = "", value: int = 0) -> Reason:
    """A sentence; equal ones are one object, since a queue of thousands is put in order often."""
    return Reason(code=code, params={name: value} if name else {})


class Shared(NamedTuple):
    """What is said of all of a lane: of those whose time is known, of the others, and where the first one sails."""

    known: list[Reason]
    unknown: list[Reason]
    first: Reason | None


def lane_moves(lane: Lane, sailings: Sequence[datetime | None], cut: datetime | None) -> Shared:
    """Who goes ahead of a lane by coming in before the cut: ahead of those whose time is known, and of the others.

    Args:
        lane: the lane.
        sailings: of its platform, by place.
        cut: when its cycle is cut; None: nobody knows.
    """
    first = _timed("sailing_before", sailings[lane.start], lane.start + 1) if lane.direction == _EXPORT else None
    if cut is None:
        return Shared([], [], first)
    code = f"arrives_{'plain' if lane.first else 'priority'}_{_WORDS[lane.direction]}"
    known = Reason(code=code, params={"time": cut})
    unknown = known if lane.direction == _UNKNOWN else Reason(code=f"{code}_timeless", params={"time": cut})
    return Shared([known], [unknown], first)


def group_moves(
    lane: Lane,
    keys: Sequence[Key],
    sailings: Sequence[datetime | None],
    start: int,
    end: int,
    shared: Shared,
) -> list[Reason]:
    """What would move those of a lane that go by the same time.

    Args:
        lane: the lane.
        keys: of its platform, sorted.
        sailings: of its platform, by place.
        start: their places, from
        end: and to.
        shared: what ``lane_moves`` says of their lane.
    """
    of_lane = shared.unknown if keys[start][3] else shared.known
    if keys[start][3] or lane.direction == _UNKNOWN:
        return [*_known(lane, keys, sailings, start), *of_lane]
    if lane.direction != _EXPORT:
        return of_lane
    found = []
    if start > lane.start:
        place = bisect_left(lane.starts, start) - 1
        found.append(_timed("sailing_before", sailings[start - 1], lane.starts[place] + 1))
        if place and shared.first is not None:
            found.append(shared.first)
    if end < lane.known:
        later = bisect_left(lane.starts, end) + 1
        stop = lane.starts[later] if later < len(lane.starts) else lane.end
        found.append(_timed("sailing_after", sailings[end], stop))
    return [*found, *of_lane]


def class_moves(keys: Sequence[Key], index: int) -> list[Reason]:
    """Where it would stand if its enterprise, whose class is not known, were an advanced one."""
    changed = (keys[index][0], 0, *keys[index][2:])
    return [said("class_advanced", "rank", bisect_left(keys, changed) + 1)]


def _known(lane: Lane, keys: Sequence[Key], sailings: Sequence[datetime | None], start: int) -> list[Reason]:
    """What the missing time, or direction, would change once it were known."""
    if lane.direction == _UNKNOWN:
        # By what is left to compare, the last of the lane before it: no better place is promised than that.
        found = []
        for direction in (0, 1):
            place = bisect_left(keys, (lane.cycle, lane.first, direction + 1))
            if place < start:
                found.append(said(f"direction_{_WORDS[direction]}", "rank", place + 1))
        return found
    what = "sailing" if lane.direction == _EXPORT else "appointment"
    if lane.known == lane.start:
        return [said(f"{what}_known", "rank", lane.start + 1)] if start > lane.start else []
    found = [said(f"{what}_known", "rank", lane.known + 1)]
    if lane.direction == _EXPORT:
        found.append(_timed("sailing_known_before", sailings[lane.start], lane.start + 1))
    return found


def _timed(code: str, time: datetime | None, rank: int) -> Reason:
    return Reason(code=code, params={"time": time, "rank": rank})
