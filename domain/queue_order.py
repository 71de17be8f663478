"""The fair order in which waiting declarations are confirmed (seed 000, 智能确认预约顺序).

The published rule, within one automatic confirmation cycle (``domain.cycles`` says what that is): AEO advanced
enterprises and fresh or perishable goods first; exports before imports; exports by the sailing of their vessel, imports
by the time of their appointment. Nothing else counts: not the agent, not the platform's own list, not who asked last. A
time that is not known, or has no zone and so cannot be known, stands after the known ones and is flagged; what is still
equal goes by the time of application, then by the declaration number: the order is total, anybody can recompute it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from operator import itemgetter

import msgspec

from domain.cycles import Cycles
from domain.pictures import Reason
from domain.queue_lanes import Key, Lane, lanes
from domain.queue_moves import class_moves, group_moves, lane_moves, said
from domain.records import Direction, EnterpriseClass, InspectionTask

_DIRECTION_RANK = {Direction.EXPORT: 0, Direction.IMPORT: 1, None: 2}
_EARLIER = (
    ("ahead_earlier_sailing", "ahead_known_sailing"),
    *[("ahead_earlier_appointment", "ahead_known_appointment")] * 2,
)
_DIGITS = 18  # of a declaration number


class Waiting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the order may look at of a waiting declaration, and nothing more.

    Attributes:
        appointed_at: when the appointment was made (预约时间): node 预约查验, or what the source
            gives for it; also the moment waiting began.
        applied_at: when the enterprise applied.
        entered_at: when it came into the queue, which decides its cycle; None: it is there, and that is all one knows.
    """

    declaration_no: str
    platform: str = ""
    direction: Direction | None = None
    enterprise_class: EnterpriseClass = EnterpriseClass.UNKNOWN
    fresh: bool = False
    vessel_departure_at: datetime | None = None
    appointed_at: datetime | None = None
    applied_at: datetime | None = None
    entered_at: datetime | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A declaration's fair place on its platform, and why in words.

    Attributes:
        rank: from 1 on each platform.
        reasons: sentences, catalogue ``queue.reason.<code>``; the counts of the ``ahead_*``
            sentences add up to rank - 1.
        moves: what would move it, catalogue ``queue.move.<code>``; ranks and counts are those of this queue.
        flags: ``sailing_unknown``, ``appointment_unknown``, ``direction_unknown``, ``time_without_zone`` or
            ``declaration_twice``: the number stands on the platform twice, or once without its last digit.
        cycle: the cut whose order it stands in; None when no cycles were given.
        key: by what it was sorted.
    """

    waiting: Waiting
    rank: int
    reasons: list[Reason]
    moves: list[Reason] = []
    flags: tuple[str, ...] = ()
    cycle: datetime | None = None
    key: Key | None = None


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
        entered_at=appointed_at or task.applied_at or task.appointed_for,
    )


def has_priority(item: Waiting) -> bool:
    """Tell whether a declaration goes first: AEO advanced, or fresh and perishable."""
    return item.fresh or item.enterprise_class is EnterpriseClass.ADVANCED


def key(item: Waiting, cycles: Cycles | None = None, cut: datetime | None = None) -> Key:
    """Sort key within one platform; smaller is served earlier.

    Args:
        item: the declaration.
        cycles: when customs' system confirms; None: all stand in one cycle.
        cut: the cut that comes next; who comes in after it stands in a later cycle.
    """
    time = _seconds(item.vessel_departure_at if item.direction is Direction.EXPORT else item.appointed_at)
    applied = _seconds(item.applied_at)
    return (
        0.0 if cycles is None or cut is None else _later(item.entered_at, cycles, cut),
        0 if item.fresh or item.enterprise_class is EnterpriseClass.ADVANCED else 1,
        _DIRECTION_RANK[item.direction],
        time == math.inf,
        time,
        applied == math.inf,
        applied,
        item.declaration_no,
    )


def order(items: Iterable[Waiting], cycles: Cycles | None = None, at: datetime | None = None) -> list[Place]:
    """Put declarations into their fair order, each platform by itself.

    Args:
        items: waiting declarations of any platforms, in any order. A number that comes twice keeps both, flagged.
        cycles: when customs' system confirms; None: all stand in one cycle.
        at: the moment asked about, aware; what comes in after the cut that follows it stands behind, cycle by cycle.

    Returns:
        One place per declaration, by platform and then by rank.
    """
    cut = cycles.after(at) if cycles is not None and at is not None else None
    platforms: dict[str, list[tuple[Key, Waiting]]] = {}
    for item in items:
        platforms.setdefault(item.platform, []).append((key(item, cycles, cut), item))
    places: list[Place] = []
    for platform in sorted(platforms):
        places += _platform(platforms[platform], cut)
    return places


def _platform(group: list[tuple[Key, Waiting]], cut: datetime | None) -> Iterator[Place]:
    """Rank one platform's declarations."""
    group.sort(key=itemgetter(0))
    numbers = [item.declaration_no for _, item in group]
    twice = _twice(numbers)
    if len(set(numbers)) < len(numbers):  # by all they say, so that the order never depends on how rows came
        group.sort(key=lambda pair: (pair[0], repr(pair[1])))
    keys, items = [pair[0] for pair in group], [pair[1] for pair in group]
    sailings = [item.vessel_departure_at for item in items]
    for lane in lanes(keys):
        cycle = cut if not lane.cycle else datetime.fromtimestamp(lane.cycle, UTC)
        of_lane, ahead, (earlier, unknown) = lane_moves(lane, sailings, cycle), _ahead(lane), _EARLIER[lane.direction]
        for start, end in lane.groups():
            reason, flags = _lane_reason(items[start], known=start < lane.known)
            shared = [reason, *ahead]
            if start > lane.start:
                shared.append(said(earlier if start < lane.known else unknown, "count", start - lane.start))
            of_group = group_moves(lane, keys, sailings, start, end, of_lane)
            for index in range(start, end):
                yield _place(items[index], index, start, shared, of_group, flags, keys, cycle, twice)


