"""What is told of the goods in a box: verified mass, dangerous goods and their declaration, set temperature.

Drawn from the running number of the stay alone, so nothing planned before changes by it.
"""

from __future__ import annotations

import msgspec
import numpy as np

from datasources.simulation.chance import DAY, Floats, Ints, scatter
from datasources.simulation.transfers import Segments
from datasources.simulation.yard_plan import EXPORT, IMPORT, KINDS
from domain.records import StayKind

NEVER = np.iinfo(np.int64).max
HOUR = 3_600
_REEFER, _DANGEROUS = KINDS.index(StayKind.REEFER), KINDS.index(StayKind.DANGEROUS)
_EMPTY = KINDS.index(StayKind.EMPTY)
CLASSES = (
    "3",
    "8",
    "9",
    "2.1",
    "6.1",
    "5.1",
    "4.1",
    "2.2",
)  # no explosives, no radioactive goods: no port like this takes
_CLASS_SHARES = np.cumsum((0.34, 0.22, 0.2, 0.07, 0.06, 0.05, 0.04))
_SET = np.array([-18.0, -20.0, 2.0, 4.0, 13.0, -1.5])  # frozen, chilled, bananas, fish on ice
_SET_SHARES = np.cumsum((0.42, 0.16, 0.14, 0.12, 0.08))
_MOST = {20: 30.48, 40: 32.5, 45: 32.5}  # CSC plates as they are today (ISO 668:2020 allows 36)
_WEIGHED_BEFORE, _WEIGHED_IN_PORT = (
    0.74,
    0.9975,
)  # exports come with their verified mass, or are weighed here; few never
_OVERWEIGHT = 0.0006
_LATE_SHARE, _LATE_DAYS = 0.12, 10.2  # of imports that stay so long: their goods are declared after that


class Goods(msgspec.Struct):
    """Of pieces of stays, in step with them. Epoch seconds; ``NEVER`` when it does not come."""

    vgm: Floats  # tonnes, once verified
    verified: Ints
    most: Floats  # greatest gross mass, tonnes
    imdg: Ints  # place in CLASSES, -1 none
    declared: Ints
    celsius: Floats  # NaN without


def of(seed: int, s: Segments) -> Goods:
    """The goods of these pieces; of a box that is inspected all three have the same."""
    most = np.select([s.length == length for length in _MOST], list(_MOST.values()), 30.48)
    vgm, verified = _verified(seed, s, most)
    dangerous, reefer = s.goods == _DANGEROUS, s.goods == _REEFER
    imdg = np.where(dangerous, np.searchsorted(_CLASS_SHARES, scatter(seed, 102, s.stay)), -1)
    celsius = np.where(reefer, _SET[np.searchsorted(_SET_SHARES, scatter(seed, 103, s.stay))], np.nan)
    return Goods(vgm, verified, most, imdg, np.where(dangerous, _declared(seed, s), NEVER), celsius)


def _verified(seed: int, s: Segments, most: Floats) -> tuple[Floats, Ints]:
    """Verified gross mass, and since when it is known: exports only, an import was verified where it was loaded."""
    chance = scatter(seed, 100, s.stay)
    vgm = s.weight * (0.992 + 0.016 * scatter(seed, 101, s.stay))
    vgm = np.minimum(vgm, most - 0.05)
    over = scatter(seed, 104, s.stay) < _OVERWEIGHT
    vgm = np.where(over, most + 0.15 + 1.6 * scatter(seed, 105, s.stay), vgm)
    later = s.began + (HOUR * (1 + 17 * scatter(seed, 106, s.stay))).astype(np.int64)
    at = np.select([chance < _WEIGHED_BEFORE, chance < _WEIGHED_IN_PORT], [s.began, later], NEVER)
    due = (s.role == EXPORT) & (s.goods != _EMPTY)
    return np.round(vgm, 2), np.where(due, at, NEVER)


def _declared(seed: int, s: Segments) -> Ints:
    """When dangerous goods were declared: before they come, imports mostly within days of it."""
    days = (s.ended - s.began) / DAY
    usual = np.minimum(-0.8 + 5.5 * scatter(seed, 107, s.stay), 0.85 * days)
    late = (days > _LATE_DAYS + 0.3) & (scatter(seed, 108, s.stay) < _LATE_SHARE)
    after = np.where(late, _LATE_DAYS + (0.97 * days - _LATE_DAYS) * scatter(seed, 109, s.stay), usual)
    ahead = -1.0 - 2.0 * scatter(seed, 110, s.stay)
    return s.began + (DAY * np.where(s.role == IMPORT, after, ahead)).astype(np.int64)
