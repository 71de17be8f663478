"""What all KPI rows have in common: when a value is unknown, and when it deserves attention."""

from __future__ import annotations

from domain.kpis.facts import Turnaround
from domain.pictures import KpiRow


def judged(row: KpiRow) -> KpiRow:
    """Set the state: unknown without a value, attention only beyond the target, else normal."""
    if row.value is None:
        row.state = "unknown"
    elif row.target is not None and (row.value > row.target if row.better == "lower" else row.value < row.target):
        row.state = "attention"
    else:
        row.state = "normal"
    return row


def rounded(value: float | None, decimals: int) -> float | None:
    """Round a value that may be unknown."""
    return None if value is None else round(value, decimals)


def share_percent(part: int | None, whole: int | None) -> float | None:
    """Part of a whole in percent; unknown when either is, or when there is no whole."""
    return 100.0 * part / whole if part is not None and whole else None


BASELINE_TOLERANCE = 1.1


def turnaround_row(key: str, turnaround: Turnaround, baseline_hours: float) -> KpiRow:
    """Hours from appointment to leaving the inspection area (从确认委托至海关放行, seed 000).

    A mean of seven days scatters around its baseline, so the target is the baseline plus a tenth
    (our own choice): beyond it something has changed, beside the baseline nothing has.

    Args:
        key: the KPI's code.
        turnaround: the facts.
        baseline_hours: mean of 2022 in the seed.
    """
    return judged(
        KpiRow(
            key=key,
            value=rounded(turnaround.mean_hours_7d, 1),
            unit="hours",
            decimals=1,
            target=round(baseline_hours * BASELINE_TOLERANCE, 1),
            reference=baseline_hours,
            reference_kind="baseline_2022",
            note_code="turnaround" if turnaround.mean_hours_30d is not None else "",
            note_params={"count": turnaround.count_7d, "mean_30d": rounded(turnaround.mean_hours_30d, 1)},
            spark=[rounded(value, 1) for value in turnaround.daily_mean_hours],
        )
    )
