"""What the laboratory reports: samples sent and completed (seed 000, 取样送检)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datasources.simulation import identity
from datasources.simulation.chance import DAY, Ints, local_day, scatter
from datasources.simulation.inspection_events import LONGEST_TASK_DAYS
from datasources.simulation.inspection_plan import Tasks
from datasources.simulation.stamp import Stamp
from datasources.simulation.world import World
from domain.records import LabSample, Record

_LONGEST_DAYS = LONGEST_TASK_DAYS + 4


class LaboratoryFeed:
    """Dataset ``laboratory``."""

    def __init__(self, world: World) -> None:
        self._world = world

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """The samples open at a moment."""
        return self.history(stamp, at, at)

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """Samples sent or completed in (since, until]."""
        records: list[Record] = []
        for tasks, place, sent, done in self._samples(since, until):
            news = [(int(at), i, False) for i, at in enumerate(sent) if since < at <= until]
            news += [(int(at), i, True) for i, at in enumerate(done) if since < at <= until]
            records += [
                self._record(stamp, tasks, int(place[i]), int(sent[i]), int(done[i]) if finished else None)
                for _, i, finished in news
            ]
        return sorted(records, key=lambda r: r.event_time)

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """Samples open some time in (since, until], by day, newest first."""
        for tasks, place, sent, done in self._samples(since, until):
            alive = np.flatnonzero((sent <= until) & (done > since)).tolist()
            if alive:
                yield [
                    self._record(
                        stamp, tasks, int(place[i]), int(sent[i]), int(done[i]) if done[i] <= until else None
                    )
                    for i in alive
                ]  # fmt: skip

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Samples open some time in (since, until]."""
        alive = sum(int(((sent <= until) & (done > since)).sum()) for _, _, sent, done in self._samples(since, until))
        return {"LabSample": alive}

    def _samples(self, since: int, until: int) -> Iterator[tuple[Tasks, Ints, Ints, Ints]]:
        for day in range(local_day(until), local_day(since) - _LONGEST_DAYS - 1, -1):
            yield self._world.keep("samples", day, self._day)

    def _day(self, day: int) -> tuple[Tasks, Ints, Ints, Ints]:
        """A day's tasks and, of the sampled ones: place, sent, completed (1 to 3 days later)."""
        tasks, seed = self._world.tasks(day), self._world.seed
        place = np.flatnonzero(tasks.sampled == 1)
        sent = tasks.inspected[place] + 1_800 + (3_600 * scatter(seed, 50, day, place)).astype(np.int64)
        return tasks, place, sent, sent + (DAY * (1 + 2 * scatter(seed, 51, day, place))).astype(np.int64)

    def _record(self, stamp: Stamp, tasks: Tasks, place: int, sent: int, done: int | None) -> LabSample:
        return LabSample(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(done if done is not None else sent),
            scope=identity.agent(int(tasks.agent[place]) + 1), declaration_no=tasks.declaration[place], sample_no=1,
            sent_at=stamp.when(sent), completed_at=stamp.when(done) if done is not None else None,
        )  # fmt: skip
