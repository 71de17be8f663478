"""A vehicle under way with controlled cargo is not heard any more.

It was driving or queueing when it was last heard; one that stands loaded may switch its device off. While its whole
feed is silent nothing is said of single vehicles: that is the feed's alert.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from domain.controlled import about, controlled, feed_silent
from domain.records import VehiclePosition
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds
from domain.sieve import Sieve, Test, filled

NAME = "signal_lost"
_STANDS = frozenset({"loading", "idle"})
_LOOK_AGAIN = timedelta(seconds=15)


class Figures(Params, frozen=True):
    """Lost after ``silent_minutes``, gone after ``gone_hours``: it has left what this feed hears."""

    silent_minutes: Annotated[float, bounds("minutes", 1, 720)] = 10.0
    gone_hours: Annotated[float, bounds("hours", 1, 24)] = 4.0


def judge(fix: VehiclePosition, facts: Facts, instance: RuleInstance) -> Finding | datetime | None:
    """Whether a vehicle has fallen silent under way; else when it will have."""
    if not controlled(fix) or fix.status in _STANDS:
        return None
    figures, silent = instance.params, facts.now - fix.event_time
    lost_at = fix.event_time + timedelta(minutes=figures.silent_minutes)
    if facts.now <= lost_at:
        return lost_at
    if silent > timedelta(hours=figures.gone_hours):
        return None
    if feed_silent(fix.feed, facts):
        return facts.now + _LOOK_AGAIN
    minutes = silent.total_seconds() / 60
    return Finding(
        rule=instance.name,
        level=instance.levels["found"],
        event_time=lost_at,
        params={"vehicle_id": fix.vehicle_id, "time": fix.event_time, "container_no": fix.container_no or "—"},
        seen={"silent_minutes": against(round(minutes, 1), figures.silent_minutes, "minutes")},
        **about(fix),
    )


def sieve(_instance: RuleInstance, _fences: object) -> Sieve:
    """Fixes under way with cargo."""
    return Sieve((filled("declaration_no", "container_no"), (Test("status", "none_of", tuple(sorted(_STANDS))),)))


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    sieve=sieve,
    over="vehicles",
    params=Figures,
    orders=(("silent_minutes", "gone_hours"),),
    levels={"found": 3},
    agency="customs",
    plan=("call_driver", "look_at_track", "look_at_camera", "send_patrol"),
    parents=("feed_down",),
    reads=frozenset({VehiclePosition}),
)
