"""Trucks take too long from the gate in to the gate out (车辆在港时间过长): the mean of the last two hours."""

from __future__ import annotations

from typing import Annotated

from domain.records import GateMove
from domain.rules.base import NEVER, Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each, figure

NAME = "truck_turn"
PORT = "port"
KPI = "truck_turn"


class Figures(Params, frozen=True):
    """``minutes``: longest mean turn time."""

    minutes: Annotated[float, bounds("minutes", 5, 1_440)] = 90.0


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Whether the port's mean turn time is beyond the limit; while no visit ended nobody can say."""
    rows = [row for row in facts.kpis.rows if row.key == KPI and row.value is not None] if facts.kpis else []
    return each(rows, lambda _: PORT, lambda row: _judge(row.value, facts, instance))


def _judge(value: float, facts: Facts, instance: RuleInstance) -> Finding | None:
    minutes, limit = figure(value, PORT, KPI), instance.params.minutes
    if not instance.beyond(minutes, limit, PORT, facts):
        return None
    picture = facts.kpis
    return Finding(
        rule=instance.name,
        subject_kind="port",
        subject=PORT,
        level=instance.levels["twice" if minutes > 2 * limit else "beyond"],
        event_time=(picture.as_of if picture else None) or facts.now,
        params={"minutes": round(minutes), "limit_minutes": round(limit)},
        seen={"minutes": against(minutes, limit, "minutes")},
        origin=picture.origins[0] if picture and len(picture.origins) == 1 else "",
    )


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"beyond": 3, "twice": 2},
    hold_on_seconds=300.0,
    hold_off_seconds=600.0,
    dead_band=0.1,
    needs=("kpis",),
    plan=("open_lane", "hold_arrivals", "tell_carriers"),
    reads=frozenset({GateMove}),
    parents=("feed_down",),
    every_seconds=NEVER,
)
