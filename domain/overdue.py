"""Findings of declarations that stand still for too long: one per platform, the one that has waited longest is named.

Not one per declaration: when a platform falls behind all on it are late at once, and a flood of equal alerts would
hide the rest (EEMUA 191: more than 10 in 10 minutes is a flood). Yellow; orange beyond twice the limit.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import partial
from typing import Annotated, cast

import msgspec

from domain.rules.base import Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each
from domain.sailing_pictures import WarningRow

NOWHERE = "—"


def overdue_rule(name: str, kind: str, limit: str, plan: tuple[str, ...]) -> Rule:
    """The rule over one of the lists; its one figure is ``hours``, the longest wait.

    Args:
        name: of the rule.
        kind: of the list, see ``WarningRow.kind``.
        limit: key of ``[limits]`` at which the list begins: an instance may only ask for longer.
        plan: steps to take.
    """
    hours = Annotated[float, bounds("hours", 0.5, 2000, limit=limit, floor=True)]
    figures = msgspec.defstruct("Figures", [("hours", hours, 24.0)], bases=(Params,), frozen=True)
    return Rule(
        name=name,
        kind="condition",
        evaluate=partial(overdue, kind=kind),
        params=cast("type[Params]", figures),
        levels={"beyond": 3, "twice": 2},
        agency="customs",
        plan=plan,
        needs=("warnings",),
    )


def overdue(facts: Facts, instance: RuleInstance, kind: str) -> Found:
    """A finding for every platform with declarations of the list ``kind`` that have waited too long."""
    waiting: dict[str, list[WarningRow]] = defaultdict(list)
    for row in facts.warnings.rows if facts.warnings else ():
        if row.kind == kind and (row.hours is None or row.hours > instance.params.hours):
            waiting[row.platform or NOWHERE].append(row)
    return each(waiting.items(), lambda one: one[0], lambda one: _finding(instance, *one))


def _finding(instance: RuleInstance, platform: str, rows: list[WarningRow]) -> Finding:
    worst = min(rows, key=lambda row: (row.since, row.key))
    hours, limit = worst.hours or 0.0, instance.params.hours
    origins = {row.origin for row in rows}
    return Finding(
        rule=instance.name,
        subject_kind="platform",
        subject=platform,
        level=instance.levels["twice" if hours > 2 * limit else "beyond"],
        event_time=worst.since + timedelta(hours=limit),
        params={
            "platform": platform,
            "count": len(rows),
            "declaration_no": worst.declaration_no,
            "hours": hours,
            "limit_hours": limit,
        },
        seen={"hours": against(hours, limit, "hours")},
        origin=worst.origin if len(origins) == 1 else "",
        recorded_time=worst.recorded_time,
    )
