"""An agent and an officer meet more often than chance would have it (挑人查验, integrity watch).

The alert names nobody: a code stands for the two, and who they are is on the page of the integrity watch, for those
with its permission. It accuses nobody either: there may be an honest cause that no feed tells (docs/integrity.md).
"""

from __future__ import annotations

from typing import Annotated

from domain.integrity_signs import Met, Signs
from domain.rules._said import judged_by
from domain.rules.base import NEVER, Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each

NAME = "integrity_pair"


class Figures(Params, frozen=True):
    """``meetings``: fewer are passed over; ``times``: as often as expected, and more."""

    meetings: Annotated[int, bounds("declarations", 2, 1000)] = 5
    times: Annotated[float, bounds("times", 1, 100)] = 1.5


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the pairs beyond chance."""
    signs = facts.integrity
    if signs is None:
        return ()
    least = instance.params
    pairs = [one for one in signs.pairs if one.met >= least.meetings and one.ratio >= least.times]
    return each(pairs, lambda one: one.code, lambda one: _finding(one, signs, facts, instance))


def _finding(pair: Met, signs: Signs, facts: Facts, instance: RuleInstance) -> Finding:
    return Finding(
        rule=instance.name,
        subject_kind="pair",
        subject=pair.code,
        level=instance.levels["found"],
        params={
            "met": pair.met, "expected": round(pair.expected, 1), "times": round(pair.ratio, 1), "days": signs.days,
            "names_key": "alert.integrity.names",
        },
        seen={"meetings": against(pair.met, round(pair.expected, 1), "declarations")},
        **judged_by(signs, facts),
    )  # fmt: skip


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"found": 3},
    agency="customs",
    plan=("look_at_integrity", "compare_shifts", "report_supervisor"),
    needs=("integrity",),
    every_seconds=NEVER,
    unplayable="integrity",
)
