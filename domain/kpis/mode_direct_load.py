"""Exports loaded directly on arrival in the port (抵港直装)."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.modes import GROUP as GROUP
from domain.kpis.modes import KINDS as KINDS
from domain.kpis.modes import mode_row
from domain.pictures import KpiRow
from domain.terms import Special

ORDER = 140


def compute(facts: KpiFacts) -> KpiRow:
    """Declarations of the last seven days."""
    return mode_row("mode_direct_load", Special.DIRECT_LOAD, facts)
