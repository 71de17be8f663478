"""A vehicle with controlled cargo left its route (HS/T 82-2024 8.1.2 b, 8.1.5).

Orange, not red: clause 8.1.5 raises the alarm at once where a line is crossed (b intrusion,
e perimeter) or a door opens (c). Leaving the planned road alone is often a closed lane; it has to
be checked at once, and it turns into the red door_opened when somebody touches the cargo. Red kept
rare is what makes red seen (EEMUA 191: about 5 % of alarms).

One fix off the road may be a reflection between stacks, so two in a row or 30 s are asked for.
A vehicle nobody has heard of for half an hour is no longer off its route: it has left the port, or its device is off.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from domain.records import VehiclePosition
from domain.rules._said import told_by
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds
from domain.sieve import Sieve, above

NAME = "route_deviation"
FORGET_AFTER = timedelta(minutes=30)


class Figures(Params, frozen=True):
    """``metres``: distance from the planned road above which a fix is off it."""

    metres: Annotated[float, bounds("metres", 10, 10_000, limit="route_deviation_metres")] = 200.0


def judge(fix: VehiclePosition, facts: Facts, instance: RuleInstance) -> Finding | datetime | None:
    """Whether a vehicle's newest fix is off its route; one without a distance says nothing."""
    metres, limit = fix.off_route_metres, instance.params.metres
    if metres is None or facts.now - fix.event_time > FORGET_AFTER:
        return None
    if not instance.beyond(metres, limit, fix.vehicle_id, facts):
        return None
    return Finding(
        rule=instance.name,
        subject_kind="vehicle",
        subject=fix.vehicle_id,
        level=instance.levels["found"],
        event_time=fix.event_time,
        params={
            "vehicle_id": fix.vehicle_id,
            "metres": round(metres),
            "container_no": fix.container_no or "—",
        },
        lon=fix.lon,
        lat=fix.lat,
        seen={"metres": against(metres, limit, "metres")},
        **told_by(fix),
    )


def sieve(instance: RuleInstance, _fences: object) -> Sieve:
    """Fixes farther off than is allowed while the alert stands."""
    limit = instance.params.metres
    return Sieve((above("off_route_metres", limit - abs(limit) * instance.dead_band),))


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    sieve=sieve,
    over="vehicles",
    params=Figures,
    levels={"found": 2},
    hold_on_seconds=30.0,
    count=2,
    agency="customs",
    plan=("call_driver", "look_at_track", "send_patrol"),
    reads=frozenset({VehiclePosition}),
)
