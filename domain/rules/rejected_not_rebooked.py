"""The appointment was refused and none made since (驳回超期未预约, seed 000 功能③) for longer than the limit."""

from __future__ import annotations

from domain.overdue import overdue_rule

RULE = overdue_rule(
    "rejected_not_rebooked",
    kind="rejected",
    limit="rejected_wait_hours",
    plan=("call_enterprise", "explain_rejection"),
)
