"""Declarations inspected since local midnight, against the same time a week ago."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.row import judged
from domain.pictures import KpiRow
from domain.records import InspectionStep, Record

ORDER = 10
KINDS: frozenset[type[Record]] = frozenset({InspectionStep})


def compute(facts: KpiFacts) -> KpiRow:
    """Count of today; no target, since the port cannot choose how much is selected."""
    return judged(
        KpiRow(
            key="inspected_today",
            value=facts.inspected_today,
            unit="declarations",
            better="neither",
            reference=facts.inspected_week_ago,
            reference_kind="week_ago",
            spark=list(facts.inspected_hourly),
        )
    )
