"""The wind is above what quay cranes may work in (大风停机).

Yellow beyond the line at which work gets slow and boxes are secured, orange beyond the one at which cranes are pinned.
The figures are a port's own; what is built in follows the usual stop at gusts of 20 m/s.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from domain.records import WeatherObservation
from domain.rules._said import outdated, told_by
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds, figure

NAME = "crane_wind"
STALE = timedelta(hours=2)


class Figures(Params, frozen=True):
    """``warn_speed``: work with care; ``stop_speed``: cranes stop. Metres a second, gusts where told."""

    warn_speed: Annotated[float, bounds("metres_per_second", 3, 60)] = 16.0
    stop_speed: Annotated[float, bounds("metres_per_second", 3, 60)] = 20.0


def judge(seen: WeatherObservation, facts: Facts, instance: RuleInstance) -> Finding | None:
    """Whether a mast's newest wind is above the lines; a mast that tells none says nothing."""
    if outdated(seen, seen.station, STALE, facts, instance):
        return None
    told = [speed for speed in (seen.gust_metres_per_second, seen.wind_metres_per_second) if speed is not None]
    if not told:
        return None
    speed = max(figure(one, seen.station, "wind") for one in told)
    stop = speed > instance.params.stop_speed
    limit = instance.params.stop_speed if stop else instance.params.warn_speed
    if not instance.beyond(speed, limit, seen.station, facts):
        return None
    return Finding(
        rule=instance.name,
        subject_kind="station",
        subject=seen.station,
        level=instance.levels["stop" if stop else "warn"],
        event_time=seen.event_time,
        params={"station": seen.station, "speed": round(speed, 1), "limit": round(limit, 1)},
        lon=seen.lon,
        lat=seen.lat,
        seen={"gust": against(speed, limit, "metres_per_second")},
        reading=seen.event_time,
        **told_by(seen),
    )


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    over="weather",
    params=Figures,
    orders=(("warn_speed", "stop_speed"),),
    levels={"warn": 3, "stop": 2},
    hold_off_seconds=900.0,
    dead_band=0.1,
    plan=("stop_cranes", "secure_boxes", "tell_vessels"),
    parents=("feed_down",),
    reads=frozenset({WeatherObservation}),
)
