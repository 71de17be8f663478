"""Exports may not be through inspection before their vessel's cut-off (出口赶船, seed 000 III).

One alert per vessel: that is what the supervisor can act on (cross-area inspection, a word with the line). The
judgement is that of the sailings picture (``domain.sailing_check``): probabilities from how long others of the kind
took. Only what is due within a day calls: before that nobody would act on it yet. Yellow for what is at risk, orange
where one will miss it or little time is left. Where there is no history to judge by, whatever waits for confirmation
six hours before its deadline counts as at risk, three hours before it as urgent. What has missed its ship is past
helping and belongs to the statistics.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from domain.rules.base import Facts, Finding, Rule
from domain.sailing_pictures import SailingRow

NAME = "sailing_at_risk"
NEAR = timedelta(hours=24)
WARN = timedelta(hours=6)
URGENT = timedelta(hours=3)
QUEUED = ("", "appointed")
_ORANGE, _YELLOW = 2, 3


def evaluate(facts: Facts) -> list[Finding]:
    """Find the vessels that may leave without exports still inside."""
    vessels: dict[str, list[SailingRow]] = defaultdict(list)
    for row in facts.sailings.rows if facts.sailings else ():
        if _threatened(row, facts):
            vessels[row.vessel_name or "—"].append(row)
    return [_finding(vessel, rows, facts) for vessel, rows in vessels.items()]


def _threatened(row: SailingRow, facts: Facts) -> bool:
    if row.deadline is None or not facts.now < row.deadline <= facts.now + NEAR:
        return False
    unjudged = row.state == "unknown" and row.stage in QUEUED and row.deadline <= facts.now + WARN
    return unjudged or row.state in ("at_risk", "will_miss")


def _finding(vessel: str, rows: list[SailingRow], facts: Facts) -> Finding:
    first = min(rows, key=lambda row: (row.deadline or facts.now, row.probability or 0.0, row.key))
    due = first.deadline or facts.now
    lost = any(row.state == "will_miss" for row in rows)
    origins = {row.origin for row in rows}
    return Finding(
        rule=NAME,
        subject_kind="vessel",
        subject=vessel,
        level=_ORANGE if lost or due - facts.now <= URGENT else _YELLOW,
        event_time=facts.now,
        params={
            "vessel_name": vessel,
            "count": len(rows),
            "time": due.isoformat(),
            "declaration_no": first.key,
        },
        origin=first.origin if len(origins) == 1 else "",
        recorded_time=first.recorded_time,
    )


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, needs=("sailings",))
