"""Turnaround of farm products; baseline 13.7 h (mean of a month of 2022, seed 000)."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.row import turnaround_row
from domain.pictures import KpiRow
from domain.records import InspectionStep, InspectionTask, Record

ORDER = 20
KINDS: frozenset[type[Record]] = frozenset({InspectionStep, InspectionTask})
BASELINE_HOURS = 13.7


def compute(facts: KpiFacts) -> KpiRow:
    """Mean hours of those finished in the last seven days."""
    return turnaround_row("turnaround_farm", facts.farm, BASELINE_HOURS)
