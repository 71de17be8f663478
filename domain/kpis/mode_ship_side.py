"""Early machine inspection, pick-up at the ship's side (先期机检·船边直提), with the share released directly."""

from __future__ import annotations

from domain.kpis.facts import KpiFacts
from domain.kpis.modes import GROUP as GROUP
from domain.kpis.modes import KINDS as TASKS
from domain.kpis.modes import mode_row
from domain.kpis.row import rounded, share_percent
from domain.pictures import KpiRow
from domain.records import MachineScan, Record
from domain.terms import Special

ORDER = 110
KINDS: frozenset[type[Record]] = TASKS | {MachineScan}


def compute(facts: KpiFacts) -> KpiRow:
    """Declarations of the last seven days, and how many of the boxes scanned in them were released directly."""
    row = mode_row("mode_ship_side", Special.SHIP_SIDE, facts)
    direct = share_percent(facts.direct_release_7d, facts.scans_7d)
    if row.value is not None and direct is not None:
        row.note_code = "mode_ship_side"
        row.note_params |= {"direct": rounded(direct, 1), "scans": facts.scans_7d}
    return row
