"""Somebody or something crossed the perimeter (区域围界越界预警, HS/T 82-2024 8.1.5 e).

Crossings of lines that people pass every day (``crossing``) are counted elsewhere and are no alarm.
"""

from __future__ import annotations

from domain.rules._said import seen_by_camera
from domain.rules.base import Facts, Finding, Found, Rule, RuleInstance
from domain.watch_records import AreaEvent

NAME = "perimeter_tripwire"
KIND = "tripwire"
_WAYS = ("in", "out")


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find every new crossing of the perimeter."""
    return [_finding(event, facts, instance) for event in facts.new.get(AreaEvent, ()) if event.kind == KIND]


def _finding(event: AreaEvent, facts: Facts, instance: RuleInstance) -> Finding:
    way = event.direction if event.direction in _WAYS else "unknown"
    return seen_by_camera(event, facts, instance, "found", way_key=f"alert.way.{way}")


RULE = Rule(
    name=NAME,
    kind="event",
    evaluate=evaluate,
    levels={"found": 2},
    agency="border",
    plan=("look_at_camera", "send_patrol", "search_area", "tell_border"),
    reads=frozenset({AreaEvent}),
)
