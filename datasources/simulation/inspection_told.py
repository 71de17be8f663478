"""The records of the inspection platform: a declaration as it stands at a moment, and what belongs to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import numpy as np

from datasources.simulation import haulage, identity
from datasources.simulation.chance import LOCAL_OFFSET, local_day
from datasources.simulation.inspection_events import (
    ASKED,
    HALTED,
    IDLE,
    REFUSED,
    REVIEWED,
    TESTED,
    checks,
    photos,
    scans,
)
from datasources.simulation.inspection_facts import REASONS, Facts
from datasources.simulation.inspection_plan import Tasks
from datasources.simulation.stamp import Stamp
from datasources.simulation.world import World
from domain.records import (
    CheckResult,
    Direction,
    Hold,
    InspectionMode,
    InspectionPhoto,
    InspectionStep,
    InspectionTask,
    MachineScan,
    Node,
    Special,
)

_NODES = tuple(Node)
_PARTS = ("seal", "door", "cargo", "cargo")
_APPOINTED_AHEAD = 7_200


class Teller:
    """Makes the records of one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def task(self, stamp: Stamp, tasks: Tasks, place: int, what: int, start: int, known: int) -> InspectionTask:
        """A declaration.

        Args:
            stamp: of the feed.
            tasks: of its day.
            place: its own.
            what: which version, as in ``inspection_events``.
            start: when that version begins, epoch seconds.
            known: what has happened by then is told.
        """
        world, call = self._world, int(tasks.call[place])
        facts = world.facts(tasks.day)
        platform = world.geography.platforms[int(tasks.platform[place])]
        first, last = np.searchsorted(tasks.box_task, [place, place + 1])
        exported = call >= 0
        sails = self._sailings(tasks.day).get(call)
        told = InspectionTask(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(start),
            scope=agent(tasks, place), declaration_no=tasks.declaration[place],
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
            appointed_for=stamp.when(int(tasks.appointed[place]) + _APPOINTED_AHEAD),
            containers=tuple(self._world.numbers(tasks.day)[first:last]), agent=agent(tasks, place),
            **self._more(stamp, tasks, facts, place, known),
        )  # fmt: skip
        changes = _version(stamp, tasks, facts, place, what)
        return msgspec.structs.replace(told, **changes) if changes else told

    def _more(self, stamp: Stamp, tasks: Tasks, facts: Facts, place: int, known: int) -> dict[str, Any]:
        """What seed 000 tells beside the screen of the queue."""
        confirmed, released = known >= tasks.confirmed[place], known >= facts.released[place]
        needs = ("sampling",) * int(tasks.sampled[place]) + ("classification",) * int(facts.classified[place])
        more: dict[str, Any] = {
            "special": facts.ways[place], "accepted_at": stamp.when(int(facts.accepted[place])), "needs": needs,
            "papers_irregular": bool(facts.irregular[place]),
            "test_result": "" if not tasks.reefer[place] else
                           "passed" if confirmed or not facts.unproven[place] else "pending",
        }  # fmt: skip
        if tasks.call[place] >= 0:
            more["cut_off"] = stamp.when(int(facts.cut_off[place]))
            gathered = int(tasks.gathered[place])
            more["gathered_at"] = stamp.when(gathered) if gathered <= known else None
        if facts.orders_truck[place]:
            truck = self._truck(tasks, place)
            more["special"] = (*facts.ways[place], Special.PLATFORM_TRUCK.value) if truck else facts.ways[place]
            more["truck"] = truck if confirmed else ""
        if confirmed and facts.reason[place] >= 0:
            more["order_reason"] = REASONS[int(facts.reason[place])]
        if known >= tasks.assigned[place]:
            more["officer"] = facts.officer[place]
        if released:
            fee = float(facts.fee[place])
            more |= {"released_at": stamp.when(int(facts.released[place])), "fee_cny": fee, "fee_waived": fee == 0}
        return more

    def _truck(self, tasks: Tasks, place: int) -> str:
        """Plate of the truck that carries its first box; none while those that report are all busy."""
        number = tasks.declaration[place]
        for day in sorted({local_day(int(tasks.confirmed[place])), local_day(int(tasks.transferred[place]))}):
            plate = haulage.carriers(self._world, day).get(number)
            if plate is not None:
                return plate
        return ""

    def step(self, stamp: Stamp, tasks: Tasks, at: int, node: int, place: int) -> InspectionStep:
        """A node reached; 1 is the first."""
        return InspectionStep(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), scope=agent(tasks, place),
            declaration_no=tasks.declaration[place], node=_NODES[node - 1],
        )  # fmt: skip

    def check(self, stamp: Stamp, tasks: Tasks, at: int, place: int) -> CheckResult:
        """A check that did not agree."""
        check = checks(self._world, tasks.day)[place]
        task, stay = int(tasks.box_task[check.box]), int(tasks.box_stay[check.box])
        return CheckResult(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), scope=agent(tasks, task),
            check_id=f"C{stay}-{at % 100_000}", declaration_no=tasks.declaration[task],
            container_no=self._world.numbers(tasks.day)[check.box],
            seal_no="" if check.result == "seal_missing" else identity.seal_no(stay), result=check.result,
        )  # fmt: skip

    def scan(self, stamp: Stamp, tasks: Tasks, at: int, what: int, box: int) -> MachineScan:
        """A box through the machine, its image read or not yet."""
        task, reviewed = int(tasks.box_task[box]), what == REVIEWED
        passed, seen = scans(self._world, tasks.day)
        return MachineScan(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), scope=agent(tasks, task),
            declaration_no=tasks.declaration[task],
            container_no=self._world.numbers(tasks.day)[box],
            scanned_at=stamp.when(int(passed[box])), reviewed_at=stamp.when(int(seen[box])) if reviewed else None,
            released_directly=bool(reviewed and tasks.released[task]),
        )  # fmt: skip

    def photo(self, stamp: Stamp, tasks: Tasks, at: int, place: int) -> InspectionPhoto:
        """Where a photograph lies."""
        shots = photos(self._world, tasks.day)
        task, number = int(shots.task[place]), int(shots.number[place])
        box, declaration = self._world.numbers(tasks.day)[int(shots.box[place])], tasks.declaration[task]
        folder = (stamp.when(at) + timedelta(seconds=LOCAL_OFFSET)).strftime("%Y/%m/%d")
        return InspectionPhoto(
            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), scope=agent(tasks, task),
            photo_id=f"{declaration}-{number + 1}", declaration_no=declaration, container_no=box,
            part=_PARTS[number % len(_PARTS)], place=f"archive/{folder}/{declaration}/{box}-{number + 1}.jpg",
        )  # fmt: skip

    def _sailings(self, day: int) -> dict[int, int]:
        def make(day: int) -> dict[int, int]:
            calls = self._world.tasks(day).call
            return self._world.timetable.departures(calls[calls >= 0])

        return self._world.keep("sailings", day, make)


