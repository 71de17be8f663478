"""Declarations appointed and not yet confirmed by customs."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.row import judged
from domain.pictures import KpiRow
from domain.records import InspectionStep, InspectionTask, Record

ORDER = 80
KINDS: frozenset[type[Record]] = frozenset({InspectionStep, InspectionTask})


def compute(facts: KpiFacts) -> KpiRow:
    """Count now. It has no target of its own; attention when one of them is over its time limit."""
    row = judged(KpiRow(key="waiting", value=facts.waiting, unit="declarations"))
    if facts.overdue is not None and facts.waiting is not None:
        row.note_code, row.note_params = "waiting_overdue", {"count": facts.overdue}
        if facts.overdue > 0:
            row.state = "attention"
    return row
