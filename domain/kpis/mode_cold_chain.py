"""Cold chain goods (冷链), and how many of them applied without the test they need first."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.modes import GROUP as GROUP
from domain.kpis.modes import KINDS as KINDS
from domain.kpis.modes import mode_row
from domain.pictures import KpiRow
from domain.terms import Special

ORDER = 150


def compute(facts: KpiFacts) -> KpiRow:
    """Declarations of the last seven days; attention when one applied before its test was passed."""
    row = mode_row("mode_cold_chain", Special.COLD_CHAIN, facts)
    if row.value is not None and facts.untested_7d:
        row.state = "attention"
        row.note_code = "mode_cold_chain"
        row.note_params |= {"untested": facts.untested_7d}
    return row
