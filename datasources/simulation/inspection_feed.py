"""What the inspection platform reports: tasks, their nodes, scans and checks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datasources.simulation import identity
from datasources.simulation.chance import Ints, local_day, scatter
from datasources.simulation.incidents import Mismatch, first_mismatch, mismatches
from datasources.simulation.inspection_plan import Tasks
from datasources.simulation.stamp import Stamp
from datasources.simulation.world import World
from domain.records import (
    CheckResult,
    Direction,
    InspectionMode,
    InspectionStep,
    InspectionTask,
    MachineScan,
    Node,
    Record,
)

LONGEST_TASK_DAYS = 3
_TASK, _SCANNED, _REVIEWED, _CHECK = 0, 8, 9, 10
_NODES = tuple(Node)
Events = tuple[Ints, Ints, Ints]  # time, what (_TASK, 1..7 node, ...), place of the task, box or check


class InspectionFeed:
    """Dataset ``inspections``."""

    def __init__(self, world: World) -> None:
        self._world = world

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """Everything known at a moment about the declarations that have not left."""
        return self.history(stamp, at, at)

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """What happened in (since, until], in order."""
        found: list[tuple[int, int, int, int]] = []
        for day in range(local_day(since + 1) - LONGEST_TASK_DAYS, local_day(until) + 1):
            at, what, place = self._world.keep("inspection-events", day, self._events)
            first, last = np.searchsorted(at, [since, until], side="right")
            found += [(int(at[i]), int(what[i]), day, int(place[i])) for i in range(first, last)]
        return [self._record(stamp, *event) for event in sorted(found)]

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """All about declarations alive in (since, until], by day of appointment, newest first."""
        for day in range(local_day(until), local_day(since + 1) - LONGEST_TASK_DAYS - 1, -1):
            tasks = self._world.tasks(day)
            alive = (tasks.appointed <= until) & (tasks.departed > since)
            at, what, place = self._world.keep("inspection-events", day, self._events)
            owner = self._owner(tasks, what, place)
            told = (what == _SCANNED) & np.isin(place, place[(what == _REVIEWED) & (at <= until)])  # by its review
            wanted = np.flatnonzero(alive[owner] & (at <= until) & ~told)
            if len(wanted):
                yield [self._record(stamp, int(at[i]), int(what[i]), day, int(place[i])) for i in wanted.tolist()]

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Records of the declarations alive in (since, until], each key once."""
        counts = dict.fromkeys(("InspectionTask", "InspectionStep", "MachineScan", "CheckResult"), 0)
        for day in range(local_day(since + 1) - LONGEST_TASK_DAYS, local_day(until) + 1):
            tasks = self._world.tasks(day)
            alive = (tasks.appointed <= until) & (tasks.departed > since)
            at, what, place = self._world.keep("inspection-events", day, self._events)
            what = what[alive[self._owner(tasks, what, place)] & (at <= until)]
            counts["InspectionTask"] += int((what == _TASK).sum())
            counts["InspectionStep"] += int(((what > _TASK) & (what < _SCANNED)).sum())
            counts["MachineScan"] += int((what == _SCANNED).sum())
            counts["CheckResult"] += int((what == _CHECK).sum())
        return counts

    def _events(self, day: int) -> Events:
        tasks = self._world.tasks(day)
        every = np.arange(len(tasks.declaration))
        nodes = (
            tasks.appointed, tasks.confirmed, tasks.transferred, tasks.assigned, tasks.inspected, tasks.billed,
            tasks.departed,
        )  # fmt: skip
        parts = [(tasks.appointed, _TASK, every)] + [(at, i + 1, every) for i, at in enumerate(nodes)]
        scanned = np.flatnonzero(tasks.machine[tasks.box_task] == 1)
        passed, seen = self._scan(tasks)
        parts += [(passed[scanned], _SCANNED, scanned), (seen[scanned], _REVIEWED, scanned)]
        checks = self._checks(day)
        parts.append((np.array([c.at for c in checks], np.int64), _CHECK, np.arange(len(checks))))
        at = np.concatenate([p[0] for p in parts])
        what = np.concatenate([np.full(len(p[0]), p[1]) for p in parts])
        place = np.concatenate([p[2] for p in parts])
        order = np.lexsort((place, what, at))
        return at[order], what[order], place[order]

    def _owner(self, tasks: Tasks, what: Ints, place: Ints) -> Ints:
        """The task each event belongs to."""
        boxes = np.concatenate((tasks.box_task, [0]))
        checks = np.array([c.box for c in self._checks(tasks.day)] or [0], np.int64)
        by_box = boxes[np.where((what == _SCANNED) | (what == _REVIEWED), place, 0)]
        by_check = boxes[checks[np.where(what == _CHECK, place, 0)]]
        return np.asarray(np.where(what < _SCANNED, place, np.where(what == _CHECK, by_check, by_box)))

    def _scan(self, tasks: Tasks) -> tuple[Ints, Ints]:
        """Through the machine, and image read: shortly before the inspection ends."""
        task, seed = tasks.box_task, self._world.seed
        passed = tasks.inspected[task] - 1_200 + (480 * scatter(seed, 40, tasks.box_stay)).astype(np.int64)
        passed = np.maximum(passed, tasks.transferred[task] + 60)
        return passed, passed + 180 + (420 * scatter(seed, 41, tasks.box_stay)).astype(np.int64)

    def _checks(self, day: int) -> list[Mismatch]:
        return self._world.keep("checks", day, self._plan_checks)

    def _plan_checks(self, day: int) -> list[Mismatch]:
        world = self._world
        checks = mismatches(world.seed, world.tasks(day), world.trips(day).brought)
        cold = world.cold_start
        if cold is None:
            return checks
        for candidate in range(local_day(cold), local_day(cold) - LONGEST_TASK_DAYS, -1):
            extra = first_mismatch(world.seed, world.tasks(candidate), world.trips(candidate).brought, cold)
            if extra is not None:
                return [*checks, extra] if candidate == day else checks
        return checks

    def _record(self, stamp: Stamp, at: int, what: int, day: int, place: int) -> Record:
        tasks = self._world.tasks(day)
        if what == _TASK:
            return self._task(stamp, tasks, place)
        if what < _SCANNED:
            return InspectionStep(
                feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), scope=self._agent(tasks, place),
                declaration_no=tasks.declaration[place], node=_NODES[what - 1],
            )  # fmt: skip
        if what == _CHECK:
            return self._check(stamp, tasks, at, place)
        return self._machine_scan(stamp, tasks, at, what == _REVIEWED, place)

    @staticmethod
    def _agent(tasks: Tasks, place: int) -> str:
        return identity.agent(int(tasks.agent[place]) + 1)

    def _task(self, stamp: Stamp, tasks: Tasks, place: int) -> InspectionTask:
        world, call = self._world, int(tasks.call[place])
        platform = world.geography.platforms[int(tasks.platform[place])]
        first, last = np.searchsorted(tasks.box_task, [place, place + 1])
        boxes = tuple(self._numbers(tasks.day)[first:last])
        exported = call >= 0
        sails = world.keep("sailings", tasks.day, self._sailings).get(call)
        return InspectionTask(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(int(tasks.appointed[place])),
            scope=self._agent(tasks, place), declaration_no=tasks.declaration[place],
            bill_of_lading=identity.bill_of_lading((tasks.day - 18_000) * 1_000 + place), area=platform.area,
            platform=platform.name, direction=Direction.EXPORT if exported else Direction.IMPORT,
            enterprise_class=tasks.enterprise_class(place), fresh=bool(tasks.fresh[place]),
            farm=bool(tasks.farm[place]),
            mode=InspectionMode.MACHINE if tasks.machine[place] else InspectionMode.MANUAL,
            country="" if exported else identity.COUNTRIES[int(tasks.country[place])],
            second_application=bool(tasks.second[place]), entry_state="精准进场" if tasks.early[place] else "未入场",
            vessel_name=world.timetable.vessel_name(world.timetable.vessel_of(call)) if exported else "",
            vessel_departure_at=stamp.when(sails) if sails is not None else None,
            applied_at=stamp.when(int(tasks.applied[place])),
            appointed_for=stamp.when(int(tasks.appointed[place]) + 7_200),
            containers=boxes, agent=self._agent(tasks, place),
        )  # fmt: skip

    def _numbers(self, day: int) -> list[str]:
        """Container numbers of a day's boxes."""
        return self._world.keep("boxes", day, lambda d: identity.container_numbers(self._world.tasks(d).box_stay))

    def _sailings(self, day: int) -> dict[int, int]:
        calls = self._world.tasks(day).call
        return self._world.timetable.departures(calls[calls >= 0])

    def _check(self, stamp: Stamp, tasks: Tasks, at: int, place: int) -> CheckResult:
        check = self._checks(tasks.day)[place]
        task, stay = int(tasks.box_task[check.box]), int(tasks.box_stay[check.box])
        return CheckResult(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), scope=self._agent(tasks, task),
            check_id=f"C{stay}-{at % 100_000}", declaration_no=tasks.declaration[task],
            container_no=self._numbers(tasks.day)[check.box],
            seal_no="" if check.result == "seal_missing" else identity.seal_no(stay), result=check.result,
        )  # fmt: skip

    def _machine_scan(self, stamp: Stamp, tasks: Tasks, at: int, reviewed: bool, box: int) -> MachineScan:
        task = int(tasks.box_task[box])
        passed, seen = self._world.keep("scans", tasks.day, lambda d: self._scan(self._world.tasks(d)))
        return MachineScan(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), scope=self._agent(tasks, task),
            declaration_no=tasks.declaration[task],
            container_no=self._numbers(tasks.day)[box],
            scanned_at=stamp.when(int(passed[box])), reviewed_at=stamp.when(int(seen[box])) if reviewed else None,
            released_directly=bool(reviewed and tasks.released[task]),
        )  # fmt: skip
