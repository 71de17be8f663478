"""The inspection is suspended (超期挂起, seed 000 功能③).

For longer than ``limits.suspended_hours``.
"""

from __future__ import annotations

from typing import Annotated

from domain.overdue import overdue
from domain.rules.base import Facts, Found, Params, Rule, RuleInstance, bounds

NAME = "suspended_too_long"


class Figures(Params, frozen=True):
    """``hours``: longest wait."""

    hours: Annotated[float, bounds("hours", 0.5, 2000, limit="suspended_hours", floor=True)] = 24.0


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the platforms with such declarations."""
    return overdue(facts, instance, "suspended")


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"beyond": 3, "twice": 2},
    agency="customs",
    plan=("ask_officer", "report_supervisor"),
    needs=("warnings",),
)
