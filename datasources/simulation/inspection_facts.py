"""What the platform tells of a day's declarations beside their seven nodes.

Commission and release, who inspects, special ways, what holds a declaration, what it costs. Everything follows
from (seed, day, place) by `scatter`, so that it draws on nobody else's chance. From commission to release it takes
the mean hours of seed 000 (从确认委托至收到海关放行信息): the nodes are planned to take them from appointment to
leaving, and what comes before the appointment goes off again between release and leaving.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from datasources.simulation.chance import DAY, LOCAL_OFFSET, Bools, Floats, Ints, scatter, weekday
from datasources.simulation.inspection_plan import HOUR, Tasks
from domain.records import Special

Chance = Callable[[int], Floats]  # of each task, by stream

MINUTE = 60
LEAD_DAYS = 2  # nothing is heard of a declaration earlier before the day of its appointment
CUT_OFF_HOURS = 12  # before departure, as the calls of vessels say
OFFICERS = 12  # of an area; two of three are on shift
REASONS = ("船期提前", "冷机故障，货物易变质", "企业申请加急，已审批")
_FAVOURED_AGENT, _FAVOURED_OFFICER, _FAVOURED_SHARE = 5, 7, 0.6  # the pair an integrity watch should find
_WEEKS, _WEEKS_OF_FAVOUR = 8, 5
_SHIP_SIDE, _UNACCOMPANIED, _DIRECT_LOAD, _ORDERS_TRUCK = 0.15, 0.40, 0.08, 0.06
_NEAR_CUT_OFF_HOURS = 48
_IDLE, _IDLE_LONG = 0.02, 0.25
_COLD_WAITS, _COLD_FAILS, _COLD_UNPROVEN = 0.09, 0.12, 0.02
_REFUSED_LONG = 0.15
_SUSPENDED, _SUSPENDED_FROM = 0.10, 4 * HOUR
_CLASSIFIED, _IRREGULAR = 0.02, 0.01
_WAIVED, _CNY_BY_MACHINE, _CNY_BY_HAND = 0.85, 150.0, 480.0


class Facts(msgspec.Struct):
    """In step with the tasks of a day. Times: epoch seconds, -1 where there is none.

    Attributes:
        begins: when the platform first tells of it.
        accepted, released: of the commission and of the goods.
        idle: held from its commission until the appointment is made.
        tested: result of the test of cold chain goods, told while idle; ``failed``: it was bad, a second one good.
        unproven: applied while the test was pending.
        asked, refused: first appointment and its refusal, where the task's own is a second application.
        halted, resumed: suspended within the inspection.
        cut_off: until when an export must be back.
        officer: code of who inspects.
        ways: special ways, without the truck ordered through the platform.
        orders_truck: orders one.
        reason: place in REASONS for what is confirmed out of order, -1 none.
        fee: CNY, 0 waived.
        photos: how many are taken.
    """

    begins: Ints
    accepted: Ints
    released: Ints
    idle: Ints
    tested: Ints
    failed: Ints
    unproven: Ints
    asked: Ints
    refused: Ints
    halted: Ints
    resumed: Ints
    cut_off: Ints
    officer: list[str]
    ways: list[tuple[str, ...]]
    orders_truck: Ints
    classified: Ints
    irregular: Ints
    reason: Ints
    fee: Floats
    photos: Ints


def facts(seed: int, tasks: Tasks, areas: list[str], sails: Ints) -> Facts:
    """The facts of a day.

    Args:
        seed: of the world.
        tasks: the day's tasks.
        areas: area of each platform.
        sails: departure of each task's vessel, epoch seconds, -1 for imports.
    """
    every = np.arange(len(tasks.declaration))

    def chance(stream: int) -> Floats:
        return scatter(seed, stream, tasks.day, every)

    asked, refused = _refused(tasks, chance)
    idle, accepted, tested = _before(tasks, asked, chance)
    halted, resumed = _suspended(tasks, chance)
    after = (25 * MINUTE + 110 * MINUTE * chance(84)).astype(np.int64)
    unaccompanied = chance(92) < _UNACCOMPANIED
    cut_off = np.where(sails >= 0, sails - CUT_OFF_HOURS * HOUR, -1)
    return Facts(
        begins=np.where(idle == 1, accepted, np.where(asked >= 0, asked, tasks.appointed)), accepted=accepted,
        released=np.maximum(tasks.departed - after, tasks.billed), idle=idle, tested=tested,
        failed=((tested >= 0) & (chance(85) < _COLD_FAILS)).astype(np.int64),
        unproven=((tasks.reefer == 1) & (idle == 0) & (chance(86) < _COLD_UNPROVEN)).astype(np.int64),
        asked=asked, refused=refused, halted=halted, resumed=resumed, cut_off=cut_off,
        officer=_officers(tasks, areas, chance), ways=_ways(tasks, cut_off, unaccompanied, chance),
        orders_truck=(chance(95) < _ORDERS_TRUCK).astype(np.int64),
        classified=(chance(96) < _CLASSIFIED).astype(np.int64),
        irregular=(chance(97) < _IRREGULAR).astype(np.int64),
        reason=np.where(tasks.jumps == 2, (chance(98) * len(REASONS)).astype(np.int64), -1),
        fee=_fees(tasks, chance), photos=np.where(unaccompanied, 2 + (3 * chance(100)).astype(np.int64), 0),
    )  # fmt: skip


def _refused(tasks: Tasks, chance: Chance) -> tuple[Ints, Ints]:
    """When what is a second application was first asked for and refused: hours before, now and then over a day."""
    second = tasks.second == 1
    hours = np.where(chance(80) < _REFUSED_LONG, 25 + 9 * chance(81), 2 + 8 * chance(81))
    asked = tasks.appointed - (hours * HOUR).astype(np.int64)
    refused = asked + (15 * MINUTE + 45 * MINUTE * chance(82)).astype(np.int64)
    return np.where(second, asked, -1), np.where(second, refused, -1)


def _before(tasks: Tasks, asked: Ints, chance: Chance) -> tuple[Ints, Ints, Ints]:
    """Which stay without an appointment for a while, when commissions were accepted and tests done meanwhile."""
    cold = (tasks.reefer == 1) & (chance(87) < _COLD_WAITS)
    idle = (asked < 0) & (cold | (chance(88) < _IDLE))
    first = np.where(asked >= 0, asked - (tasks.appointed - tasks.applied), tasks.applied)
    long = np.where(~cold & (chance(89) < _IDLE_LONG), 26 + 9 * chance(90), 4 + 8 * chance(90))
    usual = (3 * MINUTE + 17 * MINUTE * chance(90)).astype(np.int64)
    accepted = first - np.where(idle, (long * HOUR).astype(np.int64), usual)
    tested = np.where(idle & (tasks.reefer == 1), accepted + (first - accepted) // 2, -1)
    return idle.astype(np.int64), accepted, tested


def _suspended(tasks: Tasks, chance: Chance) -> tuple[Ints, Ints]:
    """Inspections that stand still for a reason of the goods' own: some of those that take long."""
    long = tasks.inspected - tasks.assigned > _SUSPENDED_FROM
    halted = tasks.assigned + (10 * MINUTE + 30 * MINUTE * chance(91)).astype(np.int64)
    stands = (long & (chance(83) < _SUSPENDED)) | (tasks.stuck == 1)
    return np.where(stands, halted, -1), np.where(stands, tasks.inspected - 15 * MINUTE, -1)


