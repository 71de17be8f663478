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
from typing import Annotated

from domain.rules.base import Facts, Finding, Found, Params, Rule, RuleInstance, bounds, each
from domain.sailing_pictures import SailingRow

NAME = "sailing_at_risk"
QUEUED = ("", "appointed")


class Figures(Params, frozen=True):
    """Hours before the deadline: from when it calls, from when what is not judged counts, from when it is urgent."""

    near_hours: Annotated[float, bounds("hours", 1, 336)] = 24.0
    warn_hours: Annotated[float, bounds("hours", 0.5, 336)] = 6.0
    urgent_hours: Annotated[float, bounds("hours", 0.5, 336)] = 3.0


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the vessels that may leave without exports still inside."""
    vessels: dict[str, list[SailingRow]] = defaultdict(list)
    for row in facts.sailings.rows if facts.sailings else ():
        if _threatened(row, facts, instance.params):
            vessels[row.vessel_name or "—"].append(row)
    return each(vessels.items(), lambda one: one[0], lambda one: _finding(*one, facts, instance))


def _threatened(row: SailingRow, facts: Facts, figures: Figures) -> bool:
    if row.deadline is None or not facts.now < row.deadline <= facts.now + timedelta(hours=figures.near_hours):
        return False
    soon = row.deadline <= facts.now + timedelta(hours=figures.warn_hours)
    unjudged = row.state == "unknown" and row.stage in QUEUED and soon
    return unjudged or row.state in ("at_risk", "will_miss")


def _finding(vessel: str, rows: list[SailingRow], facts: Facts, instance: RuleInstance) -> Finding:
    first = min(rows, key=lambda row: (row.deadline or facts.now, row.probability or 0.0, row.key))
    due = first.deadline or facts.now
    urgent = due - facts.now <= timedelta(hours=instance.params.urgent_hours)
    lost = any(row.state == "will_miss" for row in rows)
    origins = {row.origin for row in rows}
    return Finding(
        rule=instance.name,
        subject_kind="vessel",
        subject=vessel,
        level=instance.levels["urgent" if lost or urgent else "at_risk"],
        event_time=facts.now,
        params={
            "vessel_name": vessel,
            "count": len(rows),
            "time": due.isoformat(),
            "declaration_no": first.key,
        },
        seen={"probability": {"value": first.probability}, "deadline": {"value": due.isoformat()}},
        origin=first.origin if len(origins) == 1 else "",
        recorded_time=first.recorded_time,
    )


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    orders=(("urgent_hours", "warn_hours"), ("warn_hours", "near_hours")),
    levels={"at_risk": 3, "urgent": 2},
    agency="customs",
    plan=("inspect_first", "cross_area", "call_line"),
    needs=("sailings",),
    unplayable="sailings",
)
