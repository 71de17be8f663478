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
    blocks: dict[str, list[ContainerStay]] = defaultdict(list)
    for stay in facts.stays.values():
        if stay.arrived_at <= facts.now and stay.block_id:
            blocks[stay.block_id].append(stay)
    return each(blocks.items(), lambda one: one[0], lambda one: _judge(*one, facts, instance))


def _judge(block: str, stays: list[ContainerStay], facts: Facts, instance: RuleInstance) -> Finding | None:
    days, limit = instance.params.days, instance.params.share
    long = [stay for stay in stays if facts.now - stay.arrived_at > timedelta(days=days)]
    share = len(long) / len(stays)
    if len(stays) < FEWEST or not instance.beyond(share, limit, block, facts):
        return None
    oldest = min(long, key=lambda stay: stay.arrived_at)
    return Finding(
        rule=instance.name,
        subject_kind="block",
        subject=block,
        level=instance.levels["beyond"],
        event_time=facts.now,
        params={
            "block": block, "count": len(long), "all": len(stays), "days": round(days),
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
