"""A declaration waits still while many others of its platform went past it (浑水摸鱼, integrity watch).

Nothing holds it, and those that went past are no jumpers: it is the one out of order (docs/integrity.md). Mostly
somebody forgot it; helping it is quick.
"""

from __future__ import annotations

from typing import Annotated

from domain.integrity import Lying
from domain.integrity_signs import Signs
from domain.rules._said import judged_by
from domain.rules.base import NEVER, Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each

NAME = "left_waiting"


class Figures(Params, frozen=True):
    """``passed``: so many went past it."""

    passed: Annotated[int, bounds("declarations", 1, 1000)] = 10


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the declarations left lying."""
    signs = facts.integrity
    if signs is None:
        return ()
    rows = [one for one in signs.lying if one.passed_by >= instance.params.passed]
    return each(rows, lambda one: one.declaration_no, lambda one: _finding(one, signs, facts, instance))


def _finding(row: Lying, signs: Signs, facts: Facts, instance: RuleInstance) -> Finding:
    return Finding(
        rule=instance.name,
        subject_kind="declaration",
        subject=row.declaration_no,
        level=instance.levels["found"],
        params={
            "declaration_no": row.declaration_no, "platform": row.platform or "—", "count": row.passed_by,
            "minutes": round(row.minutes),
        },
        seen={"passed": against(row.passed_by, instance.params.passed, "declarations")},
        **judged_by(signs, facts, row.since),
    )  # fmt: skip


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"found": 3},
    hold_off_seconds=0.0,
    agency="customs",
    plan=("ask_officer", "inspect_first"),
    needs=("integrity",),
    every_seconds=NEVER,
    unplayable="integrity",
)
