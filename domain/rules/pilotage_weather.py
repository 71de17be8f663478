"""Pilots cannot bring vessels in: it cannot be seen far enough, or it blows too hard (引航受限).

The figures are a port's own; what is built in is a visibility of one kilometre and a mean wind of 13.9 m/s (force 7).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from domain.records import WeatherObservation
from domain.rules._said import outdated, told_by
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds, figure

NAME = "pilotage_weather"
STALE = timedelta(hours=2)


class Figures(Params, frozen=True):
    """``visibility``: the least that is asked for; ``wind``: the most."""

    visibility: Annotated[float, bounds("metres", 50, 20_000)] = 1_000.0
    wind: Annotated[float, bounds("metres_per_second", 3, 60)] = 13.9


def judge(seen: WeatherObservation, facts: Facts, instance: RuleInstance) -> Finding | None:
    """Whether a mast's newest word stops pilotage: for the sight, else for the wind."""
    if outdated(seen, seen.station, STALE, facts, instance):
        return None
    beyond = {}
    if seen.visibility_metres is not None:
        metres, least = figure(seen.visibility_metres, seen.station, "visibility_metres"), instance.params.visibility
        if instance.below(metres, least, seen.station, facts):
            beyond["visibility"] = against(metres, least, "metres")
    if seen.wind_metres_per_second is not None:
        wind, most = figure(seen.wind_metres_per_second, seen.station, "wind"), instance.params.wind
        if instance.beyond(wind, most, seen.station, facts):
            beyond["wind"] = against(wind, most, "metres_per_second")
    if not beyond:
        return None
    why, told = next(iter(beyond.items()))
    return Finding(
        rule=instance.name,
        subject_kind="station",
        subject=seen.station,
        level=instance.levels["found"],
        event_time=seen.event_time,
        params={
            "station": seen.station, "what_key": f"word.{why}", "value": round(told["value"], 1),
            "limit": round(told["limit"], 1), "unit_key": f"unit.{told['unit']}",
        },
        lon=seen.lon,
        lat=seen.lat,
        seen=beyond,
        reading=seen.event_time,
        **told_by(seen),
    )  # fmt: skip


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    over="weather",
    params=Figures,
    levels={"found": 3},
    hold_off_seconds=900.0,
    dead_band=0.15,
    agency="maritime",
    plan=("stop_pilotage", "tell_vessels", "watch_weather"),
    parents=("feed_down",),
    reads=frozenset({WeatherObservation}),
)
