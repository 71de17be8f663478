"""Share of machine-scanned boxes released directly (先期机检·直接放行, seed 000 III).

Baseline: 520 of 1,109 boxes, January to July 2022.
"""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.row import judged, rounded, share_percent
from domain.pictures import KpiRow
from domain.records import MachineScan, Record

ORDER = 40
KINDS: frozenset[type[Record]] = frozenset({MachineScan})
BASELINE_PERCENT = 46.9


def compute(facts: KpiFacts) -> KpiRow:
    """Percent of the scans of the last seven days; no target, since release follows the image."""
    month = share_percent(facts.direct_release_30d, facts.scans_30d)
    return judged(
        KpiRow(
            key="direct_release_share",
            value=rounded(share_percent(facts.direct_release_7d, facts.scans_7d), 1),
            unit="percent",
            decimals=1,
            better="higher",
            reference=BASELINE_PERCENT,
            reference_kind="baseline_2022",
            note_code="direct_release" if month is not None else "",
            note_params={"scans": facts.scans_7d, "percent_30d": rounded(month, 1)},
        )
    )
