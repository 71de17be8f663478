"""The commission is accepted and no appointment made (超期未预约, seed 000 功能③).

For longer than ``limits.appoint_wait_hours``.
"""

from __future__ import annotations

from typing import Annotated

from domain.overdue import overdue
from domain.rules.base import Facts, Found, Params, Rule, RuleInstance, bounds

NAME = "overdue_appointment"


class Figures(Params, frozen=True):
    """``hours``: longest wait."""

    hours: Annotated[float, bounds("hours", 0.5, 2000, limit="appoint_wait_hours", floor=True)] = 24.0


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the platforms with such declarations."""
    return overdue(facts, instance, "unappointed")


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"beyond": 3, "twice": 2},
    agency="customs",
    plan=("call_enterprise", "remind_agent"),
    needs=("warnings",),
)
