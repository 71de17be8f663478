"""Confirmations of an agent or a platform jump the queue more than chance would have it (浑水摸鱼, integrity watch).

``queue_jump`` tells of one confirmation as it happens; this one of what many together say, with the bound on chance.
For an agent a code stands: who it is, is on the page of the integrity watch, for those with its permission. Single days
beyond chance are on that page alone: a day that is over clears never.
"""

from __future__ import annotations

from typing import Annotated

from domain.integrity_signs import Ahead, Signs
from domain.rules._said import judged_by
from domain.rules.base import NEVER, Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each

NAME = "integrity_index"


class Figures(Params, frozen=True):
    """``jumps``: fewer are passed over."""

    jumps: Annotated[int, bounds("declarations", 1, 1000)] = 3


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the agents and platforms beyond chance."""
    signs = facts.integrity
    if signs is None:
        return ()
    rows = [one for one in signs.ahead if one.jumps >= instance.params.jumps]
    return each(rows, lambda one: one.code, lambda one: _finding(one, signs, facts, instance))


def _finding(row: Ahead, signs: Signs, facts: Facts, instance: RuleInstance) -> Finding:
    return Finding(
        rule=instance.name,
        subject_kind=row.kind,
        subject=row.code,
        level=instance.levels[row.kind],
        params={
            "jumps": row.jumps, "places": row.places, "expected": round(row.expected, 1), "days": signs.days,
            "who_key": f"subject.{row.kind}", "names_key": "alert.integrity.names",
        },
        seen={"places": against(row.places, round(row.expected, 1), "declarations")},
        **judged_by(signs, facts),
    )  # fmt: skip


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"agent": 3, "platform": 3},
    agency="customs",
    plan=("look_at_integrity", "compare_order", "report_supervisor"),
    needs=("integrity",),
    every_seconds=NEVER,
    unplayable="integrity",
)
