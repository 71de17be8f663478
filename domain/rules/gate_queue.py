"""Trucks wait too long before a gate (排队提示, HS/T 82-2024 8.1.6 c; 8.1.5 a by analogy).

Yellow beyond the limit, orange beyond twice the limit; once firing it holds until the wait is
under 80 % of the limit.
"""

from __future__ import annotations

from domain.alert_identity import alert_key
from domain.pictures import GateRow
from domain.rules.base import Facts, Finding, Rule

NAME = "gate_queue"
HOLD = 0.8
_ORANGE, _YELLOW = 2, 3


def evaluate(facts: Facts) -> list[Finding]:
    """Find the gates with too long a wait."""
    return [_finding(row, facts) for row in (facts.gates.rows if facts.gates else ()) if _beyond(row, facts)]


def _limit(row: GateRow, facts: Facts) -> float:
    return row.limit_minutes or facts.limits.get("gate_wait_minutes", 30.0)


def _beyond(row: GateRow, facts: Facts) -> bool:
    limit = _limit(row, facts)
    return row.wait_minutes > (limit * HOLD if alert_key(NAME, row.key) in facts.firing else limit)


def _finding(row: GateRow, facts: Facts) -> Finding:
    limit = _limit(row, facts)
    gates = facts.gates
    return Finding(
        rule=NAME,
        subject_kind="gate",
        subject=row.key,
        level=_ORANGE if row.wait_minutes > 2 * limit else _YELLOW,
        event_time=(gates.as_of if gates else None) or facts.now,
        params={
            "name": row.name or row.key,
            "minutes": round(row.wait_minutes),
            "limit_minutes": round(limit),
            "trucks": row.trucks_waiting,
            "lanes_open": row.lanes_open,
        },
        origin=gates.origins[0] if gates and len(gates.origins) == 1 else "",
        feed=gates.feeds[0] if gates and len(gates.feeds) == 1 else "",
    )


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, clear_after_seconds=120.0, needs=("gates",))
