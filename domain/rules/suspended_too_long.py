"""The inspection is suspended (超期挂起, seed 000 功能③) for longer than the limit."""

from __future__ import annotations

from domain.overdue import overdue_rule

RULE = overdue_rule(
    "suspended_too_long",
    kind="suspended",
    limit="suspended_hours",
    plan=("ask_officer", "report_supervisor"),
)
