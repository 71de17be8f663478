"""Cargo piles up in a block or in the whole yard (货物积压预警, HS/T 82-2024 8.1.5 f).

Fires at ``limits.yard_backlog`` and, once firing, holds until below ``limits.yard_backlog_clear``:
the dead-band keeps a yard that hovers at the line from chattering. A full block is a local matter
(yellow); a full yard, or a block beyond its capacity, stops the operation (orange).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from domain.pictures import BlockRow, YardPicture
from domain.rules.base import NEVER, Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each, figure

NAME = "yard_backlog"
PORT = "port"
AT_THE_LINE = 1e-6  # a block exactly at its line counts


class Figures(Params, frozen=True):
    """``share``: of the capacity."""

    share: Annotated[float, bounds("share", 0.05, 2, limit="yard_backlog")] = 0.85


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the blocks, and the port as a whole, that are beyond the line."""
    yard = facts.yard
    if yard is None:
        return ()
    places: Iterator[BlockRow | YardPicture] = iter((*(row for row in yard.rows if row.occupancy is not None), yard))
    return each(places, _subject, lambda place: _judge(place, yard, facts, instance))


def _subject(place: BlockRow | YardPicture) -> str:
    return PORT if isinstance(place, YardPicture) else place.key


def _judge(place: BlockRow | YardPicture, yard: YardPicture, facts: Facts, instance: RuleInstance) -> Finding | None:
    if place.occupancy is None:
        return None  # no block has a capacity anybody told
    share, limit = figure(place.occupancy, _subject(place), "occupancy"), instance.params.share
    if not instance.beyond(share, limit - AT_THE_LINE, _subject(place), facts):
        return None
    block = place if isinstance(place, BlockRow) else None
    grade = "port" if block is None else "over_full" if share > 1.0 else "block"
    return Finding(
        rule=instance.name,
        subject_kind="block" if block else "port",
        subject=_subject(place),
        level=instance.levels[grade],
        event_time=yard.as_of or facts.now,
        params={
            **({"name": block.name or block.key} if block else {"name_key": "word.whole_yard"}),
            "percent": round(100 * share),
            "limit_percent": round(100 * limit),
            "teu": round(place.teu),
            "capacity_teu": place.capacity_teu,
        },
        lon=block.lon if block else None,
        lat=block.lat if block else None,
        seen={"occupancy": against(share, limit, "share")},
        origin=yard.origins[0] if len(yard.origins) == 1 else "",
        feed=yard.feeds[0] if len(yard.feeds) == 1 else "",
    )


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"block": 3, "over_full": 2, "port": 2},
    hold_off_seconds=120.0,
    dead_band=0.0588,
    dead_band_of="yard_backlog_clear",
    plan=("restack", "hold_arrivals", "tell_carriers"),
    needs=("yard",),
    parents=("feed_down",),
    every_seconds=NEVER,
)
