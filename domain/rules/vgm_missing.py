"""Exports whose mass nobody has verified, shortly before they are loaded (SOLAS VI/2: no VGM, no loading).

One alert per vessel: it names how many boxes lack it and which is first. A box is export when a declaration says so;
it is due at the declaration's cut-off, else at the vessel's departure.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Annotated

from domain.records import ContainerStay, Direction, InspectionTask
from domain.rules._said import told_by
from domain.rules.base import Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each

NAME = "vgm_missing"
HOUR = 3_600.0
Due = tuple[datetime, InspectionTask, ContainerStay]


class Figures(Params, frozen=True):
    """``hours``: before the deadline from which on it is warned; ``urgent_hours``: from which on it is urgent."""

    hours: Annotated[float, bounds("hours", 1, 240)] = 24.0
    urgent_hours: Annotated[float, bounds("hours", 0, 240)] = 6.0


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the vessels with boxes that lack their verified mass."""
    until = facts.now + timedelta(hours=instance.params.hours)
    vessels: dict[str, list[Due]] = defaultdict(list)
    for task in facts.tasks.values():
        due = task.cut_off or task.vessel_departure_at
        if task.direction is not Direction.EXPORT or due is None or not facts.now <= due <= until:
            continue
        for box in task.containers:
            stay = facts.stays.get(box)
            if stay is not None and stay.vgm_tonnes is None and stay.arrived_at <= facts.now:
                vessels[task.vessel_name or "—"].append((due, task, stay))
    return each(vessels.items(), lambda one: one[0], lambda one: _judge(*one, facts, instance))


def _judge(vessel: str, boxes: list[Due], facts: Facts, instance: RuleInstance) -> Finding:
    due, task, stay = min(boxes, key=lambda one: (one[0], one[1].declaration_no, one[2].container_no))
    hours = (due - facts.now).total_seconds() / HOUR
    urgent = hours <= instance.params.urgent_hours
    limit = instance.params.urgent_hours if urgent else instance.params.hours
    return Finding(
        rule=instance.name,
        subject_kind="vessel",
        subject=vessel,
        level=instance.levels["urgent" if urgent else "near"],
        event_time=due - timedelta(hours=instance.params.hours),
        params={
            "vessel": vessel, "count": len(boxes), "container_no": stay.container_no,
            "declaration_no": task.declaration_no, "hours": round(hours, 1),
        },
        seen={"hours": against(round(hours, 2), limit, "hours")},
        **told_by(stay),
    )  # fmt: skip


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    orders=(("urgent_hours", "hours"),),
    levels={"near": 3, "urgent": 2},
    agency="maritime",
    plan=("call_owners", "weigh_again", "call_line"),
    uses=("tasks", "stays"),
    reads=frozenset({ContainerStay, InspectionTask}),
    named_boxes=True,
    every_seconds=30.0,
)
