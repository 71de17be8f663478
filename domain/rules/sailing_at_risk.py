"""Exports still wait for confirmation while their vessel is about to leave (出口赶船, seed 000 III).

One alert per vessel: that is what the supervisor can act on (cross-area transfer, a word with the
line). Yellow within 6 h of departure, orange within 3 h; a vessel that has left is past helping and
belongs to the statistics.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from domain.pictures import QueueRow
from domain.records import Direction
from domain.rules.base import Facts, Finding, Rule

NAME = "sailing_at_risk"
WARN = timedelta(hours=6)
URGENT = timedelta(hours=3)
_ORANGE, _YELLOW = 2, 3


def evaluate(facts: Facts) -> list[Finding]:
    """Find the vessels that may leave without exports still in the queue."""
    vessels: dict[str, list[QueueRow]] = defaultdict(list)
    for row in facts.queue.rows if facts.queue else ():
        leaves = row.vessel_departure_at
        if row.direction == Direction.EXPORT and leaves and facts.now < leaves <= facts.now + WARN:
            vessels[row.vessel_name or "—"].append(row)
    return [_finding(vessel, rows, facts) for vessel, rows in vessels.items()]


def _finding(vessel: str, rows: list[QueueRow], facts: Facts) -> Finding:
    first = min(rows, key=lambda row: (row.vessel_departure_at or facts.now, row.rank))
    leaves = first.vessel_departure_at or facts.now
    origins = {row.origin for row in rows}
    return Finding(
        rule=NAME,
        subject_kind="vessel",
        subject=vessel,
        level=_ORANGE if leaves - facts.now <= URGENT else _YELLOW,
        event_time=facts.now,
        params={"vessel_name": vessel, "count": len(rows), "time": leaves.isoformat(), "declaration_no": first.key},
        origin=first.origin if len(origins) == 1 else "",
        recorded_time=first.recorded_time,
    )


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, needs=("queue",))
