"""A reefer stands without power (冷藏箱断电). Looks at measurements ``reefer_power``: 1 plugged in, 0 not."""

from __future__ import annotations

from datetime import timedelta

from domain.records import Measurement
from domain.rules._said import outdated, told_by
from domain.rules.base import Facts, Finding, Rule, RuleInstance, against, figure

NAME = "reefer_power"
MEASURE = "reefer_power"
STALE = timedelta(hours=12)


def judge(one: Measurement, facts: Facts, instance: RuleInstance) -> Finding | None:
    """Whether a reefer's newest reading says it has no power; one that left the yard is no concern."""
    if one.measure != MEASURE or outdated(one, one.subject, STALE, facts, instance):
        return None
    stay = facts.stays.get(one.subject)
    if figure(one.value, one.subject, MEASURE) >= 0.5 or stay is None:
        return None
    minutes = (facts.now - one.event_time).total_seconds() / 60
    return Finding(
        rule=instance.name,
        subject_kind="container",
        subject=one.subject,
        level=instance.levels["found"],
        event_time=one.event_time,
        params={
            "container_no": one.subject,
            "block": stay.block_id or "—",
            "set_celsius": "—" if stay.set_celsius is None else stay.set_celsius,
        },
        seen={"minutes": against(round(minutes, 1), instance.hold_on_seconds / 60, "minutes")},
        reading=one.event_time,
        **told_by(one),
    )


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    over="measurements",
    measures=(MEASURE,),
    levels={"found": 2},
    hold_on_seconds=900.0,
    hold_off_seconds=120.0,
    uses=("stays",),
    joins={"stays": "subject"},
    plan=("plug_in", "read_temperature", "call_owners"),
    parents=("feed_down",),
    reads=frozenset({Measurement}),
)
