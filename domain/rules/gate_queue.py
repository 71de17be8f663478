"""Trucks wait too long before a gate (排队提示, HS/T 82-2024 8.1.6 c; 8.1.5 a by analogy).

Yellow beyond the limit, orange beyond twice the limit; once firing it holds until the wait is
under 80 % of the limit.
"""

from __future__ import annotations

from typing import Annotated

from domain.pictures import GateRow
from domain.rules.base import NEVER, Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each, figure

NAME = "gate_queue"


class Figures(Params, frozen=True):
    """``minutes``: longest wait before a gate."""

    minutes: Annotated[float, bounds("minutes", 1, 600, limit="gate_wait_minutes")] = 30.0


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the gates with too long a wait."""
    rows = facts.gates.rows if facts.gates else ()
    return each(rows, lambda row: row.key, lambda row: _judge(row, facts, instance))


def _judge(row: GateRow, facts: Facts, instance: RuleInstance) -> Finding | None:
    limit = instance.params.minutes
    wait = figure(row.wait_minutes, row.key, "wait_minutes")
    if not instance.beyond(wait, limit, row.key, facts):
        return None
    gates = facts.gates
    return Finding(
        rule=instance.name,
        subject_kind="gate",
        subject=row.key,
        level=instance.levels["twice" if wait > 2 * limit else "beyond"],
        event_time=(gates.as_of if gates else None) or facts.now,
        params={
            "name": row.name or row.key,
            "minutes": round(wait),
            "limit_minutes": round(limit),
            "trucks": row.trucks_waiting,
            "lanes_open": row.lanes_open,
        },
        seen={"wait_minutes": against(wait, limit, "minutes")},
        origin=gates.origins[0] if gates and len(gates.origins) == 1 else "",
        feed=gates.feeds[0] if gates and len(gates.feeds) == 1 else "",
    )


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"beyond": 3, "twice": 2},
    hold_off_seconds=120.0,
    dead_band=0.2,
    plan=("open_lane", "hold_trucks", "tell_carriers"),
    needs=("gates",),
    parents=("feed_down",),
    every_seconds=NEVER,
)
