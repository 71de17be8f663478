"""Findings of declarations that stand still for too long: one per platform, the one that has waited longest is named.

Not one per declaration: when a platform falls behind all on it are late at once, and a flood of equal alerts would
hide the rest (EEMUA 191: more than 10 in 10 minutes is a flood). Yellow; orange beyond twice the limit.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from domain.rules.base import Facts, Finding
from domain.sailing_pictures import WarningRow

_ORANGE, _YELLOW = 2, 3
NOWHERE = "—"


def overdue(facts: Facts, rule: str, kind: str) -> list[Finding]:
    """A finding for every platform of which the list ``kind`` of the warnings is not empty."""
    waiting: dict[str, list[WarningRow]] = defaultdict(list)
    for row in facts.warnings.rows if facts.warnings else ():
        if row.kind == kind:
            waiting[row.platform or NOWHERE].append(row)
    return [_finding(rule, platform, rows) for platform, rows in waiting.items()]


def _finding(rule: str, platform: str, rows: list[WarningRow]) -> Finding:
    worst = min(rows, key=lambda row: (row.since, row.key))
    hours, limit = worst.hours or 0.0, worst.limit_hours or 0.0
    origins = {row.origin for row in rows}
    return Finding(
        rule=rule,
        subject_kind="platform",
        subject=platform,
        level=_ORANGE if hours > 2 * limit else _YELLOW,
        event_time=worst.since + timedelta(hours=limit),
        params={
            "platform": platform,
            "count": len(rows),
            "declaration_no": worst.declaration_no,
            "hours": hours,
            "limit_hours": limit,
        },
        origin=worst.origin if len(origins) == 1 else "",
        recorded_time=worst.recorded_time,
    )
