"""Exports that may miss their vessel: not yet out of inspection, sailing within 12 h."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.row import judged
from domain.pictures import KpiRow
from domain.records import InspectionStep, InspectionTask, Record

ORDER = 50
KINDS: frozenset[type[Record]] = frozenset({InspectionStep, InspectionTask})


def compute(facts: KpiFacts) -> KpiRow:
    """Count now; the target is none at all."""
    return judged(
        KpiRow(key="sailing_risk", value=facts.export_at_risk, unit="declarations", target=0, note_code="sailing_risk")
    )
