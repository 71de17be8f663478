"""The fair order in which waiting declarations are confirmed (seed 000, 智能确认预约顺序).

The published rule: AEO advanced enterprises and fresh or perishable goods first; exports before
imports; exports by the sailing of their vessel, imports by the time of their appointment. Nothing
else counts: not the agent, not the platform's own list, not who asked last. A time that is not
known stands after the known ones and is flagged; what is still equal goes by the time of
application, then by the declaration number, so the order is total and anybody can recompute it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import groupby

import msgspec

from domain.pictures import Reason
from domain.records import Direction, EnterpriseClass, InspectionTask

Key = tuple[int, int, int, float, int, float, str]
_DIRECTION_RANK = {Direction.EXPORT: 0, Direction.IMPORT: 1, None: 2}


class Waiting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the order may look at of a waiting declaration, and nothing more.

    Attributes:
        appointed_at: when the appointment was made (预约时间): node 预约查验, or what the source
            gives for it; also the moment waiting began.
        applied_at: when the enterprise applied.
    """

    declaration_no: str
    platform: str = ""
    direction: Direction | None = None
    enterprise_class: EnterpriseClass = EnterpriseClass.UNKNOWN
    fresh: bool = False
    vessel_departure_at: datetime | None = None
    appointed_at: datetime | None = None
    applied_at: datetime | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A declaration's fair place on its platform, and why in words.

    Attributes:
        rank: from 1 on each platform.
        reasons: sentences, catalogue ``queue.reason.<code>``; the counts of the ``ahead_*``
            sentences add up to rank - 1.
        flags: ``sailing_unknown``, ``appointment_unknown`` or ``direction_unknown``.
    """

    waiting: Waiting
    rank: int
    reasons: list[Reason]
    flags: tuple[str, ...] = ()


def waiting(task: InspectionTask, appointed_at: datetime | None = None) -> Waiting:
    """Take from a task what the order may look at.

    Args:
        task: the inspection task.
        appointed_at: time of its node 预约查验; without it the source's own appointment time.
    """
    return Waiting(
        declaration_no=task.declaration_no,
        platform=task.platform,
        direction=task.direction,
        enterprise_class=task.enterprise_class,
        fresh=task.fresh,
        vessel_departure_at=task.vessel_departure_at,
        appointed_at=appointed_at or task.appointed_for,
        applied_at=task.applied_at,
    )


def has_priority(item: Waiting) -> bool:
    """Tell whether a declaration goes first: AEO advanced, or fresh and perishable."""
    return item.fresh or item.enterprise_class is EnterpriseClass.ADVANCED


def key(item: Waiting) -> Key:
    """Sort key within one platform; smaller is served earlier."""
    deciding = _deciding_time(item)
    return (
        0 if has_priority(item) else 1,
        _DIRECTION_RANK[item.direction],
        *_when(deciding),
        *_when(item.applied_at),
        item.declaration_no,
    )


def order(items: Iterable[Waiting]) -> list[Place]:
    """Put declarations into their fair order, each platform by itself.

    Args:
        items: waiting declarations of any platforms, in any order; numbers are unique.

    Returns:
        One place per declaration, by platform and then by rank.
    """
    keyed = sorted(((item.platform, key(item), item) for item in items), key=lambda entry: entry[:2])
    places: list[Place] = []
    for _, group in groupby(keyed, key=lambda entry: entry[0]):
        places += _rank([entry[1:] for entry in group])
    return places


def _when(moment: datetime | None) -> tuple[int, float]:
    return (1, math.inf) if moment is None else (0, moment.timestamp())


def _deciding_time(item: Waiting) -> datetime | None:
    return item.vessel_departure_at if item.direction is Direction.EXPORT else item.appointed_at


def _rank(group: list[tuple[Key, Waiting]]) -> list[Place]:
    """Give ranks and reasons to one platform's declarations, already sorted."""
    places: list[Place] = []
    class_start = lane_start = tie_start = 0  # index where the row's class, lane, equal time begin
    previous: Key | None = None
    for index, (now_key, item) in enumerate(group):
        if previous is None or now_key[0] != previous[0]:
            class_start = lane_start = tie_start = index
        elif now_key[1] != previous[1]:
            lane_start = tie_start = index
        elif now_key[2:4] != previous[2:4]:
            tie_start = index
        previous = now_key
        ahead = (class_start, lane_start - class_start, tie_start - lane_start, index - tie_start)
        places.append(_place(item, index + 1, ahead))
    return places


def _place(item: Waiting, rank: int, ahead: tuple[int, int, int, int]) -> Place:
    lane, flags = _lane_reason(item)
    reasons = [_said("rank", "rank", rank), _class_reason(item), lane]
    reasons += [_said(code, "count", count) for code, count in zip(_ahead_codes(item), ahead, strict=True) if count]
    return Place(waiting=item, rank=rank, reasons=reasons, flags=flags)


def _ahead_codes(item: Waiting) -> tuple[str, str, str, str]:
    """Name what stands ahead: a better class, a better direction, a better time, an equal."""
    time = "sailing" if item.direction is Direction.EXPORT else "appointment"
    return (
        "ahead_priority",
        "ahead_with_direction" if item.direction is None else "ahead_exports",
        f"ahead_known_{time}" if _deciding_time(item) is None else f"ahead_earlier_{time}",
        "ahead_equal",
    )


def _class_reason(item: Waiting) -> Reason:
    advanced = item.enterprise_class is EnterpriseClass.ADVANCED
    if advanced and item.fresh:
        return _said("priority_aeo_fresh")
    if advanced:
        return _said("priority_aeo")
    return _said("priority_fresh" if item.fresh else "no_priority")


def _lane_reason(item: Waiting) -> tuple[Reason, tuple[str, ...]]:
    """Say by which time the declaration is placed, or that this time is not known."""
    if item.direction is None:
        return _said("direction_unknown"), ("direction_unknown",)
    known = _deciding_time(item)
    if item.direction is Direction.EXPORT:
        if known is None:
            return _said("sailing_unknown"), ("sailing_unknown",)
        return _said("export_by_sailing", "time", known), ()
    if known is None:
        return _said("appointment_unknown"), ("appointment_unknown",)
    return _said("import_by_appointment", "time", known), ()


@lru_cache(maxsize=1 << 15)
def _said(code: str, name: str = "", value: int | datetime | None = None) -> Reason:
    """A sentence; equal ones are one object, since a queue of thousands is put in order often."""
    return Reason(code=code, params={name: value} if name else {})
