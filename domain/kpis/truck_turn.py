"""Truck turn time: from the gate in to the gate out, visits that ended in the last two hours."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.row import judged, rounded
from domain.pictures import KpiRow
from domain.records import GateMove, Record

ORDER = 60
KINDS: frozenset[type[Record]] = frozenset({GateMove})


def compute(facts: KpiFacts) -> KpiRow:
    """Mean minutes, against the mean of the last 24 h; no target, as no source gives one."""
    known = [value for value in facts.truck_turn_hourly if value is not None]
    p90 = facts.truck_turn_p90_minutes
    return judged(
        KpiRow(
            key="truck_turn",
            value=rounded(facts.truck_turn_minutes, 0),
            unit="minutes",
            reference=round(sum(known) / len(known)) if known else None,
            reference_kind="mean_24h" if known else "",
            note_code="truck_turn_p90" if p90 is not None else "",
            note_params={"minutes": rounded(p90, 0)} if p90 is not None else {},
            spark=[rounded(value, 0) for value in facts.truck_turn_hourly],
        )
    )
