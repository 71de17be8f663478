"""One day's inspections: who is selected, and when each declaration reaches its seven nodes.

Volumes are those of seed 000 (2021: 83,000 declarations, 208,000 containers); mean hours from
appointment to leaving 13.7 for farm goods and 19.7 for others. On Saturdays the north area works,
on Sundays the south area. Boxes are real stays of the yard: exports that came in yesterday, imports
that are collected three days on.
"""

from __future__ import annotations

import msgspec
import numpy as np

from datasources.simulation import identity
from datasources.simulation.chance import (
    DAY,
    LOCAL_OFFSET,
    Floats,
    Ints,
    by_hour,
    day_start,
    generator,
    local_day,
    scatter,
    spread,
    weekday,
)
from datasources.simulation.confirmation import Applicant, confirm
from datasources.simulation.geography import Geography
from datasources.simulation.yard_plan import EXPORT, IMPORT, KINDS, Stays
from domain.records import EnterpriseClass, StayKind

HOUR = 3600
EXPORTS_LAG, IMPORTS_LEAD = 1, 3  # days from the inspection's day to the plan day of its boxes
_WEEKDAY_TASKS, _WEEKEND_TASKS = 275, 124
_BOXES_PER_TASK = 208_000 / 83_000
_MOST_BOXES = 15
_EXPORT_SHARE = 0.62
_MEAN_HOURS = {True: 13.7, False: 19.7}  # farm goods, others
_USUAL_HOURS_TO_BILL = 9.85
_HOURS = np.array(  # online round the clock, most when offices open in the morning and after lunch
    [
        2.6,
        2.2,
        2.0,
        1.8,
        1.4,
        1.0,
        1.0,
        4.0,
        24.0,
        14.0,
        4.0,
        3.0,
        13.0,
        10.0,
        3.5,
        5.5,
        9.0,
        7.0,
        3.5,
        6.5,
        6.0,
        4.5,
        3.0,
        2.6,
    ]
)
_CLASSES = (
    EnterpriseClass.ADVANCED, EnterpriseClass.GENERAL_CERTIFIED, EnterpriseClass.GENERAL, EnterpriseClass.UNKNOWN,
)  # fmt: skip
_CLASS_SHARES = (0.12, 0.18, 0.64, 0.06)
_AGENTS = 180
_STUCK = 0.01
_BACK_BEFORE_HOURS = 2.0
_REASONED = 0.06
# Exports are chosen that sail no sooner: a box inspected the next working morning is back in time.
_SOONEST_SAILING_DAYS = (1.9, 1.9, 1.9, 1.9, 2.9, 2.9, 1.9)
AREAS = ("north", "south")


class Tasks(msgspec.Struct):
    """The declarations appointed on one local day, by time of appointment. Times: epoch seconds."""

    day: int
    declaration: list[str]
    imported: Ints
    farm: Ints
    fresh: Ints
    grade: Ints  # place in the credit classes
    machine: Ints
    platform: Ints
    country: Ints
    agent: Ints
    second: Ints
    early: Ints  # goods already at the area (精准进场)
    applied: Ints
    appointed: Ints
    confirmed: Ints
    transferred: Ints
    assigned: Ints
    inspected: Ints
    billed: Ints
    departed: Ints
    call: Ints  # call the exports leave by, -1 import
    sampled: Ints
    released: Ints  # machine scan released directly
    jumps: Ints  # confirmed out of order: 1 for no reason, 2 for one that is told
    reefer: Ints
    gathered: Ints  # the last of its boxes came to the port
    lifted: Ints  # the first of its boxes leaves the yard
    stuck: Ints  # suspended for more than a day
    box_task: Ints  # for each box: place of its task
    box_stay: Ints  # running stay number
    box_block: Ints  # the block it is fetched from

    def enterprise_class(self, index: int) -> EnterpriseClass:
        """Credit class of a task."""
        return _CLASSES[int(self.grade[index])]