def _officers(tasks: Tasks, areas: list[str], chance: Chance) -> list[str]:
    """One of those on shift on the day of the inspection, by chance but for the favoured pair."""
    day = (tasks.inspected + LOCAL_OFFSET) // DAY
    # On shift are those whose number and day do not add up to a multiple of three.
    place = (chance(93) * (OFFICERS * 2 // 3)).astype(np.int64)
    number = place // 2 * 3 + (1 + place % 2 - day) % 3
    week = (day + 3) // 7 % _WEEKS
    shift = (_FAVOURED_OFFICER + day) % 3 != 0
    favoured = (tasks.agent == _FAVOURED_AGENT) & (week < _WEEKS_OF_FAVOUR) & shift & (chance(94) < _FAVOURED_SHARE)
    north = np.array([area == areas[0] for area in areas])[tasks.platform]
    number = np.where(favoured & north, _FAVOURED_OFFICER, number)
    letters = [areas[platform][:1].upper() for platform in tasks.platform.tolist()]
    return [f"{letter}{n + 1:02d}" for letter, n in zip(letters, number.tolist(), strict=True)]


def _ways(tasks: Tasks, cut_off: Ints, unaccompanied: Bools, chance: Chance) -> list[tuple[str, ...]]:
    """Special ways of each task."""
    imported, draw = tasks.imported == 1, chance(99)
    near = cut_off - tasks.appointed < _NEAR_CUT_OFF_HOURS * HOUR
    columns = {
        Special.SHIP_SIDE: imported & (tasks.machine == 1) & (draw < _SHIP_SIDE),
        Special.CROSS_AREA: ~imported & near & (weekday(tasks.day) >= 5),
        Special.UNACCOMPANIED: unaccompanied,
        Special.DIRECT_LOAD: ~imported & (draw < _DIRECT_LOAD),
        Special.COLD_CHAIN: tasks.reefer == 1,
    }
    table = np.stack(list(columns.values()), axis=1)
    names = [str(name) for name in columns]
    known: dict[bytes, tuple[str, ...]] = {}
    return [
        known.setdefault(row.tobytes(), tuple(n for n, has in zip(names, row, strict=True) if has)) for row in table
    ]


def _fees(tasks: Tasks, chance: Chance) -> Floats:
    boxes = np.bincount(tasks.box_task, minlength=len(tasks.declaration))
    fee = boxes * np.where(tasks.machine == 1, _CNY_BY_MACHINE, _CNY_BY_HAND)
    return np.asarray(np.where(chance(101) < _WAIVED, 0.0, fee))
