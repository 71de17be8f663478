"""A declaration stands at a node longer than 99 of 100 of its kind did (久拖不决, integrity watch).

The limit is not set but measured: the 99 % quantile of the same node, goods, mode and area. Blue; yellow where the stay
is beyond even the upper end of what the limit may be.
"""

from __future__ import annotations

from typing import Annotated

from domain.integrity import Stay
from domain.integrity_signs import Signs
from domain.rules._said import judged_by
from domain.rules.base import NEVER, Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each

NAME = "stay_too_long"


class Figures(Params, frozen=True):
    """``times``: of the limit of its kind."""

    times: Annotated[float, bounds("times", 1, 20)] = 1.0


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the declarations that stand so long now."""
    signs = facts.integrity
    if signs is None:
        return ()
    rows = [one for one in signs.stays if one.minutes > one.limit * instance.params.times]
    return each(rows, lambda one: one.declaration_no, lambda one: _finding(one, signs, facts, instance))


def _finding(stay: Stay, signs: Signs, facts: Facts, instance: RuleInstance) -> Finding:
    limit = stay.limit * instance.params.times
    held = {"why_key": f"hold.{stay.hold}"} if stay.hold else {"why": "—"}
    return Finding(
        rule=instance.name,
        subject_kind="declaration",
        subject=stay.declaration_no,
        level=instance.levels["sure" if stay.sure else "beyond"],
        params={
            "declaration_no": stay.declaration_no, "platform": stay.platform or "—", "node_key": f"node.{stay.stage}",
            "hours": round(stay.minutes / 60, 1), "limit_hours": round(limit / 60, 1), "compared": stay.compared,
            **held,
        },
        seen={"minutes": against(round(stay.minutes, 1), round(limit, 1), "minutes")},
        **judged_by(signs, facts, stay.since),
    )  # fmt: skip


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"beyond": 4, "sure": 3},
    hold_off_seconds=0.0,
    agency="customs",
    plan=("ask_officer", "report_supervisor"),
    needs=("integrity",),
    every_seconds=NEVER,
    unplayable="integrity",
)
