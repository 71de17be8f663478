"""More people wait than the waiting area holds (旅客流量预警, HS/T 82-2024 8.1.5 a).

Looks at measurements ``passengers_waiting``, one subject per waiting area. Where a waiting line is drawn for that area
(its name, or its number, is the subject's) as many as it says may wait, of several the fewest; elsewhere the rule's own
figure holds. Orange beyond one and a half times the line: then people stand where they must not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from domain.fences import ACTIVE, Fence, FenceKind
from domain.records import Measurement
from domain.rules._said import outdated, told_by
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds, figure

NAME = "passenger_flow"
MEASURE = "passengers_waiting"
STALE = timedelta(minutes=40)  # quiet halls report every half hour
FAR = 1.5


class Figures(Params, frozen=True):
    """``people``: as many as a waiting area holds for which no line is drawn."""

    people: Annotated[float, bounds("people", 1, 100_000)] = 350.0


def judge(one: Measurement, facts: Facts, instance: RuleInstance) -> Finding | None:
    """Whether a waiting area's newest count is beyond its line."""
    if one.measure != MEASURE or outdated(one, one.subject, STALE, facts, instance):
        return None
    people, limit = figure(one.value, one.subject, MEASURE), _limit(one.subject, facts.fences, instance.params.people)
    if not instance.beyond(people, limit, one.subject, facts):
        return None
    return Finding(
        rule=instance.name,
        subject_kind="place",
        subject=one.subject,
        level=instance.levels["far" if people > FAR * limit else "beyond"],
        event_time=one.event_time,
        params={"name": one.subject, "people": round(people), "limit": round(limit)},
        seen={"people": against(people, limit, "people")},
        reading=one.event_time,
        **told_by(one),
    )


def _limit(area: str, fences: Mapping[str, Fence], general: float) -> float:
    """As many as may wait in an area."""
    told = [
        fence.limit
        for fence in fences.values()
        if fence.kind is FenceKind.WAITING_LINE and fence.state == ACTIVE and fence.limit is not None
        and area.strip().casefold() in (fence.name.strip().casefold(), fence.fence_id.casefold())
    ]  # fmt: skip
    return min(told, default=general)


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    over="measurements",
    uses=("fences",),
    measures=(MEASURE,),
    params=Figures,
    levels={"beyond": 3, "far": 2},
    hold_on_seconds=60.0,
    hold_off_seconds=180.0,
    dead_band=0.1,
    agency="border",
    plan=("open_channel", "guide_people", "tell_ferry"),
    parents=("feed_down",),
    reads=frozenset({Measurement}),
)
