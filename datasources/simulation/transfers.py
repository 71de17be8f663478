"""Inspected boxes moved from their block to the platform and back, and what that does to their stays.

A box that is inspected leaves its block, stands in the area, and comes back: three pieces.
"""

from __future__ import annotations

import msgspec
import numpy as np

from datasources.simulation.chance import Floats, Ints
from datasources.simulation.identity import CAPACITY_PER_DAY
from datasources.simulation.inspection_plan import Tasks
from datasources.simulation.yard_plan import INSIDE_METRES_PER_SECOND, KINDS, Stays

BY_TRUCK, BY_TRANSFER = -1, -2
INSPECTION_KIND = len(KINDS)
_BETWEEN_BOXES = 60  # seconds between the boxes of one declaration


class Trips(msgspec.Struct):
    """Moves of a day's inspected boxes, in step with ``Tasks.box_task``. Epoch seconds."""

    picked: Ints
    brought: Ints
    fetched: Ints
    returned: Ints
    area_block: Ints  # the inspection block it stands in meanwhile, -1 none


class Segments(msgspec.Struct):
    """Pieces of stays: a box that was inspected has three. Key of a piece: (stay, part)."""

    stay: Ints
    part: Ints
    block: Ints
    bay: Ints
    tier: Ints
    length: Ints
    kind: Ints
    weight: Floats
    arrives: Ints
    departs: Ints
    came: Ints  # call code, BY_TRUCK or BY_TRANSFER
    goes: Ints
    # Of the whole stay: whether it is imported, exported or transhipped, the kind of its goods, its two ends.
    role: Ints
    goods: Ints
    began: Ints
    ended: Ints

    def take(self, wanted: Ints) -> Segments:
        """The pieces at these places."""
        return Segments(*(getattr(self, name)[wanted] for name in self.__struct_fields__))

    @staticmethod
    def join(parts: list[Segments]) -> Segments:
        """Several tables, one after the other."""
        return Segments(*(np.concatenate([getattr(p, name) for p in parts]) for name in Segments.__struct_fields__))


def trips(tasks: Tasks, platform_metres: Floats, area_block: Ints) -> Trips:
    """When each inspected box is moved.

    Args:
        tasks: a day's tasks.
        platform_metres: road metres, platforms x blocks.
        area_block: inspection blocks of each platform, two columns, -1 none.
    """
    task = tasks.box_task
    platform = tasks.platform[task]
    drive = (90 + platform_metres[platform, tasks.box_block] / INSIDE_METRES_PER_SECOND).astype(np.int64)
    first = np.searchsorted(task, task, side="left")
    turn = (np.arange(len(task)) - first) * _BETWEEN_BOXES
    last = np.bincount(task, minlength=len(tasks.declaration))[task] * _BETWEEN_BOXES
    brought = tasks.transferred[task] - last + turn + _BETWEEN_BOXES
    picked = np.maximum(brought - drive, tasks.confirmed[task] + 60 + turn)
    fetched = tasks.departed[task] - last + turn + _BETWEEN_BOXES
    return Trips(
        picked, np.maximum(brought, picked + 60), fetched, fetched + drive, area_block[platform, tasks.box_stay % 2]
    )


def segments(stays: Stays, inspected: list[tuple[Tasks, Trips]]) -> Segments:
    """The pieces of a plan day's stays.

    Args:
        stays: as planned.
        inspected: the inspections that take boxes of this plan day.
    """
    count = len(stays.role)
    whole = Segments(
        stay=stays.first + np.arange(count),
        part=np.zeros(count, np.int64),
        block=stays.block,
        bay=stays.bay,
        tier=stays.tier,
        length=stays.length,
        kind=stays.kind,
        weight=stays.weight,
        arrives=stays.arrives,
        departs=stays.departs.copy(),
        came=stays.arrival_call,
        goes=stays.departure_call.copy(),
        role=stays.role,
        goods=stays.kind,
        began=stays.arrives,
        ended=stays.departs,
    )
    extra = [_split(whole, stays, tasks, moves) for tasks, moves in inspected]
    return Segments.join([whole, *(e for e in extra if e is not None)])


def _split(whole: Segments, stays: Stays, tasks: Tasks, moves: Trips) -> Segments | None:
    place = tasks.box_stay - stays.first
    mine = np.flatnonzero((place >= 0) & (place < min(CAPACITY_PER_DAY, len(stays.role))) & (moves.area_block >= 0))
    if not len(mine):
        return None
    at = place[mine]
    there, back = whole.take(at), whole.take(at)
    there.part, back.part = np.full(len(at), 1), np.full(len(at), 2)
    there.block, there.kind = moves.area_block[mine], np.full(len(at), INSPECTION_KIND)
    there.bay, there.tier = there.bay % 33 * 2 + 1, np.minimum(there.tier, 2)
    there.arrives, there.departs = moves.brought[mine], moves.fetched[mine]
    there.came = there.goes = np.full(len(at), BY_TRANSFER)
    back.arrives, back.came = moves.returned[mine], np.full(len(at), BY_TRANSFER)
    back.departs = np.maximum(back.departs, back.arrives + 60)
    whole.departs[at], whole.goes[at] = moves.picked[mine], BY_TRANSFER
    return Segments.join([there, back])
