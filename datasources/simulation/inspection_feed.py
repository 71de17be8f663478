"""What the inspection platform reports: declarations, their nodes, scans, checks and photographs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datasources.simulation.chance import Bools, Ints, local_day
from datasources.simulation.inspection_events import (
    AGAIN,
    CHECK,
    FIRST_ASKED,
    LONGEST_TASK_DAYS,
    PHOTO,
    REVIEWED,
    SCANNED,
    TOLD,
    VERSIONS,
    Events,
    events,
)
from datasources.simulation.inspection_facts import LEAD_DAYS
from datasources.simulation.inspection_plan import Tasks
from datasources.simulation.inspection_told import Teller
from datasources.simulation.stamp import Stamp
from datasources.simulation.world import World
from domain.records import Record


class InspectionFeed:
    """Dataset ``inspections``.

    A declaration is told once as of its appointment and told again, as of the same moment, when more is known of it:
    a system that changes its rows. What holds it makes versions of their own.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._teller = Teller(world)

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """Everything known at a moment about the declarations that have not left."""
        return self.history(stamp, at, at)

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """What happened in (since, until], in order."""
        found: list[tuple[int, int, int, int]] = []
        for day in self._days(since + 1, until):
            plan = events(self._world, day)
            first, last = np.searchsorted(plan.at, [since, until], side="right")
            found += [(int(plan.at[i]), int(plan.what[i]), day, int(plan.place[i])) for i in range(first, last)]
        return [
            self._record(stamp, self._world.tasks(day), at, what, place, at) for at, what, day, place in sorted(found)
        ]

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """All about declarations alive in (since, until], by day of appointment, newest first; each version once."""
        for day in reversed(self._days(since + 1, until)):
            plan, tasks = events(self._world, day), self._world.tasks(day)
            told = (plan.what == SCANNED) & np.isin(plan.place, self._reviewed(plan, until))  # by its review
            wanted = self._alive(day, plan, since, until) & ~told & (plan.what != AGAIN)
            chosen = np.flatnonzero(wanted)
            known = np.minimum(plan.until[chosen] - 1, until)
            columns = (plan.at[chosen], plan.what[chosen], plan.place[chosen], known)
            if len(chosen):
                rows = zip(*(column.tolist() for column in columns), strict=True)
                yield [self._record(stamp, tasks, *row) for row in rows]

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Records of the declarations alive in (since, until], each key once."""
        names = ("InspectionTask", "InspectionStep", "MachineScan", "CheckResult", "InspectionPhoto")
        counts = dict.fromkeys(names, 0)
        for day in self._days(since + 1, until):
            plan = events(self._world, day)
            alive = self._alive(day, plan, since, until)
            what, owner = plan.what[alive], plan.owner[alive]
            counts["InspectionTask"] += len(np.unique(owner[np.isin(what, VERSIONS)]))
            counts["InspectionStep"] += int(((what > TOLD) & (what < SCANNED)).sum())
            counts["InspectionStep"] += len(np.setdiff1d(owner[what == FIRST_ASKED], owner[what == 1]))
            for kind, name in ((SCANNED, "MachineScan"), (CHECK, "CheckResult"), (PHOTO, "InspectionPhoto")):
                counts[name] += int((what == kind).sum())
        return counts

    @staticmethod
    def _days(since: int, until: int) -> range:
        """Local days whose declarations may have to do with a stretch of time."""
        return range(local_day(since) - LONGEST_TASK_DAYS, local_day(until) + LEAD_DAYS + 1)

    def _alive(self, day: int, plan: Events, since: int, until: int) -> Bools:
        """Events up to a moment of declarations that had not left by another."""
        return (self._world.tasks(day).departed[plan.owner] > since) & (plan.at <= until)

    @staticmethod
    def _reviewed(plan: Events, until: int) -> Ints:
        return np.asarray(plan.place[(plan.what == REVIEWED) & (plan.at <= until)])

    def _record(self, stamp: Stamp, tasks: Tasks, at: int, what: int, place: int, known: int) -> Record:
        teller = self._teller
        if what == AGAIN:
            start, what = self._stands(tasks.day, place, at)
            return teller.task(stamp, tasks, place, what, start, known)
        if what in VERSIONS:
            return teller.task(stamp, tasks, place, what, at, known)
        if what == FIRST_ASKED or what < SCANNED:
            return teller.step(stamp, tasks, at, 1 if what == FIRST_ASKED else what, place)
        if what == CHECK:
            return teller.check(stamp, tasks, at, place)
        if what == PHOTO:
            return teller.photo(stamp, tasks, at, place)
        return teller.scan(stamp, tasks, at, what, place)

    def _stands(self, day: int, place: int, at: int) -> tuple[int, int]:
        """When the version of a declaration that stands at a moment began, and which it is."""
        plan = events(self._world, day)
        mine = (plan.owner == place) & (plan.at <= at) & (plan.until > at)
        found = int(np.flatnonzero(mine)[-1])
        return int(plan.at[found]), int(plan.what[found])
