"""Declarations wait beyond the limit for customs' confirmation (超期未确认, seed 000 功能③).

One alert per platform, not per declaration: when a platform falls behind, everything on it is
overdue at once, and a flood of equal alerts would hide the rest (EEMUA 191: more than 10 in 10
minutes is a flood). The one that has waited longest is named. Yellow; orange beyond twice the limit.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Annotated

from domain.pictures import QueueRow
from domain.rules.base import Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each

NAME = "overdue_confirmation"


class Figures(Params, frozen=True):
    """``minutes``: longest wait for confirmation."""

    minutes: Annotated[float, bounds("minutes", 10, 100_000, limit="confirm_wait_minutes")] = 240.0


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the platforms with overdue declarations."""
    overdue: dict[str, list[QueueRow]] = defaultdict(list)
    for row in facts.queue.rows if facts.queue else ():
        if row.waited_minutes is not None and row.waited_minutes > instance.params.minutes:
            overdue[row.platform].append(row)
    return each(overdue.items(), lambda one: one[0], lambda one: _finding(*one, facts, instance))


def _finding(platform: str, rows: list[QueueRow], facts: Facts, instance: RuleInstance) -> Finding:
    worst = max(rows, key=lambda row: row.waited_minutes or 0.0)
    waited, limit = worst.waited_minutes or 0.0, instance.params.minutes
    origins = {row.origin for row in rows}
    return Finding(
        rule=instance.name,
        subject_kind="platform",
        subject=platform or "—",
        level=instance.levels["twice" if waited > 2 * limit else "beyond"],
        event_time=facts.now - timedelta(minutes=waited - limit),
        params={
            "platform": platform or "—",
            "count": len(rows),
            "declaration_no": worst.key,
            "hours": round(waited / 60, 1),
            "limit_hours": round(limit / 60, 1),
        },
        seen={"waited_minutes": against(waited, limit, "minutes")},
        origin=worst.origin if len(origins) == 1 else "",
        recorded_time=worst.recorded_time,
    )


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"beyond": 3, "twice": 2},
    agency="customs",
    plan=("ask_officer", "move_officers", "report_supervisor"),
    needs=("queue",),
)
