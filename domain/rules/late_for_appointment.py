"""A truck with boxes for inspection is still under way when its appointment is long over.

Inspectors and a bay wait for it, and whoever stands behind it in the queue could have come first. Only the way to the
platform counts: on the way back the truck is late for nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from domain.controlled import about
from domain.records import InspectionTask, VehiclePosition
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds
from domain.sieve import Sieve, Test, filled

NAME = "late_for_appointment"
_THERE = frozenset({"loading", "idle"})
_FORGET = timedelta(minutes=30)


class Figures(Params, frozen=True):
    """``minutes``: so long after the time it was appointed for it counts as late."""

    minutes: Annotated[float, bounds("minutes", 1, 2880)] = 300.0


def judge(fix: VehiclePosition, facts: Facts, instance: RuleInstance) -> Finding | datetime | None:
    """Whether a truck is late; else when it will be."""
    task: InspectionTask | None = facts.tasks.get(fix.declaration_no) if fix.declaration_no else None
    if task is None or task.appointed_for is None or task.hold or fix.status in _THERE:
        return None
    if fix.destination and task.platform and fix.destination != task.platform:
        return None
    if facts.now - fix.event_time > _FORGET:
        return None
    late_at = task.appointed_for + timedelta(minutes=instance.params.minutes)
    if facts.now <= late_at:
        return late_at
    minutes = (facts.now - task.appointed_for).total_seconds() / 60
    return Finding(
        rule=instance.name,
        level=instance.levels["late"],
        event_time=late_at,
        params={
            "vehicle_id": fix.vehicle_id,
            "declaration_no": fix.declaration_no,
            "platform": task.platform or "—",
            "time": task.appointed_for,
        },
        seen={"late_minutes": against(round(minutes), instance.params.minutes, "minutes")},
        **about(fix),
    )


def sieve(_instance: RuleInstance, _fences: object) -> Sieve:
    """Fixes under way with goods of a declaration."""
    return Sieve((filled("declaration_no"), (Test("status", "none_of", tuple(sorted(_THERE))),)))


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    sieve=sieve,
    over="vehicles",
    uses=("tasks",),
    joins={"tasks": "declaration_no"},
    params=Figures,
    levels={"late": 4},
    plan=("call_driver", "tell_platform", "move_appointment"),
    reads=frozenset({VehiclePosition, InspectionTask}),
)
