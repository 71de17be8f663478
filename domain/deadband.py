"""How fine a history of positions is kept, and how far it can be from the truth."""

from __future__ import annotations

import math

import msgspec

TURN_AFTER = 0.2  # of ``metres``: a course counts once so far was gone; a compass at rest turns by itself


class DeadBand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which fixes go into history: so far from the last one kept, so long after it, or so much turned.

    What is lost, for fixes that come in the order of their times:

    - At any fix, the last one kept lies less than ``metres`` away and less than ``seconds`` back:
      so far off is a picture of a past moment at worst.
    - The path drawn through the kept fixes is everywhere less than ``metres`` from the path through
      all of them, and the other way round; how often fixes come does not matter.
    - A position interpolated in time between kept fixes is off by less than twice ``metres`` plus
      the longest way between two fixes in a row (a vehicle at 30 km/h heard every 2 s: 17 m more).
    - The course kept differs by less than ``degrees`` from that of any later fix more than a fifth
      of ``metres`` away from it.

    Distances are taken on the sphere, without detours across the 180th meridian. The newest fix is
    always known exactly, beside the history. A late fix is held against its neighbours only.

    Attributes:
        metres: distance from which on a fix is kept; infinite = never for its place.
        seconds: time from which on it is kept.
        degrees: change of course from which on it is kept; infinite = never for its course.
    """

    metres: float = math.inf
    seconds: float = 60.0
    degrees: float = math.inf

    def __post_init__(self) -> None:
        """Refuse what keeps no order.

        Raises:
            ValueError: not a number, or below zero.
        """
        if not (self.metres >= 0 and self.seconds >= 0 and self.degrees >= 0):
            raise ValueError("a dead-band is never below zero")


class Bands(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dead-band of each kind of track."""

    vehicles: DeadBand = DeadBand(25.0, 60.0, 45.0)
    vessels: DeadBand = DeadBand(50.0, 180.0, 30.0)
    gates: DeadBand = DeadBand(math.inf, 300.0)


BANDS = Bands()
