"""What is odd about waiting declarations, seen beside one another: flagged on the row, and the order left as it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain.queue_order import Waiting


class Papers(msgspec.Struct, frozen=True, gc=False):
    """A waiting declaration with what the order does not look at.

    Attributes:
        waiting: what the order looks at.
        bill_of_lading: its number.
        containers: their numbers.
    """

    waiting: Waiting
    bill_of_lading: str = ""
    containers: tuple[str, ...] = ()


def odd(queue: Iterable[Papers], at: datetime) -> dict[str, tuple[str, ...]]:
    """Flags by declaration number; catalogue ``flag.<flag>``.

    Args:
        queue: what waits, on all platforms.
        at: the moment, aware.

    Returns:
        For those with any of: ``bill_of_lading_blank``; ``container_two_platforms``, a box waits on another platform
        too; ``applied_after_appointed``, the application is younger than the appointment it asked for;
        ``sailing_past``, the vessel should have left already.
    """
    papers = list(queue)
    found: dict[str, tuple[str, ...]] = {}
    astray = _astray(papers)
    for one in papers:
        item = one.waiting
        flags = []
        if not one.bill_of_lading.strip():
            flags.append("bill_of_lading_blank")
        if astray and not astray.isdisjoint(one.containers):
            flags.append("container_two_platforms")
        if _before(item.appointed_at, item.applied_at):
            flags.append("applied_after_appointed")
        if _before(item.vessel_departure_at, at):
            flags.append("sailing_past")
        if flags:
            found[item.declaration_no] = tuple(flags)
    return found


def _astray(papers: Iterable[Papers]) -> set[str]:
    """Containers that wait on two platforms."""
    places: dict[str, str] = {}
    return {
        box
        for one in papers
        for box in one.containers
        if box and places.setdefault(box, one.waiting.platform) != one.waiting.platform
    }


def _before(one: datetime | None, other: datetime | None) -> bool:
    """Whether both are known, with their zones, and the first is the earlier."""
    if one is None or other is None or one.tzinfo is None or other.tzinfo is None:
        return False
    return one < other
