"""The inspection is suspended (超期挂起, seed 000 功能③).

For longer than ``limits.suspended_hours``.
"""

from __future__ import annotations

from domain.overdue import overdue
from domain.rules.base import Facts, Finding, Rule

NAME = "suspended_too_long"


def evaluate(facts: Facts) -> list[Finding]:
    """Find the platforms with such declarations."""
    return overdue(facts, NAME, "suspended")


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, needs=("warnings",))
