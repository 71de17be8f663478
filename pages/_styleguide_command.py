"""The styleguide's sections about inspection command and alerts; here: will it make the ship, the five warnings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.sailings import counts_line, method_tile, sailings_tile, sailings_wall, state_mark
from components.warnings import warnings_tile
from domain.cross_area import CrossArea, Offer, Verdict
from domain.sailing_pictures import STATES, WARNINGS, SailingRow, SailingsPicture, WarningRow, WarningsPicture, counted
from pages._alert_sample import alert
from pages._declaration_sample import declaration
from pages._fences_sample import fences
from pages._inspection_samples import inspections
from pages._integrity_sample import integrity
from pages._notifications_sample import notifications
from pages._rules_sample import rules
from pages._samples import FRESH_FOR, PLATFORMS
from pages._shift_sample import alarm, shift
from pages._turnaround_sample import turnaround

HOUR = timedelta(hours=1)
_CLEAR = {"needs": "clear", "gathered": "clear", "papers": "clear"}


def sailing(lang: str, now: datetime) -> list[Component]:
    """Every judgement, refused and offered elsewhere, live and from afar."""
    picture = sailings(now)
    return [
        html.Div([state_mark(state, lang) for state in STATES], className="style-row"),
        counts_line(picture, lang), sailings_tile(picture, lang), sailings_wall(picture, lang),
        sailings_tile(SailingsPicture(as_of=now, expected_seconds=FRESH_FOR), lang), method_tile(60, lang),
        warnings_tile(warnings(now), lang),
    ]  # fmt: skip


def sailings(now: datetime) -> SailingsPicture:
    """One of each state on two calls, one without a vessel."""
    calls = {"a": "SAFFRON UMBRELLA", "b": "TEAL DOMINO", "": ""}

    def row(number: int, state: str, call: str, **more: Any) -> SailingRow:
        due = now + timedelta(hours=number)
        known: dict[str, Any] = {
            "deadline": due, "deadline_of": "call_cut_off", "departure": due + 12 * HOUR, "early": due - 3 * HOUR,
            "likely": due - HOUR, "late": due + 4 * HOUR, "margin_hours": 1.0, "compared": 1570,
            "alike": ["direction", "farm", "mode", "area"], "stage": "confirmed", "reached_at": now - HOUR,
        }  # fmt: skip
        return SailingRow(
            key=f"42582026000020{number:04d}", bill_of_lading="QDGS0042", platform=PLATFORMS[0], area="north",
            call=call, vessel_name=calls[call], state=state, **{**known, **more},
        )  # fmt: skip

    rows = [
        row(3, "will_miss", "a", probability=0.03, cross=_cross("clear", "possible")),
        row(9, "at_risk", "a", probability=0.61, why="held", hold="suspended", cross=_cross("clear", "refused")),
        row(7, "unknown", "", compared=0, why="little_history", deadline=None, deadline_of="", stage=""),
        row(1, "missed", "b", deadline=now - HOUR, margin_hours=-2.4),
        row(20, "safe", "b", probability=0.97),
    ]  # fmt: skip
    return SailingsPicture(
        as_of=now, expected_seconds=FRESH_FOR, rows=rows, counts=counted([one.state for one in rows], STATES),
        baseline_days=60,
    )  # fmt: skip


def _cross(makes_it: str, outcome: str) -> CrossArea:
    says = {"makes_it": makes_it, **_CLEAR}
    if outcome == "refused":
        says["needs"] = "refuse"
    verdicts = [Verdict(rule=rule, says=one, what=["sampling"], hours=7.0) for rule, one in says.items()]
    slot = Offer(
        area="south", platform=PLATFORMS[1], slot_at=datetime.fromisoformat("2026-11-23T08:00+08:00"), free_bays=2,
        bays=4, transfer_minutes=51.0, transfers=1545, probability=0.93, state="safe",
    )  # fmt: skip
    return CrossArea(outcome=outcome, verdicts=verdicts, offer=None if outcome == "refused" else slot)


def warnings(now: datetime) -> WarningsPicture:
    """Two of the lists filled, three empty."""
    rows = [
        WarningRow(key="check:1", kind="check", declaration_no="425820260000200001", container_no="CSQU3054383",
                   result="container_mismatch", since=now - HOUR),
        WarningRow(key="unappointed:2", kind="unappointed", declaration_no="425820260000200002", since=now - 31 * HOUR,
                   hours=31.0, limit_hours=24.0, platform=PLATFORMS[0], direction="export", bill_of_lading="QDGS0042"),
    ]  # fmt: skip
    counts = counted([row.kind for row in rows], WARNINGS)
    return WarningsPicture(as_of=now, expected_seconds=FRESH_FOR, rows=rows, counts=counts)


SECTIONS = (
    ("inspections", inspections), ("sailing", sailing), ("declaration", declaration), ("turnaround", turnaround),
    ("integrity", integrity), ("alarm", alarm), ("shift", shift), ("notifications", notifications), ("fences", fences),
    ("rules", rules),
    ("alert", alert),
)  # fmt: skip
