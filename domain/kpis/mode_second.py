"""Second applications (二次申请)."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.modes import GROUP as GROUP
from domain.kpis.modes import KINDS as KINDS
from domain.kpis.modes import mode_row
from domain.pictures import KpiRow
from domain.special_modes import SECOND

ORDER = 170


def compute(facts: KpiFacts) -> KpiRow:
    """Declarations of the last seven days."""
    return mode_row("mode_second", SECOND, facts)
