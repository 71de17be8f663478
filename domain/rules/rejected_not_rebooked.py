"""The appointment was refused and none made since (驳回超期未预约, seed 000 功能③).

For longer than ``limits.rejected_wait_hours``.
"""

from __future__ import annotations

from typing import Annotated

from domain.overdue import overdue
from domain.rules.base import Facts, Found, Params, Rule, RuleInstance, bounds

NAME = "rejected_not_rebooked"


class Figures(Params, frozen=True):
    """``hours``: longest wait."""

    hours: Annotated[float, bounds("hours", 0.5, 2000, limit="rejected_wait_hours", floor=True)] = 24.0


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the platforms with such declarations."""
    return overdue(facts, instance, "rejected")


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"beyond": 3, "twice": 2},
    agency="customs",
    plan=("call_enterprise", "explain_rejection"),
    needs=("warnings",),
)
