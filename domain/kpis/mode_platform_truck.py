"""Trucks booked by the platform to move boxes (平台约车)."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.modes import GROUP as GROUP
from domain.kpis.modes import KINDS as KINDS
from domain.kpis.modes import mode_row
from domain.pictures import KpiRow
from domain.terms import Special

ORDER = 160


def compute(facts: KpiFacts) -> KpiRow:
    """Declarations of the last seven days."""
    return mode_row("mode_platform_truck", Special.PLATFORM_TRUCK, facts)
