"""When declarations passed the points of an inspection, as columns, and how long each stretch between took.

The seven nodes of seed 000, before them the commission the agent accepted (确认委托), and between the bill and leaving
customs' release (放行): nine points. Sources may tell neither of the two; a stretch then begins at the point before.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from domain.records import Node

POINTS = ("accepted", *(node.value for node in Node if node is not Node.DEPARTED), "released", Node.DEPARTED.value)
STRETCHES = POINTS[1:]  # each named by the point it ends at
APPOINTED, BILLED, RELEASED, DEPARTED = (POINTS.index(name) for name in ("appointed", "billed", "released", "departed"))
ACCEPTED = 0
NEVER = -1  # microseconds of a point not reached, or not told
HOUR = 3_600_000_000

Times = npt.NDArray[np.int64]
Hours = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]


class Segments(msgspec.Struct, kw_only=True):
    """Declarations in step, n of them; what had not happened by the moment asked for is not in it.

    Attributes:
        moment: microseconds the rows are as of.
        declaration_no: (n,) texts.
        times: (n, 9) microseconds of POINTS, NEVER where unknown.
        farm: (n,) farm goods.
        second: (n,) a second application.
        mode, area, direction, platform: (n,) words of the records; empty when unknown.
        hold: (n,) what holds it at the moment, empty mostly.
        held: spells in which one was held, in step: ``held_row`` its place above, ``held_word`` why,
            ``held_since`` and ``held_until`` microseconds, NEVER while it lasts.
    """

    moment: int
    declaration_no: Words
    times: Times
    farm: Flags
    second: Flags
    mode: Words
    area: Words
    direction: Words
    platform: Words
    hold: Words
    held_row: Times
    held_word: Words
    held_since: Times
    held_until: Times

    def __len__(self) -> int:
        """How many declarations."""
        return len(self.declaration_no)

    def take(self, chosen: Flags) -> Segments:
        """Those of the declarations for which ``chosen`` is true, with their spells."""
        place = np.cumsum(chosen) - 1
        kept = chosen[self.held_row]
        own = {name: getattr(self, name)[chosen] for name in _OWN}
        spells = {name: getattr(self, name)[kept] for name in _SPELLS if name != "held_row"}
        return Segments(moment=self.moment, held_row=place[self.held_row[kept]], **own, **spells)

    def finished(self, since: int, until: int) -> Flags:
        """Who left the area in [since, until), microseconds."""
        left = self.times[:, DEPARTED]
        return np.asarray((left >= since) & (left < until))

    def like(self, farm: bool, mode: str, area: str) -> Flags:
        """Declarations of one kind: those it is fair to compare one with."""
        return np.asarray((self.farm == farm) & (self.mode == mode) & (self.area == area))

    def starts(self) -> Times:
        """(n, 8) when each stretch began: at the point before; where that is not told, at the bill."""
        starts = self.times[:, :-1].copy()
        last = DEPARTED - 1
        starts[:, last] = np.where(starts[:, last] == NEVER, self.times[:, BILLED], starts[:, last])
        return starts

    def hours(self) -> Hours:
        """(n, 8) hours of STRETCHES; NaN where an end is unknown or the times contradict each other."""
        return between(self.starts(), self.times[:, 1:])

    def whole(self) -> tuple[Hours, Flags]:
        """Hours of the whole, and where they are by the definition of seed 000.

        From commission to release (从确认委托至收到海关放行信息); where a source tells either not, from appointment
        to leaving. NaN while under way.
        """
        accepted, released = self.times[:, ACCEPTED], self.times[:, RELEASED]
        told = (accepted != NEVER) & (released != NEVER)
        left = self.times[:, DEPARTED] != NEVER
        usual = between(accepted, released)
        other = between(self.times[:, APPOINTED], self.times[:, DEPARTED])
        return np.where(left, np.where(told, usual, other), np.nan), np.asarray(told & left)


_OWN = ("declaration_no", "times", "farm", "second", "mode", "area", "direction", "platform", "hold")
_SPELLS = ("held_row", "held_word", "held_since", "held_until")


def between(start: Times, end: Times) -> Hours:
    """Hours from one to the other; NaN where either is NEVER or they contradict each other."""
    sensible = (start != NEVER) & (end != NEVER) & (end >= start)
    return np.where(sensible, (end - start) / HOUR, np.nan)


def share_below(values: Hours, value: float) -> float | None:
    """Which share of the values lies below one, those equal to it half; None when there are no values."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    return float((np.sum(known < value) + np.sum(known == value) / 2) / len(known))
