"""The KPIs: unknown stays unknown, zero stays zero, attention only beyond the target."""

from __future__ import annotations

import pytest

from domain.kpis import compute_all, kinds
from domain.kpis.facts import KpiFacts, Turnaround
from domain.records import GateMove, Record
from tests.domain.samples import NOW

ORDER = [
    "inspected_today",
    "turnaround_farm",
    "turnaround_other",
    "direct_release_share",
    "sailing_risk",
    "truck_turn",
    "samples_open",
    "waiting",
    "mode_ship_side",
    "mode_cross_area",
    "mode_unaccompanied",
    "mode_direct_load",
    "mode_cold_chain",
    "mode_platform_truck",
    "mode_second",
]


def row(key, **facts):
    return next(row for row in compute_all(KpiFacts(now=NOW, **facts)) if row.key == key)


def test_display_order_and_no_data():
    rows = compute_all(KpiFacts(now=NOW))
    assert [row.key for row in rows] == ORDER
    assert {(row.value, row.state) for row in rows} == {(None, "unknown")}


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("inspected_today", {"inspected_today": 0}),
        ("direct_release_share", {"direct_release_7d": 0, "scans_7d": 10}),
        ("sailing_risk", {"export_at_risk": 0}),
        ("samples_open", {"samples_open": 0}),
        ("waiting", {"waiting": 0, "overdue": 0}),
    ],
)
def test_a_true_zero_is_a_value(key, facts):
    assert (row(key, **facts).value, row(key, **facts).state) == (0, "normal")


@pytest.mark.parametrize(
    ("key", "field", "baseline", "normal", "beyond"),
    [
        ("turnaround_farm", "farm", 13.7, 15.1, 15.2),
        ("turnaround_other", "other", 19.7, 21.7, 21.8),
    ],
)
def test_turnaround_against_the_baseline_of_2022(key, field, baseline, normal, beyond):
    calm = row(key, **{field: Turnaround(mean_hours_7d=normal, mean_hours_30d=14.0, count_7d=40)})
    assert (calm.value, calm.reference, calm.reference_kind, calm.state) == (
        normal,
        baseline,
        "baseline_2022",
        "normal",
    )
    assert calm.note_params == {"count": 40, "mean_30d": 14.0}
    assert row(key, **{field: Turnaround(mean_hours_7d=beyond)}).state == "attention"


def test_turnaround_keeps_days_without_any():
    assert row("turnaround_farm", farm=Turnaround(daily_mean_hours=[13.04, None])).spark == [13.0, None]


def test_direct_release_is_a_share_of_scans():
    release = row("direct_release_share", direct_release_7d=300, scans_7d=683, direct_release_30d=1000, scans_30d=2000)
    assert (release.value, release.unit, release.note_params) == (
        43.9,
        "percent",
        {"scans": 683, "percent_30d": 50.0},
    )
    assert row("direct_release_share", direct_release_7d=0, scans_7d=0).state == "unknown"


def test_any_export_at_risk_deserves_attention():
    assert row("sailing_risk", export_at_risk=1).state == "attention"


def test_truck_turn_against_the_last_day():
    turn = row("truck_turn", truck_turn_minutes=42.4, truck_turn_p90_minutes=71.6, truck_turn_hourly=[40.0, None, 50.0])
    assert (turn.value, turn.reference, turn.note_params, turn.state) == (42, 45, {"minutes": 72}, "normal")


def test_samples_tell_the_age_of_the_oldest():
    assert row("samples_open", samples_open=3, samples_oldest_hours=50.2).note_params == {"hours": 50}
    assert row("samples_open", samples_open=0).note_code == ""


def test_waiting_asks_for_attention_only_when_overdue():
    assert row("waiting", waiting=70, overdue=0).state == "normal"
    late = row("waiting", waiting=70, overdue=2)
    assert (late.state, late.note_code, late.note_params) == ("attention", "waiting_overdue", {"count": 2})


def test_special_ways_have_a_strip_of_their_own_and_cold_chain_without_a_test_deserves_attention():
    facts = {"applied_7d": 40, "modes_7d": {"cold_chain": 4, "second": 1}, "modes_today": {"cold_chain": 2}}
    cold = row("mode_cold_chain", **facts, untested_7d=1)
    assert (cold.value, cold.state, cold.group) == (4, "attention", "modes")
    assert cold.note_params == {"percent": 10.0, "all": 40, "today": 2, "untested": 1}
    assert row("mode_cold_chain", **facts).state == "normal"
    assert (row("mode_second", **facts).value, row("mode_direct_load", **facts).value) == (1, 0)
    ship = row("mode_ship_side", applied_7d=40, direct_release_7d=3, scans_7d=4)
    assert (ship.value, ship.note_params["direct"]) == (0, 75.0)
    assert row("waiting", waiting=1).group == ""


def test_every_kpi_names_the_records_it_is_made_of():
    assert list(kinds()) == ORDER
    assert all(issubclass(kind, Record) for behind in kinds().values() for kind in behind)
    assert all(kinds().values())
    assert kinds()["truck_turn"] == {GateMove}
