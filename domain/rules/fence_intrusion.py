"""A vehicle in an area that is closed to vehicles (HS/T 82-2024 8.1.5 b), by its own position.

Fences are drawn on the map. One fix inside may be a reflection, so two in a row or 20 s are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from domain.controlled import about
from domain.fences import PLACES, Fence, FenceKind
from domain.records import VehiclePosition
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, bounds
from domain.sieve import Sieve, Test

NAME = "fence_intrusion"


class Figures(Params, frozen=True):
    """``silent_minutes``: a vehicle not heard for so long is not known to be there."""

    silent_minutes: Annotated[float, bounds("minutes", 1, 1440)] = 30.0


def judge(fix: VehiclePosition, facts: Facts, instance: RuleInstance) -> Finding | datetime | None:
    """Whether a vehicle's newest fix is in an area closed to it."""
    zones = PLACES.zones(facts.fences, FenceKind.RESTRICTED)
    fence = next((one for one in zones.at(fix.lon, fix.lat) if "vehicle" in one.applies), None)
    if fence is None or (facts.now - fix.event_time).total_seconds() > 60 * instance.params.silent_minutes:
        return None
    return Finding(
        rule=instance.name,
        level=instance.levels["found"],
        event_time=fix.event_time,
        params={"vehicle_id": fix.vehicle_id, "area": fence.name, "container_no": fix.container_no or "—"},
        **about(fix),
    )


def sieve(_instance: RuleInstance, fences: Mapping[str, Fence]) -> Sieve:
    """Fixes in the boxes around the areas."""
    return Sieve(((Test("", "inside", PLACES.zones(fences, FenceKind.RESTRICTED).boxes),),))


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    sieve=sieve,
    over="vehicles",
    uses=("fences",),
    params=Figures,
    levels={"found": 2},
    hold_on_seconds=20.0,
    count=2,
    plan=("call_driver", "look_at_camera", "send_patrol", "clear_area"),
    reads=frozenset({VehiclePosition}),
)