class InspectionPlanner:
    """Plans days of inspections."""

    def __init__(self, seed: int, geography: Geography) -> None:
        self._seed, self._geography = seed, geography
        self._of_area = [np.array([i for i, p in enumerate(geography.platforms) if p.area == a]) for a in AREAS]

    def works(self, day: int, area: str) -> bool:
        """Whether an area inspects on a local day (weekend rota of seed 000)."""
        return {5: area == "north", 6: area == "south"}.get(weekday(day), True)

    def plan(self, day: int, exports: Stays, imports: Stays, sailing: dict[int, int] | None = None) -> Tasks:
        """The day's tasks.

        Args:
            day: local day.
            exports: stays planned ``EXPORTS_LAG`` days before.
            imports: stays planned ``IMPORTS_LEAD`` days after.
            sailing: departure time by call code, for the fair order.
        """
        rng = generator(self._seed, 3, day)
        mean = _WEEKEND_TASKS if weekday(day) >= 5 else _WEEKDAY_TASKS
        count = round(mean * rng.uniform(0.92, 1.08))
        sizes = np.minimum(rng.geometric(1 / _BOXES_PER_TASK, count), _MOST_BOXES)
        imported = (rng.random(count) >= _EXPORT_SHARE).astype(np.int64)
        chosen = self._select(rng, day, exports, imports, sizes, imported)
        kept = np.array([len(c) > 0 for c in chosen])
        chosen = [c for c in chosen if len(c)]
        return self._timeline(rng, day, imported[kept], chosen, exports, imports, sailing or {})

    def _select(
        self, rng: np.random.Generator, day: int, exports: Stays, imports: Stays, sizes: Ints, imported: Ints
    ) -> list[Ints]:
        """Boxes of each task: runs of stays that share a call as far as possible."""
        start = day_start(day)
        left = start + _SOONEST_SAILING_DAYS[weekday(day)] * DAY
        out = np.flatnonzero((exports.role == EXPORT) & (exports.kind != 3) & (exports.departs > left))
        back = np.flatnonzero((imports.role == IMPORT) & (imports.kind != 3) & (imports.arrives < start - 2 * HOUR))
        out = out[np.argsort(exports.departure_call[out], kind="stable")]
        back = back[np.argsort(imports.arrival_call[back], kind="stable")]
        chosen: list[Ints] = [np.zeros(0, np.int64)] * len(sizes)
        for pool, mine in ((out, np.flatnonzero(imported == 0)), (back, np.flatnonzero(imported == 1))):
            ends = np.cumsum(sizes[mine])
            slack = max(0, len(pool) - int(ends[-1]) if len(ends) else 0)
            gaps = np.sort(rng.integers(0, slack + 1, len(mine)))  # leave boxes out here and there, none twice
            for number, place in enumerate(mine):
                stop = int(ends[number] + gaps[number])
                chosen[place] = pool[stop - int(sizes[place]) : stop]
        return chosen

    def _timeline(
        self,
        rng: np.random.Generator,
        day: int,
        imported: Ints,
        chosen: list[Ints],
        exports: Stays,
        imports: Stays,
        sailing: dict[int, int],
    ) -> Tasks:
        count = len(imported)
        appointed = day_start(day) + by_hour(rng, _HOURS, count)
        stays = [imports if i else exports for i in imported]
        first = [int(c[0]) for c in chosen]
        call = np.array([-1 if i else int(s.departure_call[f]) for i, s, f in zip(imported, stays, first, strict=True)])
        date = np.datetime64("1970-01-01") + day
        year = int(str(date)[:4])
        ordinal = int((date - np.datetime64(f"{year}-01-01")).astype(int)) + 1
        declaration = [identity.declaration_no(year, ordinal, i, bool(m)) for i, m in enumerate(imported)]
        reefer = np.array([KINDS[int(s.kind[f])] is StayKind.REEFER for s, f in zip(stays, first, strict=True)])
        farm = (rng.random(count) < np.where(reefer, 0.5, 0.12)).astype(np.int64)
        tasks = Tasks(
            day=day, declaration=declaration, imported=imported, farm=farm,
            fresh=((rng.random(count) < np.where(reefer, 0.35, 0.03)) & (farm == 1)).astype(np.int64),
            grade=rng.choice(len(_CLASSES), count, p=_CLASS_SHARES),
            machine=(rng.random(count) < 0.42).astype(np.int64),
            platform=self._platforms(rng, day, count), country=rng.integers(0, len(identity.COUNTRIES), count),
            agent=(rng.random(count) ** 2 * _AGENTS).astype(np.int64),
            second=(rng.random(count) < 0.03).astype(np.int64),
            early=(rng.random(count) < 0.3).astype(np.int64), applied=appointed - rng.integers(120, 2_400, count),
            appointed=appointed, confirmed=appointed, transferred=appointed, assigned=appointed, inspected=appointed,
            billed=appointed, departed=appointed, call=call, sampled=appointed * 0, released=appointed * 0,
            jumps=appointed * 0, reefer=reefer.astype(np.int64), stuck=appointed * 0,
            gathered=np.array([int(s.arrives[c].max()) for s, c in zip(stays, chosen, strict=True)]),
            lifted=np.array([int(s.departs[c].min()) for s, c in zip(stays, chosen, strict=True)]),
            box_task=np.repeat(np.arange(count), [len(c) for c in chosen]),
            box_stay=np.concatenate([s.first + c for s, c in zip(stays, chosen, strict=True)]),
            box_block=np.concatenate([s.block[c] for s, c in zip(stays, chosen, strict=True)]),
        )  # fmt: skip
        self._confirm(rng, tasks, sailing)
        self._nodes(rng, tasks)
        return tasks

    def _platforms(self, rng: np.random.Generator, day: int, count: int) -> Ints:
        north = {5: 1.0, 6: 0.0}.get(weekday(day), 0.54)
        area = (rng.random(count) >= north).astype(np.int64)
        platform = np.zeros(count, np.int64)
        for number, members in enumerate(self._of_area):
            mine = np.flatnonzero(area == number)
            members = members if len(members) else np.arange(len(self._geography.platforms))
            platform[mine] = members[spread(rng, self._shares(len(members)), len(mine))] if len(mine) else 0
        return platform

    @staticmethod
    def _shares(count: int) -> Floats:
        shares = 0.56 ** np.arange(count)
        return np.asarray(shares / shares.sum())

    def _confirm(self, rng: np.random.Generator, tasks: Tasks, sailing: dict[int, int]) -> None:
        count = len(tasks.declaration)
        held = np.where(rng.random(count) < 0.012, rng.integers(int(4.2 * HOUR), int(6 * HOUR), count), 0)
        hour = (tasks.appointed + LOCAL_OFFSET) % DAY / HOUR
        office = ((hour > 8.5) & (hour < 10.5)) | ((hour > 12.5) & (hour < 14.5))
        able = np.flatnonzero(office & (tasks.imported == 1) & (tasks.grade == 2) & (tasks.fresh == 0) & (held == 0))
        if len(able):
            tasks.jumps[able[scatter(self._seed, 78, tasks.day, able) < _REASONED]] = 2
            tasks.jumps[rng.choice(able)] = 1
        applicants = []
        for i in range(count):
            first = 0 if tasks.grade[i] == 0 or tasks.fresh[i] else 1
            order = int(tasks.appointed[i]) if tasks.imported[i] else sailing.get(int(tasks.call[i]), 0)
            rank = (first, int(tasks.imported[i]), order, int(tasks.applied[i]), tasks.declaration[i])
            at = int(tasks.appointed[i])
            applicants.append(Applicant(i, int(tasks.platform[i]), at, at + int(held[i]), bool(tasks.jumps[i]), rank))
        load = np.bincount(tasks.platform, minlength=len(self._geography.platforms))
        tasks.confirmed = np.array(confirm(tasks.day, applicants, (load * 0.012).tolist()), np.int64)

    def _nodes(self, rng: np.random.Generator, tasks: Tasks) -> None:
        count = len(tasks.declaration)
        tasks.transferred = tasks.confirmed + (1_500 + rng.gamma(2.0, 900, count)).astype(np.int64)
        tasks.assigned = tasks.transferred + rng.gamma(2.0, 720, count).astype(np.int64)
        takes = np.where(tasks.machine == 1, 600 + rng.gamma(2.0, 500, count), 2_400 + rng.gamma(2.5, 1_500, count))
        idle = scatter(self._seed, 79, tasks.day, np.arange(count)) < _STUCK
        tasks.stuck = (idle & (tasks.imported == 1) & (weekday(tasks.day) < 3)).astype(np.int64)
        done = tasks.assigned + takes.astype(np.int64) + tasks.stuck * int(1.2 * DAY)
        tasks.inspected = self._in_working_time(rng, tasks, done)
        tasks.billed = tasks.inspected + (240 + rng.gamma(2.0, 700, count)).astype(np.int64)
        so_far = (tasks.billed - tasks.appointed) / HOUR
        rest = np.zeros(count)
        for farm, mean in _MEAN_HOURS.items():
            mine = np.flatnonzero((tasks.farm == 1) == farm)
            if len(mine):
                # What is left of the mean after the usual way to the bill: a box waits for its slot out.
                rest[mine] = rng.gamma(2.2, max(mean - _USUAL_HOURS_TO_BILL, 1.0) / 2.2, len(mine))
        in_time = np.where(tasks.imported == 1, np.inf, (tasks.lifted - tasks.appointed) / HOUR - _BACK_BEFORE_HOURS)
        total = np.minimum(so_far + np.maximum(rest, 0.4), np.minimum(62.0, in_time))
        tasks.departed = np.maximum(tasks.appointed + (total * HOUR).astype(np.int64), tasks.billed + 600)
        tasks.sampled = (rng.random(count) < np.where(tasks.farm == 1, 0.2, 0.05)).astype(np.int64)
        tasks.released = ((tasks.machine == 1) & (rng.random(count) < 0.44)).astype(np.int64)

    def _in_working_time(self, rng: np.random.Generator, tasks: Tasks, done: Ints) -> Ints:
        """Move inspections that would end at night to the next morning the area works."""
        result = done.copy()
        hour = (done + LOCAL_OFFSET) % DAY / HOUR
        for i in np.flatnonzero((hour < 8) | (hour > 20.5)):
            day = local_day(float(done[i])) + (1 if hour[i] > 12 else 0)
            area = self._geography.platforms[int(tasks.platform[i])].area
            while not self.works(day, area):
                day += 1
            result[i] = day_start(day) + int(8.6 * HOUR + rng.random() * 2.5 * HOUR)
        return result
