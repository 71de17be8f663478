"""A source's own order held against the fair one: where they contradict one another, how often and by which rule.

Two declarations of a platform contradict when the rule puts one first and the source the other. Only pairs the rule
decides count: where both lack the time they would go by, or only one has it (the source may know what was not told),
the source cannot be wrong. How far the orders agree on the decided pairs is Kendall's tau: 1 all, 0 by chance, -1 none.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from domain.pictures import SourceOrder
from domain.queue_lanes import Key
from domain.queue_order import Place, key

RULES = ("priority", "direction", "time", "application")
_Row = tuple[Key, Place, int]  # sort key, place and source rank
_Group = list[tuple[int, str]]  # source rank and declaration number


def compare(places: Iterable[Place], ranks: Mapping[str, int | None]) -> tuple[list[SourceOrder], dict[str, str]]:
    """Hold the source's order against the fair one.

    Args:
        places: of any platforms, by platform and rank as ``order`` gives them.
        ranks: the source's own place by declaration number; those it gives none for are left out.

    Returns:
        What was found of each platform that has at least two ranked rows, and by number the first of ``RULES`` that
        puts a declaration otherwise than the source does.
    """
    found, broken = [], dict[str, str]()
    for platform, group in groupby(places, key=lambda place: place.waiting.platform):
        ranked = [(place, rank) for place in group if (rank := ranks.get(place.waiting.declaration_no)) is not None]
        if len(ranked) > 1:
            found.append(_platform(platform, ranked, broken))
    return found, broken


def _platform(platform: str, ranked: Sequence[tuple[Place, int]], broken: dict[str, str]) -> SourceOrder:
    decided, inverted = 0, dict[str, int]()
    for rule, groups in _decisions(ranked):
        decided += _pairs(groups)
        count = inversions([rank for group in groups for rank, _ in group])
        count -= sum(inversions([rank for rank, _ in group]) for group in groups)
        if count:
            inverted[rule] = inverted.get(rule, 0) + count
            for number in _clashing(groups):
                if RULES.index(broken.get(number, RULES[-1])) >= RULES.index(rule):
                    broken[number] = rule
    total = len(ranked) * (len(ranked) - 1) // 2
    tau = 1 - 2 * sum(inverted.values()) / decided if decided else None
    return SourceOrder(
        platform=platform, rows=len(ranked), decided=decided, undecided=total - decided, inverted=inverted,
        tau=None if tau is None else round(tau, 3),
    )  # fmt: skip


def _decisions(ranked: Sequence[tuple[Place, int]]) -> Iterator[tuple[str, list[_Group]]]:
    """Groups, in their fair order, between which a rule decides; within one it says nothing."""
    rows = [(place.key or key(place.waiting), place, rank) for place, rank in ranked]
    for _, cycle in groupby(rows, key=lambda row: row[1].cycle):
        classes = _split(list(cycle), 1)
        yield "priority", [_ranks(one) for one in classes]
        for one in classes:
            lanes = [lane for lane in _split(one, 2) if lane[0][1].waiting.direction is not None]
            yield "direction", [_ranks(lane) for lane in lanes]
            for lane in lanes:
                times = _split([row for row in lane if not row[0][3]], 4)
                yield "time", [_ranks(time) for time in times]
                for time in times:
                    yield "application", [_ranks(each) for each in _split([row for row in time if not row[0][5]], 6)]


def _split(rows: Iterable[_Row], part: int) -> list[list[_Row]]:
    return [list(group) for _, group in groupby(rows, key=lambda row: row[0][part])]


def _ranks(rows: Iterable[_Row]) -> _Group:
    return [(rank, place.waiting.declaration_no) for _, place, rank in rows]


def _pairs(groups: Sequence[_Group]) -> int:
    """Pairs of declarations that stand in different groups."""
    total = sum(map(len, groups))
    return (total * total - sum(len(group) ** 2 for group in groups)) // 2


def _clashing(groups: Sequence[_Group]) -> Iterator[str]:
    """Those that stand otherwise to somebody of another group than the source has it."""
    highest, least = float("-inf"), float("inf")
    behind = []
    for group in reversed(groups):
        behind.append(least)
        least = min(least, *(rank for rank, _ in group))
    for group, lowest in zip(groups, reversed(behind), strict=True):
        yield from (number for rank, number in group if rank < highest or rank > lowest)
        highest = max(highest, *(rank for rank, _ in group))


def inversions(ranks: Iterable[int]) -> int:
    """How many pairs stand the other way round; equal ones do not."""
    seen: list[int] = []
    count = 0
    for rank in ranks:
        count += len(seen) - bisect_right(seen, rank)
        insort(seen, rank)
    return count
