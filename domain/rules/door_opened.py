"""A container door opened outside an inspection platform (集装箱门开启预警, HS/T 82-2024 8.1.5 c).

In transit red: cargo under customs control was reached, and every minute counts. In the yard orange: the port's own
cameras and people are there, and the box goes nowhere.
"""

from __future__ import annotations

from domain.records import ContainerStay, DoorEvent
from domain.rules._said import told_by
from domain.rules.base import Facts, Finding, Found, Rule, RuleInstance

NAME = "door_opened"


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find every new door event."""
    return [_finding(event, _stay(event, facts), instance) for event in facts.new.get(DoorEvent, ())]


def _stay(event: DoorEvent, facts: Facts) -> ContainerStay | None:
    """The stay the box was opened in; None while it was on its way."""
    stay: ContainerStay | None = facts.stays.get(event.container_no)
    if event.vehicle_id or stay is None or stay.arrived_at > event.event_time:
        return None
    return stay if stay.departed_at is None or event.event_time < stay.departed_at else None


def _finding(event: DoorEvent, stay: ContainerStay | None, instance: RuleInstance) -> Finding:
    grade = "transit" if stay is None else "yard"
    where = {"where_key": f"alert.door_opened.{grade}", "vehicle_id": event.vehicle_id or "—"}
    return Finding(
        rule=instance.name,
        subject_kind="container",
        subject=event.container_no,
        level=instance.levels[grade],
        event_time=event.event_time,
        params={"container_no": event.container_no, **where, "block_id": (stay.block_id if stay else "") or "—"},
        lon=event.lon,
        lat=event.lat,
        **told_by(event),
    )


RULE = Rule(
    name=NAME,
    kind="event",
    evaluate=evaluate,
    levels={"transit": 1, "yard": 2},
    agency="customs",
    plan=("call_driver", "stop_vehicle", "send_patrol", "check_seal", "tell_customs"),
    reads=frozenset({DoorEvent}),
)
