"""A container door opened outside an inspection platform (集装箱门开启预警, HS/T 82-2024 8.1.5 c).

Red: cargo under customs control was reached, and every minute counts.
"""

from __future__ import annotations

from domain.records import DoorEvent
from domain.rules.base import Facts, Finding, Found, Rule, RuleInstance

NAME = "door_opened"


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find every new door event."""
    return [
        Finding(
            rule=instance.name,
            subject_kind="container",
            subject=event.container_no,
            level=instance.levels["found"],
            event_time=event.event_time,
            params={"container_no": event.container_no, "vehicle_id": event.vehicle_id or "—"},
            lon=event.lon,
            lat=event.lat,
            origin=event.origin.value,
            recorded_time=event.recorded_time,
            feed=event.feed,
        )
        for event in facts.new.get(DoorEvent, ())
    ]


RULE = Rule(
    name=NAME,
    kind="event",
    evaluate=evaluate,
    levels={"found": 1},
    agency="customs",
    plan=("call_driver", "stop_vehicle", "send_patrol", "check_seal", "tell_customs"),
    reads=frozenset({DoorEvent}),
)
