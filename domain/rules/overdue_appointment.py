"""The commission is accepted and no appointment made (超期未预约, seed 000 功能③).

For longer than ``limits.appoint_wait_hours``.
"""

from __future__ import annotations

from domain.overdue import overdue
from domain.rules.base import Facts, Finding, Rule

NAME = "overdue_appointment"


def evaluate(facts: Facts) -> list[Finding]:
    """Find the platforms with such declarations."""
    return overdue(facts, NAME, "unappointed")


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, needs=("warnings",))
