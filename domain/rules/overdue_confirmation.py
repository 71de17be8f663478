"""Declarations wait beyond the limit for customs' confirmation (超期未确认, seed 000 功能③).

One alert per platform, not per declaration: when a platform falls behind, everything on it is
overdue at once, and a flood of equal alerts would hide the rest (EEMUA 191: more than 10 in 10
minutes is a flood). The one that has waited longest is named. Yellow; orange beyond twice the limit.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from domain.pictures import QueueRow
from domain.rules.base import Facts, Finding, Rule

NAME = "overdue_confirmation"
_ORANGE, _YELLOW = 2, 3


def evaluate(facts: Facts) -> list[Finding]:
    """Find the platforms with overdue declarations."""
    overdue: dict[str, list[QueueRow]] = defaultdict(list)
    for row in facts.queue.rows if facts.queue else ():
        if row.waited_minutes is not None and row.waited_minutes > _limit(row, facts):
            overdue[row.platform].append(row)
    return [_finding(platform, rows, facts) for platform, rows in overdue.items()]


def _limit(row: QueueRow, facts: Facts) -> float:
    return row.limit_minutes or facts.limits.get("confirm_wait_minutes", 240.0)


def _finding(platform: str, rows: list[QueueRow], facts: Facts) -> Finding:
    worst = max(rows, key=lambda row: row.waited_minutes or 0.0)
    waited, limit = worst.waited_minutes or 0.0, _limit(worst, facts)
    origins = {row.origin for row in rows}
    return Finding(
        rule=NAME,
        subject_kind="platform",
        subject=platform or "—",
        level=_ORANGE if waited > 2 * limit else _YELLOW,
        event_time=facts.now - timedelta(minutes=waited - limit),
        params={
            "platform": platform or "—",
            "count": len(rows),
            "declaration_no": worst.key,
            "hours": round(waited / 60, 1),
            "limit_hours": round(limit / 60, 1),
        },
        origin=worst.origin if len(origins) == 1 else "",
        recorded_time=worst.recorded_time,
    )


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, needs=("queue",))
