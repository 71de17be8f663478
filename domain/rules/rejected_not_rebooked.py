"""The appointment was refused and none made since (驳回超期未预约, seed 000 功能③).

For longer than ``limits.rejected_wait_hours``.
"""

from __future__ import annotations

from domain.overdue import overdue
from domain.rules.base import Facts, Finding, Rule

NAME = "rejected_not_rebooked"


def evaluate(facts: Facts) -> list[Finding]:
    """Find the platforms with such declarations."""
    return overdue(facts, NAME, "rejected")


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, needs=("warnings",))
