"""Boxes stay in a block for too long (货物积压预警 by dwell, HS/T 82-2024 8.1.5 f).

One alert per block: how many of its boxes stand longer than ``days``, and only when they are more than ``share`` of
it: some boxes are always forgotten, a block of them blocks the yard. ``yard_backlog`` looks at how full it is.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Annotated

from domain.records import ContainerStay
from domain.rules._said import told_by
from domain.rules.base import Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each

NAME = "cargo_dwell"
FEWEST = 20  # boxes: less is no block to speak of
DAY = 86_400.0


class Figures(Params, frozen=True):
    """``days``: a longer stay is long; ``share``: of a block's boxes that may stay so long."""

    days: Annotated[float, bounds("days", 1, 365)] = 15.0
    share: Annotated[float, bounds("share", 0.01, 1)] = 0.2


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the blocks in which too many boxes stand for too long."""
    all_of: dict[str, int] = defaultdict(int)
    long_of: dict[str, list[ContainerStay]] = defaultdict(list)
    now, edge = facts.now, facts.now - timedelta(days=instance.params.days)
    for stay in facts.stays.values():  # tens of thousands: nothing is reckoned for each
        if stay.block_id and stay.arrived_at <= now:
            all_of[stay.block_id] += 1
            if stay.arrived_at < edge:
                long_of[stay.block_id].append(stay)
    return each(
        long_of.items(), lambda one: one[0], lambda one: _judge(one[0], one[1], all_of[one[0]], facts, instance)
    )


def _judge(block: str, long: list[ContainerStay], boxes: int, facts: Facts, instance: RuleInstance) -> Finding | None:
    days, limit = instance.params.days, instance.params.share
    share = len(long) / boxes
    if boxes < FEWEST or not instance.beyond(share, limit, block, facts):
        return None
    oldest = min(long, key=lambda stay: stay.arrived_at)
    return Finding(
        rule=instance.name,
        subject_kind="block",
        subject=block,
        level=instance.levels["beyond"],
        event_time=facts.now,
        params={
            "block": block, "count": len(long), "all": boxes, "days": round(days),
            "container_no": oldest.container_no or oldest.stay_id,
            "oldest_days": int((facts.now - oldest.arrived_at).total_seconds() // DAY),
        },
        seen={"share": against(share, limit, "share")},
        **told_by(oldest),
    )  # fmt: skip


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"beyond": 3},
    hold_off_seconds=600.0,
    dead_band=0.1,
    plan=("list_boxes", "call_owners", "move_out"),
    uses=("stays",),
    reads=frozenset({ContainerStay}),
    parents=("yard_backlog",),
    every_seconds=60.0,
)
