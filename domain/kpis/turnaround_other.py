"""Turnaround of everything but farm products; baseline 19.7 h (mean of a month of 2022, seed 000)."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.row import turnaround_row
from domain.pictures import KpiRow
from domain.records import InspectionStep, InspectionTask, Record

ORDER = 30
KINDS: frozenset[type[Record]] = frozenset({InspectionStep, InspectionTask})
BASELINE_HOURS = 19.7


def compute(facts: KpiFacts) -> KpiRow:
    """Mean hours of those finished in the last seven days."""
    return turnaround_row("turnaround_other", facts.other, BASELINE_HOURS)
