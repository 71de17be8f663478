"""A reefer is warmer or colder than it is to be kept (冷藏箱温度异常).

Looks at measurements ``reefer_celsius`` beside the temperature its papers ask for. Half an hour must pass: a reefer
that defrosts is warm for a while.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from domain.records import Measurement
from domain.rules._said import outdated, told_by
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds, figure

NAME = "reefer_temperature"
MEASURE = "reefer_celsius"
STALE = timedelta(hours=12)
FAR = 2.0


class Figures(Params, frozen=True):
    """``degrees``: by which it may differ from what it is set to."""

    degrees: Annotated[float, bounds("celsius", 0.5, 30)] = 4.0


def judge(one: Measurement, facts: Facts, instance: RuleInstance) -> Finding | None:
    """Whether a reefer's newest reading is too far from what it is set to; without a set point nobody can say."""
    if one.measure != MEASURE or outdated(one, one.subject, STALE, facts, instance):
        return None
    stay = facts.stays.get(one.subject)
    if stay is None or stay.set_celsius is None:
        return None
    celsius = figure(one.value, one.subject, MEASURE)
    off, limit = abs(celsius - stay.set_celsius), instance.params.degrees
    if not instance.beyond(off, limit, one.subject, facts):
        return None
    return Finding(
        rule=instance.name,
        subject_kind="container",
        subject=one.subject,
        level=instance.levels["far" if off > FAR * limit else "beyond"],
        event_time=one.event_time,
        params={
            "container_no": one.subject, "block": stay.block_id or "—", "celsius": round(celsius, 1),
            "set_celsius": stay.set_celsius, "limit": limit,
        },
        seen={"degrees": against(round(off, 2), limit, "celsius")},
        reading=one.event_time,
        **told_by(one),
    )  # fmt: skip


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    over="measurements",
    measures=(MEASURE,),
    params=Figures,
    levels={"beyond": 3, "far": 2},
    hold_on_seconds=1800.0,
    hold_off_seconds=300.0,
    dead_band=0.15,
    uses=("stays",),
    joins={"stays": "subject"},
    plan=("plug_in", "read_temperature", "call_owners"),
    parents=("feed_down", "reefer_power"),
    reads=frozenset({Measurement}),
)
