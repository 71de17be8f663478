"""A vehicle with controlled cargo left its route (HS/T 82-2024 8.1.2 b, 8.1.5).

Orange, not red: clause 8.1.5 raises the alarm at once where a line is crossed (b intrusion,
e perimeter) or a door opens (c). Leaving the planned road alone is often a closed lane; it has to
be checked at once, and it turns into the red door_opened when somebody touches the cargo. Red kept
rare is what makes red seen (EEMUA 191: about 5 % of alarms).

One fix off the road may be a reflection between stacks, so two in a row or 30 s are asked for.
"""

from __future__ import annotations

from datetime import timedelta

from domain.off_route import OffRoute
from domain.records import VehiclePosition
from domain.rules.base import Facts, Finding, Rule

NAME = "route_deviation"
_ORANGE = 2
LEAST_FIXES = 2
LEAST_TIME = timedelta(seconds=30)


def evaluate(facts: Facts) -> list[Finding]:
    """Find vehicles off their route for two fixes, or for 30 s without a word that they are back."""
    return [
        _finding(vehicle, state)
        for vehicle, state in facts.off_route.items()
        if state.fixes >= LEAST_FIXES or facts.now - state.since >= LEAST_TIME
    ]


def _finding(vehicle: str, state: OffRoute) -> Finding:
    fix = state.last
    return Finding(
        rule=NAME,
        subject_kind="vehicle",
        subject=vehicle,
        level=_ORANGE,
        event_time=state.since,
        params={
            "vehicle_id": vehicle,
            "metres": round(fix.off_route_metres or 0.0),
            "worst_metres": round(state.worst_metres),
            "container_no": fix.container_no or "—",
        },
        lon=fix.lon,
        lat=fix.lat,
        origin=fix.origin.value,
        recorded_time=fix.recorded_time,
        feed=fix.feed,
    )


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, reads=frozenset({VehiclePosition}))