def _place(
    item: Waiting, index: int, start: int, shared: list[Reason], moves: list[Reason], flags: tuple[str, ...],
    keys: list[Key], cycle: datetime | None, twice: frozenset[str],
) -> Place:  # fmt: skip
    """One declaration's place; what it shares with its equals is made once for all of them."""
    reasons = [said("rank", "rank", index + 1), _class_reason(item), *shared]
    if index > start:
        reasons.append(said("ahead_equal", "count", index - start))
    if item.enterprise_class is EnterpriseClass.UNKNOWN and not item.fresh:
        moves = [*class_moves(keys, index), *moves]
    if index:
        moves = [*moves, said("ahead_confirmed", "count", index)]
    if item.declaration_no in twice:
        flags = (*flags, "declaration_twice")
    if (keys[index][3] or keys[index][5]) and _without_zone(item):
        flags = (*flags, "time_without_zone")
    return Place(waiting=item, rank=index + 1, reasons=reasons, moves=moves, flags=flags, cycle=cycle, key=keys[index])


def _without_zone(item: Waiting) -> bool:
    looked_at = (item.vessel_departure_at, item.appointed_at, item.applied_at)
    return any(time is not None and time.tzinfo is None for time in looked_at)


def _later(entered: datetime | None, cycles: Cycles, cut: datetime) -> float:
    """The cut it belongs to, epoch seconds, where that is a later one than the next; else 0."""
    if entered is None or entered.tzinfo is None or entered <= cut:
        return 0.0
    try:
        return cycles.cut(entered).timestamp()
    except OverflowError:  # the end of the calendar: no time at all
        return 0.0


def _seconds(moment: datetime | None) -> float:
    # A time without a zone would be read by this machine's clock: it is as good as unknown, and flagged.
    return math.inf if moment is None or moment.tzinfo is None else moment.timestamp()


def _twice(numbers: list[str]) -> frozenset[str]:
    """Numbers that stand there twice, or once whole and once without their last digit."""
    seen: set[str] = set()
    found = {number for number in numbers if number in seen or seen.add(number)}  # type: ignore[func-returns-value]
    for number in seen:
        if len(number) == _DIGITS and number[:-1] in seen:
            found |= {number, number[:-1]}
    return frozenset(found)


def _ahead(lane: Lane) -> list[Reason]:
    """What stands ahead of a whole lane."""
    counts = (lane.cycle_start, lane.class_start - lane.cycle_start, lane.start - lane.class_start)
    codes = ("ahead_cycle", "ahead_priority", "ahead_with_direction" if lane.direction > 1 else "ahead_exports")
    return [said(code, "count", count) for code, count in zip(codes, counts, strict=True) if count]


def _class_reason(item: Waiting) -> Reason:
    advanced = item.enterprise_class is EnterpriseClass.ADVANCED
    if advanced and item.fresh:
        return said("priority_aeo_fresh")
    if advanced:
        return said("priority_aeo")
    return said("priority_fresh" if item.fresh else "no_priority")


def _lane_reason(item: Waiting, known: bool) -> tuple[Reason, tuple[str, ...]]:
    """Say by which time the declaration is placed, or that this time is not known."""
    if item.direction is None:
        return said("direction_unknown"), ("direction_unknown",)
    if item.direction is Direction.EXPORT:
        if not known:
            return said("sailing_unknown"), ("sailing_unknown",)
        return Reason(code="export_by_sailing", params={"time": item.vessel_departure_at}), ()
    if not known:
        return said("appointment_unknown"), ("appointment_unknown",)
    return Reason(code="import_by_appointment", params={"time": item.appointed_at}), ()
