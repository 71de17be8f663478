"""Scripted incidents: what goes wrong on a day, and what a newcomer sees after a cold start.

A day's script follows from (seed, day). The cold start's follows from its moment, which feeds keep in
their cursors, so a restart finds the same incidents again.
"""

from __future__ import annotations

import msgspec
import numpy as np

from datasources.simulation.chance import DAY, Ints, day_start, generator, weekday
from datasources.simulation.inspection_plan import Tasks
from datasources.simulation.yard_plan import Slowdown, Visits

MINUTE = 60
_CHECKS_PER_DAY = 7.0
_DOORS_PER_DAY, _DETOURS_PER_DAY = 2.0, 2.0
_SLOW_GATES_PER_DAY = 0.5
# container mismatch, seal mismatch, no seal: as in the list of seed 000
RESULTS = ("container_mismatch", "seal_mismatch", "seal_missing")
_RESULT_SHARES = (0.72, 0.22, 0.06)


class Mismatch(msgspec.Struct, frozen=True):
    """A co-inspection check of a box that did not agree."""

    at: int
    box: int  # place in Tasks.box_task
    result: str


class Script(msgspec.Struct, frozen=True):
    """Incidents on the roads of one local day; numbers are places in the day's visits."""

    doors: tuple[tuple[int, int], ...]  # (epoch second, visit)
    detours: tuple[int, ...]  # visits whose truck leaves its route on the way out


def slowdowns(seed: int, day: int, gates: int, cold_start: int | None) -> tuple[Slowdown, ...]:
    """Gates served slowly on a local day."""
    rng = generator(seed, 5, day)
    found = []
    if rng.random() < _SLOW_GATES_PER_DAY:
        since = day_start(day) + int(rng.uniform(9, 16) * 3600)
        found.append(Slowdown(int(rng.integers(gates)), since, since + int(rng.integers(40, 70)) * MINUTE, 2.6))
    if cold_start is not None and day_start(day) <= cold_start < day_start(day + 1):
        gate = int(generator(seed, 6, cold_start).integers(gates))
        found.append(Slowdown(gate, cold_start + MINUTE, cold_start + 16 * MINUTE, 7.0))
    return tuple(found)


def mismatches(seed: int, tasks: Tasks, brought: Ints) -> list[Mismatch]:
    """Checks of a day's tasks that do not agree, when the box is seen at the platform."""
    if not len(tasks.box_task):
        return []
    rng = generator(seed, 7, tasks.day)
    count = int(rng.poisson(_CHECKS_PER_DAY * (0.5 if weekday(tasks.day) >= 5 else 1.2)))
    boxes = rng.choice(len(tasks.box_task), min(count, len(tasks.box_task)), replace=False)
    results = rng.choice(len(RESULTS), len(boxes), p=_RESULT_SHARES)
    return sorted(
        (
            Mismatch(int(brought[b]) + int(rng.integers(60, 900)), int(b), RESULTS[r])
            for b, r in zip(boxes, results, strict=True)
        ),
        key=lambda m: m.at,
    )


def first_mismatch(seed: int, tasks: Tasks, brought: Ints, cold_start: int) -> Mismatch | None:
    """The seal that does not agree right after a cold start, on a box now in the area."""
    there = np.flatnonzero((brought <= cold_start) & (tasks.departed[tasks.box_task] > cold_start + 5 * MINUTE))
    if not len(there):
        return None
    rng = generator(seed, 8, cold_start)
    return Mismatch(cold_start + 75, int(there[rng.integers(len(there))]), "seal_mismatch")


def script(seed: int, day: int, visits: Visits, cold_start: int | None) -> Script:
    """Doors opened and routes left on a local day."""
    rng = generator(seed, 9, day)
    loaded = np.flatnonzero(visits.collects >= 0)
    delivering = np.flatnonzero(visits.delivers >= 0)
    doors = []
    for _ in range(rng.poisson(_DOORS_PER_DAY) if len(delivering) else 0):
        visit = int(rng.choice(delivering))
        doors.append((int(visits.queued[visit]) - int(rng.integers(30, 300)), visit))
    detours = [int(rng.choice(loaded)) for _ in range(rng.poisson(_DETOURS_PER_DAY) if len(loaded) else 0)]
    if cold_start is not None and abs(day_start(day) - cold_start) < 2 * DAY:
        doors.extend(
            (cold_start + 150, int(v)) for v in _soon(visits.queued[delivering], delivering, cold_start, 300)[:1]
        )
        detours.extend(int(v) for v in _soon(visits.left[loaded], loaded, cold_start, 60)[:1])
    return Script(tuple(sorted(set(doors))), tuple(sorted(set(detours))))


def _soon(at: Ints, visits: Ints, cold_start: int, lead: int) -> Ints:
    """Visits whose moment comes soonest after the cold start, at most ten minutes on."""
    found = np.flatnonzero((at >= cold_start + lead) & (at < cold_start + lead + 540))
    return visits[found[np.argsort(at[found], kind="stable")]]
