"""A vehicle with controlled cargo stands where it may not (途中异常停留, HS/T 82-2024 8.1.2 b).

It may stand in terminals, inspection areas and places drawn for it, and in the queue before a gate. Elsewhere a stop
that lasts is where cargo is swapped.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from domain.controlled import about, controlled
from domain.fences import PLACES, FenceKind
from domain.records import VehiclePosition
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds, figure
from domain.sieve import Sieve, Test, below, filled

NAME = "stop_outside"
_WAITS = "queueing"


class Figures(Params, frozen=True):
    """Below ``kmh`` it stands; ``near_metres`` from an allowed place counts as there."""

    kmh: Annotated[float, bounds("kmh", 0.5, 20)] = 3.0
    near_metres: Annotated[float, bounds("metres", 0, 1000)] = 120.0
    silent_minutes: Annotated[float, bounds("minutes", 1, 1440)] = 30.0


def judge(fix: VehiclePosition, facts: Facts, instance: RuleInstance) -> Finding | datetime | None:
    """Whether a vehicle's newest fix says that it stands outside; one without a speed says nothing."""
    figures = instance.params
    if not controlled(fix) or fix.status == _WAITS or fix.speed_kmh is None:
        return None
    speed = figure(fix.speed_kmh, fix.vehicle_id, "speed_kmh")
    if speed >= figures.kmh or (facts.now - fix.event_time).total_seconds() > 60 * figures.silent_minutes:
        return None
    if PLACES.zones(facts.fences, FenceKind.ALLOWED_STOP, figures.near_metres).at(fix.lon, fix.lat):
        return None
    return Finding(
        rule=instance.name,
        level=instance.levels["found"],
        event_time=fix.event_time,
        params={"vehicle_id": fix.vehicle_id, "container_no": fix.container_no or "—"},
        seen={"speed_kmh": against(speed, figures.kmh, "kmh")},
        **about(fix),
    )


def sieve(instance: RuleInstance, _fences: object) -> Sieve:
    """Fixes that stand with cargo, wherever."""
    stands = (below("speed_kmh", instance.params.kmh), (Test("status", "none_of", (_WAITS,)),))
    return Sieve((filled("declaration_no", "container_no"), *stands))


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    sieve=sieve,
    over="vehicles",
    uses=("fences",),
    params=Figures,
    levels={"found": 3},
    hold_on_seconds=600.0,
    agency="customs",
    plan=("call_driver", "look_at_track", "send_patrol", "check_seal"),
    reads=frozenset({VehiclePosition}),
)
