"""When the inspection platform has something to tell of a day's declarations."""

from __future__ import annotations

import msgspec
import numpy as np

from datasources.simulation.chance import Floats, Ints, local_day, scatter
from datasources.simulation.incidents import Mismatch, first_mismatch, mismatches
from datasources.simulation.inspection_plan import Tasks
from datasources.simulation.world import World

LONGEST_TASK_DAYS = 3
# What happens. 1 to 7: the nodes. From IDLE on a declaration is told anew, as it stands from then on; AGAIN is the same
# version with more known of it, as a system does that changes its rows.
TOLD, SCANNED, REVIEWED, CHECK, PHOTO, AGAIN, FIRST_ASKED = 0, 8, 9, 10, 11, 12, 13
IDLE, TESTED, ASKED, REFUSED, HALTED, RESUMED = 20, 21, 22, 23, 24, 25
VERSIONS = (TOLD, IDLE, TESTED, ASKED, REFUSED, HALTED, RESUMED)


class Events(msgspec.Struct):
    """Events of a day's declarations, by time.

    Attributes:
        at: epoch seconds.
        what: see above.
        place: of the task, box, check or photograph.
        owner: place of the task.
        until: of versions: when the next one begins, else 0.
    """

    at: Ints
    what: Ints
    place: Ints
    owner: Ints
    until: Ints


class Photos(msgspec.Struct):
    """Photographs of a day's co-inspections."""

    at: Ints
    task: Ints
    number: Ints
    box: Ints  # place in Tasks.box_task


def events(world: World, day: int) -> Events:
    """The events of a day's declarations."""
    return world.keep("inspection-events", day, lambda d: _plan(world, d))


def _plan(world: World, day: int) -> Events:
    tasks = world.tasks(day)
    every = np.arange(len(tasks.declaration))
    nodes = (
        tasks.appointed, tasks.confirmed, tasks.transferred, tasks.assigned, tasks.inspected, tasks.billed,
        tasks.departed,
    )  # fmt: skip
    parts = [(at, i + 1, every, every) for i, at in enumerate(nodes)] + _told(world, tasks)
    scanned = np.flatnonzero(tasks.machine[tasks.box_task] == 1)
    passed, seen = scans(world, day)
    parts += [
        (at[scanned], what, scanned, tasks.box_task[scanned]) for at, what in ((passed, SCANNED), (seen, REVIEWED))
    ]
    found = checks(world, day)
    boxes = np.array([c.box for c in found], np.int64)
    parts.append((np.array([c.at for c in found], np.int64), CHECK, np.arange(len(found)), tasks.box_task[boxes]))
    shots = photos(world, day)
    parts.append((shots.at, PHOTO, np.arange(len(shots.at)), shots.task))
    at = np.concatenate([p[0] for p in parts])
    what = np.concatenate([np.full(len(p[0]), p[1]) for p in parts])
    place, owner = (np.concatenate([p[i] for p in parts]) for i in (2, 3))
    order = np.lexsort((place, what, at))
    at, what, place, owner = at[order], what[order], place[order], owner[order]
    return Events(at, what, place, owner, _ends(at, what, owner))


def _told(world: World, tasks: Tasks) -> list[tuple[Ints, int, Ints, Ints]]:
    """Versions of the declarations, and when more is known of the one that stands."""
    facts, every = world.facts(tasks.day), np.arange(len(tasks.declaration))
    idle = np.where(facts.idle == 1, facts.accepted, -1)
    times = (
        (tasks.appointed, TOLD), (idle, IDLE), (facts.tested, TESTED), (facts.asked, ASKED), (facts.asked, FIRST_ASKED),
        (facts.refused, REFUSED), (facts.halted, HALTED), (facts.resumed, RESUMED),
    )  # fmt: skip
    more = (facts.reason >= 0) | (facts.orders_truck == 1) | (facts.unproven == 1)
    again = ((np.where(more, tasks.confirmed, -1), AGAIN), (tasks.assigned, AGAIN), (facts.released, AGAIN))
    found = []
    for at, what in (*times, *again):
        there = every[at >= 0]
        found.append((at[there], what, there, there))
    return found


def _ends(at: Ints, what: Ints, owner: Ints) -> Ints:
    """When each version is followed by the next of the same declaration; a far day for the last."""
    until = np.zeros(len(at), np.int64)
    versions = np.flatnonzero(np.isin(what, VERSIONS))
    versions = versions[np.lexsort((at[versions], owner[versions]))]
    same = owner[versions[:-1]] == owner[versions[1:]]
    until[versions] = np.iinfo(np.int64).max
    until[versions[:-1][same]] = at[versions[1:][same]]
    return until


def scans(world: World, day: int) -> tuple[Ints, Ints]:
    """Each box through the machine, and its image read: shortly before the inspection ends."""

    def make(day: int) -> tuple[Ints, Ints]:
        tasks = world.tasks(day)
        task, stay = tasks.box_task, tasks.box_stay
        passed = tasks.inspected[task] - 1_200 + (480 * scatter(world.seed, 40, stay)).astype(np.int64)
        passed = np.maximum(passed, tasks.transferred[task] + 60)
        return passed, passed + 180 + (420 * scatter(world.seed, 41, stay)).astype(np.int64)

    return world.keep("scans", day, make)


def photos(world: World, day: int) -> Photos:
    """Photographs of inspections nobody accompanies, taken before these end."""

    def make(day: int) -> Photos:
        tasks, taken = world.tasks(day), world.facts(day).photos
        task = np.repeat(np.arange(len(taken)), taken)
        number = np.arange(len(task)) - np.repeat(np.cumsum(taken) - taken, taken)
        span: Floats = np.minimum(tasks.inspected - tasks.assigned, 2_400)[task] * scatter(
            world.seed, 103, day, task, number
        )
        first = np.searchsorted(tasks.box_task, task)
        boxes = np.bincount(tasks.box_task, minlength=len(taken))
        at = tasks.inspected[task] - span.astype(np.int64)
        return Photos(at, task, number, first + number % np.maximum(boxes[task], 1))

    return world.keep("photos", day, make)


def checks(world: World, day: int) -> list[Mismatch]:
    """Checks of the co-inspection that did not agree."""
    return world.keep("checks", day, lambda d: _plan_checks(world, d))


def _plan_checks(world: World, day: int) -> list[Mismatch]:
    found = mismatches(world.seed, world.tasks(day), world.trips(day).brought)
    cold = world.cold_start
    if cold is None:
        return found
    for candidate in range(local_day(cold), local_day(cold) - LONGEST_TASK_DAYS, -1):
        extra = first_mismatch(world.seed, world.tasks(candidate), world.trips(candidate).brought, cold)
        if extra is not None:
            return [*found, extra] if candidate == day else found
    return found