def agent(tasks: Tasks, place: int) -> str:
    """Code of the agent of a task."""
    return identity.agent(int(tasks.agent[place]) + 1)


def _version(stamp: Stamp, tasks: Tasks, facts: Facts, place: int, what: int) -> dict[str, Any]:
    """What a version says otherwise than the one from the appointment on."""
    if what in (IDLE, TESTED):
        cold = "" if not tasks.reefer[place] else "pending" if what == IDLE else "passed"
        if what == TESTED and facts.failed[place]:
            cold = "failed"
        held = stamp.when(int(facts.accepted[place]))
        return {"applied_at": None, "appointed_for": None, "hold": Hold.NOT_APPOINTED.value, "held_since": held,
                "test_result": cold}  # fmt: skip
    if what in (ASKED, REFUSED):
        asked = int(facts.asked[place])
        first = asked - int(tasks.appointed[place] - tasks.applied[place])
        said: dict[str, Any] = {"second_application": False, "applied_at": stamp.when(first),
                                "appointed_for": stamp.when(asked + _APPOINTED_AHEAD)}  # fmt: skip
        if what == REFUSED:
            said |= {"hold": Hold.REJECTED.value, "held_since": stamp.when(int(facts.refused[place]))}
        return said
    if what == HALTED:
        return {"hold": Hold.SUSPENDED.value, "held_since": stamp.when(int(facts.halted[place]))}
    return {}
