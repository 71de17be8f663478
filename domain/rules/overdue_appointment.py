"""The commission is accepted and no appointment made (超期未预约, seed 000 功能③) for longer than the limit."""

from __future__ import annotations

from domain.overdue import overdue_rule

RULE = overdue_rule(
    "overdue_appointment",
    kind="unappointed",
    limit="appoint_wait_hours",
    plan=("call_enterprise", "remind_agent"),
)
