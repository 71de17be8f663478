"""A vehicle drives faster than is allowed where it is.

In a speed zone drawn on the map that zone's limit counts (of several the lowest), elsewhere the rule's own. Two fixes
in a row are asked for: one may be a jump of the receiver.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from domain.controlled import about
from domain.fences import PLACES, Fence, FenceKind, Zones
from domain.records import VehiclePosition
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds, figure
from domain.sieve import Sieve, above

NAME = "overspeed"
_FORGET_SECONDS = 300.0


class Figures(Params, frozen=True):
    """``kmh``: the limit outside of speed zones; ``share``: how much of a limit may be exceeded."""

    kmh: Annotated[float, bounds("kmh", 5, 120)] = 60.0
    share: Annotated[float, bounds("share", 0, 1)] = 0.1
    far_share: Annotated[float, bounds("share", 0, 3)] = 0.5


def judge(fix: VehiclePosition, facts: Facts, instance: RuleInstance) -> Finding | datetime | None:
    """Whether a vehicle's newest fix is too fast; one without a speed says nothing."""
    if not fix.speed_kmh:
        return None
    figures = instance.params
    speed = figure(fix.speed_kmh, fix.vehicle_id, "speed_kmh")
    limit, area = _limit(fix, PLACES.zones(facts.fences, FenceKind.SPEED_ZONE), figures.kmh)
    allowed = limit * (1 + figures.share)
    if speed <= allowed * (1 - instance.dead_band) or not instance.beyond(speed, allowed, fix.vehicle_id, facts):
        return None
    if (facts.now - fix.event_time).total_seconds() > _FORGET_SECONDS:
        return None
    return Finding(
        rule=instance.name,
        level=instance.levels["far" if speed > limit * (1 + figures.far_share) else "beyond"],
        event_time=fix.event_time,
        params={
            "vehicle_id": fix.vehicle_id,
            "kmh": round(speed),
            "limit_kmh": round(limit),
            "area": area or "—",
        },
        seen={"speed_kmh": against(speed, limit, "kmh")},
        **about(fix),
    )


def _limit(fix: VehiclePosition, zones: Zones, general: float) -> tuple[float, str]:
    """What is allowed where it is, and the name of the zone that says so."""
    here = [(zone.limit, zone.name) for zone in zones.at(fix.lon, fix.lat) if zone.limit is not None]
    return min(here) if here else (general, "")


def sieve(instance: RuleInstance, fences: Mapping[str, Fence]) -> Sieve:
    """Fixes faster than the lowest limit there is."""
    zones = PLACES.zones(fences, FenceKind.SPEED_ZONE).fences
    lowest = min([instance.params.kmh, *(zone.limit for zone in zones if zone.limit is not None)])
    return Sieve((above("speed_kmh", lowest * (1 + instance.params.share) * (1 - instance.dead_band)),))


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    sieve=sieve,
    over="vehicles",
    uses=("fences",),
    params=Figures,
    orders=(("share", "far_share"),),
    levels={"beyond": 4, "far": 3},
    hold_on_seconds=15.0,
    hold_off_seconds=60.0,
    count=2,
    dead_band=0.05,
    plan=("call_driver", "note_carrier"),
    reads=frozenset({VehiclePosition}),
)
