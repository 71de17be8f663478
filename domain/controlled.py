"""Vehicles whose way is watched: those that carry goods under customs control, or a box at all."""

from __future__ import annotations

from typing import Any

from domain.pictures import FeedState
from domain.records import VehiclePosition
from domain.rules.base import Facts

_SILENT = frozenset({FeedState.LATE, FeedState.DOWN, FeedState.ENDED, FeedState.DISABLED, FeedState.STARTING})


def controlled(fix: VehiclePosition) -> bool:
    """Whether it carries something."""
    return bool(fix.declaration_no or fix.container_no)


def feed_silent(feed: str, facts: Facts) -> bool:
    """Whether nothing is heard from the feed as a whole: then it says nothing of one vehicle."""
    return any(row.key == feed and (row.paused or row.state in _SILENT) for row in facts.feeds)


def about(fix: VehiclePosition) -> dict[str, Any]:
    """What every alert about a vehicle says, as fields of a Finding."""
    return {
        "subject_kind": "vehicle", "subject": fix.vehicle_id, "lon": fix.lon, "lat": fix.lat,
        "origin": fix.origin.value, "recorded_time": fix.recorded_time, "feed": fix.feed,
    }  # fmt: skip
