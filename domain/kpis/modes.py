"""What the KPIs of special ways of inspection have in common (seed 000, III)."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.row import judged, rounded, share_percent
from domain.pictures import KpiRow
from domain.records import InspectionStep, InspectionTask, Record

GROUP = "modes"
KINDS: frozenset[type[Record]] = frozenset({InspectionStep, InspectionTask})


def mode_row(key: str, mode: str, facts: KpiFacts) -> KpiRow:
    """Declarations of the last seven days that went this way, with their share of all and today's.

    No target: how many go a special way is the enterprises' choice.

    Args:
        key: the KPI's code.
        mode: a value of ``Special``, or ``domain.special_modes.SECOND``.
        facts: the facts.
    """
    value = None if facts.applied_7d is None else facts.modes_7d.get(mode, 0)
    row = judged(KpiRow(key=key, value=value, unit="declarations", better="neither"))
    if value is not None:
        share = rounded(share_percent(value, facts.applied_7d), 1)
        row.note_code = "mode"
        row.note_params = {"percent": share, "all": facts.applied_7d, "today": facts.modes_today.get(mode, 0)}
    return row
