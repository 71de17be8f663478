"""A rule cannot judge: it threw, or what it needs is missing and its instance asks to be told (``no_data = "raise"``).

Yellow: nothing is known to be wrong, and what would be is not seen. A moment of silence, as at the start, is no matter.
"""

from __future__ import annotations

from domain.rules.base import Facts, Finding, Found, Rule, RuleInstance, Silent

NAME = "rule_unjudged"


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the instances that cannot judge."""
    return [_finding(name, silent, facts, instance) for name, silent in facts.silent.items() if name != instance.name]


def _finding(name: str, silent: Silent, facts: Facts, instance: RuleInstance) -> Finding:
    return Finding(
        rule=instance.name,
        subject_kind="rule",
        subject=name,
        level=instance.levels["error" if silent.state == "error" else "no_data"],
        event_time=facts.now,
        params={
            "title_key": f"alert.{silent.kind}.title",
            "state_key": f"rule.state.{silent.state}",
            "detail": silent.detail,
        },
        seen={"state": {"value": silent.state}},
    )


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    levels={"error": 3, "no_data": 3},
    hold_on_seconds=60.0,
    hold_off_seconds=30.0,
    plan=("look_at_feed", "look_at_rule", "report_supervisor"),
    uses=("silent",),
    parents=("feed_down",),
    unplayable="itself",
)
