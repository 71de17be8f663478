"""Laboratory samples sent and not yet completed (取样送检)."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.row import judged, rounded
from domain.pictures import KpiRow
from domain.records import LabSample, Record

ORDER = 70
KINDS: frozenset[type[Record]] = frozenset({LabSample})


def compute(facts: KpiFacts) -> KpiRow:
    """Count now, with the age of the oldest."""
    oldest = rounded(facts.samples_oldest_hours, 0)
    return judged(
        KpiRow(
            key="samples_open",
            value=facts.samples_open,
            unit="samples",
            note_code="samples_oldest" if oldest is not None else "",
            note_params={"hours": oldest} if oldest is not None else {},
        )
    )
