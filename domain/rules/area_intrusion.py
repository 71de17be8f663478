"""People or vehicles where they may not be, as cameras see it (交通运输工具及人员入侵预警, HS/T 82-2024 8.1.5 b).

A person is red: somebody on foot among dangerous goods or in an inspection area is in danger or up to something. A
vehicle mostly took the wrong turn.
"""

from __future__ import annotations

from domain.rules._said import seen_by_camera
from domain.rules.base import Facts, Finding, Found, Rule, RuleInstance
from domain.watch_records import AreaEvent

NAME = "area_intrusion"
KIND = "intrusion"


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find every new intrusion."""
    return [_finding(event, facts, instance) for event in facts.new.get(AreaEvent, ()) if event.kind == KIND]


def _finding(event: AreaEvent, facts: Facts, instance: RuleInstance) -> Finding:
    return seen_by_camera(event, facts, instance, "vehicle" if event.what == "vehicle" else "person")


RULE = Rule(
    name=NAME,
    kind="event",
    evaluate=evaluate,
    levels={"person": 1, "vehicle": 2},
    plan=("look_at_camera", "call_out", "send_patrol", "clear_area", "report_supervisor"),
    reads=frozenset({AreaEvent}),
)
